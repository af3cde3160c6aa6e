"""Builds exp(dt A) and dt B x for all tokens before the loop."""

import torch
from torch.nn import functional as F


def selective_scan(x, dt, A, B, C, D=None, z=None, dt_bias=None, state=None):
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    batch, tokens, channels = x.shape
    step = dt.to(wide) if dt_bias is None else dt.to(wide) + dt_bias.to(wide)
    step = F.softplus(step)
    h = torch.zeros(batch, channels, A.shape[1], dtype=wide) if state is None else state.to(wide)
    decay = torch.exp(step.unsqueeze(-1) * A.to(wide))
    write = (step * x.to(wide)).unsqueeze(-1) * B.to(wide).unsqueeze(2)
    y = [torch.zeros(batch, 0, channels, dtype=wide)]
    for t in range(tokens):
        h = decay[:, t] * h + write[:, t]
        y.append((h * C[:, t].to(wide).unsqueeze(1)).sum(-1).unsqueeze(1))
    y = torch.cat(y, 1)
    if D is not None:
        y = y + x.to(wide) * D.to(wide)
    if z is not None:
        y = y * F.silu(z.to(wide))
    return y.to(x.dtype), h
