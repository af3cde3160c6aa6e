"""The shared memory between judge and one worker: inputs in the lower half, results in the upper half.

The file behind it is sealed against shrinking: a worker that truncated it could otherwise end the judge with SIGBUS.
"""

import contextlib
import math
import mmap
import os
import tempfile

import torch
from torch import Tensor

CAPACITY = 1 << 30
ALIGN = 64
_SEALS = 0x0001 | 0x0002 | 0x0004  # F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW
_F_ADD_SEALS = 1033


class ExchangeFull(Exception):
    """The values do not fit into their half of the shared memory."""


def create_file(capacity: int = CAPACITY) -> int:
    """A file descriptor of `capacity` bytes of sparse shared memory, without a name on any disk where the system can."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("exchange", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, capacity)
        import fcntl

        fcntl.fcntl(fd, _F_ADD_SEALS, _SEALS)
        return fd
    fd, path = tempfile.mkstemp(prefix="leveling-exchange-")
    os.ftruncate(fd, capacity)
    with contextlib.suppress(OSError):  # Windows keeps the name until the file is closed
        os.unlink(path)
    return fd


class Exchange:
    """One process's sight of the shared memory."""

    def __init__(self, fd: int, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.memory = mmap.mmap(fd, capacity)

    def inputs(self) -> "Writer":
        """A writer for the lower half."""
        return Writer(self, 0, self.capacity // 2)

    def results(self) -> "Writer":
        """A writer for the upper half."""
        return Writer(self, self.capacity // 2, self.capacity)

    def view(self, place: int, size: int) -> Tensor:
        """uint8 tensor (size,) lying in the shared memory itself."""
        if place < 0 or size < 0 or place + size > self.capacity:
            raise ValueError(f"place {place} with {size} bytes lies outside the shared memory")
        if size == 0:
            return torch.empty(0, dtype=torch.uint8)
        return torch.frombuffer(self.memory, dtype=torch.uint8, count=size, offset=place)

    def copy_out(self, place: int, size: int, dtype: torch.dtype, shape: list[int]) -> Tensor:
        """A copy of `size` bytes at `place` as a contiguous tensor; the copy is made before anything is believed."""
        if math.prod(shape) * dtype.itemsize != size:
            raise ValueError(f"{size} bytes cannot fill shape {shape} of {dtype}")
        out = torch.empty(shape, dtype=dtype)
        if size:
            out.view(-1).view(torch.uint8).copy_(self.view(place, size))
        return out

    def close(self) -> None:
        """Let go of the memory; views that still live keep it mapped until they die."""
        with contextlib.suppress(BufferError):
            self.memory.close()


class Writer:
    """Puts tensors one after another into a part of the shared memory."""

    def __init__(self, exchange: Exchange, start: int, end: int) -> None:
        self.exchange = exchange
        self.position = start
        self.end = end

    def put(self, tensor: Tensor) -> int:
        """Copy `tensor` (any device, any strides) in, contiguous; returns its place."""
        size = tensor.numel() * tensor.element_size()
        place = -(-self.position // ALIGN) * ALIGN
        if place + size > self.end:
            raise ExchangeFull(
                f"{size} bytes more do not fit into the {self.exchange.capacity // 2} bytes kept for values"
            )
        self.position = place + size
        if size:
            target = self.exchange.view(place, size).view(tensor.dtype).view(tensor.shape)
            Tensor.copy_(target, tensor)
        return place
