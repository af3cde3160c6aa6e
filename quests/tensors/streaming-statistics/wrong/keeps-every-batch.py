"""Joins all batches when asked."""

import torch


class Moments:
    def __init__(self, dim):
        self.dim = dim
        self.batches = [torch.zeros(0, dim, dtype=torch.float64)]

    def update(self, x):
        if x.dim() != 2 or x.shape[1] != self.dim:
            raise ValueError(f"expected (N, {self.dim}), got {tuple(x.shape)}")
        self.batches.append(x.detach().to(torch.float64, copy=True))

    def merge(self, other):
        if self.dim != other.dim:
            raise ValueError("different dims")
        out = Moments(self.dim)
        out.batches = [*self.batches, *other.batches]
        return out

    def mean(self):
        return torch.cat(self.batches).mean(0)

    def var(self, correction=1):
        return self.cov(correction).diagonal().clone()

    def cov(self, correction=1):
        x = torch.cat(self.batches)
        away = x - x.mean(0)
        if len(x) <= correction:
            return torch.full((self.dim, self.dim), torch.nan, dtype=torch.float64)
        return away.T @ away / (len(x) - correction)
