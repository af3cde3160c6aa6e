"""Evaluation code that takes all night. Loops stand where a handful of tensor calls would do.

The docstrings say what callers rely on. Every result is right; one function breaks a promise all the same, as loops over
Python numbers do. Make the bodies fast and all promises true; names, arguments and results stay as they are.
"""

import torch
from torch import Tensor


def confusion_matrix(pred: Tensor, target: Tensor, n: int) -> Tensor:
    """pred, target: the same shape, any; integers (any integer dtype) in [0, n) -> (n, n) int64.

    Entry [i, j] counts the places where target is i and pred is j.
    """
    counts = torch.zeros(n, n, dtype=torch.int64)
    for i, j in zip(target.flatten(), pred.flatten(), strict=True):
        counts[int(i), int(j)] += 1
    return counts


def intersection_over_union(a: Tensor, b: Tensor) -> Tensor:
    """Boxes a (N, 4), b (M, 4), floating, rows (x1, y1, x2, y2) with x1 <= x2, y1 <= y2 -> (N, M); 0 where a union has no area."""
    out = torch.zeros(len(a), len(b), dtype=a.dtype)
    for i in range(len(a)):
        for j in range(len(b)):
            width = torch.minimum(a[i, 2], b[j, 2]) - torch.maximum(a[i, 0], b[j, 0])
            height = torch.minimum(a[i, 3], b[j, 3]) - torch.maximum(a[i, 1], b[j, 1])
            inside = width.clamp(min=0) * height.clamp(min=0)
            area_a = (a[i, 2] - a[i, 0]) * (a[i, 3] - a[i, 1])
            area_b = (b[j, 2] - b[j, 0]) * (b[j, 3] - b[j, 1])
            union = area_a + area_b - inside
            if union > 0:
                out[i, j] = inside / union
    return out


def run_length_encode(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (T,) any dtype -> the value of each run of equal neighbours, in x's dtype, and its length, int64. T may be 0."""
    values, lengths = [], []
    for t in range(len(x)):
        if t == 0 or x[t] != x[t - 1]:
            values.append(x[t])
            lengths.append(0)
        lengths[-1] += 1
    return torch.stack(values) if values else x[:0], torch.tensor(lengths, dtype=torch.int64)


def bilinear_sample(image: Tensor, points: Tensor) -> Tensor:
    """image (C, H, W) floating, points (P, 2) as (y, x) in pixels, clamped to the image -> (C, P).

    A point between four pixels gets their average, weighted by nearness: (0, 0) is the centre of the first pixel,
    (H - 1, W - 1) that of the last one. Gradients reach image and points.
    """
    channels, height, width = image.shape
    out = torch.zeros(channels, len(points), dtype=image.dtype)
    for p in range(len(points)):
        y, x = points[p].tolist()
        y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
        top, left = int(y), int(x)
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        down, across = y - top, x - left
        for c in range(channels):
            upper = image[c, top, left] * (1 - across) + image[c, top, right] * across
            lower = image[c, bottom, left] * (1 - across) + image[c, bottom, right] * across
            out[c, p] = upper * (1 - down) + lower * down
    return out
