"""Works on a copy and returns it."""

import torch
import torch.distributed as dist


def cut(flat):
    return flat.tensor_split(dist.get_world_size())


def swap(out, into):
    r, n = dist.get_rank(), dist.get_world_size()
    works = [dist.isend(out, (r + 1) % n), dist.irecv(into, (r - 1) % n)]
    for work in works:
        work.wait()


def reduce(flat):
    r, n, parts = dist.get_rank(), dist.get_world_size(), cut(flat)
    for k in range(1, n):
        target = parts[(r - k - 1) % n]
        buffer = torch.empty_like(target)
        swap(parts[(r - k) % n], buffer)
        target += buffer
    return parts[r]


def gather(flat):
    r, n, parts = dist.get_rank(), dist.get_world_size(), cut(flat)
    for k in range(n - 1):
        swap(parts[(r - k) % n], parts[(r - k - 1) % n])


def ring_reduce_scatter(x):
    return reduce(x.clone().flatten()).clone()


def ring_all_gather(chunk, numel):
    flat = chunk.new_empty(numel)
    cut(flat)[dist.get_rank()].copy_(chunk)
    gather(flat)
    return flat


def ring_all_reduce_(x):
    flat = x.flatten().clone()
    reduce(flat)
    gather(flat)
    return flat.view_as(x)
