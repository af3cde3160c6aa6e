"""Decays and writes are built for 16 tokens at a time, time first; the step size by logaddexp, the gate by hand."""

import torch

BLOCK = 16


def selective_scan(x, dt, A, B, C, D=None, z=None, dt_bias=None, state=None):
    full = torch.float64 if x.dtype is torch.float64 else torch.float32
    batch, tokens, channels = x.shape
    h = torch.zeros(batch, channels, A.shape[1], dtype=full, device=x.device) if state is None else state.to(full)
    blocks = []
    for start in range(0, tokens, BLOCK):
        now = slice(start, start + BLOCK)
        xs, steps = x[:, now].transpose(0, 1).to(full), dt[:, now].transpose(0, 1).to(full)  # (K, Bt, d)
        if dt_bias is not None:
            steps = steps + dt_bias.to(full)
        steps = torch.logaddexp(steps, torch.zeros_like(steps))
        decays = torch.einsum("kbd,dn->kbdn", steps, A.to(full)).exp()
        writes = torch.einsum("kbd,bkn->kbdn", steps * xs, B[:, now].to(full))
        states = []
        for decay, write in zip(decays, writes, strict=True):
            h = torch.addcmul(write, decay, h)
            states.append(h)
        y = torch.einsum("kbdn,bkn->bkd", torch.stack(states), C[:, now].to(full))
        if D is not None:
            y = y + D.to(full) * xs.transpose(0, 1)
        if z is not None:
            gate = z[:, now].to(full)
            y = y * gate * torch.sigmoid(gate)
        blocks.append(y.to(x.dtype))
    return (torch.cat(blocks, 1) if blocks else x.clone()), h
