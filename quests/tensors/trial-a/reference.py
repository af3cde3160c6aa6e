"""Four algorithms that look sequential, as few calls about many numbers."""

import torch
from torch import Tensor


def segmented_cumsum(x: Tensor, starts: Tensor) -> Tensor:
    """x (T,), starts (T,) bool -> (T,): a doubling scan (Hillis and Steele) that never adds across a start."""
    sums, closed = x.clone(), starts  # closed: a start lies within the stretch that sums[t] covers
    shift = 1
    while shift < len(x):
        longer = torch.where(closed[shift:], sums[shift:], sums[shift:] + sums[:-shift])
        sums = torch.cat([sums[:shift], longer])
        closed = torch.cat([closed[:shift], closed[shift:] | closed[:-shift]])
        shift *= 2
    return sums


def nms_keep(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """boxes (N, 4), scores (N,) -> (K,) int64."""
    order = scores.argsort(descending=True, stable=True)
    boxes = boxes[order]
    # [i, j]: i comes before j and overlaps it too much
    hits = (_overlaps(boxes) > threshold).triu(diagonal=1)
    keep = torch.ones_like(order, dtype=torch.bool)
    while True:  # settled from the front: after r rounds every chain of r boxes is right
        settled = ~(hits & keep[:, None]).any(0)
        if torch.equal(settled, keep):
            return order[keep]
        keep = settled


def sparse_rows_matmul(indices: Tensor, values: Tensor, dense: Tensor) -> Tensor:
    """indices (N, k), values (N, k), dense (M, D) -> (N, D)."""
    missing = indices < 0
    rows = dense[indices.clamp(min=0)]  # (N, k, D), the only tensor of that size
    rows.masked_fill_(missing[..., None], 0)  # the row that stands in for "none" may hold anything
    return torch.einsum("nk,nkd->nd", values.masked_fill(missing, 0), rows)


def viterbi(emissions: Tensor, transitions: Tensor) -> Tensor:
    """emissions (B, T, S), transitions (S, S) from row to column -> (B, T) int64."""
    if emissions.shape[1] == 0:
        return torch.zeros(emissions.shape[:2], dtype=torch.int64, device=emissions.device)
    best, came_from = emissions[:, 0], []  # best (B, S): score of the best path that ends in each state
    for emission in emissions.unbind(1)[1:]:
        score, state = (best[:, :, None] + transitions).max(1)  # over the state before; the first of equals
        best = score + emission
        came_from.append(state)  # (B, S)
    path = [best.max(1, keepdim=True).indices]  # (B, 1)
    for state in reversed(came_from):
        path.append(state.gather(1, path[-1]))
    return torch.cat(path[::-1], 1)


def _overlaps(boxes: Tensor) -> Tensor:
    """(N, 4) -> (N, N) intersection over union, 0 where a union has no area."""
    low = torch.maximum(boxes[:, None, :2], boxes[:, :2])
    high = torch.minimum(boxes[:, None, 2:], boxes[:, 2:])
    inside = (high - low).clamp(min=0).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    union = area[:, None] + area - inside
    return inside / union.masked_fill(union <= 0, 1)
