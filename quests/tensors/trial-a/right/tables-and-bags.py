"""Independent idiom: a segmented scan on pairs, suppression by rounds, flat entries, a stacked path."""

import torch


def segmented_cumsum(x, starts):
    out, open_ = x, ~starts
    reach = 1
    while reach < x.numel():
        before = torch.nn.functional.pad(out, (reach, 0))[: x.numel()]
        out = torch.where(open_ & (torch.arange(x.numel(), device=x.device) >= reach), out + before, out)
        open_ = open_ & torch.nn.functional.pad(open_, (reach, 0), value=True)[: x.numel()]
        reach *= 2
    return out.clone()


def nms_keep(boxes, scores, threshold):
    left = torch.sort(scores, descending=True, stable=True).indices
    kept = []
    while left.numel():
        best, left = left[0], left[1:]
        kept.append(best)
        corner = torch.maximum(boxes[best, :2], boxes[left, :2])
        inside = (torch.minimum(boxes[best, 2:], boxes[left, 2:]) - corner).relu().prod(1)
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        union = area[best] + area[left] - inside
        left = left[(union <= 0) | (inside / union <= threshold)]
    return torch.stack(kept) if kept else left


def sparse_rows_matmul(indices, values, dense):
    out = dense.new_zeros(len(indices), dense.shape[1])
    for column, value in zip(indices.T, values.T, strict=True):
        rows = (column >= 0).nonzero()[:, 0]
        out = out.index_add(0, rows, value[rows, None] * dense[column[rows]])
    return out


def viterbi(emissions, transitions):
    pointers = []
    best = None
    for t in range(emissions.shape[1]):
        if best is None:
            best = emissions[:, t]
            continue
        total = best.unsqueeze(2) + transitions + emissions[:, t].unsqueeze(1)
        pointers.append(total.argmax(1))
        best = total.amax(1)
    if best is None:
        return torch.zeros(len(emissions), 0, dtype=torch.int64, device=emissions.device)
    state = best.argmax(1)
    path = [state]
    for pointer in pointers[::-1]:
        state = torch.take_along_dim(pointer, state[:, None], 1)[:, 0]
        path.insert(0, state)
    return torch.stack(path, 1)
