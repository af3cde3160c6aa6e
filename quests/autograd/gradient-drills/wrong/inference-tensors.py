"""without_graph uses inference_mode."""

import re

import torch


@torch.enable_grad()
def gradient_of(f, x):
    leaf = x.detach().clone().requires_grad_()
    f(leaf).backward()
    return leaf.grad


@torch.enable_grad()
def derivative_curve(f, xs):
    leaf = xs.detach().clone().requires_grad_()
    f(leaf).backward(torch.ones_like(leaf))
    return leaf.grad


@torch.enable_grad()
def accumulate(f, x, times):
    leaf = x.detach().clone().requires_grad_()
    for _ in range(times):
        f(leaf).backward()
    return leaf.grad


@torch.enable_grad()
def partial(f, x, y):
    leaves = [each.detach().clone().requires_grad_() for each in (x, y)]
    f(*leaves).backward()
    by_x, by_y = (torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves)
    return by_x.detach(), by_y.detach()


def clear_(params):
    for p in params:
        p.grad = None


def frozen_copy(x):
    return x.clone().detach()


def without_graph(f, x):
    with torch.inference_mode():
        return f(x)


def kind_of(tensor):
    if tensor.is_leaf:
        return "leaf" if tensor.requires_grad else "leaf-frozen"
    return re.sub(r"\d+$", "", type(tensor.grad_fn).__name__)


def leaf_report(tensors):
    return {name: kind_of(tensor) for name, tensor in tensors.items()}


@torch.enable_grad()
def second_derivative(f, x):
    leaf = x.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(f(leaf).sum(), leaf, create_graph=True)
    second = None
    if slope.requires_grad:
        (second,) = torch.autograd.grad(slope.sum(), leaf, allow_unused=True)
    return torch.zeros_like(leaf).detach() if second is None else second


@torch.enable_grad()
def vector_jacobian(f, x, v):
    leaf = x.detach().clone().requires_grad_()
    f(leaf).backward(v)
    return leaf.grad
