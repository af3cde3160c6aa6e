"""What a tool can count of code that already clears: its size, how it is explained, and what the coach has to say."""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from leveling.coach.rules import remarks_on
from leveling.coach.source import Source
from leveling.play.portfolio.work import Work


@dataclass(frozen=True, slots=True)
class Quality:
    """Sums over all solutions.

    `lines` are those not blank; `explained` functions have a docstring, of `typed` ones every argument and the result has
    a type; `longest` is the longest function's lines; `remarks` gives by the coach's rule how many files break it.
    """

    files: int = 0
    lines: int = 0
    functions: int = 0
    explained: int = 0
    typed: int = 0
    longest: int = 0
    remarks: tuple[tuple[str, int], ...] = ()


def quality_of(works: Iterable[Work]) -> Quality:
    """Count over every solution that parses; all of them did when they cleared."""
    files = lines = longest = 0
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    remarks: Counter[str] = Counter()
    for work in works:
        try:
            source = Source(work.source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        if not work.source:
            continue
        files += 1
        lines += sum(bool(line.strip()) for line in work.source.splitlines())
        functions += [node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        remarks.update({remark.rule for remark in remarks_on(source)})
    longest = max(((each.end_lineno or each.lineno) - each.lineno + 1 for each in functions), default=0)
    return Quality(
        files=files,
        lines=lines,
        functions=len(functions),
        explained=sum(ast.get_docstring(each) is not None for each in functions),
        typed=sum(_is_typed(each) for each in functions),
        longest=longest,
        remarks=tuple(remarks.most_common()),
    )


def _is_typed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    own = [each for each in given if each.arg not in ("self", "cls")]
    return (function.returns is not None or function.name == "__init__") and all(each.annotation for each in own)
