"""Writes into the caller's state when no graph is recorded."""

import torch
from torch.nn import functional as F


def selective_scan(x, dt, A, B, C, D=None, z=None, dt_bias=None, state=None):
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    batch, tokens, channels = x.shape
    step = dt.to(wide) if dt_bias is None else dt.to(wide) + dt_bias.to(wide)
    step = F.softplus(step)
    h = torch.zeros(batch, channels, A.shape[1], dtype=wide) if state is None else state.to(wide)
    y = [torch.zeros(batch, 0, channels, dtype=wide)]
    for t in range(tokens):
        s = step[:, t].unsqueeze(-1)
        decay = torch.exp(s * A.to(wide))
        h = decay * h if torch.is_grad_enabled() and h.requires_grad else h.mul_(decay)
        h = h + s * B[:, t].to(wide).unsqueeze(1) * x[:, t].to(wide).unsqueeze(-1)
        y.append((h * C[:, t].to(wide).unsqueeze(1)).sum(-1).unsqueeze(1))
    y = torch.cat(y, 1)
    if D is not None:
        y = y + x.to(wide) * D.to(wide)
    if z is not None:
        y = y * F.silu(z.to(wide))
    return y.to(x.dtype), h
