"""A deadline that moves on while the worker is ready to run and gets no core: a busy machine is nobody's fault."""

import contextlib
import time

SOON = 0.5  # seconds; most answers come before, and cost no look at the scheduler
MOST = 8.0  # times the limit: however busy the machine, there is an end


class Patience:
    """How long one answer is waited for: `seconds` until `deadline`, and what the worker had to wait for a core meanwhile."""

    def __init__(self, pid: int, deadline: float, seconds: float) -> None:
        self.pid = pid
        self.deadline = deadline
        self.last = deadline + (MOST - 1.0) * seconds
        self.before: float | None = None
        self.looks_at = time.monotonic() + SOON

    def left(self) -> float:
        """Seconds until the next look; 0 when it is due."""
        until = self.deadline if self.before is not None else min(self.deadline, self.looks_at)
        return max(0.0, until - time.monotonic())

    def is_over(self) -> bool:
        """Whether the time is up. To be asked when nothing came for `left()` seconds."""
        now = time.monotonic()
        if self.before is None:
            self.before = starved(self.pid)
            return now >= self.deadline
        if now < self.deadline:
            return False
        before, self.before = self.before, starved(self.pid)
        self.deadline = min(self.deadline + self.before - before, self.last)
        return now >= self.deadline


def starved(pid: int) -> float:
    """Seconds for which the main thread of a process was ready to run and had to wait; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0
