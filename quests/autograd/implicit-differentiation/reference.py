"""Gradients of a solver's solution from the condition that the solution satisfies, not from the solver's path.

The implicit function theorem, as deep equilibrium models use it: Bai et al., Deep Equilibrium Models, arXiv 1909.01377.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Map = Callable[..., Tensor]


class FixedPoint(torch.autograd.Function):
    """apply(f, tol, max_iter, z0, *params): z* = f(z*, *params), as one node of the tape."""

    @staticmethod
    def forward(ctx: Any, f: Map, tol: float, max_iter: int, z0: Tensor, *params: Tensor) -> Tensor:
        """Iterate without recording; keep the solution and the parameters, nothing of the way there."""
        solution = iterate(lambda z: f(z, *params), z0, tol, max_iter)
        ctx.f, ctx.tol, ctx.max_iter = f, tol, max_iter
        ctx.save_for_backward(solution, *params)
        return solution

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """z* = f(z*, p) gives dz = J dz + f_p dp, so grad . dz = u . (f_p dp) with u = grad + J^T u."""
        solution, *params = (tensor.detach() for tensor in ctx.saved_tensors)
        wanted = ctx.needs_input_grad[4:]
        leaves = [param.requires_grad_(want) for param, want in zip(params, wanted, strict=True)]
        with torch.enable_grad():
            z = solution.requires_grad_()
            again = ctx.f(z, *leaves)  # one call of f, recorded at the solution
        adjoint = iterate(lambda u: grad + pulled(again, [z], u)[0], grad, ctx.tol, ctx.max_iter)
        found = iter(pulled(again, [leaf for leaf in leaves if leaf.requires_grad], adjoint))
        return None, None, None, None, *(next(found) if want else None for want in wanted)


def fixed_point(f: Map, z0: Tensor, *params: Tensor, tol: float, max_iter: int) -> Tensor:
    """z* with f(z*, *params) = z*, differentiable with respect to params; z0 only says where to start."""
    solution: Tensor = FixedPoint.apply(f, tol, max_iter, z0.detach(), *params)
    return solution


def iterate(f: Callable[[Tensor], Tensor], z: Tensor, tol: float, max_iter: int) -> Tensor:
    """Apply f until no entry moves by more than tol.

    Raises:
        RuntimeError: when max_iter applications are not enough
    """
    residual = float("inf")
    for _ in range(max_iter):
        z, before = f(z), z
        residual = float((z - before).abs().max()) if z.numel() else 0.0
        if residual <= tol:  # False for NaN
            return z
    raise RuntimeError(
        f"no fixed point after {max_iter} iterations: the last residual is {residual:.3g}, tol is {tol:.3g}"
    )


def pulled(output: Tensor, inputs: list[Tensor], u: Tensor) -> tuple[Tensor, ...]:
    """u^T d output / d input for every input, zeros where the output does not depend on it."""
    if not output.requires_grad:  # f depends on nothing that wants a gradient
        return tuple(torch.zeros_like(each) for each in inputs)
    return torch.autograd.grad(output, inputs, u, retain_graph=True, materialize_grads=True)


def ridge_solution(x: Tensor, y: Tensor, log_lambda: Tensor) -> Tensor:
    """x (N, D), y (N,), log_lambda () -> w (D,) that minimises |x w - y|^2 + exp(log_lambda) |w|^2."""
    solution: Tensor = Ridge.apply(x, y, log_lambda)
    return solution


class Ridge(torch.autograd.Function):
    """The optimality condition is F(w) = x^T (x w - y) + lambda w = 0, its derivative in w is A = x^T x + lambda I."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, log_lambda: Tensor) -> Tensor:
        """Solve A w = x^T y."""
        solution = solve(x, log_lambda, x.T @ y)
        ctx.save_for_backward(x, y, log_lambda, solution)
        return solution

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A dw = - dF at fixed w, and A is symmetric: with a = A^-1 grad, grad . dw = - a . dF."""
        x, y, log_lambda, w = ctx.saved_tensors
        a = solve(x, log_lambda, grad)  # (D,)
        error = x @ w - y  # (N,)
        # dF = dx^T error + x^T (dx w) - x^T dy + lambda w d log_lambda
        along = x @ a  # (N,)
        return -(torch.outer(error, a) + torch.outer(along, w)), along, -log_lambda.exp() * (a @ w)


def solve(x: Tensor, log_lambda: Tensor, right: Tensor) -> Tensor:
    """(x^T x + lambda I)^-1 right, (D,)."""
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return torch.linalg.solve(x.T @ x + log_lambda.exp() * eye, right)
