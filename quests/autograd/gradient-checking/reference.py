"""A gradient checker: central differences against autograd, with an allowance for what rounding alone can do."""

from collections.abc import Callable

import torch
from torch import Tensor

NOISE = 8.0  # roundings of f that a difference may show, in units of the last place of the largest result


def numerical_jacobian(f: Callable[[Tensor], Tensor], x: Tensor, eps: float) -> Tensor:
    """(M, N): entry [m, n] is the slope of f's m-th output along x's n-th element, by central differences."""
    columns = []
    with torch.no_grad():
        flat = x.reshape(-1)
        for n in range(flat.numel()):
            above, below = flat.clone(), flat.clone()  # fresh memory each time: f may return what it was given
            above[n] += eps
            below[n] -= eps
            step = above[n] - below[n]  # the step that was really taken: x + eps is rounded
            difference = f(above.reshape(x.shape)) - f(below.reshape(x.shape))
            columns.append(difference.reshape(-1) / step)
        if not columns:
            return torch.zeros(f(x).numel(), 0, dtype=x.dtype)
    return torch.stack(columns, dim=1)


def numerical_directional(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor, eps: float) -> Tensor:
    """Slope of f along v at x, in the shape of f's output: two calls of f, whatever the size of x."""
    with torch.no_grad():
        return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)


def check_gradients(
    f: Callable[..., Tensor], inputs: tuple[Tensor, ...], eps: float | None = None, rtol: float = 1e-4
) -> dict[str, object]:
    """Compare autograd's Jacobian by each floating input with the numerical one."""
    leaves = [each.detach() for each in inputs]  # names of our own: the flags of the inputs stay as they are
    checked = [k for k, each in enumerate(leaves) if each.is_floating_point()]
    with torch.enable_grad():
        output = f(*[each.requires_grad_() if k in checked else each for k, each in enumerate(leaves)]).reshape(-1)
    report: dict[str, object] = {"ok": True, "worst": 0.0, "input": -1, "index": ()}
    worst = -1.0
    for k in checked:
        x = leaves[k].detach()
        if x.numel() == 0:
            continue

        def alone(value: Tensor, k: int = k) -> Tensor:
            return f(*[value if position == k else each for position, each in enumerate(leaves)])

        accuracy = torch.finfo(x.dtype).eps
        # truncation grows as eps^2, rounding as accuracy / eps: the sum is least near the cube root
        step = eps if eps is not None else accuracy ** (1 / 3) * max(1.0, float(x.abs().max()))
        analytic, numeric = analytic_jacobian(output, leaves[k]), numerical_jacobian(alone, x, step)  # (M, N) each
        noise = NOISE * accuracy * output.detach().abs().max() / step
        excess = ((analytic - numeric).abs() - noise).clamp(min=0.0)
        # relative to the largest slope: an entry that is zero has no relative error of its own
        error = (excess / numeric.abs().max().clamp(min=torch.finfo(x.dtype).tiny)).nan_to_num(nan=torch.inf)
        entry = int(error.argmax())
        if float(error.flatten()[entry]) > worst:
            worst = float(error.flatten()[entry])
            index = torch.unravel_index(torch.tensor(entry % x.numel()), x.shape)
            report = {"ok": worst <= rtol, "worst": worst, "input": k, "index": tuple(int(i) for i in index)}
    return report


@torch.enable_grad()
def analytic_jacobian(output: Tensor, x: Tensor) -> Tensor:
    """(M, N) by one backward an output: the gradient of output m alone is row m. output: (M,)."""
    if not output.requires_grad:
        return output.new_zeros(output.numel(), x.numel())
    rows = [torch.autograd.grad(each, x, retain_graph=True, materialize_grads=True)[0] for each in output]
    return torch.stack([row.reshape(-1) for row in rows])
