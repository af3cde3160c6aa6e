"""Judge the learner's file and tell what happens while it happens."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leveling.judge.client import JudgeClient
from leveling.judge.examine import Examination, examine
from leveling.judge.protocol import CheckResult, GateResult, Job, Judgement, gate_from_json
from leveling.play import solutions
from leveling.play.trouble import Trouble
from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, Kind, Verdict


@dataclass(frozen=True, slots=True)
class Announced:
    """The judging has begun: names of the checks to come, with the sentence each promises, and of the gates."""

    checks: tuple[tuple[str, str], ...]
    gates: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the judge does now, in a few words."""

    text: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The attempt was cancelled; nothing is judged."""


Event = Announced | Progress | CheckResult | GateResult | Judgement | Stopped


def attempt(
    quest: Quest,
    path: Path,
    client: JudgeClient,
    *,
    device: str = "auto",
    seed: int | None = None,
) -> Iterator[Event]:
    """Judge the file at `path`. The last event is a `Judgement`, or `Stopped` after `client.cancel()`.

    Raises:
        Trouble: when the file cannot be judged at all, or the quest is sealed on this machine.
    """
    if quest.kind is Kind.QUIZ:
        raise Trouble(f"{quest.id} is a quiz: it asks, you answer; there is no file to judge")
    source = solutions.read(path, quest.id)
    yield from judge_source(quest, source, path.name, client, device=device, seed=seed)


def judge_source(
    quest: Quest,
    source: str,
    name: str,
    client: JudgeClient,
    *,
    device: str = "auto",
    seed: int | None = None,
) -> Iterator[Event]:
    """As `attempt`, for source that was read already."""
    found = examine(source, name, quest)
    if not found.clean:
        yield _refused(quest, found)
        return
    for told in client.attempt(Job(quest, source, name, device=device, seed=seed)):
        event = _typed(told)
        if isinstance(event, Judgement) and event.verdict is Verdict.CRASHED and found.warnings:
            event = replace(event, diagnosis=event.diagnosis or " ".join(found.warnings))
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
            return Progress(told["text"])
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
