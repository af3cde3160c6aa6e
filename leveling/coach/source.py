"""A parsed file with light knowledge of scopes: what a name stands for, what holds a node, what is surely a tensor.

Everything here errs on the side of not knowing: a rule that asks gets an empty answer rather than a guess.
"""

import ast
from collections.abc import Iterator, Sequence

from leveling.coach.vocabulary import KEEPS_A_TENSOR, NOT_TENSORS, TENSOR_HOMES
from leveling.judge.examine.forbidden import canonical
from leveling.judge.examine.scopes import Scopes

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.While
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_DEPTH = 12  # how far a chain of expressions is followed before we admit not knowing


class Source:
    """A file that parses.

    Raises:
        SyntaxError: when it does not (ValueError for a null byte, RecursionError for code nested beyond Python's depth).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.names: dict[ast.AST, str] = {}
        self.nodes: list[ast.AST] = []
        self._index(self.tree, Scopes(self.tree))

    def _index(self, node: ast.AST, scopes: Scopes) -> None:
        """Remember every node in source order, its parent and what it resolves to."""
        self.nodes.append(node)
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            self.names[node] = canonical(scopes.resolve(node))
        inner = isinstance(node, _SCOPES)
        if inner:
            scopes.enter(node)
        for child in ast.iter_child_nodes(node):
            self.parents[child] = node
            self._index(child, scopes)
        if inner:
            scopes.leave()

    # ---- finding nodes

    def calls(self, within: ast.AST | None = None) -> Iterator[ast.Call]:
        """Every call of the file, or of a part of it."""
        nodes = self.nodes if within is None else ast.walk(within)
        return (node for node in nodes if isinstance(node, ast.Call))

    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def networks(self) -> Iterator[ast.ClassDef]:
        """Every class that derives directly from torch.nn.Module."""
        for node in self.nodes:
            if isinstance(node, ast.ClassDef) and any(self.name(base) == "torch.nn.Module" for base in node.bases):
                yield node

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What holds a node, the innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_of(self, node: ast.AST) -> Function | None:
        """The function in which a node stands."""
        return next(
            (each for each in self.above(node) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)), None
        )

    def loops_of(self, node: ast.AST) -> Iterator[Loop]:
        """The loops whose body repeats a node, the innermost first, up to the function's edge."""
        below = node
        for each in self.above(node):
            if isinstance(each, _SCOPES):
                return
            if isinstance(each, ast.For | ast.While) and below in each.body:
                yield each
            below = each

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The statement in which an expression stands."""
        return next((each for each in (node, *self.above(node)) if isinstance(each, ast.stmt)), None)

    def block_of(self, statement: ast.AST) -> Sequence[ast.stmt]:
        """The list of statements in which a statement stands."""
        parent = self.parents.get(statement)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        return ()

    # ---- names

    def name(self, node: ast.AST) -> str:
        """The dotted public name that an expression stands for, such as `torch.softmax`; empty for values of the file's own."""
        return self.names.get(node, "")

    def mentions(self, *names: str) -> bool:
        """Whether any of these words is a name or an attribute anywhere in the file."""
        return any(
            (isinstance(node, ast.Name) and node.id in names)
            or (isinstance(node, ast.Attribute) and node.attr in names)
            for node in self.nodes
        )

    def op(self, node: ast.AST | None) -> str:
        """`softmax` for `torch.softmax(x)`, `F.softmax(x)` and `x.softmax()`; empty where it is no call of that kind."""
        if not isinstance(node, ast.Call):
            return ""
        home, _, tail = self.name(node.func).rpartition(".")
        if home:
            return tail if home in TENSOR_HOMES else ""
        return node.func.attr if self._is_method(node) and isinstance(node.func, ast.Attribute) else ""

    def _is_method(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Attribute(value=ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super"))):
                return False
            case ast.Attribute(value=value):
                return not self.name(value)
        return False

    def subject(self, call: ast.Call) -> ast.expr | None:
        """What an op works on: x of `torch.softmax(x, 1)` and of `x.softmax(1)`."""
        if self._is_method(call) and isinstance(call.func, ast.Attribute):
            return call.func.value
        if call.args:
            return call.args[0]
        return next((each.value for each in call.keywords if each.arg == "input"), None)

    def others(self, call: ast.Call) -> Sequence[ast.expr]:
        """The positional arguments of an op after what it works on."""
        return call.args if self._is_method(call) else call.args[1:]

    # ---- values

    def value_of(self, node: ast.AST | None) -> ast.AST | None:
        """The expression behind a name where exactly one assignment can have made it; any other node itself."""
        for _ in range(_DEPTH):
            if not isinstance(node, ast.Name):
                return node
            found = self._assigned(node)
            if found is None:
                return node
            node = found
        return node

    def _assigned(self, name: ast.Name) -> ast.expr | None:
        """The value that a name was last given in straight-line code before this use; None where that is not certain."""
        statement = self.statement_of(name)
        while statement is not None:
            block = self.block_of(statement)
            before = block[: block.index(statement)] if statement in block else ()
            for each in reversed(before):
                match each:
                    case ast.Assign(targets=[ast.Name(id=target)]) if target == name.id:
                        return each.value
                    case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name.id:
                        return value
                if stores(each, name.id):
                    return None
            parent = self.parents.get(statement)
            if isinstance(parent, ast.For | ast.While | ast.AsyncFor) and stores(parent, name.id):
                return None
            if not isinstance(parent, ast.stmt) or isinstance(parent, _SCOPES):
                return None
            statement = parent
        return None

    def is_tensor(self, node: ast.AST | None, depth: int = _DEPTH) -> bool:
        """Whether an expression is surely a tensor."""
        if node is None or depth == 0:
            return False
        match node:
            case ast.Name():
                return self._name_is_tensor(node, depth)
            case ast.BinOp(left=left, right=right):
                return self.is_tensor(left, depth - 1) or self.is_tensor(right, depth - 1)
            case ast.UnaryOp(operand=operand, op=ast.USub() | ast.Invert()):
                return self.is_tensor(operand, depth - 1)
            case ast.Subscript(value=value):
                return self.is_tensor(value, depth - 1)
            case ast.Attribute(value=value, attr="T" | "mT" | "grad" | "real" | "imag"):
                return self.is_tensor(value, depth - 1)
            case ast.Call():
                return self._call_is_tensor(node, depth)
        return False

    def _call_is_tensor(self, call: ast.Call, depth: int) -> bool:
        home, _, tail = self.name(call.func).rpartition(".")
        if home:
            return home in TENSOR_HOMES and tail not in NOT_TENSORS and not tail.startswith(("is_", "set_", "get_"))
        if isinstance(call.func, ast.Attribute) and call.func.attr in KEEPS_A_TENSOR:
            return self.is_tensor(call.func.value, depth - 1)
        return False

    def _name_is_tensor(self, name: ast.Name, depth: int) -> bool:
        value = self._assigned(name)
        if value is not None:
            return self.is_tensor(value, depth - 1)
        function = self.function_of(name)
        return function is not None and self.is_tensor_parameter(function, name.id) and is_given(function, name.id)

    def is_tensor_parameter(self, function: Function, name: str) -> bool:
        """Whether a function's parameter of that name is annotated `Tensor`."""
        arguments = function.args
        return any(
            each.arg == name and each.annotation is not None and self.name(each.annotation) == "torch.Tensor"
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        )


def is_given(function: Function, name: str) -> bool:
    """Whether a name is a parameter of the function that its body never binds again."""
    arguments = function.args
    parameters = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return name in parameters and not any(stores(each, name) for each in function.body)


def stores(node: ast.AST, name: str) -> bool:
    """Whether a node binds or changes a name anywhere within."""
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store | ast.Del)
        for each in ast.walk(node)
    )


def loads(node: ast.AST, name: str) -> bool:
    """Whether a node reads a name anywhere within."""
    return any(
        isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load) for each in ast.walk(node)
    )


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def spelled(node: ast.AST, most: int = 60) -> str:
    """The source of a node on one line, cut where it is long."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
