"""Log-sum-exp as one node of the tape: safe forward, lean backward, differentiable as often as one likes."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor


class LogSumExp(torch.autograd.Function):
    """apply(x, dim, keepdim): log(sum(exp(x))) along dim, in the dtype of x."""

    generate_vmap_rule = True  # every method below consists of torch operations, so vmap can go through them

    @staticmethod
    def forward(x: Tensor, dim: int, keepdim: bool) -> Tensor:
        """x (..., N, ...) -> (..., 1, ...) or (..., ...)."""
        wide = widened(x)
        if x.shape[dim] == 0:  # an empty sum is 0, and log 0 = -inf
            return x.sum(dim, keepdim=keepdim).fill_(float("-inf"))
        top = wide.amax(dim, keepdim=True)  # (..., 1, ...)
        limits = torch.finfo(wide.dtype)
        top = top.clamp(limits.min, limits.max)  # finite: inf - inf never happens, and exp gives 0 or inf by itself
        total = (wide - top).exp_().sum(dim, keepdim=True)  # in [1, N] for finite rows
        result = total.log_().add_(top)
        return (result if keepdim else result.squeeze(dim)).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int, bool], output: Tensor) -> None:
        """Keep x, which exists anyway, and the small result; the exponentials are cheaper to make again."""
        x, ctx.dim, ctx.keepdim = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x, output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        """d result / dx = softmax(x)."""
        x, result = ctx.saved_tensors
        if not ctx.keepdim:
            grad = grad.unsqueeze(ctx.dim)
        return grad * shares(x, result, ctx.dim, ctx.keepdim), None, None  # autograd itself casts it to x's dtype

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:
        """Forward mode, which torch.func.hessian runs over the reverse mode."""
        x, result = ctx.saved_tensors
        moved = (shares(x, result, ctx.dim, ctx.keepdim) * tangent).sum(ctx.dim, keepdim=ctx.keepdim)
        return moved.to(x.dtype)


def shares(x: Tensor, result: Tensor, dim: int, keepdim: bool) -> Tensor:
    """softmax(x) along dim from the saved result, shape of x; zeros for a row of nothing but -inf."""
    shift = widened(result if keepdim else result.unsqueeze(dim)).detach()  # a shift has no influence: no gradient
    exponentials = torch.exp(widened(x) - shift.masked_fill(shift == float("-inf"), 0.0))
    total = exponentials.sum(dim, keepdim=True)  # 1 up to the rounding of result, which this takes out again
    return exponentials / total.masked_fill(total == 0, 1.0)


def widened(x: Tensor) -> Tensor:
    """Half precision in float32, everything else as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def logsumexp(x: Tensor, dim: int = -1, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))) along dim: x (..., N, ...) -> (..., ...), or (..., 1, ...) with keepdim."""
    result: Tensor = LogSumExp.apply(x, dim, keepdim)
    return result


def tape(root: Tensor) -> dict[str, int]:
    """How many nodes of each kind the backward of `root` would visit, each node counted once."""
    seen = {root.grad_fn} - {None}
    waiting = list(seen)
    while waiting:
        for parent, _ in waiting.pop().next_functions:
            if parent is not None and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return dict(Counter(type(node).__name__ for node in seen))
