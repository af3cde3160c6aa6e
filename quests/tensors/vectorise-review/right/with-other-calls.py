"""Independent idiom: index_put that accumulates, unbound boxes, runs numbered by a cumulative sum, flat corners."""

import torch


def confusion_matrix(pred, target, n):
    counts = torch.zeros(n, n, dtype=torch.int64, device=pred.device)
    where = (target.reshape(-1).to(torch.int64), pred.reshape(-1).to(torch.int64))
    return counts.index_put_(where, torch.ones_like(where[0]), accumulate=True)


def intersection_over_union(a, b):
    ax1, ay1, ax2, ay2 = a.T[:, :, None]
    bx1, by1, bx2, by2 = b.T
    width = (torch.min(ax2, bx2) - torch.max(ax1, bx1)).relu()
    height = (torch.min(ay2, by2) - torch.max(ay1, by1)).relu()
    common = width * height
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common
    safe = torch.where(union == 0, 1.0, union)
    return common / safe


def run_length_encode(x):
    if x.numel() == 0:
        return x.clone(), torch.zeros(0, dtype=torch.int64, device=x.device)
    changes = torch.ones(len(x), dtype=torch.bool, device=x.device)
    changes[1:] = x[1:] != x[:-1]
    return x[changes], torch.bincount(changes.cumsum(0) - 1)


def bilinear_sample(image, points):
    limit = torch.tensor(image.shape[1:], device=image.device) - 1
    inside = points.minimum(limit).clamp(min=0)
    corner = inside.detach().floor().long()
    near, far = corner.unbind(1), torch.minimum(corner + 1, limit).unbind(1)
    wy, wx = (inside - corner).unbind(1)
    flat = image.flatten(1)
    out = 0.0
    for row, part_y in ((near[0], 1 - wy), (far[0], wy)):
        for column, part_x in ((near[1], 1 - wx), (far[1], wx)):
            out = out + flat[:, row * image.shape[2] + column] * (part_y * part_x)
    return out
