"""An exemplar in slow/ or hungry/ counts only when it is refused for its cost, by enough."""

from pathlib import Path

import pytest

from leveling.forge.margins import exemplar_fault
from leveling.judge.protocol import GateResult, Judgement
from leveling.judge.verdicts import verdict_of_gate
from leveling.world.quest import GateSpec, Quest
from leveling.world.words import GateStatus, Kind, Rank, Verdict

SPECS = {
    "throughput": GateSpec("throughput", "cpu", "Big", 1.5),
    "memory": GateSpec("memory", "cpu", "Big", 1.5),
}


def judged(kind: str, measured: float | None, word: Verdict | None = None) -> tuple[Quest, Judgement]:
    """A quest with one gate, and the judgement of a solution that failed it."""
    spec = SPECS[kind]
    quest = Quest("gate/quest", "Quest", Rank.E, Kind.QUEST, 5, Path(), "You do.", gates=(spec,))
    gate = GateResult(kind, "cpu", GateStatus.FAILED, measured, 1.5, "x reference", "told", on="Big", word=word)
    return quest, Judgement(quest.id, verdict_of_gate(gate), "told", gates=(gate,))


@pytest.mark.parametrize(
    ("sort", "kind", "measured", "word", "says"),
    [
        ("slow", "throughput", 9.0, None, ""),
        ("slow", "throughput", None, None, ""),
        ("slow", "throughput", 1.6, None, "only 1.07x over"),
        ("slow", "throughput", None, Verdict.CRASHED, "it is crashed at full size"),
        ("slow", "throughput", None, Verdict.WRONG, "it is wrong at full size"),
        ("slow", "memory", None, Verdict.TOO_SLOW, ""),
        ("hungry", "memory", 9.0, None, ""),
        ("hungry", "memory", None, Verdict.TOO_SLOW, "it is too_slow, expected too_hungry"),
        ("hungry", "memory", None, Verdict.CRASHED, "it is crashed at full size"),
        ("hungry", "throughput", 9.0, None, "no gate of this quest was weighed"),
    ],
)
def test_an_exemplar_is_refused_for_its_cost_alone(sort, kind, measured, word, says):
    """A crash, a wrong result at scale, and a call without end that shows nothing about memory do not count."""
    fault = exemplar_fault(sort, *judged(kind, measured, word))
    assert fault.find(says) >= 0 if says else not fault


def test_a_memory_gate_stopped_by_its_time_cap_is_too_slow():
    """What never ended was not weighed: its word is the clock's, whatever the kind of the gate."""
    assert judged("memory", None, Verdict.TOO_SLOW)[1].verdict is Verdict.TOO_SLOW
    assert judged("memory", 9.0)[1].verdict is Verdict.TOO_HUNGRY


def test_an_exemplar_whose_other_gate_decides_is_named():
    """Hungry and slow: the first failed gate says the verdict, so the gates stand in the wrong order or it is too plain."""
    quest, judgement = judged("memory", 9.0)
    other = Judgement(quest.id, Verdict.TOO_SLOW, "2 x the time", gates=judgement.gates)
    assert "its verdict is too_slow, expected too_hungry" in exemplar_fault("hungry", quest, other)
