"""Cut out of `checks.py` what a worker may see: the probes and what they reach, nothing else.

`cases`, `verify`, expected values and every name that no probe mentions stay in the judge.
"""

import ast
import builtins
from collections.abc import Iterable
from functools import lru_cache

PROBE = "probe"


class SliceError(Exception):
    """`checks.py` cannot be cut: the text says which name or line is the reason."""


@lru_cache(maxsize=32)  # a learner attempts the same quest again and again; cutting takes about 10 ms
def probe_source(source: str) -> str:
    """Python source that defines, for every class with probes, a class of that name holding its probes alone.

    Raises:
        SliceError: when the source does not parse.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SliceError(f"checks.py line {error.lineno}: {error.msg}") from error
    bindings = _bindings(tree)
    carriers = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef) and _has_probe(node, tree)}
    wanted = _reach((_bare(node, carriers) for node in carriers.values()), bindings, set(carriers))
    kept: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in carriers:
            kept.append(_bare(node, carriers))
        elif any(node is bindings.get(name) for name in wanted):
            kept.append(_narrow_import(node, wanted))
    return ast.unparse(ast.fix_missing_locations(ast.Module(kept, [])))


def _has_probe(node: ast.ClassDef, tree: ast.Module) -> bool:
    if any(isinstance(item, ast.FunctionDef) and item.name.startswith(PROBE) for item in node.body):
        return True
    local = {other.name: other for other in tree.body if isinstance(other, ast.ClassDef) and other is not node}
    return any(
        isinstance(base, ast.Name) and base.id in local and _has_probe(local[base.id], tree) for base in node.bases
    )


def _bare(node: ast.ClassDef, carriers: dict[str, ast.ClassDef]) -> ast.ClassDef:
    """The class with its probes only, derived from nothing but other carriers."""
    body: list[ast.stmt] = [
        item for item in node.body if isinstance(item, ast.FunctionDef) and item.name.startswith(PROBE)
    ]
    bases: list[ast.expr] = [base for base in node.bases if isinstance(base, ast.Name) and base.id in carriers]
    bare = ast.parse("class Bare: pass").body[
        0
    ]  # made by the parser, so that every field of this Python's version is set
    assert isinstance(bare, ast.ClassDef)
    bare.name, bare.bases, bare.body = node.name, bases, body or [ast.Pass()]
    return bare


def _bindings(tree: ast.Module) -> dict[str, ast.stmt]:
    """Which top-level statement defines each name."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        for name in _defines(node):
            found[name] = node
    return found


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _reach(roots: Iterable[ast.AST], bindings: dict[str, ast.stmt], carriers: set[str]) -> set[str]:
    """Every top-level name that the probes mention, directly or through what they mention."""
    wanted: set[str] = set()
    queue = list(roots)
    while queue:
        for name in _mentions(queue.pop()):
            if name in bindings and name not in wanted and name not in carriers:
                wanted.add(name)
                queue.append(bindings[name])
    return wanted


def _mentions(node: ast.AST) -> set[str]:
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return names - set(dir(builtins))


def _narrow_import(node: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import statement reduced to the names that are wanted."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return node
    names = [alias for alias in node.names if (alias.asname or alias.name).split(".")[0] in wanted]
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)
