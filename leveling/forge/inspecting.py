"""A process that loads `checks.py` files as the judge does and says what they define. Imports torch: never import it in the front.

Started by `leveling.forge.facts`. One JSON object a line each way: {"folder": ..., "draws": 200} gives the facts of that quest,
{"packages": [...]} those of them that are missing here.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from leveling.checks.base import Asked, Check, Question, normal
from leveling.judge.quiz import _draw as draw_questions
from leveling.judge.suite import JudgeFault, load_suite

JSON = dict[str, Any]
WIDTH = 80
NUMBERING = 4
MOST_FAULTS = 3


def main() -> None:
    """Answer until stdin ends. What a quest prints goes nowhere."""
    front = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    for line in sys.stdin:
        order = json.loads(line)
        if "packages" in order:
            answer: JSON = {"missing": [name for name in order["packages"] if not _installed(name)]}
        else:
            answer = facts(Path(order["folder"]), int(order["draws"]))
        print(json.dumps(answer), file=front, flush=True)


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def facts(folder: Path, draws: int) -> JSON:
    """Checks, workloads and questions of a quest, or the fault that keeps it from loading."""
    try:
        suite = load_suite(folder)
        questions = _quizzed(folder, suite.questions, draws) if suite.questions else []
    except JudgeFault as error:
        return {"fault": str(error)}
    checks = [
        {
            "name": each.name(),
            "says": (each.__doc__ or "").strip().split("\n", 1)[0] if each.__doc__ is not Check.__doc__ else "",
            "part": each.part,
            "after": [earlier.name() for earlier in each.earlier()],
        }
        for each in suite.checks
    ]
    workloads = [{"name": name, "doc": bool((each.__doc__ or "").strip())} for name, each in suite.workloads.items()]
    return {"fault": "", "checks": checks, "workloads": workloads, "questions": questions}


def _quizzed(folder: Path, questions: tuple[type[Question], ...], draws: int) -> list[JSON]:
    found: dict[str, JSON] = {
        each.name(): {"name": each.name(), "doc": bool((each.__doc__ or "").strip()), "faults": [], "prompts": 0}
        for each in questions
    }
    prompts: dict[str, set[str]] = {name: set() for name in found}
    for seed in range(draws):
        for question, asked in draw_questions(str(folder), seed):
            entry = found[question.name()]
            prompts[question.name()].add(asked.prompt)
            if seed == 0:
                entry["answer"] = str(asked.answer)
            entry["faults"] += [f"draw {seed}: {text}" for text in _faults(question, asked)]
    for name, entry in found.items():
        entry["prompts"] = len(prompts[name])
        entry["count"] = len(entry["faults"])
        del entry["faults"][MOST_FAULTS:]
    return list(found.values())


def _faults(question: Question, asked: Asked) -> list[str]:
    """What one drawn question gets wrong."""
    faults = []
    try:
        if not question.accepts(asked, str(asked.answer)):
            faults.append(f"its own answer {asked.answer!s} is not accepted")
        if question.accepts(asked, ""):
            faults.append("an empty answer is accepted")
        for name, answer in (asked.wrong or {}).items():
            if question.accepts(asked, str(answer)):
                faults.append(f"the wrong answer {answer!s} ({name}) is accepted: it equals the right one in this draw")
        faults += _choices(question, asked)
    except Exception as error:  # accepts() is the author's code; whatever it raises is reported as its fault
        faults.append(f"accepts() raises {type(error).__name__}: {error}")
    if not asked.explanation.strip():
        faults.append("the explanation is empty")
    if not asked.prompt.strip():
        faults.append("the prompt is empty")
    wide = [line for line in asked.prompt.splitlines() if len(line) > WIDTH]
    wide += [line for line in asked.choices if len(line) > WIDTH - NUMBERING]
    if wide:
        faults.append(f"wider than {WIDTH} columns: {wide[0]}")
    return faults


def _choices(question: Question, asked: Asked) -> list[str]:
    if not asked.choices:
        return []
    faults = []
    answer = normal(str(asked.answer), asked.choices)
    plain = [normal(choice) for choice in asked.choices]
    if answer not in plain:
        faults.append(f"the answer {asked.answer!s} is none of the choices")
    if len(set(plain)) < len(plain):
        faults.append("two choices are the same")
    accepted = [number for number in range(1, len(plain) + 1) if question.accepts(asked, str(number))]
    if len(accepted) != 1:
        faults.append(f"{len(accepted)} of the choices' numbers are accepted, expected 1")
    return faults
