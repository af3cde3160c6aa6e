"""What the coach says of a line of code, and the rule that makes it say so."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leveling.coach.source import Source

Found = tuple[ast.expr | ast.stmt | ast.ExceptHandler, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark: the rule's name, the line (from 1), what stands there, why it matters and what to write instead."""

    rule: str
    line: int
    text: str
    why: str
    better: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}. {self.why} {self.better}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of practice. `find` yields the places that break it, each with what stands there in words."""

    name: str
    why: str
    better: str
    find: Callable[[Source], Iterator[Found]]

    def remarks(self, source: Source) -> Iterator[Remark]:
        """What the rule has to say of a file, at most once for a line, in source order."""
        by_line = {node.lineno: text for node, text in reversed(list(self.find(source)))}
        for line, text in sorted(by_line.items()):
            yield Remark(self.name, line, text, self.why, self.better)
