"""The bare Newton step."""

from collections.abc import Callable

import torch
from gradient_and_hessian import gradient, hessian, objective
from torch import Tensor

Point = tuple[Tensor, Tensor]
Fit = dict[str, Tensor | float | int | bool]


def gradient_descent(
    x: Tensor,
    y: Tensor,
    l2: float = 0.0,
    *,
    rate: float | None = None,
    max_iter: int = 1000,
    tol: float = 1e-6,
    start: Point | None = None,
) -> Fit:
    """Steps of `rate` against the gradient; without a rate, one over the largest curvature there can be."""
    if rate is None:
        # At zero every p (1 - p) is 1/4, the most it can be: no Hessian anywhere is larger than this one.
        rate = 1.0 / float(torch.linalg.eigvalsh(hessian(x, y, *_origin(x), l2)).max())

    def move(w: Tensor, b: Tensor, by_w: Tensor, by_b: Tensor) -> Point:
        return w - rate * by_w, b - rate * by_b

    return _walk(x, y, l2, start, move, max_iter, tol)


def newton(
    x: Tensor, y: Tensor, l2: float = 0.0, *, max_iter: int = 50, tol: float = 1e-8, start: Point | None = None
) -> Fit:
    """Steps to the lowest point of the parabola that fits here, with a ridge that grows until the objective does not rise."""

    def move(w: Tensor, b: Tensor, by_w: Tensor, by_b: Tensor) -> Point:
        step = torch.linalg.pinv(hessian(x, y, w, b, l2), hermitian=True) @ torch.cat([by_w, by_b[None]])
        return w - step[:-1], b - step[-1]

    return _walk(x, y, l2, start, move, max_iter, tol)


def _walk(
    x: Tensor, y: Tensor, l2: float, start: Point | None, move: Callable[..., Point], max_iter: int, tol: float
) -> Fit:
    """Move until the gradient of w and b together is short enough, or until max_iter moves are made."""
    w, b = start or _origin(x)
    steps = 0
    while True:
        by_w, by_b = gradient(x, y, w, b, l2)
        norm = float(torch.cat([by_w, by_b[None]]).norm())
        if norm <= tol or steps == max_iter:
            return {"w": w, "b": b, "norm": norm, "steps": steps, "converged": norm <= tol}
        w, b = move(w, b, by_w, by_b)
        steps += 1


def _origin(x: Tensor) -> Point:
    return x.new_zeros(x.shape[1]), x.new_zeros(())
