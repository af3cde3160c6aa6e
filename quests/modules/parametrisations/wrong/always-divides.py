"""Divides by sigma wherever it lies."""

import torch
from torch import nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize


def lengths(weight):
    return weight.flatten(1).norm(dim=1).view(-1, *[1] * (weight.dim() - 1))


class WeightNorm(nn.Module):
    def forward(self, magnitude, direction):
        norm = lengths(direction)
        return magnitude * direction / torch.where(norm == 0, 1.0, norm)

    def right_inverse(self, weight):
        norm = lengths(weight)
        return norm, torch.where(norm == 0, 1.0, weight)


class Symmetric(nn.Module):
    def forward(self, free):
        return free.triu() + free.triu(1).mT

    def right_inverse(self, weight):
        return weight


class Rotation(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.register_buffer("base", torch.eye(n))

    def forward(self, free):
        return self.base @ torch.matrix_exp(free.triu(1) - free.triu(1).mT)

    @torch.no_grad()
    def right_inverse(self, weight):
        u, s, vh = torch.linalg.svd(weight)
        signs = torch.ones_like(s)
        signs[-1] = torch.linalg.det(u @ vh).sign()
        self.base.copy_(u * signs @ vh)
        return torch.zeros_like(weight)


class SpectralBound(nn.Module):
    def __init__(self, shape, bound=1.0):
        super().__init__()
        self.bound = bound
        matrix = torch.empty(shape).flatten(1)
        self.register_buffer("u", normalize(torch.randn(matrix.shape[0]), dim=0))
        self.register_buffer("v", normalize(torch.randn(matrix.shape[1]), dim=0))

    def forward(self, free):
        matrix = free.flatten(1)
        if self.training:
            with torch.no_grad():
                self.v = normalize(matrix.mT @ self.u, dim=0)
                self.u = normalize(matrix @ self.v, dim=0)
        sigma = torch.dot(self.u, matrix @ self.v)
        return free / (sigma / self.bound)

    def right_inverse(self, weight):
        return weight


def constrain(module, name, parametrisation):
    weight = getattr(module, name)
    parametrisation.to(weight.device, weight.dtype)
    return parametrize.register_parametrization(module, name, parametrisation)
