"""A review says what the lines say, what was measured and what is still to win; and never fails on strange files."""

from pathlib import Path

import pytest

from leveling.coach import review
from leveling.coach.architecture import ARCHITECTURE, architecture_of
from leveling.coach.source import Source
from leveling.world.words import GateStatus, Grade, Verdict
from tests.coach import judgements as values

ROOT = Path(__file__).parents[2]
OURS = sorted((*ROOT.glob("quests/*/*/reference.py"), *ROOT.glob("quests/*/*/right/*.py")))
LOOPING = """
import torch


def shares(x):
    rows = []
    for row in x:
        rows.append(torch.exp(row) / torch.exp(row).sum())
    return torch.stack(rows)
"""


def cleared(*gates, grade=Grade.A):
    return values.judgement(Verdict.CLEARED, "Every check passed.", gates=gates, grade=grade)


def test_the_reference_itself_gets_a_spotless_review(quest):
    """Our own answer, reviewed, is left without a remark, and no ops differ."""
    found = review(values.REFERENCE, quest, cleared(grade=Grade.S))
    assert found.is_spotless
    assert (found.calls, found.challenges, found.sealed) == ("", (), ())


def test_the_ops_that_differ_are_named_after_a_clear(quest):
    """The review says which ops only one of the two writes, and that the reference needs no loop."""
    found = review(LOOPING, quest, cleared())
    assert found.calls.startswith("Only yours calls exp")
    assert found.calls.endswith("only the reference calls softmax.")
    assert any("without a Python loop" in challenge for challenge in found.challenges)


def test_the_reference_is_not_given_away_before_a_clear(quest):
    """Without a clear neither its ops nor challenges are told."""
    found = review(LOOPING, quest, values.judgement())
    assert (found.calls, found.challenges, found.grade) == ("", (), None)


@pytest.mark.parametrize(
    ("kind", "yours", "theirs", "words"),
    [
        ("ops", 40.0, 10.0, "ops on ManyRows: 4 x the reference's (40 to 10)"),
        ("ops", 1200.0, 60.0, "ops on ManyRows: 20 x the reference's (1,200 to 60)"),
        ("memory", 3 * 2.0**20, 2 * 2.0**20, "memory at the peak on ManyRows: 1.50 x the reference's (3 MiB to 2 MiB)"),
        ("throughput", 0.010, 0.020, "time on ManyRows: 2 x less than the reference's (10 ms to 20 ms)"),
        (
            "saved",
            2048.0,
            2048.0,
            "memory saved for the backward pass on ManyRows: the same as the reference's (2 KiB to 2 KiB)",
        ),
    ],
)
def test_what_was_measured_is_told_in_plain_words(quest, kind, yours, theirs, words):
    """Ratio first, then both figures in their unit."""
    (found,) = review("", quest, cleared(values.gate(kind, yours=yours, theirs=theirs))).measured
    assert found.text == words
    assert found.ratio == pytest.approx(yours / theirs)


def test_a_gate_without_figures_is_told_by_its_message(quest):
    """Where the reference needs nothing, or no ratio makes sense, the judge's own words stand."""
    (found,) = review("", quest, cleared(values.gate(message="quality: 0.9, wanted at least 0.8\nmore"))).measured
    assert (found.text, found.ratio) == ("quality: 0.9, wanted at least 0.8", None)
    (nothing,) = review("", quest, cleared(values.gate(yours=3.0, theirs=0.0, message="3 ops"))).measured
    assert (nothing.text, nothing.ratio) == ("3 ops", None)


def test_gates_that_are_not_won_become_challenges(quest):
    """A failed optional gate, a noisy one and a missing grade S are what to do next; sealed gates are named apart."""
    found = review(
        values.REFERENCE,
        quest,
        cleared(
            values.gate("memory", GateStatus.FAILED, 4.0, 2.0, required=False, limit=1.3, unit="x reference"),
            values.gate("throughput", GateStatus.NOISY, 1.0, 1.0),
            values.gate("memory", GateStatus.SEALED, device="cuda", message="no CUDA device was found"),
            grade=Grade.B,
        ),
    )
    assert found.challenges == (
        "Bring memory(cpu) on ManyRows within its limit: 4 now, at most 1.3 x reference.",
        "Have throughput(cpu) on ManyRows measured again on a quiet machine.",
    )
    assert found.sealed == ("memory(cuda) on ManyRows is sealed here: no CUDA device was found",)
    assert [each.gate for each in found.measured] == ["memory", "throughput"]


def test_grade_a_is_told_how_far_grade_s_is(quest):
    """The gate with the smallest distance is named, with the figure that would be enough."""
    gates = (values.gate(yours=30.0, theirs=10.0), values.gate("memory", yours=2.0**21, theirs=2.0**21))
    (challenge,) = review(values.REFERENCE, quest, cleared(*gates)).challenges
    assert "memory(cpu) on ManyRows: 2 MiB to 2 MiB, so at most 1.9 MiB" in challenge


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "x = " + "-" * 5000 + "1", "x = " + "+".join(["1"] * 5000)])
def test_no_file_is_too_strange_to_review(quest, text):
    """What does not parse, or is nested beyond reason, gets a review without remarks."""
    found = review(text, quest, cleared())
    assert found.remarks == () and found.architecture == ()


def test_a_quest_without_reference_is_reviewed_all_the_same(quest):
    """A missing reference leaves the comparison empty and breaks nothing."""
    (quest.folder / "reference.py").unlink()
    assert review(LOOPING, quest, cleared()).calls == ""


BUILT_BADLY = {
    "state-in-a-global": "count = 0\n\ndef f():\n    global count\n    count += 1\n",
    "unreachable": "def f(x):\n    return x\n    print(x)\n",
    "repetition": "".join(
        f"def {name}(x):\n    a = x + 1\n    b = a * 2\n    c = b - x\n    d = c / 3\n    return d - {name!r}.count('f')\n\n"
        for name in ("f", "g")
    ),
    "deep-nesting": "def f(x):\n"
    + "".join("    " * depth + "if x:\n" for depth in range(1, 6))
    + "    " * 6
    + "return x\n",
    "long-function": "def f(x):\n" + "".join(f"    x = x + {line}\n" for line in range(80)) + "    return x\n",
    "unused-import": "import math\nimport torch\n\ndef f(x):\n    return torch.exp(x)\n",
}


@pytest.mark.parametrize("name", [rule.name for rule in ARCHITECTURE])
def test_each_remark_on_architecture_has_its_case(name):
    """Each of these files is built badly in one way, and exactly that is remarked on."""
    assert [remark.rule for remark in architecture_of(Source(BUILT_BADLY[name]))] == [name]


@pytest.mark.parametrize("path", OURS, ids=lambda path: "/".join(path.parts[-4:]))
def test_our_own_solutions_are_well_built(path):
    """No remark on architecture falls on a reference or another right solution."""
    remarks = architecture_of(Source(path.read_text(encoding="utf-8")))
    assert [str(remark) for remark in remarks] == []


def test_a_chain_of_elif_is_not_deep():
    """An elif stands beside its if, not within it."""
    text = "def f(x):\n    if x == 0:\n        return 0\n" + "".join(
        f"    elif x == {at}:\n        return {at}\n" for at in range(1, 9)
    )
    assert architecture_of(Source(text)) == ()
