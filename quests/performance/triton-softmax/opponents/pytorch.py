"""What the CUDA gates run against: PyTorch's own softmax, and add and normalise in separate calls."""

import torch


def softmax_rows(x):
    return torch.softmax(x, 1)


def add_rmsnorm(x, residual, weight, eps):
    h = x.float() + residual.float()
    y = h * torch.rsqrt(h.square().mean(1, keepdim=True) + eps) * weight.float()
    return y.to(x.dtype), h.to(x.dtype)
