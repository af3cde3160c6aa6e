"""Constrained weights: a forward map from free tensors to the weight, and a right inverse back."""

import torch
from torch import Tensor, nn


class WeightNorm(nn.Module):
    """weight[o] = magnitude[o] * direction[o] / |direction[o]|, the length taken over all dimensions but the first."""

    def forward(self, magnitude: Tensor, direction: Tensor) -> Tensor:
        """magnitude (O, 1, ..., 1), direction (O, ...) -> (O, ...); a zero direction gives a zero row."""
        raise NotImplementedError("WeightNorm.forward")

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """weight (O, ...) -> magnitude (O, 1, ..., 1), direction (O, ...); a zero row stays able to learn."""
        raise NotImplementedError("WeightNorm.right_inverse")


class Symmetric(nn.Module):
    """The upper triangle of the free matrix, diagonal included, mirrored."""

    def forward(self, free: Tensor) -> Tensor:
        """(n, n) -> (n, n)."""
        raise NotImplementedError("Symmetric.forward")

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(n, n) -> (n, n)."""
        raise NotImplementedError("Symmetric.right_inverse")


class Rotation(nn.Module):
    """base @ exp(S), where S = U - U^T and U is the strict upper triangle of the free matrix.

    `base` is a buffer (n, n), a rotation: the identity at first.
    """

    def __init__(self, n: int) -> None:
        super().__init__()
        raise NotImplementedError("Rotation.__init__")

    def forward(self, free: Tensor) -> Tensor:
        """(n, n) -> (n, n), orthogonal, determinant +1."""
        raise NotImplementedError("Rotation.forward")

    def right_inverse(self, weight: Tensor) -> Tensor:
        """A free matrix (n, n) that forward takes to weight, or to the rotation nearest to it when it is none."""
        raise NotImplementedError("Rotation.right_inverse")


class SpectralBound(nn.Module):
    """free / max(1, sigma / bound), where sigma = u . (M v) and M (O, I) is free with all dimensions but the first flattened.

    `u` (O,) and `v` (I,) are buffers: random unit vectors at first, moved in training mode only.
    """

    def __init__(self, shape: torch.Size | tuple[int, ...], bound: float = 1.0) -> None:
        super().__init__()
        raise NotImplementedError("SpectralBound.__init__")

    def forward(self, free: Tensor) -> Tensor:
        """(O, ...) -> (O, ...). In training mode first one round: v = unit(M^T u), then u = unit(M v)."""
        raise NotImplementedError("SpectralBound.forward")

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(O, ...) -> (O, ...)."""
        raise NotImplementedError("SpectralBound.right_inverse")


def constrain(module: nn.Module, name: str, parametrisation: nn.Module) -> nn.Module:
    """Compute module.<name> by parametrisation from now on, by way of torch.nn.utils.parametrize.

    The parametrisation moves to the weight's device and dtype first. Returns the module itself.
    """
    raise NotImplementedError("constrain")
