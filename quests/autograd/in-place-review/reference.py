"""The reviewed code: what autograd has saved is left alone, and what is to be learned from stays in the graph."""

import re
import warnings
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

PENALTY = 0.1


def attention_step(q: Tensor, k: Tensor, v: Tensor, keep: Tensor) -> Tensor:
    """q (..., T, D), k and v (..., S, D), keep (T, S) bool -> (..., T, D)."""
    scores = (q @ k.transpose(-2, -1)).mul_(
        q.shape[-1] ** -0.5
    )  # in place and innocent: matmul does not save its result
    scores = scores.masked_fill(~keep, float("-inf"))  # before the softmax: a large score elsewhere drowns nobody
    return scores.softmax(-1) @ v  # softmax has saved its result: nobody may write into it


def recurrent_rollout(cell: Callable[[Tensor, Tensor], Tensor], h: Tensor, xs: Tensor) -> Tensor:
    """h (B, H), xs (T, B, I) -> (T, B, H)."""
    states = []
    state = h
    for x in xs:
        state = cell(x, state)  # saved inside the cell; a tensor of its own is never overwritten
        states.append(state)
    return torch.stack(states) if states else h.new_zeros(0, *h.shape)


def normalised(x: Tensor) -> Tensor:
    """x (N, D) -> (N, D), rows of length 1."""
    return x / x.norm(dim=-1, keepdim=True)


def running_loss(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Mean squared error over all samples."""
    total, samples = 0.0, 0
    with torch.no_grad():  # a sum of losses with a graph would keep every batch's graph alive
        for x, y in batches:
            total += mse_loss(model(x), y).item() * len(x)
            samples += len(x)
    return total / samples


def penalised_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Mean squared error plus PENALTY times the sum of squares of the weights."""
    penalty = sum(p.square().sum() for name, p in model.named_parameters() if name.endswith("weight"))
    return mse_loss(model(x), y) + PENALTY * penalty


def safe_norm(x: Tensor) -> Tensor:
    """x (N, D) -> (N,)."""
    squares = x.square().sum(-1)  # (N,)
    zero = squares == 0
    lengths = squares.masked_fill(zero, 1.0).sqrt()  # the root never sees a 0, so its slope is finite everywhere
    return lengths.masked_fill(zero, 0.0)  # and the gradient of these rows is cut off


def log_gradient(x: Tensor, log: list) -> Tensor:
    """x itself; its gradient's norm is appended to log at each backward."""
    if x.requires_grad:

        def hook(grad: Tensor) -> None:
            log.append(grad.norm().item())  # only look: what a hook returns or overwrites is what flows on

        x.register_hook(hook)
    return x


def blame(step: Callable[[], Tensor]) -> str | None:
    """The node that was at work when backward stopped, None when it did not."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly():
            loss = step()
            try:
                loss.backward()
            except RuntimeError:  # a NaN and a stale tensor both come as this; the warning before it names the node
                names = [re.match(r"Error detected in (\w+)", str(warning.message)) for warning in told]
                found = [name[1] for name in names if name]
                if not found:
                    raise
                return found[-1]
    return None
