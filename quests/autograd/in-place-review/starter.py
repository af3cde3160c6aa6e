"""Training code that a colleague sends for review: "sometimes it crashes, sometimes it just does not learn".

The docstrings are right and say what callers rely on. Mend the bodies; names, arguments, shapes and dtypes stay.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

PENALTY = 0.1


def attention_step(q: Tensor, k: Tensor, v: Tensor, keep: Tensor) -> Tensor:
    """Softmax over the kept keys, times v: q (..., T, D), k and v (..., S, D), keep (T, S) bool -> (..., T, D).

    Every query keeps at least one key. A key that is not kept has no influence, however large its score.
    """
    scores = (q @ k.transpose(-2, -1)).mul_(q.shape[-1] ** -0.5)  # (..., T, S)
    weights = scores.softmax(-1)
    weights.masked_fill_(~keep, 0.0)
    weights /= weights.sum(-1, keepdim=True)
    return weights @ v


def recurrent_rollout(cell: Callable[[Tensor, Tensor], Tensor], h: Tensor, xs: Tensor) -> Tensor:
    """All states of a recurrent cell: h (B, H), xs (T, B, I) -> (T, B, H); state t is cell(xs[t], state t - 1).

    Gradients reach h, every input and what the cell is made of, through all T steps. T may be 0.
    """
    states = h.new_zeros(len(xs), *h.shape)
    for t, x in enumerate(xs):
        states[t] = cell(x, states[t - 1] if t else h)
    return states


def normalised(x: Tensor) -> Tensor:
    """x (N, D), no row zero -> rows of length 1. x is left as it is, also when it requires grad; gradients reach it."""
    x /= x.norm(dim=-1, keepdim=True)
    return x


def running_loss(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Mean squared error over all samples, a float: each batch (x, y) counts with its number of samples.

    For watching only: no gradients are computed, and the memory does not grow with the number of batches.
    """
    total, count = 0.0, 0
    for x, y in batches:
        total += mse_loss(model(x), y)
        count += 1
    return total / count


def penalised_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Mean squared error plus PENALTY times the sum of squares of all parameters whose name ends in "weight", shape ().

    Both terms are there to be learned from.
    """
    loss = mse_loss(model(x), y)
    with torch.no_grad():
        penalty = sum(p.square().sum() for name, p in model.named_parameters() if name.endswith("weight"))
    return loss + PENALTY * penalty


def safe_norm(x: Tensor) -> Tensor:
    """Length of each row, x (N, D) -> (N,). The gradient is x / length, and 0 in a row of zeros."""
    return x.square().sum(-1).sqrt()


def log_gradient(x: Tensor, log: list) -> Tensor:
    """x itself. At each backward the 2-norm of x's gradient is appended to log, as a float; the gradient stays as it is.

    An x that does not require grad is returned as it is, and nothing is logged.
    """

    def hook(grad: Tensor) -> Tensor:
        log.append(grad.norm().item())
        grad /= grad.norm()
        return grad

    x.register_hook(hook)
    return x


def blame(step: Callable[[], Tensor]) -> str | None:
    """Run loss = step() and its backward in anomaly mode; the name of the node whose backward failed or made a NaN.

    None when all is well. "Node" is what grad_fn is called, such as "SqrtBackward0": the node that was at work when
    backward stopped. Anomaly mode is afterwards as it was before, whatever happens, and no warning gets out. An error
    that no node is to blame for (step itself raises, or the loss has no graph) goes on to the caller.
    """
    torch.autograd.set_detect_anomaly(True)
    try:
        step().backward()
    except RuntimeError as error:
        return str(error).split("'")[1]
    return None
