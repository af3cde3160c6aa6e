"""Counts one class after the other, and samples one channel after the other."""

import torch


def confusion_matrix(pred, target, n):
    rows = [torch.bincount(pred[target == row].long(), minlength=n) for row in range(n)]
    return torch.stack(rows)


def intersection_over_union(a, b):
    low = torch.maximum(a[:, None, :2], b[:, :2])
    high = torch.minimum(a[:, None, 2:], b[:, 2:])
    inside = (high - low).clamp(min=0).prod(-1)
    areas = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)
    union = areas - inside
    return inside / torch.where(union > 0, union, torch.ones_like(union))


def run_length_encode(x):
    starts = torch.cat([torch.ones_like(x[:1], dtype=torch.bool), x[1:] != x[:-1]]).nonzero().flatten()
    ends = torch.cat([starts[1:], starts.new_full((min(len(x), 1),), len(x))])
    return x[starts], ends - starts


def bilinear_sample(image, points):
    height, width = image.shape[1:]
    columns = [image.new_zeros(len(image), 0)]
    for point in points:
        y, x = point[0].clamp(0, height - 1), point[1].clamp(0, width - 1)
        top, left = int(y.floor()), int(x.floor())
        bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
        upper = torch.lerp(image[:, top, left], image[:, top, right], x - left)
        lower = torch.lerp(image[:, bottom, left], image[:, bottom, right], x - left)
        columns.append(torch.lerp(upper, lower, y - top)[:, None])
    return torch.cat(columns, 1)
