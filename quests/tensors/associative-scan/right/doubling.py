"""Independent idiom: doubling distances (Hillis and Steele, 1986), and a Python loop over the carries of the chunks."""

import torch


def doubling(a, b):
    """Entry t of level k is the map through the last 2**k steps; returns all maps from the start, (factor, addend)."""
    reach, steps = 1, b.shape[1]
    while reach < steps:
        moved = b[:, reach:] + a[:, reach:] * b[:, :-reach]
        scaled = a[:, reach:] * a[:, :-reach]
        a, b = torch.cat((a[:, :reach], scaled), dim=1), torch.cat((b[:, :reach], moved), dim=1)
        reach *= 2
    return a, b


def linear_scan(a, b, h0=None):
    accumulate = torch.promote_types(b.dtype, torch.float32)
    factor, addend = doubling(a.to(accumulate), b.to(accumulate))
    if h0 is not None:
        addend = addend + factor * h0.to(accumulate).unsqueeze(1)
    return addend.to(b.dtype)


def chunked_scan(a, b, h0=None, chunk=64):
    accumulate = torch.promote_types(b.dtype, torch.float32)
    state = b.new_zeros(b.shape[0], b.shape[2]) if h0 is None else h0
    state, out = state.to(accumulate), []
    for chunk_a, chunk_b in zip(a.split(chunk, dim=1), b.split(chunk, dim=1), strict=True):
        if not chunk_b.shape[1]:
            break
        factor, addend = doubling(chunk_a.to(accumulate), chunk_b.to(accumulate))
        out.append(addend + factor * state.unsqueeze(1))
        state = out[-1].select(1, -1)
    return torch.cat(out, 1).to(b.dtype) if out else b.clone()
