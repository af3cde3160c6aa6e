"""Draw the inputs of a check from a secret seed. Judge only."""

import random
import string
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

Item = TypeVar("Item")


class Draw:
    """A stream of random values that depends on the attempt's seed and the check's name alone.

    Tensors come from `generator`, Python values from `random`. Every method is CPU only.
    """

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(f"python:{seed}")  # noqa: S311 - drawn inputs need reproducibility; secrecy is in the seed
        self.generator = torch.Generator().manual_seed(self.random.getrandbits(62))

    def normal(
        self,
        *shape: int,
        mean: float = 0.0,
        std: float = 1.0,
        dtype: torch.dtype = torch.float32,
        requires_grad: bool = False,
    ) -> Tensor:
        """Normal values of `shape`; drawn in float64, rounded to `dtype`."""
        values = torch.randn(shape, generator=self.generator, dtype=torch.float32 if _large(shape) else torch.float64)
        return (values * std + mean).to(dtype).requires_grad_(requires_grad)

    def uniform(
        self,
        *shape: int,
        low: float = 0.0,
        high: float = 1.0,
        dtype: torch.dtype = torch.float32,
        requires_grad: bool = False,
    ) -> Tensor:
        """Values in [low, high)."""
        values = torch.rand(shape, generator=self.generator, dtype=torch.float32 if _large(shape) else torch.float64)
        return (values * (high - low) + low).to(dtype).requires_grad_(requires_grad)

    def integers(self, low: int, high: int, *shape: int, dtype: torch.dtype = torch.int64) -> Tensor:
        """Integers in [low, high), `high` excluded."""
        return torch.randint(low, high, shape, generator=self.generator).to(dtype)

    def booleans(self, *shape: int, p: float = 0.5) -> Tensor:
        """True with probability `p`."""
        return torch.rand(shape, generator=self.generator) < p

    def permutation(self, n: int) -> Tensor:
        """int64 (n,): 0 .. n-1 in random order."""
        return torch.randperm(n, generator=self.generator)

    def orthogonal(self, n: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """A random orthogonal matrix (n, n)."""
        q, r = torch.linalg.qr(self.normal(n, n, dtype=torch.float64))
        signed: Tensor = q * torch.sign(torch.diagonal(r))
        return signed.to(dtype)

    def strided(self, tensor: Tensor) -> Tensor:
        """The same values in a non-contiguous layout, as a slice of a wider tensor whose margins hold NaN or extremes."""
        if tensor.dim() == 0:
            return tensor
        if tensor.is_floating_point() or tensor.is_complex():
            margin = torch.full_like(tensor, float("nan"))
        elif tensor.dtype is torch.bool:
            margin = ~tensor
        else:
            margin = torch.full_like(tensor, torch.iinfo(tensor.dtype).max)
        wide = torch.stack([tensor.detach(), margin.detach()], dim=-1)
        return wide[..., 0].requires_grad_(tensor.requires_grad)

    def spiked(self, tensor: Tensor, value: float) -> Tensor:
        """A copy with one random element set to `value`."""
        out = tensor.detach().clone()
        if out.numel():
            out.view(-1)[self.integer(0, out.numel() - 1)] = value
        return out.requires_grad_(tensor.requires_grad)

    def integer(self, low: int, high: int) -> int:
        """A Python int in [low, high], both included."""
        return self.random.randint(low, high)

    def number(self, low: float = 0.0, high: float = 1.0) -> float:
        """A Python float in [low, high]."""
        return self.random.uniform(low, high)

    def choice(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        return self.random.choice(items)

    def distinct(self, low: int, high: int, count: int) -> list[int]:
        """`count` different ints in [low, high], in random order."""
        return self.random.sample(range(low, high + 1), count)

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """`items` in random order."""
        return self.random.sample(list(items), len(items))

    def word(self, low: int = 3, high: int = 9, alphabet: str = string.ascii_lowercase) -> str:
        """A random word of `low` to `high` letters."""
        return "".join(self.random.choice(alphabet) for _ in range(self.integer(low, high)))

    def text(self, words: int, vocabulary: int = 40) -> str:
        """`words` random words over a small vocabulary, Zipf-like, with spaces and some punctuation."""
        known = [self.word() for _ in range(vocabulary)]
        weights = [1.0 / (rank + 1) for rank in range(vocabulary)]
        parts: list[str] = self.random.choices(known, weights, k=words)
        return "".join(part + self.random.choice((" ", " ", " ", ", ", ". ", "\n")) for part in parts)

    def seed(self) -> int:
        """A seed for the solution's own use."""
        return self.random.getrandbits(31)


def _large(shape: Sequence[Any]) -> bool:
    """Big draws skip float64: they serve gates, where drawing must not cost more than the call."""
    count = 1
    for size in shape:
        count *= size
    return count > 1 << 18
