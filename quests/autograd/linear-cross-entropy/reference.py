"""The last linear layer and its cross-entropy in one node: a few rows of logits at a time, gradients on the spot.

The order of work is that of Liger Kernel (Hsu et al., arXiv 2410.10989): while a chunk of logits exists, everything that
backward will need of it is taken, so that it never has to exist again.
"""

from typing import Any

import torch
from torch import Tensor

CHUNK = 1_048_576  # logits that exist at a time: 4 MiB in float32


class LinearCrossEntropy(torch.autograd.Function):
    """apply(x, w, b, target, ignore_index, label_smoothing, z_loss, mean, record) -> loss ()."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor | None, target: Tensor, *settings: Any) -> Tensor:
        """Loss and gradients chunk by chunk; sums over chunks are kept in float32 at least."""
        ignore_index, label_smoothing, z_loss, mean, record = settings
        want_x, want_w, want_b = (record and wants for wants in ctx.needs_input_grad[:3])
        exact = torch.promote_types(x.dtype, torch.float32)
        keep = target != ignore_index  # (N,)
        count = keep.sum() if mean else torch.tensor(1)  # of all rows, not of a chunk's
        loss = torch.zeros((), dtype=exact, device=x.device)
        dx = torch.empty_like(x) if want_x else None  # every row is written once
        dw = torch.zeros_like(w, dtype=exact) if want_w else None
        db = torch.zeros(len(w), dtype=exact, device=x.device) if want_b else None
        rows = max(1, CHUNK // len(w))
        for start in range(0, len(x), rows):
            part = slice(start, start + rows)
            logits = torch.nn.functional.linear(x[part], w, b).to(exact)  # (R, V), and no more than that
            losses, slope = row_losses(logits, target[part], keep[part], label_smoothing, z_loss)
            loss += losses.sum()
            if dx is not None:
                dx[part] = slope.to(w.dtype) @ w
            if dw is not None:
                add_product(dw, slope.mT, x[part])
            if db is not None:
                db += slope.sum(0)
        found = (g if g is None else g.div_(count.clamp(min=1)).to(x.dtype) for g in (dx, dw, db))
        ctx.save_for_backward(*found)
        return loss / count

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The loss is one number, so its gradients are known up to the factor that arrives here."""
        if torch.is_grad_enabled():
            raise RuntimeError("linear_cross_entropy cannot be differentiated twice: its gradients are plain numbers")
        return *(None if g is None else g * grad for g in ctx.saved_tensors), None, None, None, None, None, None


def add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """total += a b, without a second tensor like total where the dtypes allow it."""
    if total.dtype == b.dtype:
        torch.addmm(total, a, b, out=total)
    else:
        total += a.to(b.dtype) @ b


def row_losses(
    logits: Tensor, target: Tensor, keep: Tensor, label_smoothing: float, z_loss: float
) -> tuple[Tensor, Tensor]:
    """Losses (R,) and their slopes by the logits (R, V), 0 for rows that are not kept; the slopes overwrite the logits.

    A row costs lse - (1 - s) l_target - s mean(l) + z lse^2, so its slope is p (1 + 2 z lse) - (1 - s) onehot - s / V.
    """
    label = target.where(keep, 0).unsqueeze(1)  # (R, 1): some class that exists
    top = logits.amax(1, keepdim=True)
    wanted = (1 - label_smoothing) * logits.gather(1, label)
    if label_smoothing:  # else 0 times a logit of -inf
        wanted = wanted + label_smoothing * logits.mean(1, keepdim=True)
    powers = logits.sub_(top).exp_()
    total = powers.sum(1, keepdim=True)
    lse = total.log() + top  # (R, 1)
    losses = lse - wanted + z_loss * lse.square()
    slope = powers.mul_((1 + 2 * z_loss * lse) / total)
    slope.scatter_add_(1, label, torch.full_like(lse, label_smoothing - 1))
    if label_smoothing:
        slope -= label_smoothing / logits.shape[1]
    return losses.squeeze(1).masked_fill(~keep, 0.0), slope.masked_fill_(~keep.unsqueeze(1), 0.0)


def linear_cross_entropy(
    x: Tensor,
    w: Tensor,
    target: Tensor,
    b: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    z_loss: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """x (N, D), w (V, D), target (N,), b (V,) or None -> (): cross-entropy of x w^T + b, whose (N, V) never exists."""
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is 'mean' or 'sum', not {reduction!r}")
    settings = (ignore_index, label_smoothing, z_loss, reduction == "mean", torch.is_grad_enabled())
    loss: Tensor = LinearCrossEntropy.apply(x, w, b, target, *settings)
    return loss
