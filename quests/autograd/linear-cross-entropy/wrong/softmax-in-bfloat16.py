"""Takes the softmax in the dtype of x."""

import torch
from torch.nn import functional as F

ROWS = 64


class Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, target, ignore_index, smoothing, z_loss, reduction, record):
        wide = torch.promote_types(x.dtype, torch.float32)
        wants = [record and each for each in ctx.needs_input_grad[:3]]
        keep = target != ignore_index
        dx, dw, db = (
            torch.zeros(each.shape, dtype=wide, device=x.device) if each is not None and want else None
            for each, want in zip((x, w, b), wants, strict=True)
        )
        loss = torch.zeros((), dtype=wide, device=x.device)
        for start in range(0, len(x), ROWS):
            at = slice(start, start + ROWS)
            logits = F.linear(x[at], w, b)
            share, d = pieces(logits, target[at], keep[at], smoothing, z_loss)
            loss = loss + share
            if dx is not None:
                dx[at] = (d @ w).to(wide)
            if dw is not None:
                dw += d.to(x.dtype).T @ x[at]
            if db is not None:
                db += d.sum(0)
        divisor = keep.sum() if reduction == "mean" else torch.ones((), device=x.device)
        safe = divisor.clamp(min=1)
        ctx.save_for_backward(*(None if g is None else (g / safe).to(x.dtype) for g in (dx, dw, db)))
        return loss / divisor

    @staticmethod
    def backward(ctx, grad):
        if torch.is_grad_enabled():
            raise RuntimeError("no second derivatives here")
        return *(None if g is None else grad * g for g in ctx.saved_tensors), *[None] * 6


def pieces(logits, target, keep, smoothing, z_loss):
    """The summed loss of some rows and its slope by their logits."""
    v = logits.shape[1]
    hot = torch.zeros_like(logits)
    hot[torch.arange(len(target)), target.where(keep, 0)] = 1 - smoothing
    lse = torch.logsumexp(logits, 1)
    label = logits.gather(1, target.where(keep, 0)[:, None])[:, 0]
    losses = lse - (1 - smoothing) * label + z_loss * lse**2
    if smoothing:
        losses = losses - smoothing * logits.mean(1)
    p = torch.softmax(logits, 1)
    d = p * (1 + 2 * z_loss * lse)[:, None] - hot - smoothing / v
    return torch.where(keep, losses, 0.0).sum(), torch.where(keep[:, None], d, 0.0)


def linear_cross_entropy(x, w, target, b=None, ignore_index=-100, label_smoothing=0.0, z_loss=0.0, reduction="mean"):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"unknown reduction {reduction}")
    record = torch.is_grad_enabled()
    return Fused.apply(x, w, b, target, ignore_index, label_smoothing, z_loss, reduction, record)
