"""Two first Triton kernels, each launched once per call. The `@triton.jit` functions and their launches are yours to write."""

import os

import torch
from torch import Tensor

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when triton is imported: kernels then run as Python, on CPU tensors

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, out_ptr, row_stride, columns, BLOCK: tl.constexpr):
    """One program per row. Rows longer than BLOCK are walked in a loop."""
    raise NotImplementedError("softmax_kernel")


def softmax_rows(x: Tensor) -> Tensor:
    """Softmax of each row by one kernel launch.

    Args:
        x: (M, N) float32, float16 or bfloat16; x.stride(1) is 1, x.stride(0) may be larger than N

    Returns:
        (M, N), contiguous, in the dtype of x; the arithmetic is float32. M = 0 launches nothing
    """
    raise NotImplementedError("softmax_rows")


def add_rmsnorm(x: Tensor, residual: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Add and normalise in one kernel launch: h = x + residual, y = h / sqrt(mean(h^2) + eps) * weight.

    Args:
        x, residual: (M, N) of one dtype, last stride 1; their row strides may differ
        weight: (N,), possibly of another dtype
        eps: added to the mean square

    Returns:
        y and h, both (M, N), contiguous, in the dtype of x; the arithmetic is float32, y is made from the unrounded h
    """
    raise NotImplementedError("add_rmsnorm")
