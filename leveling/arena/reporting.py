"""How far a long run is: what `report` in a solution or a probe tells the judge while a call is under way.

It is for the eyes of whoever waits, and decides nothing: the judge shows what has the right form and drops the rest.
"""

import math
import time
from typing import Any

from leveling.arena import frames

SECONDS_BETWEEN = 0.1
_channel: int | None = None
_last = 0.0


def open_to(channel: int) -> None:
    """From now on reports go to the judge behind `channel`; before, and in a learner's own run, they go nowhere."""
    global _channel
    _channel = channel


def report(step: int, of: int, **figures: float) -> None:
    """Tell that `step` of `of` is done, with at most one figure such as `loss=0.3`. Cheap: ten times a second are passed on.

    Never raises, whatever it is given: a report must not end a run.
    """
    global _last
    now = time.monotonic()
    try:
        if _channel is None or (now - _last < SECONDS_BETWEEN and step < of):
            return
        _last = now
        name, value = next(iter(figures.items()), ("", None))
        told: dict[str, Any] = {"at": int(step), "of": int(of), "name": name}
        if value is not None and math.isfinite(number := float(value)):
            told["figure"] = number
        frames.write_all(_channel, frames.frame({"report": told}))
    except (TypeError, ValueError, OverflowError, OSError, frames.ChannelClosed):
        return
