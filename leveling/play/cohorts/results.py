"""The rows that a teacher reads: one for each file that was handed in."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from leveling.play.cohorts.outcomes import Outcome
from leveling.play.cohorts.submissions import Submission

COLUMNS = (
    *("learner", "quest", "outcome", "grade", "checks_passed", "checks", "failed", "gates", "cause", "seconds"),
    *("device", "seed", "origin", "solution", "content", "alike"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One submission with its outcome. `alike` counts the other learners who handed in the same text; `content` is the quest's."""

    submission: Submission
    outcome: Outcome
    content: str = ""
    device: str = ""
    alike: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values under the names of `COLUMNS`, gates as a list."""
        outcome = self.outcome
        return {
            "learner": self.submission.learner,
            "quest": self.submission.quest,
            "outcome": outcome.word,
            "grade": outcome.grade or None,
            "checks_passed": outcome.passed,
            "checks": outcome.checks,
            "failed": outcome.failed,
            "gates": [dict(gate) for gate in outcome.gates],
            "cause": outcome.cause,
            "seconds": outcome.seconds,
            "device": self.device,
            "seed": outcome.seed,
            "origin": self.submission.origin,
            "solution": self.submission.digest if self.submission.source else "",
            "content": self.content,
            "alike": self.alike,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one learner: quests cleared of those handed in, and how often each other word fell."""

    learner: str
    cleared: int
    handed_in: int
    others: tuple[tuple[str, int], ...]


def summaries(rows: Iterable[Row]) -> list[Summary]:
    """One for each learner, by name. A quest handed in twice counts once, by its better outcome."""
    words: dict[str, dict[str, str]] = {}
    for row in rows:
        held = words.setdefault(row.submission.learner, {})
        name = row.submission.quest or row.submission.origin
        if row.outcome.is_cleared or name not in held:
            held[name] = row.outcome.word
    return [_summary(learner, held.values()) for learner, held in sorted(words.items())]


def _summary(learner: str, words: Iterable[str]) -> Summary:
    counts = Counter(words)
    cleared = counts.pop("cleared", 0)
    return Summary(learner, cleared, cleared + counts.total(), tuple(counts.most_common()))


def as_json(rows: Sequence[Row]) -> str:
    """An object with `format`, `counts` by outcome and `results`."""
    counts = Counter(row.outcome.word for row in rows)
    return json.dumps({"format": 1, "counts": dict(counts), "results": [row.to_json() for row in rows]}, indent=1)


def as_csv(rows: Iterable[Row]) -> str:
    """A table with a head. No cell begins like a formula: spreadsheets run those, and strangers chose some of the texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        plain = row.to_json()
        plain["gates"] = "; ".join(_gate(gate) for gate in plain["gates"])
        writer.writerow([_cell(plain[name]) for name in COLUMNS])
    return text.getvalue()


def _gate(gate: dict[str, Any]) -> str:
    measured = "" if gate["measured"] is None else f" {gate['measured']:.4g} of {gate['limit']:g} {gate['unit']}"
    return f"{gate['gate']}({gate['device']}) {gate['status']}{measured}"


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return "" if value is None else value
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
