"""Reads transitions as [to, from]."""

import torch


def segmented_cumsum(x, starts):
    sums, closed, shift = x.clone(), starts, 1
    while shift < len(x):
        added = torch.where(closed[shift:], torch.zeros_like(x[shift:]), sums[:-shift])
        sums = torch.cat([sums[:shift], sums[shift:] + added])
        closed = torch.cat([closed[:shift], closed[shift:] | closed[:-shift]])
        shift *= 2
    return sums


def nms_keep(boxes, scores, threshold):
    order = scores.argsort(descending=True, stable=True)
    hits = overlaps(boxes[order]) > threshold
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    for place in range(len(order)):
        if alive[place]:
            alive[place + 1 :] &= ~hits[place, place + 1 :]
    return order[alive]


def overlaps(boxes):
    sides = torch.minimum(boxes[:, None, 2:], boxes[:, 2:]) - torch.maximum(boxes[:, None, :2], boxes[:, :2])
    inside = sides.clamp(min=0).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    union = area[:, None] + area - inside
    return inside / torch.where(union > 0, union, torch.ones_like(union))


def sparse_rows_matmul(indices, values, dense):
    there = indices >= 0
    rows = dense[indices * there]
    rows[~there] = 0
    weights = torch.where(there, values, torch.zeros_like(values))
    return torch.bmm(weights[:, None], rows)[:, 0]


def viterbi(emissions, transitions):
    count, length = emissions.shape[:2]
    path = torch.zeros(count, length, dtype=torch.int64, device=emissions.device)
    if length == 0:
        return path
    best, back = emissions[:, 0], []
    for t in range(1, length):
        best, state = (best[:, :, None] + transitions.T).max(1)
        best = best + emissions[:, t]
        back.append(state)
    path[:, -1] = best.argmax(1)
    for t in range(length - 2, -1, -1):
        path[:, t] = back[t].gather(1, path[:, t + 1, None])[:, 0]
    return path
