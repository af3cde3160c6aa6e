"""Uses of forbidden names, found in the syntax tree with imports and aliases resolved."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leveling.judge.examine.scopes import Scopes
from leveling.world.quest import Forbidden

# longest first: where torch keeps, under another name, what it offers as torch.X, torch.nn.X or torch.nn.functional.X
_HOMES = (
    ("torch._C._VariableFunctions.", "torch."),
    ("torch._VF.", "torch."),
    ("torch._C._nn.", "torch.nn.functional."),
    ("torch.functional.", "torch."),
    ("torch.special.", "torch."),
    ("torch.linalg.matmul", "torch.matmul"),
    ("torch.ops.aten.", "torch."),
    ("Tensor.", "torch.Tensor."),
    ("builtins.", ""),
)
# functions whose torch.X, torch.nn.functional.X and x.X() are one and the same
_SHARED = frozenset("softmax log_softmax relu relu_ sigmoid tanh prelu hardshrink rrelu celu selu threshold".split())
_SHARED |= frozenset("layer_norm batch_norm group_norm instance_norm rms_norm dropout embedding embedding_bag".split())
_SHARED |= frozenset("conv1d conv2d conv3d bilinear cosine_similarity pairwise_distance pixel_shuffle".split())
# of those, the ones that a tensor has as a method: x.dropout(...) is somebody's own layer
_TENSOR_METHODS_OF_FUNCTIONAL = frozenset("softmax log_softmax relu relu_ sigmoid tanh prelu hardshrink".split())
# a call such as names.sort() may be a list's: left to the watch at run time
_METHODS_OF_OTHERS = frozenset(name for kind in (list, dict, str, set, bytes, tuple, int, float) for name in dir(kind))
_OPERATORS = {"matmul": "@"}
_BUILD_NAMES = ("getattr", "import_module", "__import__")
_HOLD_OTHERS = frozenset(
    ("torch", "torch.nn", "torch.nn.functional", "torch.Tensor")
)  # what is in them has other homes too


@dataclass(frozen=True, slots=True)
class ForbiddenUse:
    """One use: the forbidden name as the author wrote it, how the file spells it, where, and the author's reason.

    `echo` is the file of the echo that holds the line; empty text for the solution itself.
    """

    name: str
    spelled: str
    line: int
    column: int
    why: str = ""
    echo: str = ""

    def says(self) -> str:
        """One sentence for the learner."""
        spelled = "" if self.spelled == self.name else f" (here as {self.spelled})"
        of_echo = f" of your echo {self.echo}" if self.echo else ""
        return f"line {self.line}{of_echo}: {self.name}{spelled} is forbidden in this quest" + (
            f": {self.why}" if self.why else ""
        )


def forbidden_uses(tree: ast.Module, forbid: Sequence[Forbidden]) -> tuple[ForbiddenUse, ...]:
    """Every use in source order, at most one for a name in a line."""
    if not forbid:
        return ()
    reader = _Reader(tree, forbid)
    reader.visit(tree)
    found = {(use.line, use.name): use for use in reversed(reader.found)}
    return tuple(sorted(found.values(), key=lambda use: (use.line, use.column)))


def at_stake(source: str, forbid: Sequence[Forbidden]) -> tuple[Forbidden, ...]:
    """The rules that a file may break: those of whose name it says the last word. Far quicker than to read it for all of them.

    A file that may build a name (from pieces, by escapes, in letters that Python folds into others) is read for every rule.
    """
    if not source.isascii() or any(word in source for word in _BUILD_NAMES):
        return tuple(forbid)
    return tuple(rule for rule in forbid if any(word in source for word in _words(canonical(rule.name))))


def _words(name: str) -> tuple[str, ...]:
    tail = name.rpartition(".")[2]
    if name in _HOLD_OTHERS:
        return ("",)
    return (tail, _OPERATORS[tail]) if tail in _OPERATORS else (tail,)


def spellings(name: str) -> frozenset[str]:
    """The dotted names that mean the same as `name`."""
    name = canonical(name)
    home, _, tail = name.rpartition(".")
    if home in ("torch", "torch.Tensor"):
        shared = {f"torch.nn.functional.{tail}"} if tail in _SHARED else set()
        return frozenset({f"torch.{tail}", f"torch.Tensor.{tail}", f"torch.Tensor.__{tail}__", *shared})
    if home == "torch.nn.functional" and tail in _SHARED:
        return frozenset({name, f"torch.{tail}", f"torch.Tensor.{tail}"})
    return frozenset({name})


def canonical(name: str) -> str:
    """The public home of a dotted name of torch."""
    for home, public in _HOMES:
        if name.startswith(home):
            return public + name[len(home) :]
    if name.startswith("torch.nn.modules."):
        return f"torch.nn.{name.rsplit('.', 1)[1]}"
    return name


def method_of(name: str) -> str:
    """The method by which a tensor offers what `name` is; empty text without one that is surely a tensor's."""
    home, _, tail = canonical(name).rpartition(".")
    if tail in _METHODS_OF_OTHERS:
        return ""
    if home in ("torch", "torch.Tensor"):
        return tail
    return tail if home == "torch.nn.functional" and tail in _TENSOR_METHODS_OF_FUNCTIONAL else ""


