"""Ten reductions and vector formulas in the form that survives large, tiny and empty inputs."""

import torch
from torch import Tensor


def softmax_rows(x: Tensor) -> Tensor:
    """x (..., C) -> (..., C), rows that sum to 1."""
    shares = (x - x.amax(-1, keepdim=True)).exp()  # the largest exponent is 0: nothing overflows, the sum is at least 1
    return shares / shares.sum(-1, keepdim=True)


def standardise(x: Tensor) -> Tensor:
    """x (N, D) -> (N, D): columns of mean 0 and population variance 1, constant columns 0."""
    x = x - x[:1]  # a constant column is exactly 0 from here on; its mean alone would be off by a rounding error
    centred = x - x.mean(0)
    variance = centred.square().mean(0)  # (D,)
    return (
        centred / variance.masked_fill(variance == 0, 1).sqrt()
    )  # mended before the root, whose slope at 0 is infinite


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """a (..., D), b (..., D) -> (...), 0 where a or b is zero."""
    norms = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return (a * b).sum(-1) / norms.masked_fill(norms == 0, 1)


def frobenius(a: Tensor) -> Tensor:
    """a (..., R, C) -> (...)."""
    return torch.linalg.vector_norm(a, dim=(-2, -1))  # the matrix read as one long vector


def top_k_sum(x: Tensor, k: int) -> Tensor:
    """x (..., C) -> (...)."""
    return x.topk(k, dim=-1).values.sum(-1)


def running_max(x: Tensor) -> Tensor:
    """x (..., T) -> (..., T)."""
    return x.cummax(-1).values


def moving_sum(x: Tensor, width: int) -> Tensor:
    """x (..., T) -> (..., T - width + 1)."""
    return x.unfold(-1, width, 1).sum(-1)  # (..., T - width + 1, width): overlapping windows, a view


def quadratic_form(x: Tensor, a: Tensor) -> Tensor:
    """x (B, D), a (D, D) -> (B,), x_b^T A x_b."""
    return ((x @ a) * x).sum(-1)  # (B, D) twice; (B, B) never


def count_values(ids: Tensor, n: int) -> Tensor:
    """ids (any shape) int64 in 0 .. n-1 -> (n,) int64."""
    return torch.bincount(ids.flatten(), minlength=n)


def argmax_2d(x: Tensor) -> Tensor:
    """x (R, C) -> (2,) int64, the (row, column) of its first maximum."""
    place = x.flatten().argmax()  # reading order, so the first of equals is the one we want
    return torch.stack([place // x.shape[1], place % x.shape[1]])
