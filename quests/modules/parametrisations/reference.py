"""Weights that cannot leave their constraint: each is computed from free tensors, which are what the optimiser moves.

WeightNorm after Salimans and Kingma, arXiv 1602.07868; the spectral bound by power iteration as in Miyato et al.,
arXiv 1802.05957; rotations as base @ exp(skew) after Lezcano-Casado, arXiv 1909.09501.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize


class WeightNorm(nn.Module):
    """weight[o] = magnitude[o] * direction[o] / |direction[o]|."""

    def forward(self, magnitude: Tensor, direction: Tensor) -> Tensor:
        """magnitude (O, 1, ..., 1), direction (O, ...) -> (O, ...); a zero direction gives a zero row."""
        norm = row_norms(direction)
        return magnitude * direction / norm.masked_fill(norm == 0, 1.0)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """weight (O, ...) -> magnitude (O, 1, ..., 1), direction (O, ...)."""
        norm = row_norms(weight)
        return norm, weight.masked_fill(norm == 0, 1.0)  # a zero row must point somewhere, or it could never grow


class Symmetric(nn.Module):
    """weight[i, j] = weight[j, i], read from the upper triangle."""

    def forward(self, free: Tensor) -> Tensor:
        """(n, n) -> (n, n)."""
        return free.triu() + free.triu(1).mT

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(n, n) -> (n, n)."""
        return weight


class Rotation(nn.Module):
    """weight = base @ exp(S), S skew with the strict upper triangle of the free matrix: orthogonal, determinant +1."""

    base: Tensor

    def __init__(self, n: int) -> None:
        super().__init__()
        self.register_buffer("base", torch.eye(n))

    def forward(self, free: Tensor) -> Tensor:
        """(n, n) -> (n, n)."""
        upper = free.triu(1)
        return self.base @ torch.matrix_exp(upper - upper.mT)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Make the rotation nearest to weight the new base, from which zeros do not turn away."""
        u, _, vh = torch.linalg.svd(weight)
        turn = torch.linalg.det(u @ vh).sign()  # -1: the nearest orthogonal matrix is a reflection
        u[:, -1] *= turn  # mirrors along the direction of the smallest singular value, the cheapest one to give up
        self.base.copy_(u @ vh)
        return torch.zeros_like(weight)


class SpectralBound(nn.Module):
    """weight = free / max(1, sigma / bound), sigma the estimate u . (free v) of the largest singular value."""

    u: Tensor
    v: Tensor

    def __init__(self, shape: torch.Size | tuple[int, ...], bound: float = 1.0) -> None:
        super().__init__()
        rows, columns = shape[0], math.prod(shape[1:])
        self.bound = bound
        self.register_buffer("u", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("v", F.normalize(torch.randn(columns), dim=0))

    def forward(self, free: Tensor) -> Tensor:
        """(O, ...) -> (O, ...); in training mode one round of power iteration first."""
        matrix = free.flatten(1)  # (O, I): a convolution kernel acts on a patch as this matrix
        if self.training:
            self.iterate(matrix)
        sigma = self.u.clone() @ (matrix @ self.v.clone())  # clones: the next round writes into u and v, backward reads
        return free / (sigma / self.bound).clamp(min=1.0)

    @torch.no_grad()
    def iterate(self, matrix: Tensor) -> None:
        """One round: v towards matrix^T u, then u towards matrix v. Constants for autograd."""
        self.v.copy_(F.normalize(matrix.mT @ self.u, dim=0))
        self.u.copy_(F.normalize(matrix @ self.v, dim=0))

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(O, ...) -> (O, ...)."""
        return weight


def row_norms(weight: Tensor) -> Tensor:
    """(O, ...) -> (O, 1, ..., 1): the length of each output row, all of its other dimensions taken together."""
    return torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.dim())), keepdim=True)


def constrain(module: nn.Module, name: str, parametrisation: nn.Module) -> nn.Module:
    """Compute module.<name> by parametrisation from now on; returns the module itself."""
    weight = getattr(module, name)
    parametrisation.to(weight.device, weight.dtype)  # its buffers meet the weight; torch hands on the training mode
    return parametrize.register_parametrization(module, name, parametrisation)
