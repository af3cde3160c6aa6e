"""Quests and solutions that the benchmarks judge, read from the checkout's own content and from the cheat suite."""

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measuring import ROOT
from leveling.catalog.reading import read_quest
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement, Modules
from leveling.world.quest import Quest

CHEATS = ROOT / "tests" / "cheats" / "quests" / "cheats"

SLOW_SOFTMAX = """
import torch


def softmax(x):
    rows = []
    for row in x:
        e = torch.exp(row - row.max())
        rows.append(e / e.sum())
    return torch.stack(rows) if rows else x
"""
HUNGRY_SOFTMAX = """
import torch


def softmax(x):
    kept = [x.clone() for _ in range(8)]
    e = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return e / e.sum(dim=1, keepdim=True) + 0 * sum(k[:1, :1] for k in kept)
"""
WRONG_SOFTMAX = "import torch\n\n\ndef softmax(x):\n    return torch.exp(x) / torch.exp(x).sum()\n"


@dataclass(frozen=True, slots=True)
class Specimen:
    """One solution of one quest and the verdict that is right for it."""

    quest: Quest
    kind: str
    source: str
    right: str
    lent: Modules = ()  # what a floor's file imports: the floors below it, and echoes

    @property
    def name(self) -> str:
        """Such as `modules/first-mlp, reference`."""
        return f"{self.quest.id}, {self.kind}"


def quest_of(quest_id: str) -> Quest:
    """A quest of the checkout's own content."""
    return read_quest(ROOT / "quests" / quest_id, quest_id)


def text_of(quest: Quest, path: str) -> str:
    """A file of a quest's folder."""
    return (Path(quest.folder) / path).read_text(encoding="utf-8")


def with_reference(quest: Quest) -> Specimen:
    """The author's own answer: cleared."""
    return Specimen(quest, "reference", text_of(quest, "reference.py"), "cleared")


def with_known_wrong(quest: Quest, name: str) -> Specimen:
    """One of the quest's own wrong solutions."""
    return Specimen(quest, f"wrong/{name}", text_of(quest, f"wrong/{name}.py"), "wrong")


def softmax_quest(*gates: str) -> Quest:
    """The cheat suite's quest with the gates of the named ones joined: throughput, memory, or both."""
    quests = [read_quest(CHEATS / gate, f"cheats/{gate}") for gate in gates]
    return replace(
        quests[0], id=f"cheats/{'-and-'.join(gates)}", gates=tuple(gate for each in quests for gate in each.gates)
    )


def softmax(kind: str, right: str, source: str, *gates: str) -> Specimen:
    """A solution of the softmax quest."""
    return Specimen(softmax_quest(*gates), kind, source, right)


def judged(client: JudgeClient, specimen: Specimen) -> Judgement:
    """The judgement, from the call to the verdict event.

    Raises:
        RuntimeError: when the quest is sealed here, so that there is no verdict.
    """
    last = {}
    for event in client.attempt(
        Job(specimen.quest, specimen.source, "mine.py", echoes=specimen.lent, lent=specimen.lent)
    ):
        last = event
    if "judgement" not in last:
        raise RuntimeError(f"{specimen.name}: no verdict but {last}")
    return Judgement.from_json(last["judgement"])
