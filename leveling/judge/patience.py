"""An end to code of authors that does not end: what runs in the judge itself may take so long and no longer."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from leveling.judge.suite import JudgeFault

AUTHOR_SECONDS = 60.0


@contextlib.contextmanager
def limited(what: str, seconds: float = AUTHOR_SECONDS) -> Iterator[None]:
    """Let the body run for `seconds` of wall clock. Without timers (Windows, a thread) it runs without end.

    Raises:
        JudgeFault: when they are over; `what` begins its sentence.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise JudgeFault(f"{what} takes longer than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
