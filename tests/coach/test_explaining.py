"""A failure is explained by what is true and shortest, and by the nearest part of the brief."""

import pytest

from leveling import places
from leveling.catalog.reading import read_quest
from leveling.coach import explain, review
from leveling.coach.passages import nearest_section, passages_of, sections_of
from leveling.world.words import CheckStatus, GateStatus, Grade, Verdict
from tests.coach import judgements as values
from tests.judging import judged


def test_a_clear_needs_no_explanation(quest):
    """After a clear there is nothing to explain."""
    assert explain(values.judgement(Verdict.CLEARED, "", grade=Grade.A), quest) is None


def test_the_first_failing_check_is_explained(quest):
    """Of several failures the first is explained, by the judge's line on it."""
    checks = (
        values.check("passes", "Works.", status=CheckStatus.PASSED),
        values.check("large-scores", "Large scores do not overflow.", "shares(x)\n  row 0 is NaN, expected 1\n  with"),
        values.check("later", "Later.", "something else"),
    )
    found = explain(values.judgement(cause="shares(x): row 0 is NaN, expected 1", checks=checks), quest)
    assert (found.of, found.promised) == ("large-scores", "Large scores do not overflow.")
    assert found.shortest == found.found == "shares(x): row 0 is NaN, expected 1"


def test_a_known_misconception_is_the_shortest_explanation(quest):
    """Where the judge recognised a known wrong solution, what it believes is said first."""
    checks = (values.check("rows", "Every row sums to one.", "shares(x)\n  row 0 sums to 2"),)
    found = explain(values.judgement(cause="", checks=checks, diagnosis="The sum runs over columns."), quest)
    assert found.shortest == "The sum runs over columns."
    assert found.found == "shares(x): row 0 sums to 2"


def test_the_nearest_part_of_the_brief_is_named(quest):
    """Title, text and passage come from the section that speaks of the failure."""
    checks = (values.check("large-scores", "Large scores do not overflow the exponential.", "row 0 is NaN"),)
    section = explain(values.judgement(checks=checks), quest).section
    assert section.title == "Pitfalls people really hit"
    assert section.passage.startswith("Large scores overflow")
    assert "Dividing by the sum" in section.text


def test_a_failed_gate_is_explained_with_its_reason(quest):
    """A gate over its limit says why the limit is there and leads to the section on scale."""
    gates = (
        values.gate("memory", GateStatus.FAILED, required=False, message="optional"),
        values.gate("ops", GateStatus.FAILED, 40.0, 1.0, message="40 ops, allowed 2; the reference takes 1"),
    )
    found = explain(values.judgement(Verdict.TOO_SLOW, "40 ops", gates=gates), quest)
    assert found.of == "ops(cpu)"
    assert found.promised == "one call for all rows"
    assert found.found == "40 ops, allowed 2; the reference takes 1"
    assert found.section.title == "At scale"


def test_what_never_ran_is_explained_by_its_cause(quest):
    """A forbidden or crashing file has no failing check; its cause is the explanation."""
    found = explain(values.judgement(Verdict.FORBIDDEN, "line 3: torch.softmax is forbidden\nmore"), quest)
    assert (found.of, found.found) == ("", "line 3: torch.softmax is forbidden")


def test_a_fault_of_ours_is_not_blamed_on_the_learner(quest):
    """For a judge fault no section and no hint is offered."""
    found = explain(values.judgement(Verdict.JUDGE_FAULT, "the reference does not load"), quest)
    assert "ours" in found.found
    assert found.section is None and found.hint is None


@pytest.mark.parametrize(("taken", "next_one"), [(0, 1), (1, 2), (2, None)])
def test_the_next_hint_is_the_first_unread_one(quest, taken, next_one):
    """Hints come in stages; after the last there is none to take."""
    assert explain(values.judgement(), quest, hints_taken=taken).hint == next_one


def test_a_quest_without_brief_and_hints_is_explained_all_the_same(quest):
    """Missing files leave section and hint empty and break nothing."""
    (quest.folder / "brief.md").unlink()
    (quest.folder / "hints.md").unlink()
    found = explain(values.judgement(), quest)
    assert (found.section, found.hint) == (None, None)


def test_a_heading_in_a_code_fence_is_no_section():
    """Comments in examples that look like headings do not cut a section in two."""
    assert [title for title, _ in sections_of(values.BRIEF)] == [
        "The idea",
        "Your task",
        "Pitfalls people really hit",
        "At scale",
    ]
    (_, idea), *_ = sections_of(values.BRIEF)
    assert list(passages_of(idea)) == ["Turn scores into shares."]


def test_words_in_common_by_chance_are_not_enough():
    """Where nothing in the brief is near, no section is claimed to be."""
    assert nearest_section(values.BRIEF, "tokens are decoded by merging bytes") is None


def test_a_real_judgement_is_explained_and_reviewed(client):
    """What the judge really says of a wrong and of a right file turns into an explanation and a review."""
    quest = read_quest(places.content_folder("quests") / "tensors" / "einsum", "tensors/einsum")
    starter = (quest.folder / "starter.py").read_text(encoding="utf-8")
    found = explain(judged(client, quest, starter, gates="none"), quest)
    assert found.of and found.found.count("\n") == 0
    assert found.hint == 1
    reference = (quest.folder / "reference.py").read_text(encoding="utf-8")
    reviewed = review(reference, quest, judged(client, quest, reference, gates="counted"))
    assert reviewed.is_spotless
    assert all(each.text for each in reviewed.measured)
