"""Works in float32."""

import torch


class Moments:
    def __init__(self, dim):
        self.n = 0
        self.m = torch.zeros(dim, dtype=torch.float32)
        self.s = torch.zeros(dim, dim, dtype=torch.float32)

    def update(self, x):
        if x.dim() != 2 or x.shape[1] != len(self.m):
            raise ValueError(f"expected (N, {len(self.m)}), got {tuple(x.shape)}")
        if len(x):
            x = x.detach().float()
            m = x.mean(0)
            self.add(len(x), m, (x - m).T @ (x - m))

    def add(self, n, m, s):
        total = self.n + n
        delta = m - self.m
        self.s = self.s + s + delta[:, None] * delta * (self.n * n / max(total, 1))
        self.m = self.m + delta * (n / max(total, 1))
        self.n = total

    def merge(self, other):
        if len(self.m) != len(other.m):
            raise ValueError("different dims")
        out = Moments(len(self.m))
        out.add(self.n, self.m, self.s)
        out.add(other.n, other.m, other.s)
        return out

    def mean(self):
        return self.m.clone() if self.n else self.m * torch.nan

    def var(self, correction=1):
        return self.cov(correction).diagonal().clone()

    def cov(self, correction=1):
        return self.s / (self.n - correction) if self.n > correction else self.s * torch.nan
