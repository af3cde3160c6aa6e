"""Pass on how far a long run is. What a worker reports is a claim: only the right form, and not too much of it, gets through."""

import math
import time
from collections.abc import Callable
from typing import Any

SECONDS_BETWEEN = 0.08
LONGEST_NAME = 24
MOST_STEPS = 10**12


class Progress:
    """What `tell` learns of one side's run."""

    def __init__(self, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self.tell = tell
        self.last = -math.inf

    def told(self, report: Any) -> None:
        """Tell the front, unless it was told a moment ago; anything of another form is dropped."""
        now = time.monotonic()
        if not isinstance(report, dict) or (found := _right(report)) is None:
            return
        if now - self.last >= SECONDS_BETWEEN or found["at"] == found["of"]:
            self.last = now
            self.tell("progress", {"text": f"step {found['at']:,} of {found['of']:,}", **found})


def _right(report: dict[str, Any]) -> dict[str, Any] | None:
    at, of, name, figure = (report.get(key) for key in ("at", "of", "name", "figure"))
    if type(at) is not int or type(of) is not int or not 0 <= at <= of <= MOST_STEPS:
        return None
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.isprintable():
        return None
    if figure is not None and not (type(figure) in (int, float) and math.isfinite(figure)):
        return None
    return {"at": at, "of": of, "name": name, "figure": figure}
