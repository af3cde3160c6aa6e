"""Masked row kernels in Triton. The softmax keeps running statistics (see performance/online-softmax) for rows longer than a block."""

import os

import torch
from torch import Tensor

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when triton is imported: kernels then run as Python, on CPU tensors

import triton
import triton.language as tl

MAX_BLOCK = 1024


@triton.jit
def softmax_kernel(x_ptr, out_ptr, row_stride, columns, BLOCK: tl.constexpr):
    """One program per row: a pass for maximum and sum, a pass that writes."""
    row = tl.program_id(0).to(tl.int64)
    x_ptr += row * row_stride
    out_ptr += row * columns
    lane = tl.arange(0, BLOCK)
    top = tl.full((BLOCK,), float("-inf"), tl.float32)  # a maximum and a sum for each lane
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + lane
        x = tl.load(x_ptr + at, mask=at < columns, other=float("-inf")).to(tl.float32)
        higher = tl.maximum(top, x)
        base = tl.where(higher == float("-inf"), 0.0, higher)  # exp(-inf - -inf) would be NaN
        total = total * tl.exp(top - base) + tl.exp(x - base)
        top = higher
    row_top = tl.max(top, 0)
    row_total = tl.sum(total * tl.exp(top - row_top), 0)
    for start in range(0, columns, BLOCK):
        at = start + lane
        x = tl.load(x_ptr + at, mask=at < columns, other=float("-inf")).to(tl.float32)
        share = tl.exp(x - row_top) / row_total
        tl.store(out_ptr + at, share.to(out_ptr.dtype.element_ty), mask=at < columns)


@triton.jit
def add_rmsnorm_kernel(x_ptr, r_ptr, w_ptr, y_ptr, h_ptr, x_stride, r_stride, columns, eps, BLOCK: tl.constexpr):
    """One program per row: a pass that adds, stores h and sums squares, a pass that scales."""
    row = tl.program_id(0).to(tl.int64)
    x_ptr += row * x_stride
    r_ptr += row * r_stride
    h_ptr += row * columns
    y_ptr += row * columns
    lane = tl.arange(0, BLOCK)
    squares = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + lane
        x = tl.load(x_ptr + at, mask=at < columns, other=0.0).to(tl.float32)
        h = x + tl.load(r_ptr + at, mask=at < columns, other=0.0).to(tl.float32)
        squares += h * h
        tl.store(h_ptr + at, h.to(h_ptr.dtype.element_ty), mask=at < columns)
    factor = 1.0 / tl.sqrt(tl.sum(squares, 0) / columns + eps)
    for start in range(0, columns, BLOCK):
        at = start + lane
        x = tl.load(x_ptr + at, mask=at < columns, other=0.0).to(tl.float32)
        h = x + tl.load(r_ptr + at, mask=at < columns, other=0.0).to(tl.float32)
        weight = tl.load(w_ptr + at, mask=at < columns, other=0.0).to(tl.float32)
        tl.store(y_ptr + at, (h * factor * weight).to(y_ptr.dtype.element_ty), mask=at < columns)


def softmax_rows(x: Tensor) -> Tensor:
    """x (M, N), stride (any, 1) -> (M, N)."""
    rows, columns = x.shape
    out = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    if out.numel():
        softmax_kernel[(rows,)](x, out, x.stride(0), columns, BLOCK=block(columns))
    return out


def add_rmsnorm(x: Tensor, residual: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """x, residual (M, N), weight (N,) -> y and h (M, N)."""
    rows, columns = x.shape
    y, h = (torch.empty((rows, columns), dtype=x.dtype, device=x.device) for _ in range(2))
    if y.numel():
        strides = x.stride(0), residual.stride(0)
        add_rmsnorm_kernel[(rows,)](x, residual, weight, y, h, *strides, columns, eps, BLOCK=block(columns))
    return y, h


def block(columns: int) -> int:
    """Lanes of a program: the row's length rounded up to a power of two, at most MAX_BLOCK."""
    return min(MAX_BLOCK, triton.next_power_of_2(columns))
