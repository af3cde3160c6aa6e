"""Ten small modules: what is assigned in __init__ is registered, what forward computes is differentiated, and no more is needed."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """A learnable gain for each feature."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight  # (..., D) * (D,)


class Residual(nn.Module):
    """x + fn(x)."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fn(x)  # a new tensor: fn may have returned x itself, or need its output for backward


class Lambda(nn.Module):
    """Any function as a module, for a place in nn.Sequential."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)


class Flatten(nn.Module):
    """All dimensions from start_dim on become one."""

    def __init__(self, start_dim: int = 1) -> None:
        super().__init__()
        self.start_dim = start_dim

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(self.start_dim)


class Embedding(nn.Module):
    """A table with one row for each index; the row of padding_idx is zero and stays it."""

    def __init__(self, num_embeddings: int, dim: int, padding_idx: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_embeddings, dim))
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings  # -1 is the last row
        if self.padding_idx is not None:
            with torch.no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, index: Tensor) -> Tensor:
        rows = self.weight[index]  # index (...) -> (..., D); backward adds up over equal indices
        if self.padding_idx is None:
            return rows
        return rows.masked_fill((index == self.padding_idx).unsqueeze(-1), 0.0)  # a constant: no gradient behind it


class Bilinear(nn.Module):
    """y[o] = a^T weight[o] b + bias[o]."""

    def __init__(self, in1_features: int, in2_features: int, out_features: int) -> None:
        super().__init__()
        bound = in1_features**-0.5
        self.weight = nn.Parameter(torch.empty(out_features, in1_features, in2_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.einsum("...i,oij,...j->...o", a, self.weight, b) + self.bias


class Maxout(nn.Module):
    """The largest of k linear pieces, for each output (Goodfellow et al., arXiv 1302.4389)."""

    def __init__(self, in_features: int, out_features: int, pieces: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features * pieces)
        self.out_features, self.pieces = out_features, pieces

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x).unflatten(-1, (self.out_features, self.pieces)).amax(-1)  # (..., O * k) -> (..., O, k)


class Concat(nn.Module):
    """Several branches on one input, their results side by side."""

    def __init__(self, branches: Iterable[nn.Module], dim: int = -1) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)  # a plain list would hide them from parameters(), .to() and .eval()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=self.dim)


class RunningNorm(nn.Module):
    """x minus a running mean of what was seen in training."""

    mean: Tensor

    def __init__(self, dim: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        if self.training and x.numel():  # the mean of no rows is NaN, and would stay in the buffer for ever
            rows = x.detach().reshape(-1, x.shape[-1])
            self.mean.lerp_(rows.mean(0), self.momentum)  # (1 - momentum) * mean + momentum * batch mean
        return x - self.mean


class Gate(nn.Module):
    """g a + (1 - g) b with g = sigmoid(linear([a, b])), feature by feature."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * dim, dim)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        g = torch.sigmoid(self.linear(torch.cat([a, b], dim=-1)))  # (..., 2D) -> (..., D)
        return g * a + (1 - g) * b
