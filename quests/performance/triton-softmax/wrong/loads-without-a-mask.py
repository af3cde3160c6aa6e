"""Believes that lanes that are not stored need not be masked."""

import os

import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x, out, stride, n, BLOCK: tl.constexpr):
    """A whole row in one block."""
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    values = tl.load(x + row * stride + at, mask=at < n, other=float("-inf")).to(tl.float32)
    powers = tl.exp(values - tl.max(values, axis=0))
    shares = powers / tl.sum(powers, axis=0)
    tl.store(out + row * n + at, shares.to(out.dtype.element_ty), mask=at < n)


@triton.jit
def norm_kernel(x, r, w, y, h, x_stride, r_stride, n, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    real = at < n
    a = tl.load(x + row * x_stride + at, mask=real, other=0.0).to(tl.float32)
    b = tl.load(r + row * r_stride + at, mask=real, other=0.0).to(tl.float32)
    total = a + b
    scale = tl.rsqrt(tl.sum(total * total, axis=0) / n + eps)
    weight = tl.load(w + at).to(tl.float32)
    tl.store(h + row * n + at, total.to(h.dtype.element_ty), mask=real)
    tl.store(y + row * n + at, (total * scale * weight).to(y.dtype.element_ty), mask=real)


def softmax_rows(x):
    m, n = x.shape
    out = x.new_empty(m, n)
    if m:
        softmax_kernel[(m,)](x, out, x.stride(0), n, BLOCK=triton.next_power_of_2(n))
    return out


def add_rmsnorm(x, residual, weight, eps):
    m, n = x.shape
    y, h = x.new_empty(m, n), x.new_empty(m, n)
    if m:
        width = triton.next_power_of_2(n)
        norm_kernel[(m,)](x, residual, weight, y, h, x.stride(0), residual.stride(0), n, eps, BLOCK=width)
    return y, h
