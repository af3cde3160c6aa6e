"""Newton through the eigenvectors of the Hessian, with small eigenvalues raised, and steps that are halved."""

import torch
from gradient_and_hessian import gradient, hessian, objective
from torch import Tensor

Fit = dict[str, Tensor | float | int | bool]


def _slopes(x: Tensor, y: Tensor, at: Tensor, l2: float) -> Tensor:
    by_w, by_b = gradient(x, y, at[:-1], at[-1], l2)
    return torch.cat([by_w, by_b.reshape(1)])


def _begin(x: Tensor, start: tuple[Tensor, Tensor] | None) -> Tensor:
    return x.new_zeros(x.shape[1] + 1) if start is None else torch.cat([start[0], start[1].reshape(1)])


def _fit(at: Tensor, norm: float, steps: int, tol: float) -> Fit:
    return {"w": at[:-1], "b": at[-1], "norm": norm, "steps": steps, "converged": norm <= tol}


def gradient_descent(
    x: Tensor,
    y: Tensor,
    l2: float = 0.0,
    *,
    rate: float | None = None,
    max_iter: int = 1000,
    tol: float = 1e-6,
    start: tuple[Tensor, Tensor] | None = None,
) -> Fit:
    if rate is None:
        rows = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        bound = rows.T @ rows / (4 * len(x))
        bound[:-1, :-1] += l2 * torch.eye(x.shape[1], dtype=x.dtype)
        rate = 1 / torch.linalg.matrix_norm(bound, 2).item()
    at, steps = _begin(x, start), 0
    g = _slopes(x, y, at, l2)
    while g.norm() > tol and steps < max_iter:
        at, steps = at - rate * g, steps + 1
        g = _slopes(x, y, at, l2)
    return _fit(at, g.norm().item(), steps, tol)


def newton(
    x: Tensor,
    y: Tensor,
    l2: float = 0.0,
    *,
    max_iter: int = 50,
    tol: float = 1e-8,
    start: tuple[Tensor, Tensor] | None = None,
) -> Fit:
    at, steps = _begin(x, start), 0
    g = _slopes(x, y, at, l2)
    while g.norm() > tol and steps < max_iter:
        values, vectors = torch.linalg.eigh(hessian(x, y, at[:-1], at[-1], l2))
        least = max(1e-9 * float(values[-1]), 1e-30)
        step = vectors @ ((vectors.T @ g) / values.clamp(min=least))
        here = objective(x, y, at[:-1], at[-1], l2)
        tried = 0
        while not objective(x, y, *_split(at - step), l2) <= here and tried < 100:
            step, tried = step / 2, tried + 1
        at, steps = at - step, steps + 1
        g = _slopes(x, y, at, l2)
    return _fit(at, g.norm().item(), steps, tol)


def _split(at: Tensor) -> tuple[Tensor, Tensor]:
    return at[:-1], at[-1]
