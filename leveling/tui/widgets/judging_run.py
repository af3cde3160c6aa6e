"""One attempt at a time on the app's one judge: runs in a thread, tells its screen by messages, stops when asked."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from textual.message import Message
from textual.screen import Screen

from leveling.judge.client import JudgeClient, JudgeGone
from leveling.play.attempting import Event
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.tui.judging import Warmth

Events = Iterator[Event | Settled]


class Told(Message):
    """Something happened in attempt `number`."""

    def __init__(self, number: int, event: Event | Settled) -> None:
        super().__init__()
        self.number = number
        self.event = event


class Ended(Message):
    """Attempt `number` is over; `trouble` says what the person has to put right, where that is why."""

    def __init__(self, number: int, trouble: str = "") -> None:
        super().__init__()
        self.number = number
        self.trouble = trouble


def warmth_of(screen: Screen[Any]) -> Warmth:
    """What lends the app's one judge, to one thread at a time."""
    warmth = getattr(screen.app, "warmth", None)
    assert isinstance(warmth, Warmth), "the app offers `warmth`"
    return warmth


class JudgingRun:
    """The attempts of one screen. A new one stops the one before and begins when that has ended."""

    def __init__(self, screen: Screen[Any]) -> None:
        self.screen = screen
        self.number = 0
        self.running = False
        self._stop = threading.Event()
        self._warmth: Warmth | None = None

    def begin(self, events: Callable[[JudgeClient], Events]) -> int:
        """Start an attempt; `Told` and `Ended` carry the number returned."""
        self.cancel()
        self.number += 1
        self.running = True
        self._stop = stop = threading.Event()
        self._warmth = warmth = warmth_of(self.screen)
        number = self.number
        self.screen.run_worker(
            lambda: self._work(number, warmth, events, stop), thread=True, group="judging", exit_on_error=False
        )
        return number

    def cancel(self) -> None:
        """Ask the running attempt to end, if there is one. Safe at any moment."""
        if self.running and self._warmth is not None:
            self.running = False
            self._stop.set()
            self._warmth.client.cancel()

    def is_current(self, message: Told | Ended) -> bool:
        """Whether a message is of the latest attempt; those of attempts that were replaced are passed over."""
        return message.number == self.number

    def ended(self, message: Ended) -> None:
        """Take note of an end."""
        if self.is_current(message):
            self.running = False

    def _work(
        self, number: int, warmth: Warmth, events: Callable[[JudgeClient], Events], stop: threading.Event
    ) -> None:
        trouble = ""
        try:
            with warmth.lend() as judge:
                if not stop.is_set():
                    self._tell_all(number, judge, events, stop)
        except (Trouble, JudgeGone) as known:
            trouble = str(known)
        self._post(Ended(number, trouble))

    def _tell_all(
        self, number: int, judge: JudgeClient, events: Callable[[JudgeClient], Events], stop: threading.Event
    ) -> None:
        """Read every event, also after a cancel: the judge's pipe has to be clean for the next."""
        for event in events(judge):
            if stop.is_set():  # asked before the judge knew of the attempt
                judge.cancel()
            self._post(Told(number, event))

    def _post(self, message: Message) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile and its loop is closed
            self.screen.post_message(message)
