"""Ring all-reduce from point-to-point messages. The process group is there: dist.get_rank(), dist.get_world_size()."""

from torch import Tensor


def ring_reduce_scatter(x: Tensor) -> Tensor:
    """This rank's chunk of the sum over ranks.

    Args:
        x: any shape, the same on every rank; stays as it is

    Returns:
        (chunk,): chunk number `rank` of the flat sum, cut as torch.tensor_split cuts: the first numel % n chunks are one longer
    """
    raise NotImplementedError("ring_reduce_scatter")


def ring_all_gather(chunk: Tensor, numel: int) -> Tensor:
    """All chunks, in rank order.

    Args:
        chunk: (chunk,), what ring_reduce_scatter gave this rank
        numel: how many elements all chunks have together

    Returns:
        (numel,), the same on every rank
    """
    raise NotImplementedError("ring_all_gather")


def ring_all_reduce_(x: Tensor) -> None:
    """Replace x by the sum over ranks, in place.

    Args:
        x: any shape and strides, the same shape on every rank
    """
    raise NotImplementedError("ring_all_reduce_")
