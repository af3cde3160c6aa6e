"""h_t = a_t h_{t-1} + b_t in logarithmically many calls: compose neighbours, solve half the problem, fill the gaps.

The scheme of Blelloch, Prefix Sums and Their Applications (1990), for linear recurrences.
"""

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)


def linear_scan(a: Tensor, b: Tensor, h0: Tensor | None = None) -> Tensor:
    """a, b (B, T, D), h0 (B, D) or None for zeros -> h (B, T, D)."""
    dtype = b.dtype
    a, b, h0 = widened(a, b, h0)
    return scan(a, started(a, b, h0)).to(dtype)


def chunked_scan(a: Tensor, b: Tensor, h0: Tensor | None = None, chunk: int = 64) -> Tensor:
    """The same: every chunk is scanned from zero, then gets what the chunks before it carry over."""
    dtype, (batch, steps, width) = b.dtype, b.shape
    chunk = max(1, min(chunk, steps))  # no padding beyond T; and at T = 0 no division by 0
    count = -(-steps // chunk)  # N, rounded up
    a, b, h0 = widened(a, b, h0)
    a = padded(a, count * chunk, 1.0).reshape(batch * count, chunk, width)  # a = 1, b = 0: such a step changes nothing
    b = padded(b, count * chunk, 0.0).reshape(batch * count, chunk, width)
    inside = scan(a, b).reshape(batch, count, chunk, width)
    decay = a.cumprod(1).reshape(batch, count, chunk, width)  # what is left of a chunk's start: products, no quotient
    ends = linear_scan(decay[:, :, -1], inside[:, :, -1], h0)  # (B, N, D), the state after each chunk
    start = b.new_zeros(batch, width) if h0 is None else h0
    carry = torch.cat([start[:, None], ends], 1)[:, :count]  # (B, N, D), the state before each chunk
    h = torch.addcmul(inside, decay, carry[:, :, None])
    return h.reshape(batch, count * chunk, width)[:, :steps].to(dtype)


def scan(a: Tensor, b: Tensor) -> Tensor:
    """The recurrence from a zero state. Every level halves T, so all levels together do about 2 T steps of work."""
    steps = b.shape[1]
    if steps < 2:
        return b
    first_a, first_b = a[:, 0 : steps - 1 : 2], b[:, 0 : steps - 1 : 2]  # steps 0, 2, 4, ... that have a successor
    then_a, then_b = a[:, 1::2], b[:, 1::2]  # steps 1, 3, 5, ...
    # first, then: h -> then_a (first_a h + first_b) + then_b
    odd = scan(then_a * first_a, torch.addcmul(then_b, then_a, first_b))  # h at 1, 3, 5, ...
    before = odd[:, : (steps - 1) // 2]  # h at 1, 3, ..., each followed by one of 2, 4, ...
    even = torch.addcmul(b[:, 2::2], a[:, 2::2], before)  # h at 2, 4, 6, ...
    h = torch.empty_like(b)
    h[:, 0], h[:, 1::2], h[:, 2::2] = b[:, 0], odd, even
    return h


def started(a: Tensor, b: Tensor, h0: Tensor | None) -> Tensor:
    """b with the start folded into its first step, so that the scan may begin at zero."""
    if h0 is None:
        return b
    return torch.cat([torch.addcmul(b[:, :1], a[:, :1], h0[:, None]), b[:, 1:]], 1)


def padded(x: Tensor, steps: int, value: float) -> Tensor:
    """x (B, T, D) with steps of `value` appended up to `steps`."""
    missing = steps - x.shape[1]
    return torch.cat([x, x.new_full((x.shape[0], missing, x.shape[2]), value)], 1) if missing else x


def widened(a: Tensor, b: Tensor, h0: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """Half precision is accumulated in float32."""
    if b.dtype not in HALF:
        return a, b, h0
    return a.float(), b.float(), None if h0 is None else h0.float()
