"""What the reference answered to the same cases in an earlier attempt: the forge judges many files under one seed.

Only the forge asks for it, by `Job.keep`. A learner's attempt draws its own secret seed, for which nothing is known.
"""

import copy
from collections import OrderedDict
from typing import Any

from leveling.judge.sizes import bytes_of

NAMES = 12  # proofs under way at once, each with a few seeds
MOST_BYTES = 64 << 20  # of one name; what comes after that is asked of the reference every time

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
        return copy.deepcopy(self.answers[key])

    def keep(self, key: Key, answer: Any) -> None:
        """Keep a copy, as long as there is room."""
        size = bytes_of(answer)
        if key not in self.answers and self.bytes + size <= MOST_BYTES:
            self.answers[key] = copy.deepcopy(answer)
            self.bytes += size


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
