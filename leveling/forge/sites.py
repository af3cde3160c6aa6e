"""Every place of a solution that a mutant may change, in source order, with what a rule needs to know about it.

Left out: docstrings, annotations, imports, `__all__`, assertions, error texts, f-strings, type checks, printing, `__repr__`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

SILENT_FUNCTIONS = frozenset(("__repr__", "__str__", "extra_repr"))
TYPE_CHECKS = frozenset(("isinstance", "issubclass", "hasattr", "TYPE_CHECKING", "__name__"))
TELLING = frozenset(("print", "warn", "warning", "debug", "info"))
ANNOTATIONS = frozenset(("annotation", "returns", "decorator_list", "type_params", "type_comment"))
NOT_MUTATED = (ast.Import, ast.ImportFrom, ast.Assert, ast.Global, ast.Nonlocal, ast.Pass, ast.Delete)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Site:
    """One node and where it hangs: `parent.field`, or `parent.field[index]`.

    Attributes:
        scope: dotted name of the function or class around it, "file" at the top.
        statement: number of its statement within the scope, docstrings and imports not counted.
        above: its ancestors, the nearest first.
        bound: names that earlier statements of the scope have given a value.
    """

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    scope: str
    statement: int
    above: tuple[ast.AST, ...]
    bound: frozenset[str] = frozenset()

    def put(self, value: ast.AST | list[ast.stmt]) -> None:
        """Hang `value` here instead; a list takes the place of one statement."""
        if self.index is None:
            setattr(self.parent, self.field, value)
            return
        siblings: list[ast.AST] = getattr(self.parent, self.field)
        if isinstance(value, list):
            siblings[self.index : self.index + 1] = value
        else:
            siblings[self.index] = value

    def snapshot(self) -> object:
        """What `restore` needs to undo a `put`."""
        value = getattr(self.parent, self.field)
        return list(value) if isinstance(value, list) else value

    def restore(self, snapshot: object) -> None:
        """Undo every `put` since `snapshot`."""
        setattr(self.parent, self.field, snapshot)


@dataclass(slots=True)
class _Scope:
    name: str
    statement: int = 0
    bound: set[str] = field(default_factory=set)


def walk(tree: ast.Module) -> Iterator[Site]:
    """All sites of a file in source order."""
    yield from _statements(tree, "body", _Scope("file"), ())


def _statements(owner: ast.AST, name: str, scope: _Scope, above: tuple[ast.AST, ...]) -> Iterator[Site]:
    body: list[ast.stmt] = getattr(owner, name)
    for index, node in enumerate(body):
        if isinstance(node, NOT_MUTATED) or _is_docstring(owner, index, node) or is_telling(node) or _is_dunder(node):
            _bind(node, scope)
            continue
        scope.statement += 1
        yield Site(node, owner, name, index, scope.name, scope.statement, (owner, *above), frozenset(scope.bound))
        yield from _within(node, scope, (owner, *above))
        _bind(node, scope)


def _within(node: ast.stmt, scope: _Scope, above: tuple[ast.AST, ...]) -> Iterator[Site]:
    """The sites inside one statement."""
    if isinstance(node, ast.Raise):
        return
    if isinstance(node, FunctionNode | ast.ClassDef):
        yield from _definition(node, scope, above)
        return
    for name, value in ast.iter_fields(node):
        if name in ANNOTATIONS or (name == "test" and is_type_check(value)):
            continue
        if name in ("body", "orelse", "finalbody"):
            yield from _statements(node, name, scope, (node, *above))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from _expression(item, node, name, index, scope, above)
        elif isinstance(value, ast.AST):
            yield from _expression(value, node, name, None, scope, above)


def _definition(node: FunctionNode | ast.ClassDef, outer: _Scope, above: tuple[ast.AST, ...]) -> Iterator[Site]:
    if node.name in SILENT_FUNCTIONS:
        return
    scope = _Scope(node.name if outer.name == "file" else f"{outer.name}.{node.name}")
    if not isinstance(node, ast.ClassDef):
        scope.bound.update(argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg))
        yield from _expression(node.args, node, "args", None, scope, above)
    yield from _statements(node, "body", scope, (node, *above))


def _expression(
    node: object, parent: ast.AST, name: str, index: int | None, scope: _Scope, above: tuple[ast.AST, ...]
) -> Iterator[Site]:
    if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr) or is_type_check(node, deep=False):
        return
    if isinstance(node, ast.ExceptHandler | ast.match_case):
        yield from _statements(node, "body", scope, (parent, *above))
        return
    lineage = (parent, *above)
    yield Site(node, parent, name, index, scope.name, scope.statement, lineage, frozenset(scope.bound))
    if number_of(node) is not None:
        return
    for field_name, value in ast.iter_fields(node):
        if field_name in ANNOTATIONS:
            continue
        items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for position, item in items:
            yield from _expression(item, node, field_name, position, scope, lineage)


def number_of(node: ast.AST) -> int | float | None:
    """The value of a literal number with its sign; None for everything else, booleans included."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return sign * node.value
    return None


def called_name(node: ast.AST) -> str:
    """The last part of what a call calls: "softmax" for `torch.softmax(...)`; empty when it is no call."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_type_check(node: object, *, deep: bool = True) -> bool:
    """Whether an expression asks what type something has (or whether the file is run by itself)."""
    if not isinstance(node, ast.AST):
        return False
    nodes = ast.walk(node) if deep else iter((node,))
    return any(
        called_name(item) in TYPE_CHECKS or (isinstance(item, ast.Name) and item.id in TYPE_CHECKS) for item in nodes
    )


def is_telling(node: ast.AST) -> bool:
    """Whether a statement only prints, warns or logs."""
    return isinstance(node, ast.Expr) and called_name(node.value) in TELLING


def _is_docstring(owner: ast.AST, index: int, node: ast.stmt) -> bool:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str) or (index == 0 and isinstance(owner, holders))


def _is_dunder(node: ast.stmt) -> bool:
    """`__all__ = [...]` and its like."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id.startswith("__") for target in targets)


def _bind(node: ast.stmt, scope: _Scope) -> None:
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            scope.bound.add(item.id)
        elif isinstance(item, ast.alias):
            scope.bound.add((item.asname or item.name).split(".")[0])
