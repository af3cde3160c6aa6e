"""Independent idiom: every batch is a Moments of its own, and update is a merge; torch.cov does a batch."""

import torch


class Moments:
    def __init__(self, dim):
        self.state = (0, torch.zeros(dim, dtype=torch.float64), torch.zeros(dim, dim, dtype=torch.float64))

    @torch.no_grad()
    def update(self, x):
        dim = len(self.state[1])
        if x.ndim != 2 or x.size(1) != dim:
            raise ValueError(f"a batch of {tuple(x.shape)} for {dim} columns")
        part = Moments(dim)
        if len(x) > 0:
            wide = x.to(torch.float64)
            scatter = torch.cov(wide.T, correction=0).reshape(dim, dim) * len(x)
            part.state = (len(x), wide.sum(0) / len(x), scatter)
        self.state = self.merge(part).state

    def merge(self, other):
        (n, mean, scatter), (k, other_mean, other_scatter) = self.state, other.state
        if mean.shape != other_mean.shape:
            raise ValueError("the number of columns differs")
        out = Moments(len(mean))
        if n + k:
            joint = mean.lerp(other_mean, k / (n + k))
            left, right = mean - joint, other_mean - joint
            joint_scatter = scatter + other_scatter + n * left.outer(left) + k * right.outer(right)
            out.state = (n + k, joint, joint_scatter)
        return out

    def mean(self):
        n, mean, _ = self.state
        return mean.clone() if n else torch.full_like(mean, float("nan"))

    def var(self, correction=1):
        return torch.diagonal(self.cov(correction)).clone()

    def cov(self, correction=1):
        n, _, scatter = self.state
        return scatter * (1 / (n - correction) if n > correction else float("nan"))
