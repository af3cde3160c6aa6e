"""Count, mean and scatter of a stream, merged part by part (the pairwise update of Chan, Golub and LeVeque)."""

import torch
from torch import Tensor


class Moments:
    """First and second moments of all rows seen so far, in float64."""

    def __init__(self, dim: int) -> None:
        """dim: columns of every batch."""
        self.dim = dim
        self.count = 0
        self.centre = torch.zeros(dim, dtype=torch.float64)  # mean of the rows seen
        self.scatter = torch.zeros(dim, dim, dtype=torch.float64)  # sum of (row - mean)(row - mean)^T

    def update(self, x: Tensor) -> None:
        """x (N, dim), N >= 0, any real dtype."""
        if x.dim() != 2 or x.shape[1] != self.dim:
            raise ValueError(f"expected a batch of shape (N, {self.dim}), got {tuple(x.shape)}")
        if len(x) == 0:
            return
        x = x.detach().double()  # x itself where it is float64 already: nothing below writes into it
        centre = x.mean(0)
        away = x - centre  # (N, dim); squares of deviations, never of the values
        self._absorb(len(x), centre, away.T @ away)

    def merge(self, other: "Moments") -> "Moments":
        """A new object that has seen the rows of both."""
        if other.dim != self.dim:
            raise ValueError(f"cannot merge moments of {self.dim} and of {other.dim} columns")
        both = Moments(self.dim)
        both._absorb(self.count, self.centre, self.scatter)
        both._absorb(other.count, other.centre, other.scatter)
        return both

    def mean(self) -> Tensor:
        """(dim,) float64; NaN before the first row."""
        return self.centre.clone() if self.count else torch.full_like(self.centre, torch.nan)

    def var(self, correction: int = 1) -> Tensor:
        """(dim,) float64; NaN while there are no more rows than `correction`."""
        return self.cov(correction).diagonal().clone()

    def cov(self, correction: int = 1) -> Tensor:
        """(dim, dim) float64; NaN while there are no more rows than `correction`."""
        if self.count <= correction:
            return torch.full_like(self.scatter, torch.nan)
        return self.scatter / (self.count - correction)

    def _absorb(self, count: int, centre: Tensor, scatter: Tensor) -> None:
        """Add another part, given as its own count, mean (dim,) and scatter (dim, dim)."""
        total = self.count + count
        if total == 0:
            return
        delta = centre - self.centre  # (dim,)
        # each part's scatter is about its own mean; the third term moves both to the common one
        self.scatter = self.scatter + scatter + torch.outer(delta, delta) * (self.count * count / total)
        self.centre = self.centre + delta * (count / total)
        self.count = total
