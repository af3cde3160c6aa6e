"""Strides, views and when reshape must copy. Strides and offsets are counted in elements, as PyTorch does."""

import torch


def is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether the elements lie one after the other in reading order; strides of size-1 dimensions do not matter."""
    raise NotImplementedError("is_contiguous")


def element_offset(index: tuple[int, ...], strides: tuple[int, ...], offset: int) -> int:
    """Where in the storage the element at index (no negative entries) lies."""
    raise NotImplementedError("element_offset")


def view_strides(
    shape: tuple[int, ...], strides: tuple[int, ...], new_shape: tuple[int, ...]
) -> tuple[int, ...] | None:
    """Strides that read (shape, strides) as new_shape without moving an element; None when only a copy can do it.

    One size of new_shape may be -1. The stride of a dimension of size 1 is free.

    Raises:
        ValueError: when new_shape has another number of elements, or when -1 has no or no single meaning.
    """
    raise NotImplementedError("view_strides")


def internally_overlaps(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether two different indices reach the same address; no stride is negative."""
    raise NotImplementedError("internally_overlaps")


def shares_elements(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether some element's memory is reachable through both tensors, whatever their dtypes."""
    raise NotImplementedError("shares_elements")
