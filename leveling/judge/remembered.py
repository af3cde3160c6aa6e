"""What the reference answered to the same cases in an earlier attempt: the forge judges many files under one seed.

Only the forge asks for it, by `Job.keep`. A learner's attempt draws its own secret seed, for which nothing is known.
"""

import copy
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import torch

from leveling.arena.wire import TensorValue
from leveling.judge.sizes import bytes_of

NAMES = 12  # proofs under way at once, each with a few seeds
MOST_BYTES = 64 << 20  # of one name; what comes after that is asked of the reference every time

_UNCHANGING = frozenset((type(None), bool, int, float, complex, str, bytes, torch.dtype))
Key = tuple[str, ...]


class Remembered:
    """Answers by check, case, and seed. `loaded` once the reference was seen to load."""

    def __init__(self) -> None:
        self.answers: dict[Key, Any] = {}
        self.bytes = 0
        self.loaded = False

    def __contains__(self, key: Key) -> bool:
        return key in self.answers

    def recall(self, key: Key) -> Any:
        """A copy of its own: a check may change what it is given."""
        return copied(self.answers[key])

    def keep(self, key: Key, answer: Any) -> None:
        """Keep a copy, as long as there is room."""
        size = bytes_of(answer)
        if key not in self.answers and self.bytes + size <= MOST_BYTES:
            self.answers[key] = copied(answer)
            self.bytes += size


def copied(value: Any) -> Any:
    """As `copy.deepcopy`, of what comes over the wire ten times as fast: its tensors are plain, contiguous and alone."""
    kind = type(value)
    if kind in _UNCHANGING:
        return value
    if kind is TensorValue:
        return replace(value, tensor=value.tensor.clone())
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return kind(map(copied, value))
    return copy.deepcopy(value)


class Memories:
    """The memories of the last few names."""

    def __init__(self) -> None:
        self.by_name: OrderedDict[str, Remembered] = OrderedDict()

    def of(self, name: str) -> Remembered:
        """The memory of that name, empty at first; the one that was not used for longest makes room."""
        memory = self.by_name.pop(name, None) or Remembered()
        self.by_name[name] = memory
        while len(self.by_name) > NAMES:
            self.by_name.popitem(last=False)
        return memory
