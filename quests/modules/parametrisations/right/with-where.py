"""Independent idiom: normalize, index tables, the polar factor by an eigendecomposition, and torch.where."""

import torch
from torch import nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize


class WeightNorm(nn.Module):
    def forward(self, magnitude, direction):
        return magnitude * normalize(direction.flatten(1), dim=1).view_as(direction)

    def right_inverse(self, weight):
        flat = weight.detach().flatten(1)
        norm = flat.square().sum(1).sqrt()
        direction = torch.where(norm[:, None] > 0, flat, torch.ones_like(flat))
        return norm.view(-1, *[1] * (weight.dim() - 1)), direction.view_as(weight)


class Symmetric(nn.Module):
    def forward(self, free):
        n = len(free)
        i, j = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
        return free[torch.minimum(i, j), torch.maximum(i, j)]

    def right_inverse(self, weight):
        return weight.detach().clone()


class Rotation(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("base", torch.eye(n))

    def forward(self, free):
        skew = torch.triu(free, diagonal=1)
        skew = skew - skew.transpose(0, 1)
        return torch.mm(self.base, torch.linalg.matrix_exp(skew))

    def right_inverse(self, weight):
        wide = weight.detach().double()
        values, vectors = torch.linalg.eigh(wide.T @ wide)  # ascending: column 0 belongs to the smallest
        scale = values.clamp(min=0).rsqrt()
        scale[0] *= torch.linalg.det(wide).sign()
        self.base = (wide @ vectors @ torch.diag(scale) @ vectors.T).to(weight.dtype)
        return torch.zeros_like(weight)


class SpectralBound(nn.Module):
    def __init__(self, shape, bound=1.0):
        super().__init__()
        self.bound = bound
        columns = 1
        for size in shape[1:]:
            columns *= size
        self.register_buffer("u", normalize(torch.rand(shape[0]) + 0.1, dim=0))
        self.register_buffer("v", normalize(torch.rand(columns) + 0.1, dim=0))

    def forward(self, free):
        matrix = free.reshape(len(free), -1)
        if self.training:
            fixed = matrix.detach()
            self.v = normalize(fixed.T @ self.u, dim=0)
            self.u = normalize(fixed @ self.v, dim=0)
        sigma = (torch.outer(self.u, self.v) * matrix).sum()
        return torch.where(sigma > self.bound, free * (self.bound / sigma.clamp(min=self.bound)), free)

    def right_inverse(self, weight):
        return weight.detach().clone()


def constrain(module, name, parametrisation):
    weight = getattr(module, name)
    parametrisation.to(weight)
    parametrize.register_parametrization(module, name, parametrisation)
    return module
