"""The same four functions without a loop: count pairs, broadcast boxes, compare neighbours, gather four corners."""

import torch
from torch import Tensor


def confusion_matrix(pred: Tensor, target: Tensor, n: int) -> Tensor:
    """pred, target of one shape -> (n, n) int64; rows are targets."""
    # a pair (i, j) is the number i * n + j, and counting numbers is one call; int64 first: uint8 ends at 255
    pairs = target.flatten().long() * n + pred.flatten()
    return torch.bincount(pairs, minlength=n * n).view(n, n)


def intersection_over_union(a: Tensor, b: Tensor) -> Tensor:
    """Boxes a (N, 4), b (M, 4) as (x1, y1, x2, y2) -> (N, M)."""
    first, second = a[:, None], b[None]  # (N, 1, 4), (1, M, 4)
    low = torch.maximum(first[..., :2], second[..., :2])  # (N, M, 2): where the overlap begins
    high = torch.minimum(first[..., 2:], second[..., 2:])  # (N, M, 2): and where it ends
    inside = (high - low).clamp(min=0).prod(-1)  # (N, M); clamp each side, or two negatives make an area
    union = _area(first) + _area(second) - inside
    return inside / union.masked_fill(union <= 0, 1)  # 0 / 1, and no 0 / 0 for the gradient either


def run_length_encode(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (T,) -> values (R,), lengths (R,) int64."""
    begins = torch.cat([torch.ones_like(x[:1], dtype=torch.bool), x[1:] != x[:-1]])  # (T,)
    starts = begins.nonzero().flatten()  # (R,)
    return x[starts], starts.diff(append=starts.new_tensor([len(x)]))


def bilinear_sample(image: Tensor, points: Tensor) -> Tensor:
    """image (C, H, W), points (P, 2) as (y, x) -> (C, P)."""
    height, width = image.shape[1:]
    y, x = points[:, 0].clamp(0, height - 1), points[:, 1].clamp(0, width - 1)  # (P,)
    top, left = y.floor().long(), x.floor().long()
    bottom, right = (top + 1).clamp(max=height - 1), (left + 1).clamp(max=width - 1)
    down, across = y - top, x - left  # in [0, 1)
    upper = torch.lerp(image[:, top, left], image[:, top, right], across)  # (C, P)
    lower = torch.lerp(image[:, bottom, left], image[:, bottom, right], across)
    return torch.lerp(upper, lower, down)


def _area(boxes: Tensor) -> Tensor:
    """(..., 4) -> (...)."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
