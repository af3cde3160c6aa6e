"""Mutants of a solution: the same file with one small fault of the kind that people make with tensors.

A mutant's key, `function:statement:kind:before->after`, depends on its own statement alone, so it survives edits elsewhere.
"""

import ast
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from leveling.forge.mutating_calls import CALL_RULES
from leveling.forge.mutating_expressions import EXPRESSION_RULES
from leveling.forge.mutating_statements import STATEMENT_RULES
from leveling.forge.rules import Change, shown
from leveling.forge.sites import Site, walk

T = TypeVar("T")
QUICK_CAP = 12
FULL_CAP = 400


@dataclass(frozen=True, slots=True)
class Mutant:
    """One faulty variant. `line` is the line of the original file, `before` and `after` the code that was changed."""

    key: str
    kind: str
    line: int
    before: str
    after: str
    source: str

    @property
    def scope(self) -> str:
        """The function or class of the top level that it changes."""
        return self.key.partition(":")[0].partition(".")[0]


def mutants(source: str) -> list[Mutant]:
    """Every mutant of `source`, in source order, no two of them the same text.

    Raises:
        SyntaxError: when `source` does not parse.
    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    found: list[Mutant] = []
    keys: Counter[str] = Counter()
    for site in list(walk(tree)):
        for change in _changes(site):
            text = _applied(tree, site, change)
            if text is None or text in seen:
                continue
            seen.add(text)
            found.append(_mutant(site, change, text, keys))
    return found


def _changes(site: Site) -> Iterator[Change]:
    for rule in (*EXPRESSION_RULES, *CALL_RULES, *STATEMENT_RULES):
        yield from rule(site)


def _applied(tree: ast.Module, site: Site, change: Change) -> str | None:
    snapshot = site.snapshot()
    site.put(change.node)
    try:
        text = ast.unparse(tree)
    finally:
        site.restore(snapshot)
    try:
        ast.parse(text)
    except SyntaxError:
        return None
    return text


def _mutant(site: Site, change: Change, text: str, keys: Counter[str]) -> Mutant:
    before = change.before or shown(site.node)
    after = change.after or shown(change.node)
    key = f"{site.scope}:{site.statement}:{change.kind}:{before}->{after}"
    keys[key] += 1
    if keys[key] > 1:
        key += f"#{keys[key]}"
    line = next((node.lineno for node in (site.node, *site.above) if hasattr(node, "lineno")), 0)
    return Mutant(key, change.kind, line, before, after, text)


def sample(every: list[T], cap: int, seed: str) -> list[T]:
    """At most `cap` of them, the same for the same `seed`, in source order."""
    if len(every) <= cap:
        return every
    chosen = random.Random(seed).sample(range(len(every)), cap)  # noqa: S311 - a sample that can be drawn again, no secret
    return [every[index] for index in sorted(chosen)]
