"""Writes softplus as in the textbook."""

import torch
from torch.nn import functional as F


def selective_scan(x, dt, A, B, C, D=None, z=None, dt_bias=None, state=None):
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    batch, tokens, channels = x.shape
    step = dt.to(wide) if dt_bias is None else dt.to(wide) + dt_bias.to(wide)
    step = torch.log(1 + torch.exp(step))
    h = torch.zeros(batch, channels, A.shape[1], dtype=wide) if state is None else state.to(wide)
    y = [torch.zeros(batch, 0, channels, dtype=wide)]
    for t in range(tokens):
        s = step[:, t].unsqueeze(-1)
        h = torch.exp(s * A.to(wide)) * h
        h = h + s * B[:, t].to(wide).unsqueeze(1) * x[:, t].to(wide).unsqueeze(-1)
        y.append((h * C[:, t].to(wide).unsqueeze(1)).sum(-1).unsqueeze(1))
    y = torch.cat(y, 1)
    if D is not None:
        y = y + x.to(wide) * D.to(wide)
    if z is not None:
        y = y * F.silu(z.to(wide))
    return y.to(x.dtype), h
