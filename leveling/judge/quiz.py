"""Quizzes: questions drawn from a seed the front does not see through, answers marked in the judge."""

import secrets
from pathlib import Path
from typing import Any

from leveling.checks.base import Asked, Question
from leveling.checks.drawing import Draw
from leveling.judge.seeds import fresh
from leveling.judge.suite import JudgeFault, load_suite

_TRIES: dict[str, tuple[str, int]] = {}


def ask(order: dict[str, Any]) -> dict[str, Any]:
    """Draw every question of the quest in `order["folder"]`. Returns a token and prompts, never the answers."""
    seed = order.get("seed")
    seed = fresh() if seed is None else int(seed)
    token = secrets.token_hex(8)
    _TRIES[token] = (order["folder"], seed)
    asked = _draw(order["folder"], seed)
    about = [
        {"name": question.name(), "prompt": each.prompt, "choices": list(each.choices), "form": question.form}
        for question, each in asked
    ]
    return {"token": token, "questions": about}


def mark(order: dict[str, Any]) -> dict[str, Any]:
    """Mark `order["answers"]` (name -> text) for the try `order["token"]`, which is spent by it."""
    try:
        folder, seed = _TRIES.pop(order["token"])
    except KeyError as error:
        raise JudgeFault("this try of the quiz is over; ask for new questions") from error
    marks = []
    for question, asked in _draw(folder, seed):
        text = str(order["answers"].get(question.name(), ""))
        right = question.accepts(asked, text)
        marks.append(
            {
                "name": question.name(),
                "right": right,
                "given": text,
                "answer": str(asked.answer),
                "explanation": asked.explanation,
            }
        )
    return {"marks": marks, "seed": seed}


def _draw(folder: str, seed: int) -> list[tuple[Question, Asked]]:
    suite = load_suite(Path(folder))
    drawn = []
    for kind in suite.questions:
        question = kind()
        try:
            drawn.append((question, question.ask(Draw(f"{seed}:{kind.name()}"))))
        except Exception as error:  # the author's code may raise anything; the blame is ours
            raise JudgeFault(f"question {kind.name()} cannot be drawn: {type(error).__name__}: {error}") from error
    return drawn
