"""activation(x W^T + b) and its derivatives, by hand.

Each gradient is the scalar sum, read as a matrix product: dW[o, i] = sum_n dz[n, o] x[n, i] is dz^T x.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "gelu": F.gelu, "none": lambda z: z}


def forward(x: Tensor, w: Tensor, b: Tensor | None, act: str) -> tuple[Tensor, tuple]:
    """x (..., I), w (O, I), b (O,) or None -> (..., O), and what backward and tangent need."""
    z = F.linear(x, w, b)
    y = ACTIVATIONS[act](z)
    kept = z if act == "gelu" else y  # relu's and tanh's slope can be read off their result
    return y, (x, w, b is not None, kept, act)


def slope(kept: Tensor, act: str) -> Tensor | float:
    """Derivative of the activation at every entry, from what forward has kept."""
    if act == "relu":
        return kept > 0  # as a factor 1 or 0; at exactly 0: 0
    if act == "tanh":
        return 1 - kept * kept
    if act == "gelu":  # z P(Z < z), so P(Z < z) + z p(z)
        probability = 0.5 * (1 + torch.erf(kept / math.sqrt(2)))
        return probability + kept * torch.exp(-0.5 * kept * kept) / math.sqrt(2 * math.pi)
    return 1.0


def backward(grad: Tensor, cache: tuple) -> tuple[Tensor, Tensor, Tensor | None]:
    """grad (..., O) -> dx (..., I), dw (O, I), db (O,) or None."""
    x, w, biased, kept, act = cache
    dz = grad * slope(kept, act)  # (..., O)
    rows = dz.reshape(-1, w.shape[0])  # (N, O): every leading dimension is a sample
    dx = dz @ w  # (..., O) @ (O, I): sum over outputs
    dw = rows.t() @ x.reshape(-1, w.shape[1])  # (O, N) @ (N, I): sum over samples
    db = rows.sum(0) if biased else None
    return dx, dw, db


def tangent(cache: tuple, dx: Tensor, dw: Tensor, db: Tensor | None) -> Tensor:
    """Forward mode: how y (..., O) moves when x, w and b move by dx, dw and db (product rule)."""
    x, w, _, kept, act = cache
    dz = F.linear(dx, w, db) + F.linear(x, dw)  # z = x W^T + b is linear in each factor
    return dz * slope(kept, act)


def unbroadcast(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum over the dimensions along which `shape` was stretched to grad's shape."""
    extra = grad.dim() - len(shape)
    stretched = [extra + i for i, size in enumerate(shape) if size == 1 and grad.shape[extra + i] != 1]
    dims = [*range(extra), *stretched]
    return grad.sum(dims).reshape(shape) if dims else grad  # sum over an empty list sums everything


def grad_fn_chain(y: Tensor) -> list[str]:
    """Names of the nodes from y to a leaf, always through the first input that wants a gradient."""
    names = []
    node = y.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        node = next((following for following, _ in node.next_functions if following is not None), None)
    return names