def _methods_in(tree: ast.Module) -> frozenset[str]:
    """Methods that the file's own classes define: a call of that name is left to the watch, which knows a tensor from a Value."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return frozenset(each.name for node in classes for each in node.body if isinstance(each, ast.FunctionDef))


class _Reader(ast.NodeVisitor):
    def __init__(self, tree: ast.Module, forbid: Sequence[Forbidden]) -> None:
        self.scopes = Scopes(tree)
        self.by_name = [(rule, spellings(rule.name)) for rule in forbid]
        self.by_method = [(rule, method) for rule in forbid if (method := method_of(rule.name))]
        self.own_methods = _methods_in(tree)
        self.within: list[str] = []
        self.found: list[ForbiddenUse] = []

    def _scope(self, node: ast.AST, name: str) -> None:
        self.scopes.enter(node)
        self.within.append(name)
        self.generic_visit(node)
        self.within.pop()
        self.scopes.leave()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scope(node, node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._scope(node, node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scope(node, node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._scope(node, "<lambda>")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if any(name.name == "*" for name in node.names) and node.module:
            self._look(node, node.module, f"from {node.module} import *")

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._look(node, self.scopes.resolve(node), node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        resolved = self.scopes.resolve(node)
        if resolved:
            self._look(node, resolved, ast.unparse(node))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        resolved = self.scopes.resolve(node)
        if resolved:
            self._look(node, resolved, ast.unparse(node)[:60])
        elif (method := self._method(node)) is not None and method[0] not in self.own_methods:
            for rule, name in self.by_method:
                if method[0] == name:
                    self._report(rule, node, method[1])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._operator(node, node.op)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._operator(node, node.op)
        self.generic_visit(node)

    def _operator(self, node: ast.BinOp | ast.AugAssign, operator: ast.operator) -> None:
        if isinstance(operator, ast.MatMult):
            for rule, method in self.by_method:
                if method in _OPERATORS:
                    self._report(rule, node, _OPERATORS[method])

    def _method(self, node: ast.Call) -> tuple[str, str] | None:
        """(method, spelling) of `x.method(...)` or `getattr(x, "method")` on a value of the file's own."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")))):
                return None
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if not self.scopes.resolve(value):
                return name, f".{name}(...)"
            case ast.Call(func=function, args=[value, ast.Constant(value=str(name)), *_]):
                if self.scopes.resolve(function) == "getattr" and not self.scopes.resolve(value):
                    return name, f'getattr(..., "{name}")'
        return None

    def _look(self, node: ast.expr | ast.stmt, resolved: str, spelled: str) -> None:
        name = canonical(resolved)
        if not name:
            return
        for rule, names in self.by_name:
            if any(name == each or name.startswith(each + ".") for each in names):
                self._report(rule, node, spelled)

    def _report(self, rule: Forbidden, node: ast.expr | ast.stmt, spelled: str) -> None:
        if not any(inside in rule.allowed_in for inside in self._places()):
            self.found.append(ForbiddenUse(rule.name, spelled, node.lineno, node.col_offset + 1, rule.why))

    def _places(self) -> Iterator[str]:
        """The functions around a place: their own names and those qualified by their class."""
        for end in range(1, len(self.within) + 1):
            yield ".".join(self.within[:end])
            yield self.within[end - 1]
