"""The texts of a new quest. It runs as it is, about a tiny function, so that an author replaces something that works."""

from leveling.forge.emptiness import PLACEHOLDER


def _gap(what: str) -> str:
    return f"{PLACEHOLDER}: {what})"


def quest_toml(title: str, kind: str) -> str:
    """quest.toml of a new quest."""
    head = f"""format = 1
title = "{title}"
rank = "D"
kind = "{kind}"
minutes = 30
learns = "You {_gap("what the learner can do afterwards")}."
"""
    if kind == "quiz":
        return head + "needs = []\ncovers = []\n"
    return (
        head
        + f"""signature = [
  "shifted(x, by) -> Tensor",
  "{_gap("the functions asked for, with their shapes")}",
]
needs = []
covers = []
reading = []
forbid = []

# A gate, where speed or memory is the lesson; see docs/writing-quests.md. It needs a slow/ or hungry/ solution to refuse.

[wrong.forgets-the-shift]
caught_by = "{"shifted-matches" if kind == "drills" else "matches-the-reference"}"
says = "{_gap("what the learner believes, and why it is not so")}"
"""
    )


BRIEF = f"""# {_gap("what it is about, in one sentence")}

## Intuition
{_gap("the idea before the formula")}

## Task
{_gap("what to write, with shapes")}

## A worked example
{_gap("one call with real numbers")}

## Pitfalls
{_gap("what goes wrong, and how one sees it")}
"""

HINTS = f"""## 1
{_gap("the concept")}

## 2
{_gap("the shapes")}

## 3
{_gap("the plan, line by line")}
"""

STARTER = f'''"""{_gap("what this file is about")}"""

from torch import Tensor


def shifted(x: Tensor, by: float) -> Tensor:
    """Add `by` to every value.

    Args:
        x: (...) values of any shape
        by: what is added

    Returns:
        (...) in the dtype of x
    """
    raise NotImplementedError("shifted")
'''

REVIEW_STARTER = f'''"""{_gap("what this code should do; it holds the faults to find and mend")}"""

from torch import Tensor


def shifted(x: Tensor, by: float) -> Tensor:
    """x (...) -> (...), every value plus `by`."""
    return x - by
'''

REFERENCE = f'''"""{_gap("what it teaches, and its source")}"""

from torch import Tensor


def shifted(x: Tensor, by: float) -> Tensor:
    """x (...) -> (...), every value plus `by`."""
    return x + by
'''

WRONG = f'''"""{_gap("the misconception")}"""


def shifted(x, by):
    return x.clone()
'''

RIGHT = f'''"""{_gap("an independent idiom that is right")}"""

import torch


def shifted(x, by):
    return torch.add(x, by)
'''

CHECKS = f'''"""Hidden checks of {{id}}: {_gap("what they hold")}"""

from leveling.checks import Check, Draw


class MatchesTheReference(Check):
    """Every value of x plus by, for any shape."""

    calls = "shifted(x, by)"

    def cases(self, draw: Draw):
        for shape in ((), (3,), (2, 5), (0, 4)):
            yield dict(x=draw.normal(*shape), by=draw.number(0.5, 3.0))

    def probe(self, solution, x, by):
        return solution.shifted(x, by)
'''

DRILL_CHECKS = CHECKS.replace("class MatchesTheReference", "class ShiftedMatches").replace(
    "    calls =", '    part = "shifted"\n    calls ='
)

QUIZ_CHECKS = f'''"""Questions of {{id}}: {_gap("what they ask about")}"""

from leveling.checks import Asked, Draw, Question


class RowsOfAProduct(Question):
    """How the shape of a matrix product follows from its factors."""

    form = "a number"

    def ask(self, draw: Draw) -> Asked:
        rows, inner, columns = draw.distinct(2, 9, 3)
        return Asked(
            f"a has the shape ({{{{rows}}}}, {{{{inner}}}}), b ({{{{inner}}}}, {{{{columns}}}}). How many rows has a @ b?",
            rows,
            f"A row of a @ b belongs to a row of a: {{{{rows}}}}.",
            wrong={{{{"takes-the-columns": columns}}}},
        )
'''
