"""Independent idiom: blocks of doubling length, all blocks of one level at once; T is padded to a power of two."""

import torch


def blocks(a, b):
    """a, b (B, T, D), T a power of two -> factor and addend of the map from the start through every step."""
    batch, steps, width = b.shape
    size = 1
    while size < steps:
        a, b = (x.reshape(batch, steps // (2 * size), 2, size, width) for x in (a, b))
        last_a, last_b = a[:, :, :1, -1:], b[:, :, :1, -1:]  # the left block as a whole
        right_b = b[:, :, 1:] + a[:, :, 1:] * last_b
        right_a = a[:, :, 1:] * last_a
        a, b = torch.cat([a[:, :, :1], right_a], 2), torch.cat([b[:, :, :1], right_b], 2)
        size *= 2
    return a.reshape(batch, steps, width), b.reshape(batch, steps, width)


def grown(x, steps, value):
    filler = torch.full((x.shape[0], steps - x.shape[1], x.shape[2]), value, dtype=x.dtype, device=x.device)
    return torch.cat([x, filler], 1)


def linear_scan(a, b, h0=None):
    steps = b.shape[1]
    if not b.numel():
        return b.clone()
    wide = torch.float64 if b.dtype == torch.float64 else torch.float32
    power = 1 << (steps - 1).bit_length()
    factor, addend = blocks(grown(a.to(wide), power, 1), grown(b.to(wide), power, 0))
    h = addend if h0 is None else torch.addcmul(addend, factor, h0.to(wide)[:, None])
    return h[:, :steps].to(b.dtype)


def chunked_scan(a, b, h0=None, chunk=64):
    batch, steps, width = b.shape
    if not b.numel():
        return b.clone()
    wide = torch.float64 if b.dtype == torch.float64 else torch.float32
    chunk = min(chunk, steps)
    power = 1 << (chunk - 1).bit_length()
    count = (steps + chunk - 1) // chunk
    a = grown(a.to(wide), count * chunk, 1).reshape(batch * count, chunk, width)
    b_wide = grown(b.to(wide), count * chunk, 0).reshape(batch * count, chunk, width)
    factor, addend = (
        x[:, :chunk].unflatten(0, (batch, count)) for x in blocks(grown(a, power, 1), grown(b_wide, power, 0))
    )
    ends = linear_scan(factor[:, :, -1], addend[:, :, -1], None if h0 is None else h0.to(wide))
    first = torch.zeros_like(ends[:, :1]) if h0 is None else h0.to(wide)[:, None]
    before = torch.cat([first, ends[:, :-1]], 1)
    h = addend + factor * before[:, :, None]
    return h.flatten(1, 2)[:, :steps].to(b.dtype)
