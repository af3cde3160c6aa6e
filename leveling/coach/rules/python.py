"""Python itself, where it bites users of PyTorch."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Function, Source, keyword, spelled, stores

_LEGACY = frozenset("Tensor FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ByteTensor BoolTensor".split())
_MUTATING = frozenset("append extend insert add update setdefault pop clear remove".split())


def legacy_constructor(source: Source) -> Iterator[Found]:
    """`torch.Tensor(...)`, `torch.FloatTensor(...)`."""
    for call in source.calls():
        home, _, tail = source.name(call.func).rpartition(".")
        if home == "torch" and tail in _LEGACY:
            yield call, f"{spelled(call)} uses a constructor of old"


def any_pickle(source: Source) -> Iterator[Found]:
    """`torch.load(..., weights_only=False)`."""
    for call in source.calls():
        match keyword(call, "weights_only"):
            case ast.Constant(value=False) if source.name(call.func) == "torch.load":
                yield call, "torch.load with weights_only=False"


def bare_except(source: Source) -> Iterator[Found]:
    """`except:` that does not raise again."""
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler) or node.type is not None:
            continue
        if not any(isinstance(each, ast.Raise) for each in ast.walk(node)):
            yield node, "except: without a type"


def mutable_default(source: Source) -> Iterator[Found]:
    """`def f(x, seen=[])` that then changes `seen`."""
    for function in source.functions():
        arguments = function.args
        positional = (*arguments.posonlyargs, *arguments.args)
        defaults = zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
        named = (
            (name, value) for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
        )
        for argument, default in (*defaults, *named):
            if _is_mutable(default) and _is_changed(function, argument.arg):
                yield default, f"{argument.arg}={spelled(default)} is one object for all calls, and is changed"


def _is_mutable(node: ast.expr) -> bool:
    match node:
        case ast.List() | ast.Dict() | ast.Set():
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[]):
            return True
    return False


def _is_changed(function: Function, name: str) -> bool:
    if any(stores(each, name) for each in function.body):
        return False
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)) if owner == name:
                if method in _MUTATING:
                    return True
            case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()) if owner == name:
                return True
    return False


RULES = (
    Rule(
        "any-pickle",
        "A pickle may run any program while it is read: a downloaded checkpoint has your rights.",
        "Leave weights_only=True, the default; torch.serialization.add_safe_globals lets single classes through.",
        any_pickle,
    ),
    Rule(
        "mutable-default",
        "A default is made once, when the function is defined: what one call puts in, the next one finds.",
        "Default to None and make a new one inside.",
        mutable_default,
    ),
    Rule(
        "bare-except",
        "It also catches KeyboardInterrupt and every mistake of your own, and goes on with half a result.",
        "Name the exception that you expect.",
        bare_except,
    ),
    Rule(
        "legacy-constructor",
        "torch.Tensor(3) is three uninitialised numbers, torch.Tensor([3]) is one: size and data look alike, and dtype is fixed.",
        "torch.tensor(data) for values, torch.empty(size) for room.",
        legacy_constructor,
    ),
)
