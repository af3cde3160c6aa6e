"""Ten drills: indexing and slicing. Each function is judged on its own; no loops, fill them in any order."""

import torch


def last_row(x: torch.Tensor) -> torch.Tensor:
    """x (R, C), R >= 1 -> (C,): the last row."""
    raise NotImplementedError("last_row")


def every_other_column(x: torch.Tensor) -> torch.Tensor:
    """x (R, C) -> (R, ceil(C / 2)): columns 0, 2, 4, ..."""
    raise NotImplementedError("every_other_column")


def reverse_time(x: torch.Tensor) -> torch.Tensor:
    """x (B, T, ...) -> the same shape, dim 1 reversed."""
    raise NotImplementedError("reverse_time")


def pick_per_row(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """x (N, C), index (N,) int64 in 0 .. C-1 -> (N,): x[n, index[n]]."""
    raise NotImplementedError("pick_per_row")


def rows_where(x: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """x (N, ...), keep (N,) bool -> (K, ...): the K rows at which keep is True, in their order."""
    raise NotImplementedError("rows_where")


def replace_negatives(x: torch.Tensor, value: float) -> torch.Tensor:
    """x (...) floats -> a new tensor with value in place of every entry below 0; NaN stays NaN."""
    raise NotImplementedError("replace_negatives")


def without_border(image: torch.Tensor) -> torch.Tensor:
    """image (H, W), H, W >= 1 -> a new (H, W) whose outermost ring of pixels is 0."""
    raise NotImplementedError("without_border")


def batched_diagonal(x: torch.Tensor) -> torch.Tensor:
    """x (B, N, N) -> (B, N): the diagonal of each matrix."""
    raise NotImplementedError("batched_diagonal")


def swap_columns(x: torch.Tensor, i: int, j: int) -> torch.Tensor:
    """x (R, C), i and j in -C .. C-1 -> a new (R, C) with columns i and j exchanged."""
    raise NotImplementedError("swap_columns")


def center_crop(image: torch.Tensor, size: int) -> torch.Tensor:
    """image (C, H, W), size <= H, W -> (C, size, size), offset floor((H - size) / 2), floor((W - size) / 2)."""
    raise NotImplementedError("center_crop")
