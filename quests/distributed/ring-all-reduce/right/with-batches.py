"""Independent idiom: batch_isend_irecv, the ring in the other direction, offsets instead of views."""

import itertools

import torch
import torch.distributed as dist


def bounds(numel):
    n = dist.get_world_size()
    size, more = divmod(numel, n)
    starts = [index * size + min(index, more) for index in range(n + 1)]
    return list(itertools.pairwise(starts))


def turn(out, into):
    r, n = dist.get_rank(), dist.get_world_size()
    ops = [dist.P2POp(dist.isend, out, (r - 1) % n), dist.P2POp(dist.irecv, into, (r + 1) % n)]
    for request in dist.batch_isend_irecv(ops):
        request.wait()


def first_phase(flat):
    r, n = dist.get_rank(), dist.get_world_size()
    parts = bounds(flat.numel())
    for k in range(1, n):
        a, b = parts[(r + k) % n]
        c, d = parts[(r + k + 1) % n]
        buffer = flat.new_empty(d - c)
        turn(flat[a:b], buffer)
        flat[c:d].add_(buffer)
    return flat[slice(*parts[r])]


def second_phase(flat):
    r, n = dist.get_rank(), dist.get_world_size()
    parts = bounds(flat.numel())
    for k in range(n - 1):
        a, b = parts[(r + k) % n]
        c, d = parts[(r + k + 1) % n]
        turn(flat[a:b], flat[c:d])


def ring_reduce_scatter(x):
    return first_phase(x.flatten().clone()).clone()


def ring_all_gather(chunk, numel):
    flat = torch.zeros(numel, dtype=chunk.dtype)
    flat[slice(*bounds(numel)[dist.get_rank()])] = chunk
    second_phase(flat)
    return flat


def ring_all_reduce_(x):
    work = x if x.is_contiguous() else x.contiguous()
    flat = work.view(-1)
    first_phase(flat)
    second_phase(flat)
    if work is not x:
        x.copy_(work)
