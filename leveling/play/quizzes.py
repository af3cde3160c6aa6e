"""Ask a quiz and mark the answers. The draw and the answers live in the judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leveling.judge.client import JudgeClient
from leveling.judge.protocol import CheckResult, Judgement
from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, Grade, Verdict


class QuizFault(Exception):
    """The quiz itself cannot be asked or marked: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One question as it is put."""

    name: str
    prompt: str
    choices: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A fresh draw of all questions; the token is spent when the answers are marked."""

    quest: Quest
    token: str
    questions: tuple[Asking, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one answer was marked. The explanation is told either way."""

    name: str
    right: bool
    given: str
    answer: str
    explanation: str


def ask(quest: Quest, client: JudgeClient, seed: int | None = None) -> Sheet:
    """Draw the questions anew.

    Raises:
        QuizFault: when a question cannot be drawn.
        JudgeGone: when the judge cannot be reached.
    """
    answer = client.request({"do": "ask", "folder": str(quest.folder), "seed": seed})
    _demand_quiz(answer)
    questions = tuple(
        Asking(each["name"], each["prompt"], tuple(each["choices"]), each["form"]) for each in answer["questions"]
    )
    return Sheet(quest, answer["token"], questions)


def mark(sheet: Sheet, answers: Mapping[str, str], client: JudgeClient) -> tuple[list[Mark], Judgement]:
    """Mark all answers (question's name to text); missing ones are wrong. Cleared only when every answer is right.

    Raises:
        QuizFault: when the sheet was marked before.
        JudgeGone: when the judge cannot be reached.
    """
    answer = client.request({"do": "answer", "token": sheet.token, "answers": dict(answers)})
    _demand_quiz(answer)
    marks = [Mark(**each) for each in answer["marks"]]
    return marks, _judgement(sheet, marks, int(answer["seed"]))


def _demand_quiz(answer: dict[str, Any]) -> None:
    if answer["event"] != "quiz":
        raise QuizFault(str(answer.get("cause", "the quiz cannot be asked")))


def _judgement(sheet: Sheet, marks: list[Mark], seed: int) -> Judgement:
    wrong = [each for each in marks if not each.right]
    checks = tuple(
        CheckResult(
            each.name,
            CheckStatus.PASSED if each.right else CheckStatus.FAILED,
            message="" if each.right else f"answered {each.given!r}; it is {each.answer}",
        )
        for each in marks
    )
    if wrong:
        cause = f"{len(marks) - len(wrong)} of {len(marks)} answers are right; every one must be. The next draw has other numbers."
        return Judgement(sheet.quest.id, Verdict.WRONG, cause, checks, seed=seed)
    return Judgement(sheet.quest.id, Verdict.CLEARED, "Every answer is right.", checks, grade=Grade.A, seed=seed)
