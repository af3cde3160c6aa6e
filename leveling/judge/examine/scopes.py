"""What a name or an attribute chain of a file stands for: `F.softmax` -> `torch.nn.functional.softmax`.

Imports, aliases and plain assignments are followed through the scopes of functions. A name bound to anything else in a
scope hides the import of the same name outside.
"""

import ast
import builtins
from collections.abc import Iterator

Scope = dict[str, str | None]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
BUILTINS = frozenset(dir(builtins))


class Scopes:
    """A stack of scopes, the module's at the bottom."""

    def __init__(self, tree: ast.Module) -> None:
        self.stars = tuple(
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and any(name.name == "*" for name in node.names)
        )
        self.stack: list[Scope] = []
        self.enter(tree)

    def enter(self, node: ast.AST) -> None:
        """Begin the scope of a module, class, function or lambda."""
        scope: Scope = dict.fromkeys(_parameters(node))
        self.stack.append(scope)
        for part in _own_nodes(node):
            self._bind(part, scope)

    def leave(self) -> None:
        """End the innermost scope."""
        self.stack.pop()

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Import():
                for name in node.names:
                    top = name.name.split(".")[0]
                    scope[name.asname or top] = name.name if name.asname else top
            case ast.ImportFrom():
                for name in node.names:
                    scope[name.asname or name.name] = f"{node.module}.{name.name}" if node.module else None
            case ast.Assign(targets=[ast.Name(id=target)]):
                scope[target] = self.resolve(node.value) or scope.get(target)
            case ast.Name(id=target, ctx=ast.Store()):
                scope.setdefault(target, None)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                scope.setdefault(node.name, None)

    def resolve(self, node: ast.AST) -> str:
        """The dotted name that an expression stands for; empty text where it is a value of the file's own."""
        match node:
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=value, attr=attribute):
                owner = self.resolve(value)
                return f"{owner}.{attribute}" if owner else ""
            case ast.Call(func=function, args=[owner_node, ast.Constant(value=str(attribute)), *_]):
                if self.resolve(function) == "getattr" and (owner := self.resolve(owner_node)):
                    return f"{owner}.{attribute}"
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
                if self.resolve(function) in ("importlib.import_module", "__import__"):
                    return module
        return ""

    def _name(self, name: str) -> str:
        for scope in reversed(self.stack):
            if name in scope:
                return scope[name] or ""
        if name in BUILTINS:
            return name
        return f"{self.stars[0]}.{name}" if self.stars else ""


def _parameters(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        arguments = node.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if each is not None:
                yield each.arg


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a scope in source order, those of inner scopes left out (their own names included)."""
    body = getattr(node, "body", [])
    waiting = list(reversed(body if isinstance(body, list) else [body]))
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, _SCOPES):
            waiting.extend(reversed(list(ast.iter_child_nodes(part))))
