"""One mask and one reduction for every segment."""

import torch


def by_segment(x, ids, n, reduce):
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    parts = [reduce(wide[ids == segment]) for segment in range(n)]
    return (torch.stack(parts) if parts else wide.new_zeros(0, *x.shape[1:])).to(x.dtype)


def segment_sum(x, ids, n):
    return by_segment(x, ids, n, lambda rows: rows.sum(0))


def segment_mean(x, ids, n):
    return by_segment(x, ids, n, lambda rows: rows.sum(0) / max(len(rows), 1))


def segment_max(x, ids, n):
    return by_segment(
        x, ids, n, lambda rows: rows.amax(0) if len(rows) else rows.new_full(rows.shape[1:], float("-inf"))
    )


def segment_softmax(x, ids, n):
    out = torch.zeros_like(x)
    for segment in range(n):
        rows = ids == segment
        out = out.masked_scatter(rows, torch.softmax(x[rows], 0))
    return out
