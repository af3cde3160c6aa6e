"""Python loops over what one op does at once."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Loop, Source, loads, spelled, stores

_JOINS = ("torch.stack", "torch.cat")


def row_by_row(source: Source) -> Iterator[Found]:
    """`stack([f(x[i]) for i in range(len(x))])`, or the same with append, where f is made of tensor ops alone."""
    for call in source.calls():
        if source.name(call.func) == "torch.stack" and call.args:
            yield from _comprehension(source, call.args[0])
    for node in source.nodes:
        if isinstance(node, ast.For) and not node.orelse and len(node.body) == 1:
            yield from _statement(source, node)


def _comprehension(source: Source, node: ast.expr) -> Iterator[Found]:
    match node:
        case ast.ListComp(
            elt=element, generators=[ast.comprehension(target=ast.Name(id=index), iter=over, ifs=[])]
        ) if _walks_rows(source, over):
            if _is_one_row(source, element, index):
                yield node, f"one row at a time: {spelled(element)}"


def _statement(source: Source, loop: ast.For) -> Iterator[Found]:
    if not isinstance(loop.target, ast.Name) or not _walks_rows(source, loop.iter):
        return
    index = loop.target.id
    match loop.body[0]:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=kept), attr="append"), args=[element])):
            joined = any(
                source.name(call.func) in _JOINS and call.args and spelled(call.args[0]) == kept
                for call in source.calls(source.function_of(loop))
            )
            if joined and not loads(element, kept) and _is_one_row(source, element, index):
                yield loop, f"one row at a time: {spelled(element)}"
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=out), slice=ast.Name(id=place))], value=element) if (
            place == index
        ):
            if not loads(element, out) and _is_one_row(source, element, index):
                yield loop, f"one row at a time: {spelled(element)}"


def _walks_rows(source: Source, over: ast.expr) -> bool:
    """`range(len(x))`, `range(x.shape[0])`, `range(x.size(0))` of a tensor x."""
    match over:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[x])]):
            return source.is_tensor(x)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Subscript(value=ast.Attribute(value=x, attr="shape"))]):
            return source.is_tensor(x)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Attribute(value=x, attr="size"), args=[_])]):
            return source.is_tensor(x)
    return False


def _is_one_row(source: Source, element: ast.expr, index: str) -> bool:
    """Whether the element is an expression of tensor ops in which the index only picks one row of tensors."""
    if not source.is_tensor(element):
        return False
    for node in ast.walk(element):
        match node:
            case ast.Call() if not source.op(node):
                return False
            case ast.Name(id=name) if name == index and not _picks(source, node):
                return False
            case ast.Slice() if loads(node, index):
                return False
    return loads(element, index)


def _picks(source: Source, node: ast.Name) -> bool:
    match source.parents.get(node):
        case ast.Subscript(value=value, slice=place) if place is node:
            return source.is_tensor(value)
    return False


def one_number_at_a_time(source: Source) -> Iterator[Found]:
    """`x[i].item()`, `float(x[i])` or `int(x[i])` in a loop over i."""
    for call in source.calls():
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Subscript() as element, attr="item"), args=[]):
                pass
            case ast.Call(func=ast.Name(id="float" | "int"), args=[ast.Subscript() as element]):
                pass
            case _:
                continue
        if source.is_tensor(element.value) and _is_indexed_by_a_loop(source, element, call):
            yield call, f"{spelled(call)} in a loop"


def _is_indexed_by_a_loop(source: Source, element: ast.Subscript, call: ast.Call) -> bool:
    base = element.value
    for loop in source.loops_of(call):
        if isinstance(loop, ast.For) and any(
            isinstance(each, ast.Name) and loads(element.slice, each.id) for each in ast.walk(loop.target)
        ):
            return not _changes(source, loop, base)
    return False


def _changes(source: Source, loop: Loop, base: ast.expr) -> bool:
    """Whether the loop rebinds or writes into what is read: then it cannot be read beforehand."""
    names = {each.id for each in ast.walk(base) if isinstance(each, ast.Name)}
    if any(stores(loop, name) for name in names):
        return True
    for node in ast.walk(loop):
        match node:
            case ast.Subscript(ctx=ast.Store(), value=value) if names & {spelled(value)}:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if name in names:
                if method.endswith("_"):
                    return True
            case ast.Call(args=arguments) if not source.op(node) and not source.name(node.func):
                if any(loads(each, name) for each in arguments for name in names):
                    return True
    return False


def grown_by_cat(source: Source) -> Iterator[Found]:
    """`out = torch.cat([out, x])` in a loop that does nothing else with `out`."""
    for node in source.nodes:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=out)],
                value=ast.Call(args=[ast.List(elts=parts) | ast.Tuple(elts=parts), *_]) as call,
            ) if source.name(call.func) in _JOINS:
                loop = next(source.loops_of(node), None)
                if loop is None or not any(isinstance(part, ast.Name) and part.id == out for part in parts):
                    continue
                uses = [each for each in ast.walk(loop) if isinstance(each, ast.Name) and each.id == out]
                if len(uses) == 2:
                    yield node, f"{out} is copied whole in every pass"


RULES = (
    Rule(
        "row-by-row",
        "Each pass costs a call into PyTorch for every op; all rows together cost the same number of calls as one.",
        "Leave the loop away and let the ops work on the whole tensor, with dim= one further; torch.vmap where that is hard to see.",
        row_by_row,
    ),
    Rule(
        "one-number-at-a-time",
        "Every read makes a tensor, waits for the device and makes a Python number: microseconds each, and on a GPU a standstill.",
        "Read once before the loop with .tolist(), or compute with whole tensors.",
        one_number_at_a_time,
    ),
    Rule(
        "grown-by-cat",
        "Everything gathered so far is copied again in each pass: n passes cost n * n / 2 copies.",
        "Append to a list and join once after the loop, or write into a tensor of the final size.",
        grown_by_cat,
    ),
)
