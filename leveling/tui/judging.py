"""The one judge of the app: warmed in the background, used by one screen at a time, ended with the app."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from leveling.judge.client import JudgeClient, JudgeGone

if TYPE_CHECKING:
    from leveling.play.game import Game


@dataclass(frozen=True, slots=True)
class JudgeState:
    """How ready the judge is, and why when it is absent."""

    word: Literal["cold", "warming", "warm", "absent"] = "cold"
    reason: str = ""


class Warmth:
    """Owns the client. `lend` gives it to one thread at a time; `close` ends it from any thread, whatever it does."""

    def __init__(self) -> None:
        self.client = JudgeClient()
        self._busy = threading.Lock()
        self.is_closed = False

    def warm(self, game: "Game") -> JudgeState:
        """Start the judge, wait until it answers, and note what the machine has. Blocks for seconds: call in a thread."""
        from leveling.play import machine

        packages = sorted({package for card in game.cards for package in card.packages})
        try:
            with self.lend() as client:
                client.warm()
                facts = client.request({"do": "facts", "packages": packages})["facts"]
        except JudgeGone as gone:
            return JudgeState("absent", str(gone))
        missing = set(facts["missing"])
        machine.note(has_cuda=bool(facts["cuda_devices"]), packages={name: name not in missing for name in packages})
        return JudgeState("warm")

    @contextlib.contextmanager
    def lend(self) -> Iterator[JudgeClient]:
        """The client, for this thread alone until the end of the block.

        Raises:
            JudgeGone: when the app is being left.
        """
        with self._busy:
            if self.is_closed:
                raise JudgeGone("the app is being left")
            yield self.client

    def close(self) -> None:
        """End the judge now: what it is doing has no reader any more. Safe to call twice."""
        self.is_closed = True
        process = self.client.process
        if process is not None and self._busy.locked() and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        self.client.close()
