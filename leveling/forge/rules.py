"""What the rules of mutation share: the change they propose, and how code is shown in a key."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leveling.forge.sites import Site

MOST_SHOWN = 48


@dataclass(frozen=True, slots=True)
class Change:
    """Put `node` in a site's place. `before` and `after` replace the code itself in the key where that says more."""

    kind: str
    node: ast.AST | list[ast.stmt]
    before: str = ""
    after: str = ""


Rule = Callable[[Site], Iterator[Change]]


def shown(node: ast.AST | list[ast.stmt]) -> str:
    """Code on one line, cut where it is long."""
    if isinstance(node, list):
        return shown(node[0]) if node else "pass"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def number(value: float) -> ast.expr:
    """A literal, negative ones as Python writes them."""
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def keyword_of(site: Site) -> str:
    """The keyword under which a site's value is passed (directly or inside a tuple); empty when by position."""
    for node in (site.parent, *site.above[1:2]):
        if isinstance(node, ast.keyword):
            return node.arg or ""
        if not isinstance(node, ast.Tuple | ast.List):
            return ""
    return ""
