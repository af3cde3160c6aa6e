"""A desk: one warm judge at which solutions are judged one after the other."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leveling.judge.client import JudgeClient, JudgeGone
from leveling.judge.protocol import Judgement, Modules
from leveling.play.attempting import Event, judge_source
from leveling.play.cohorts.outcomes import SEALED, Key, Outcome
from leveling.play.echoing import NOTHING, Handed
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import Verdict

TRIES = 2  # a judge that dies may be the machine's doing; twice it is the solution's or the quest's


@dataclass(frozen=True, slots=True)
class Task:
    """One solution to judge, under the key that its outcome is kept by. `lent`: what the author's solutions of a floor import."""

    key: Key
    source: str
    echoes: Handed = NOTHING
    lent: Modules = ()

    @property
    def name(self) -> str:
        """The file's name in messages."""
        return f"{self.key.quest.rpartition('/')[2].replace('-', '_')}.py"


class Stopped(Exception):
    """The desk was told to stop while it judged."""


def layers_lacking(facts: dict[str, Any]) -> dict[str, str]:
    """The layers of the sandbox that are not live, with the reasons, from the judge's answer to `facts`."""
    return {layer: why for layer, why in facts["layers"].items() if why != "live"}


def refuse_strangers(facts: dict[str, Any]) -> None:
    """Strangers' code is judged in a whole sandbox only.

    Raises:
        Trouble: naming the layers that lack.
    """
    lacking = layers_lacking(facts)
    if lacking:
        told = "; ".join(f"{layer}: {why}" for layer, why in lacking.items())
        raise Trouble(
            f"these solutions are other people's code, and this machine cannot confine them whole ({told}). "
            "Judge them on a machine where `leveling doctor` finds the sandbox good, or trust them: --insist"
        )


class Desk:
    """Judges solutions at one warm judge. Not thread-safe, except `stop`."""

    def __init__(self, *, device: str = "cpu", insist: bool = False) -> None:
        self.client = JudgeClient()
        self.device = device
        self.insist = insist
        self.stopped = False

    def open(self) -> None:
        """Start the judge and look at its sandbox.

        Raises:
            Trouble: when the judge cannot be started, or strangers' code is not confined here and nobody insists.
        """
        try:
            self.client.warm()
            facts = self.client.request({"do": "facts", "packages": []})["facts"]
        except JudgeGone as gone:
            raise Trouble(f"{gone}. `leveling doctor` may say more.") from gone
        if not self.insist:
            refuse_strangers(facts)

    def judge(self, task: Task, quest: Quest) -> Outcome:
        """The outcome. A judge that dies is started anew and tried once more, then the word is `judge_fault`.

        Raises:
            Stopped: after `stop`.
        """
        outcome = Outcome(Verdict.JUDGE_FAULT.value, "the judge gave no verdict")
        for tries in range(1, TRIES + 1):
            outcome = self._judge_once(task, quest, tries)
            if outcome.word != Verdict.JUDGE_FAULT.value:
                break
        return outcome

    def _judge_once(self, task: Task, quest: Quest, tries: int) -> Outcome:
        last: Judgement | None = None
        try:
            for event in self._events(task, quest):
                if isinstance(event, Judgement):
                    last = event
        except Trouble as sealed:
            return Outcome(SEALED, str(sealed), tries=tries)
        except (MemoryError, RecursionError):
            return Outcome(Verdict.CRASHED.value, "Python cannot read the file: it is nested too deep", tries=tries)
        except Exception as fault:  # one stranger's file must not end the judging of all the others
            return Outcome(Verdict.JUDGE_FAULT.value, f"{type(fault).__name__}: {fault}", tries=tries)
        if self.stopped:
            raise Stopped
        if last is None:
            return Outcome(Verdict.JUDGE_FAULT.value, "the judge gave no verdict", tries=tries)
        return Outcome.of(last, tries)

    def _events(self, task: Task, quest: Quest) -> Iterator[Event]:
        return judge_source(
            quest, task.source, task.name, self.client, device=self.device, echoes=task.echoes, lent=task.lent
        )

    def stop(self) -> None:
        """End what is judged now, from any thread."""
        self.stopped = True
        self.client.cancel()

    def close(self) -> None:
        """End the judge."""
        with contextlib.suppress(OSError):
            self.client.close()
