"""Judge the learner's file and tell what happens while it happens."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from leveling.judge.client import JudgeClient
from leveling.judge.examine import Examination, examine
from leveling.judge.protocol import CheckResult, GateResult, Job, Judgement, Modules, gate_from_json
from leveling.play.echoing import NOTHING, Handed
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, Verdict


@dataclass(frozen=True, slots=True)
class Announced:
    """The judging has begun: checks to come with what each promises, gates, and the quests whose echoes are imported."""

    checks: tuple[tuple[str, str], ...]
    gates: tuple[tuple[str, str], ...]
    echoes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """What the judge does now, in a few words; of a long run that reports, also how far it is and a figure such as the loss."""

    text: str
    at: int = 0
    of: int = 0
    figure: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class FloorBegun:
    """A floor of a dungeon is judged from here on, the `number`-th of those up to the one that was attempted (`of`)."""

    number: int
    of: int
    quest: Quest


@dataclass(frozen=True, slots=True)
class FloorHolds:
    """A floor below holds: cleared with these very files, or `again` just now."""

    number: int
    quest: Quest
    again: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """The attempt was cancelled; nothing is judged."""


Event = Announced | Progress | FloorBegun | FloorHolds | CheckResult | GateResult | Judgement | Stopped


def judge_source(
    quest: Quest,
    source: str,
    name: str,
    client: JudgeClient,
    *,
    device: str = "auto",
    seed: int | None = None,
    echoes: Handed = NOTHING,
    lent: Modules = (),
) -> Iterator[Event]:
    """Judge source that was read already. The last event is a `Judgement`, or `Stopped` after `client.cancel()`.

    Raises:
        Trouble: when the quest is sealed on this machine.
    """
    found = examine(source, name, quest)
    if not found.clean:
        yield _refused(quest, found)
        return
    job = Job(quest, source, name, device=device, seed=seed, echoes=echoes.modules, lent=lent)
    for event in judge_job(job, client):
        if isinstance(event, Announced):
            yield replace(event, echoes=echoes.in_words)
        elif isinstance(event, Judgement) and event.verdict is Verdict.CRASHED and found.warnings:
            yield replace(event, diagnosis=event.diagnosis or " ".join(found.warnings))
        else:
            yield event


def judge_job(job: Job, client: JudgeClient) -> Iterator[Event]:
    """The events of any job, typed.

    Raises:
        Trouble: when the quest is sealed on this machine.
    """
    for told in client.attempt(job):
        event = _typed(told)
        if event is not None:
            yield event


def _refused(quest: Quest, found: Examination) -> Judgement:
    """The verdict on a file that need not be run to be judged."""
    if found.syntax:
        verdict = Verdict.CRASHED
    elif found.forbidden:
        verdict = Verdict.FORBIDDEN
    else:
        verdict = Verdict.UNFINISHED
    return Judgement(quest.id, verdict, "\n".join(found.lines()))


def _typed(told: dict[str, Any]) -> Event | None:
    match told["event"]:
        case "started":
            checks = tuple((check["name"], check["says"]) for check in told["checks"])
            return Announced(checks, tuple((gate["gate"], gate["device"]) for gate in told["gates"]))
        case "progress":
            return Progress(**{name: told[name] for name in Progress.__dataclass_fields__ if name in told})
        case "check":
            facts = {name: told[name] for name in CheckResult.__dataclass_fields__}
            return CheckResult(**{**facts, "status": CheckStatus(facts["status"])})
        case "gate":
            return gate_from_json(told)
        case "verdict":
            return Judgement.from_json(told["judgement"])
        case "cancelled":
            return Stopped()
        case "sealed":
            raise Trouble(told["reason"])
    return None
