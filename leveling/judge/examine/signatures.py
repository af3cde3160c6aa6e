"""Does the file define what the quest asks for, with parameters that its checks can pass?"""

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
_CALL = re.compile(r"^(?:async\s+)?(?:def\s+)?([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(\(.*)$", re.DOTALL)
_CLASS = re.compile(r"^class\s+([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Signature:
    """One asked definition: `name`, for a method its name, and the parsed parameters (None: only the name is known)."""

    name: str
    method: str = ""
    arguments: ast.arguments | None = None


@dataclass(frozen=True, slots=True)
class MissingName:
    """A name that the checks will call and the file does not define, with the likely slip."""

    name: str
    similar: str = ""

    def says(self) -> str:
        """One sentence for the learner."""
        slip = f"; did you mean {self.similar!r}, which is there?" if self.similar else ""
        return f"{self.name} is not defined at the top level of the file{slip}"


def parsed(signature: Sequence[str]) -> tuple[Signature, ...]:
    """The lines of a quest's signature that are definitions; explanations of shapes and results are left out."""
    return tuple(each for line in signature if (each := _parsed(line.strip())) is not None)


def _parsed(line: str) -> Signature | None:
    if found := _CLASS.match(line):
        return Signature(found[1])
    found = _CALL.match(line)
    if found is None:
        return None
    try:
        tree = ast.parse(f"def _{found[3].rstrip().rstrip(':')}: ...")
    except (SyntaxError, ValueError):
        return None
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    return Signature(found[1], found[2] or "", definition.args)


def missing_names(tree: ast.Module, signature: Sequence[str]) -> tuple[MissingName, ...]:
    """Asked names without a definition, assignment or import at the top level, each once."""
    there = tuple(top_level_names(tree))
    if "*" in there:
        return ()
    missing: dict[str, MissingName] = {}
    for asked in parsed(signature):
        if asked.name not in there and asked.name not in missing:
            similar = difflib.get_close_matches(asked.name, there, 1, 0.6)
            missing[asked.name] = MissingName(asked.name, similar[0] if similar else "")
    return tuple(missing.values())


def top_level_names(tree: ast.AST) -> Iterator[str]:
    """Every name that the top level binds, also inside if, try, with and for."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    yield alias.asname or alias.name.split(".")[0]
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Lambda():
                pass
            case _:
                yield from top_level_names(node)


def arity_warnings(tree: ast.Module, signature: Sequence[str]) -> tuple[str, ...]:
    """One sentence for each definition whose parameters do not fit the asked ones."""
    found = (_arity(tree, asked) for asked in parsed(signature) if asked.arguments is not None)
    return tuple(text for text in found if text)


def _arity(tree: ast.Module, asked: Signature) -> str:
    definition = _definition(tree, asked)
    if definition is None or definition.decorator_list:
        return ""
    assert asked.arguments is not None
    have, want = definition.args, asked.arguments
    bound = bool(asked.method) or _is_method(tree, definition)
    names, needed = _names(want), _required(want)
    own, own_needed = _names(have), _required(have)
    if bound:
        own, own_needed = own[1:], [name for name in own_needed if name != (_names(have) or [""])[0]]
        first = _names(want)[:1] if _names(want)[:1] in (["self"], ["cls"]) else []
        names, needed = [name for name in names if name not in first], [name for name in needed if name not in first]
    open_ended = have.vararg is not None or have.kwarg is not None
    lacking = [] if open_ended else [name for name in names if name not in own]
    extra = [name for name in own_needed if name not in names]
    if want.vararg is not None or want.kwarg is not None:
        extra = []
    renamed = len(lacking) == len(extra) and len(own) == len(names)
    if renamed and lacking:
        pairs = ", ".join(f"{one} (asked: {other})" for one, other in zip(extra, lacking, strict=True))
        return f"line {definition.lineno}: {_title(asked)} names its parameters otherwise: {pairs}"
    parts = [f"lacks the parameter{'s' * (len(lacking) > 1)} {', '.join(lacking)}"] if lacking else []
    parts += [f"demands {', '.join(extra)}, which nothing passes: give a default"] if extra else []
    stricter = [name for name in own_needed if name in names and name not in needed]
    parts += [f"has no default for {', '.join(stricter)}"] if stricter else []
    return f"line {definition.lineno}: {_title(asked)} {' and '.join(parts)}" if parts else ""


def _title(asked: Signature) -> str:
    return f"{asked.name}.{asked.method}" if asked.method else asked.name


def _definition(tree: ast.Module, asked: Signature) -> Function | None:
    """The function, the method, or the `__init__` of a class that is called by its name."""
    for node in reversed(tree.body):
        if isinstance(node, ast.ClassDef) and node.name == asked.name:
            return _method(node, asked.method or "__init__")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == asked.name and not asked.method:
            return node
    return None


def _method(owner: ast.ClassDef, name: str) -> Function | None:
    functions = (node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((node for node in functions if node.name == name), None)


def _is_method(tree: ast.Module, definition: Function) -> bool:
    return definition not in tree.body


def _names(arguments: ast.arguments) -> list[str]:
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _required(arguments: ast.arguments) -> list[str]:
    positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    positional = positional[: len(positional) - len(arguments.defaults)]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return positional + [each.arg for each, default in pairs if default is None]
