"""What passes between a judge and a worker, as the judge holds it: inputs sent, answers taken, output caught."""

from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(slots=True)
class Answer:
    """What a call returned: the value (tensors as `TensorValue`) and the worker's own counts."""

    value: Any
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Sent:
    """Inputs as they lie in the shared memory, to see later whether they changed."""

    text: str
    originals: dict[str, Any]
    seed: int


class Output:
    """What a worker printed, capped."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts: list[bytes] = []
        self.kept = 0
        self.seen = 0

    def add(self, data: bytes) -> None:
        """Keep what fits, count the rest."""
        self.seen += len(data)
        if self.kept < self.limit:
            data = data[: self.limit - self.kept]
            self.parts.append(data)
            self.kept += len(data)

    def text(self) -> str:
        """All that was kept, with a line that says so when it was cut."""
        text = b"".join(self.parts).decode("utf-8", "replace")
        if self.seen > self.kept:
            text += f"\n[output cut here: {self.seen:,} bytes in all, the first {self.kept:,} are shown]\n"
        return text


def same(before: Any, now: Any) -> bool:
    """Whether the tensors in two nests hold the same bytes."""
    if isinstance(before, torch.Tensor):
        if before.numel() == 0:
            return True
        return before.shape == now.shape and bool(torch.equal(_bytes(before.detach()), _bytes(now.detach())))
    if isinstance(before, dict):
        return all(same(value, now[key]) for key, value in before.items())
    if isinstance(before, list | tuple):
        return all(same(first, second) for first, second in zip(before, now, strict=True))
    return True


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    # a tensor of one element may keep a stride of 2 through contiguous(): copy into a fresh one instead
    return torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor).view(-1).view(torch.uint8)
