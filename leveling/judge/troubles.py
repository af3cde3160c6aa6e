"""Every way in which a worker can fail to answer."""

from typing import Any


class Death(Exception):
    """The worker ended while an answer was due. `signal_number` or `exit_code` tells how, if known."""

    def __init__(self, text: str, signal_number: int = 0, exit_code: int | None = None) -> None:
        super().__init__(text)
        self.signal_number = signal_number
        self.exit_code = exit_code


class TimeUp(Exception):
    """No answer within the time; the worker has been killed. `suspect` says what the learner should look for."""

    def __init__(self, seconds: float, suspect: str = "a loop that never ends or that runs once per element") -> None:
        super().__init__(f"no answer within {seconds:.1f} s")
        self.seconds = seconds
        self.suspect = suspect


class Flood(Exception):
    """The worker printed without end; it has been killed."""


class Garbled(Exception):
    """The worker answered with something that is no answer; it has been killed."""


class Cancelled(Exception):
    """The front asked to stop."""


class Raised(Exception):
    """The solution raised. `facts` are those of `leveling.arena.telling`, each a claim of the worker."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(str(facts.get("type")))
        self.facts = facts

    @property
    def unfinished(self) -> bool:
        """Whether it is the gap of a starter: NotImplementedError."""
        return self.facts.get("type") == "NotImplementedError"


class TooLarge(Exception):
    """A result does not fit into the shared memory or is not sendable."""


ENDED = (Death, TimeUp, Flood, Garbled)  # after these there is no worker any more
