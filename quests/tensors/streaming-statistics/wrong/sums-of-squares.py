"""Keeps sum and sum of squares."""

import torch


class Moments:
    def __init__(self, dim):
        self.n = 0
        self.total = torch.zeros(dim, dtype=torch.float64)
        self.squares = torch.zeros(dim, dim, dtype=torch.float64)

    def update(self, x):
        if x.dim() != 2 or x.shape[1] != len(self.total):
            raise ValueError(f"expected (N, {len(self.total)}), got {tuple(x.shape)}")
        x = x.detach().double()
        self.n += len(x)
        self.total = self.total + x.sum(0)
        self.squares = self.squares + x.T @ x

    def merge(self, other):
        if len(self.total) != len(other.total):
            raise ValueError("different dims")
        out = Moments(len(self.total))
        out.n = self.n + other.n
        out.total, out.squares = self.total + other.total, self.squares + other.squares
        return out

    def mean(self):
        return self.total / self.n if self.n else self.total * torch.nan

    def var(self, correction=1):
        return self.cov(correction).diagonal().clone()

    def cov(self, correction=1):
        if self.n <= correction:
            return self.squares * torch.nan
        return (self.squares - torch.outer(self.total, self.total) / self.n) / (self.n - correction)
