"""A private stream of random values: the same (purpose, seed) gives the same bits, and nothing global is touched."""

import hashlib

import torch
from torch import Tensor


class Stream:
    """Random values that depend on `purpose` and `seed` alone.

    `purpose` keeps two generators with the same seed from drawing the same numbers. Everything is drawn on the CPU with
    a stated dtype, whatever default device or dtype the caller has set.
    """

    def __init__(self, purpose: str, seed: int) -> None:
        digest = hashlib.blake2b(f"{purpose}:{int(seed)}".encode(), digest_size=8).digest()
        self.generator = torch.Generator(device="cpu").manual_seed(int.from_bytes(digest, "big") >> 1)

    def normal(self, *shape: int) -> Tensor:
        """float64 of `shape`, standard normal."""
        return torch.randn(shape, generator=self.generator, dtype=torch.float64, device="cpu")

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """float64 of `shape`, uniform in [low, high)."""
        values = torch.rand(shape, generator=self.generator, dtype=torch.float64, device="cpu")
        return values * (high - low) + low

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """int64 of `shape`, uniform in [low, high), `high` excluded."""
        return torch.randint(low, high, shape, generator=self.generator, dtype=torch.int64, device="cpu")

    def choices(self, probabilities: Tensor, count: int) -> Tensor:
        """int64 (count,): independent indices into `probabilities` (K,), each drawn with its probability.

        By inverting the cumulative sum, so K is not limited as it is in torch.multinomial.
        """
        steps = probabilities.to(torch.float64).cumsum(0)
        return torch.searchsorted(steps / steps[-1], self.uniform(count), right=True).clamp_(max=len(probabilities) - 1)

    def permutation(self, count: int) -> Tensor:
        """int64 (count,): 0 .. count-1 in random order."""
        return torch.randperm(count, generator=self.generator, dtype=torch.int64, device="cpu")
