"""Remarks on how a file is built, beside what PyTorch makes of it: size, nesting, repetition, leftovers."""

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from leveling.coach.findings import Found, Remark, Rule
from leveling.coach.source import Function, Source, spelled

LONGEST_FUNCTION = 70  # lines, docstring and comments included
DEEPEST = 4  # blocks within blocks
SHORTEST_REPETITION = 4  # statements
_BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def long_function(source: Source) -> Iterator[Found]:
    """A function longer than a screen or two."""
    for function in source.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield function, f"{function.name} is {lines} lines long"


def deep_nesting(source: Source) -> Iterator[Found]:
    """Blocks in blocks in blocks."""
    for function in source.functions():
        for node in ast.walk(function):
            if isinstance(node, _BLOCKS) and source.function_of(node) is function and _depth(source, node) > DEEPEST:
                yield node, f"{function.name} goes {_depth(source, node)} blocks deep"
                break


def _depth(source: Source, node: ast.AST) -> int:
    depth, below = 1, node
    for each in source.above(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            break
        is_elif = isinstance(each, ast.If) and each.orelse == [below]
        depth += isinstance(each, _BLOCKS) and not is_elif
        below = each
    return depth


def repetition(source: Source) -> Iterator[Found]:
    """The same statements in two functions."""
    seen: dict[str, tuple[Function, int]] = {}
    for function in source.functions():
        body = _without_docstring(function.body)
        for at in range(len(body) - SHORTEST_REPETITION + 1):
            run = body[at : at + SHORTEST_REPETITION]
            shape = "\n".join(ast.dump(each) for each in run)
            first, line = seen.setdefault(shape, (function, run[0].lineno))
            if first is not function:
                yield run[0], f"{function.name} repeats what {first.name} does from line {line}"
                break


def _without_docstring(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    match body[:1]:
        case [ast.Expr(value=ast.Constant(value=str()))]:
            return body[1:]
    return body


def unreachable(source: Source) -> Iterator[Found]:
    """Statements behind a return, raise, continue or break."""
    for node in source.nodes:
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for statement, after in pairwise(block):
                if isinstance(statement, _ENDS) and not _makes_a_generator(after):
                    yield after, f"nothing gets past {spelled(statement, 30)}"


def _makes_a_generator(statement: ast.stmt) -> bool:
    """Whether it is the `yield` that nobody reaches and that makes the function a generator."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield | ast.YieldFrom)


def unused_import(source: Source) -> Iterator[Found]:
    """An import at the top whose name occurs nowhere else."""
    used = {node.id for node in source.nodes if isinstance(node, ast.Name)}
    texts = [node.value for node in source.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    for statement in source.tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        for name in statement.names:
            bound = name.asname or name.name.split(".")[0]
            if bound not in used and bound != "*" and not any(bound in text.split() or bound == text for text in texts):
                yield statement, f"{bound} is imported and not used"


def state_in_a_global(source: Source) -> Iterator[Found]:
    """`global x` in a function."""
    for node in source.nodes:
        if isinstance(node, ast.Global):
            yield node, f"{', '.join(node.names)} is kept in a global"


ARCHITECTURE: tuple[Rule, ...] = (
    Rule(
        "state-in-a-global",
        "What one call leaves behind, the next one meets: results depend on the order of calls.",
        "Keep it in an object, or pass it in and return it.",
        state_in_a_global,
    ),
    Rule(
        "unreachable",
        "These lines never run.",
        "Remove them, or move what stops them.",
        unreachable,
    ),
    Rule(
        "repetition",
        "A mistake that is mended in one place stays in the other.",
        "Give the shared lines a function and a name.",
        repetition,
    ),
    Rule(
        "deep-nesting",
        "Every level is one more condition to keep in mind.",
        "Return early, or move the inner part to a function of its own.",
        deep_nesting,
    ),
    Rule(
        "long-function",
        "It cannot be seen at once, and no part of it can be tried alone.",
        "Cut it where a comment would announce the next part.",
        long_function,
    ),
    Rule(
        "unused-import",
        "A reader looks for where it is used.",
        "Remove it.",
        unused_import,
    ),
)


def architecture_of(source: Source) -> tuple[Remark, ...]:
    """All remarks on how a file is built."""
    return tuple(remark for rule in ARCHITECTURE for remark in rule.remarks(source))
