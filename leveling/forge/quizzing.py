"""Prove a quiz: 200 draws of each question, and one round through the judge as a learner's front goes through it."""

from leveling.forge.facts import DRAWS, Facts
from leveling.forge.judges import Judges
from leveling.forge.proof import Proof
from leveling.judge.client import JudgeGone
from leveling.world.quest import Quest


def prove_quiz(quest: Quest, facts: Facts, judges: Judges, proof: Proof) -> None:
    """The right answer is accepted, wrong and empty ones are not, in every draw; the judge marks them so."""
    proof.show("questions", f"{len(facts.questions)}, each drawn {DRAWS} times")
    if not facts.questions:
        proof.fault("checks.py", "defines no Question")
        return
    for question in facts.questions:
        for text in question.faults:
            more = f" (and {question.count - 1} more)" if question.count > 1 else ""
            proof.fault(question.name, f"{text}{more}")
            break
        if question.prompts == 1:
            proof.notes.append(f"{question.name} is worded the same in every draw; draw its numbers where possible")
    try:
        right = _marked(quest, judges, {each.name: each.answer for each in facts.questions})
        empty = _marked(quest, judges, {})
    except JudgeGone as error:
        proof.fault("checks.py", f"the judge itself fails on it: {error}")
        return
    for name, good in right.items():
        if not good:
            proof.fault(name, "the judge does not accept its right answer")
    for name, good in empty.items():
        if good:
            proof.fault(name, "the judge accepts no answer at all")
    proof.show("marked", f"{sum(right.values())} of {len(right)} right answers accepted by the judge")


def _marked(quest: Quest, judges: Judges, answers: dict[str, str]) -> dict[str, bool]:
    """Which questions of draw 0 the judge holds for answered.

    Raises:
        JudgeGone: when the judge ends or says that the quiz is at fault.
    """
    with judges.one() as client:
        asked = client.request({"do": "ask", "folder": str(quest.folder), "seed": 0})
        if asked["event"] == "fault":
            raise JudgeGone(asked["cause"])
        marked = client.request({"do": "answer", "token": asked["token"], "answers": answers})
    if marked["event"] == "fault":
        raise JudgeGone(marked["cause"])
    return {mark["name"]: bool(mark["right"]) for mark in marked["marks"]}
