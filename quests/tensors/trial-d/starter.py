"""Promotion trial: everyday tensor work. Each function is judged on its own, in any order; cases are drawn anew at each try."""

from collections.abc import Callable

import torch


def tabulate(records: list[dict[str, float]], keys: list[str]) -> torch.Tensor:
    """records (N dicts), keys (K names) -> (N, K) float32: record n's value of key k, NaN where it has none."""
    raise NotImplementedError("tabulate")


def impute(x: torch.Tensor) -> torch.Tensor:
    """x (N, D) -> (N, D): NaN replaced by the mean of the column's other entries, by 0 where there are none."""
    raise NotImplementedError("impute")


def polynomial_features(x: torch.Tensor, degree: int) -> torch.Tensor:
    """x (N, D), degree >= 0 -> (N, 1 + D * degree): a 1, then all columns to the power 1, then all to the power 2, ..."""
    raise NotImplementedError("polynomial_features")


def weighted_median(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """x (N,), w (N,) non-negative with a positive sum -> 0-d, the lower weighted median.

    That is the smallest entry of x for which it and all smaller entries hold at least half of the weight.
    """
    raise NotImplementedError("weighted_median")


def slope(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """f elementwise, x (...) floats -> (...): the derivative of f at every entry of x, by autograd; leaves no trace."""
    raise NotImplementedError("slope")


def top_left_blocks(x: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """x (B, N, N), sizes (B,) integers in 0 .. N -> a copy with zeros outside of x[b, : sizes[b], : sizes[b]]."""
    raise NotImplementedError("top_left_blocks")
