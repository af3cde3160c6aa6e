"""A sound quest is proved; a quest with a hole is not, and what is told leads to the hole."""

import pytest

from leveling.forge.nulls import nulls

QUIZ = '''from leveling.checks import Asked, Question


class Product(Question):
    """A product."""

    def ask(self, draw):
        a, b = draw.integer(2, 9), draw.integer(2, 9)
        return Asked(f"{a} x {b}?", a * b, f"{a} times {b} is {a * b}.", wrong={"adds": a + b%s})
'''
QUIZ_TOML = """format = 1
title = "Products"
rank = "E"
kind = "quiz"
minutes = 5
learns = "You multiply."
"""
GATE = '\n[[gates]]\nkind = "ops"\ndevice = "cpu"\non = "Big"\nlimit = {}\nunit = "ops"\n'
WORK = '''

from leveling.checks import Workload


class Big(Workload):
    """Big."""

    def cases(self, draw):
        yield dict(x=draw.normal(50), top=0.5)

    def probe(self, solution, x, top):
        return solution.clipped(x, top)
'''


def test_a_sound_quest_is_proved(tiny, proved):
    """Reference, starter, wrong solution, nulls and mutants all end as they should, in full as well."""
    proof = proved(tiny(), full=True)
    assert proof.proved, (proof.faults, proof.survivors)
    assert proof.mutants.tried == proof.total_mutants > 3
    assert proof.mutants.rate == 1.0
    assert proof.nulls.caught >= 6


def test_a_hole_in_a_check_is_found_by_nulls_and_mutants(tiny, proved, holed_check):
    """A check that looks at the largest value alone lets zeros and a wrong factor through: both are listed with their place."""
    proof = proved(tiny(checks=holed_check))
    keys = [survivor.key for survivor in proof.survivors]
    assert not proof.proved
    assert "null:zeros:clipped" in keys
    [factor] = [each for each in proof.survivors if each.before == "2" and each.after == "3"]
    assert factor.line == 6


def test_a_marked_survivor_counts_as_equivalent_and_a_stale_mark_is_a_fault(tiny, proved, toml):
    """[equivalent] takes a null out of the survivors; a key that names nothing any more must go."""
    marks = '\n[equivalent]\n"null:zeros:clipped" = "for this test"\n"gone:1:constant:1->2" = "no longer there"\n'
    proof = proved(tiny(quest=toml + marks))
    assert proof.nulls.equivalent == 1
    assert [fault.where for fault in proof.faults] == ["quest.toml"]
    assert "gone:1:constant:1->2" in proof.faults[0].text


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        (
            {"does-not-clip": "def clipped(x, top):\n    return (x * 2).clamp(max=top)\n"},
            "wrong/does-not-clip.py",
            "nothing",
        ),
        ({"starter": "def clipped(x, top):\n    return (x * 2).clamp(max=top)\n"}, "starter.py", "clears the quest"),
        ({"reference": "def clipped(x, top):\n    raise ValueError(top)\n"}, "reference.py", "does not clear"),
        ({"checks": "import nonsense_that_is_nowhere\n"}, "checks.py", "does not import"),
    ],
)
def test_each_broken_part_is_named(tiny, proved, changed, where, words):
    """What is broken is reported under the name of its file, not as a crash."""
    proof = proved(tiny(**changed))
    assert any(fault.where == where and words in fault.text for fault in proof.faults), proof.faults


def test_a_check_that_refuses_nothing_does_not_earn_its_place(tiny, proved, sound_check):
    """A second check that demands nothing is named."""
    idle = '\n\nclass Idle(Check):\n    """Nothing."""\n\n    compare = False\n\n    def probe(self, solution):\n        return None\n'
    proof = proved(tiny(checks=sound_check + idle))
    assert [fault.where for fault in proof.faults] == ["idle"]


def test_a_check_that_is_never_the_first_is_heard_alone(tiny, proved, sound_check):
    """One that others always come before earns its place by what it refuses when no failure before it counts: a note says so."""
    again = sound_check[sound_check.index("class ") :]
    twice = again.replace("class NothingIsAboveTop", "class AboveTopAgain")
    third = again.replace("class NothingIsAboveTop", "class AThirdTime")
    proof = proved(tiny(checks=f"{sound_check}\n\n{twice}\n\n{third}"))
    assert proof.proved, (proof.faults, proof.survivors)
    assert [note.split(" is never the first")[0] for note in proof.notes] == ["above-top-again", "a-third-time"]
    assert dict(proof.lines)["checks"] == "1 of 3 are the first to refuse something"


def test_a_gate_needs_a_distance_and_an_exemplar(tiny, proved, toml, sound_check):
    """A count limit that the reference just meets, and an ops gate without anything slow to refuse, are faults."""
    proof = proved(tiny(quest=toml + GATE.format(2), checks=sound_check + WORK))
    texts = {fault.where: fault.text for fault in proof.faults}
    assert "holds nothing" in texts["slow/"]
    assert "1.00x inside" in texts["quest.toml"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("torch.stack([(v * 2).clamp(max=top) for v in x.flatten()]).reshape(x.shape)", "too_slow"),
        ("x.mul(2).clamp(max=top)", ""),
    ],
)
def test_a_starter_may_be_right_and_slow(tiny, proved, toml, sound_check, body, says):
    """A review's only fault may be slowness: a starter that passes every check and no gate does not clear the quest."""
    starter = f"import torch\n\n\ndef clipped(x, top):\n    return {body}\n"
    review = toml.replace('kind = "quest"', 'kind = "review"') + GATE.format(8)
    proof = proved(tiny(quest=review, checks=sound_check + WORK, starter=starter))
    assert [fault.text for fault in proof.faults if fault.where == "starter.py" and "clears" in fault.text] == (
        [] if says else ["clears the quest as it is: leave a gap with raise NotImplementedError(...)"]
    )
    assert any(what == "starter" and says in word for what, word in proof.lines)


def test_a_quiz_is_proved_by_drawing_it(tmp_path, proved):
    """A wrong answer that sometimes equals the right one is found; without it the quiz is proved."""
    folder = tmp_path / "quests" / "gate" / "products"
    folder.mkdir(parents=True)
    (folder / "quest.toml").write_text(QUIZ_TOML, encoding="utf-8")
    (folder / "brief.md").write_text("# Products\n\n## Task\nMultiply.\n", encoding="utf-8")
    (folder / "checks.py").write_text(QUIZ % "", encoding="utf-8")
    proof = proved(folder)
    assert [fault.where for fault in proof.faults] == ["product"]
    assert "adds" in proof.faults[0].text
    (folder / "checks.py").write_text(QUIZ % " + 100", encoding="utf-8")
    assert proved(folder).proved


def test_nulls_replace_methods_and_single_functions():
    """Every public function and method is replaced, all at once and alone; private ones and properties are not."""
    source = (
        "class A:\n    def forward(self): ...\n    def _b(self): ...\n    @property\n    def c(self): ...\n\n"
        "def f(): ...\n\ndef _g(): ...\n"
    )
    every = nulls(source)
    assert {null.target for null in every} == {"*", "A.forward", "f"}
    assert {null.target for null in nulls(source, ["f() -> int"])} == {"f"}
    for null in every:
        compile(null.source, "null", "exec")
