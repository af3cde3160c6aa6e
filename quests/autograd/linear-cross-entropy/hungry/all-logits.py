"""The composite, in plain operations: all logits at once, and autograd keeps what it likes."""

import torch
from torch.nn import functional as F


def linear_cross_entropy(x, w, target, b=None, ignore_index=-100, label_smoothing=0.0, z_loss=0.0, reduction="mean"):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"unknown reduction {reduction}")
    keep = target != ignore_index
    logits = F.linear(x, w, b).to(torch.promote_types(x.dtype, torch.float32))
    scores = logits.log_softmax(1)
    losses = F.nll_loss(scores, target.where(keep, 0), reduction="none") * (1 - label_smoothing)
    if label_smoothing:
        losses = losses - label_smoothing * scores.mean(1)
    if z_loss:
        losses = losses + z_loss * logits.logsumexp(1) ** 2
    total = torch.where(keep, losses, 0.0).sum()
    return total / keep.sum() if reduction == "mean" else total
