"""Null solutions: the reference with its public functions answering zeros, the mean, their input and the like.

Each is a source file: the reference, then a wrapper around its targets. A wrapper that had nothing to replace says
nothing; one that replaced something writes `MARK` to the output, so that a survivor is told from a null that does not apply.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

MARK = "leveling-null-applied"
NAMES = ("zeros", "ones", "mean", "noise", "echo", "empty", "half", "nothing")
WHOLE = "*"


@dataclass(frozen=True, slots=True)
class Null:
    """One null solution. `target` is the function that it replaces, `*` for all; the key is what [equivalent] names."""

    name: str
    target: str
    source: str

    @property
    def key(self) -> str:
        """Such as `null:zeros:attention`."""
        return f"null:{self.name}:{self.target}"


def nulls(source: str, signature: Sequence[str] = ()) -> list[Null]:
    """Every null of a reference: all targets at once, and each alone where there are several.

    Raises:
        SyntaxError: when `source` does not parse.
    """
    names = targets(source, signature)
    if not names:
        return []
    groups = [(WHOLE, names)] if len(names) > 1 else []
    groups += [(name, [name]) for name in names]
    return [Null(name, label, _wrapped(source, name, group)) for label, group in groups for name in NAMES]


def targets(source: str, signature: Sequence[str] = ()) -> list[str]:
    """Public functions `f` and methods `C.m` of a file, in its order; only those that the signature names, if it names any."""
    every = list(_public(ast.parse(source)))
    words = set(re.findall(r"\w+", " ".join(signature)))
    named = [name for name in every if name.split(".")[0] in words]
    return named or every


def _public(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef) and _is_method(item)]
            yield from (f"{node.name}.{item.name}" for item in methods)


def _is_method(node: ast.FunctionDef) -> bool:
    """Public, or a call or item access; no property, nothing that registers or overloads."""
    known = {"staticmethod", "classmethod", "no_grad", "inference_mode"}
    decorators = {_last(decorator) for decorator in node.decorator_list}
    public = not node.name.startswith("_") or node.name in ("__call__", "__getitem__", "__iter__", "__len__")
    return public and decorators <= known and node.name != "extra_repr"


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _wrapped(source: str, name: str, group: Sequence[str]) -> str:
    glue = resources.files("leveling.forge").joinpath("null_wrapper.py").read_text(encoding="utf-8")
    body = glue.split("# ---- from here on", 1)[1].split("\n", 1)[1]
    future = "\n".join(line for line in source.splitlines() if line.startswith("from __future__"))
    rest = source.replace(future, "", 1) if future else source
    call = f"_null_install(globals(), {name!r}, {list(group)!r}, {MARK!r})"
    return f"{future}\n{rest}\n\n{body}\n\n{call}\n" if future else f"{source}\n\n{body}\n\n{call}\n"
