"""Ring all-reduce: reduce-scatter, then all-gather, each n - 1 messages to the right-hand neighbour."""

import torch
import torch.distributed as dist
from torch import Tensor


def ring_reduce_scatter(x: Tensor) -> Tensor:
    """x, the same shape on every rank -> (chunk,): this rank's chunk of the sum over ranks. x stays as it is."""
    return _reduce_in_ring(x.reshape(-1).clone())


def ring_all_gather(chunk: Tensor, numel: int) -> Tensor:
    """chunk, one of each rank -> (numel,): all chunks in rank order."""
    flat = chunk.new_empty(numel)
    _chunks(flat)[dist.get_rank()].copy_(chunk)
    _gather_in_ring(flat)
    return flat


def ring_all_reduce_(x: Tensor) -> None:
    """x becomes the sum over ranks, in place. Needs one chunk of memory beside x, if x is contiguous."""
    flat = x.contiguous().view(-1)  # x itself, seen flat; a copy if x is not contiguous
    _reduce_in_ring(flat)
    _gather_in_ring(flat)
    if flat.data_ptr() != x.data_ptr():
        x.copy_(flat.view(x.shape))


def _chunks(flat: Tensor) -> tuple[Tensor, ...]:
    """One view for each rank; the first numel % n are one longer."""
    return torch.tensor_split(flat, dist.get_world_size())


def _reduce_in_ring(flat: Tensor) -> Tensor:
    """Each chunk goes once round the ring and is added to by everyone it meets; its own rank is the last."""
    chunks, rank, world = _chunks(flat), dist.get_rank(), dist.get_world_size()
    arriving = torch.empty_like(chunks[0])  # the first chunk is the longest
    for turn in range(1, world):
        mine = chunks[(rank - turn - 1) % world]
        _swap(chunks[(rank - turn) % world], arriving[: len(mine)])
        mine += arriving[: len(mine)]
    return chunks[rank]


def _gather_in_ring(flat: Tensor) -> None:
    """Each finished chunk goes once round the ring, straight to where it belongs."""
    chunks, rank, world = _chunks(flat), dist.get_rank(), dist.get_world_size()
    for turn in range(world - 1):
        _swap(chunks[(rank - turn) % world], chunks[(rank - turn - 1) % world])


def _swap(leaving: Tensor, arriving: Tensor) -> None:
    """Send to the right and receive from the left at the same time."""
    rank, world = dist.get_rank(), dist.get_world_size()
    under_way = [dist.irecv(arriving, (rank - 1) % world), dist.isend(leaving, (rank + 1) % world)]
    for each in under_way:
        each.wait()
