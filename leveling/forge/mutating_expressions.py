"""Rules for numbers, operators, comparisons, conditions and slices."""

import ast
from collections.abc import Iterator

from leveling.forge.rules import Change, Rule, keyword_of, number, shown
from leveling.forge.sites import Site, called_name, is_type_check, number_of

DIM_WORDS = frozenset(("dim", "dims", "axis", "axes", "dim0", "dim1", "start_dim", "end_dim"))
DIM_CALLS = frozenset(
    "sum mean prod amax amin max min argmax argmin softmax log_softmax logsumexp cumsum cumprod var std norm any all sort "
    "argsort topk transpose permute unsqueeze squeeze flatten unflatten movedim gather scatter scatter_ index_select index_add_ "
    "index_copy_ cat stack chunk split size flip roll select narrow diagonal unbind normalize glu".split()
)
WORDS = {"mean": "sum", "sum": "mean", "ij": "xy", "xy": "ij", "tanh": "none", "amax": "amin", "amin": "amax"}
WORD_KEYWORDS = frozenset(("reduction", "reduce", "indexing", "approximate", "side"))
TINY = 1e-3

BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def numbers(site: Site) -> Iterator[Change]:
    """Whole numbers one off, dims of the other sign; floats to 0, 1, half as much again, negated."""
    value = number_of(site.node)
    if value is None:
        return
    kind = "dim" if _is_dim(site) else "default" if isinstance(site.parent, ast.arguments) else "constant"
    for other in _others(value, kind):
        yield Change(kind, number(other))


def _others(value: float, kind: str) -> list[float]:
    if isinstance(value, int):
        near: list[float] = [value - 1, value + 1]
        return [*near, -value] if kind == "dim" and value else near
    if value == 0:
        return [1.0]
    if abs(value) < TINY:
        return [0.0, value * 10]
    return [value * 1.5, -value]


def _is_dim(site: Site) -> bool:
    if isinstance(number_of(site.node), float):
        return False
    if keyword := keyword_of(site):
        return keyword in DIM_WORDS
    call = site.parent if isinstance(site.parent, ast.Call) else site.above[1] if len(site.above) > 1 else site.parent
    return isinstance(call, ast.Call) and called_name(call) in DIM_CALLS


def booleans(site: Site) -> Iterator[Change]:
    """True for False and the other way round."""
    node = site.node
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        kind = "keepdim" if keyword_of(site) == "keepdim" else "boolean"
        yield Change(kind, ast.Constant(not node.value), f"{keyword_of(site)} {node.value}".strip())


def words(site: Site) -> Iterator[Change]:
    """Names of modes: reduction="mean" for "sum"."""
    node = site.node
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and keyword_of(site) in WORD_KEYWORDS:
        other = {"left": "right", "right": "left", **WORDS}.get(node.value)
        if other:
            yield Change("word", ast.Constant(other))


def operators(site: Site) -> Iterator[Change]:
    """Another operator, swapped operands, an operand dropped."""
    node = site.node
    if isinstance(node, ast.AugAssign) and type(node.op) in BINARY:
        yield Change("operator", ast.AugAssign(node.target, BINARY[type(node.op)](), node.value))
    if not isinstance(node, ast.BinOp):
        return
    if type(node.op) in BINARY:
        yield Change("operator", ast.BinOp(node.left, BINARY[type(node.op)](), node.right))
    if isinstance(node.op, ast.MatMult | ast.Sub):
        kind = "matmul-swap" if isinstance(node.op, ast.MatMult) else "swap"
        yield Change(kind, ast.BinOp(node.right, node.op, node.left))
    if isinstance(node.op, ast.Mult | ast.Div | ast.Add | ast.Sub):
        yield Change(_dropped(node.op, node.right), node.left)
    if isinstance(node.op, ast.Mult | ast.Add):
        yield Change(_dropped(node.op, node.left), node.right)


def _dropped(op: ast.operator, operand: ast.expr) -> str:
    value = number_of(operand)
    if "eps" in shown(operand) or (isinstance(value, float) and abs(value) < TINY):
        return "drop-eps"
    return "drop-factor" if isinstance(op, ast.Mult | ast.Div) else "drop-term"


def signs(site: Site) -> Iterator[Change]:
    """A minus, `not` or `~` forgotten; infinity of the other sign."""
    node = site.node
    if isinstance(node, ast.UnaryOp) and number_of(node) is None and not isinstance(node.op, ast.UAdd):
        yield Change("sign", node.operand)
    if isinstance(node, ast.Attribute) and node.attr == "inf" and not isinstance(site.parent, ast.UnaryOp):
        yield Change("sign", ast.UnaryOp(ast.USub(), node))
    if called_name(node) == "float" and isinstance(node, ast.Call) and len(node.args) == 1:
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and argument.value in ("inf", "-inf"):
            other = "inf" if argument.value == "-inf" else "-inf"
            yield Change("sign", ast.Call(node.func, [ast.Constant(other)], []))


def comparisons(site: Site) -> Iterator[Change]:
    """The boundary on the other side, equality turned round."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        ops = list(node.ops)
        ops[index] = COMPARED[type(operator)]()
        yield Change("comparison", ast.Compare(node.left, ops, node.comparators))


def conditions(site: Site) -> Iterator[Change]:
    """A condition negated or decided once and for all; and for or; a filter left out."""
    node = site.node
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield Change("and-or", ast.BoolOp(other, node.values))
        for index in range(len(node.values)):
            rest = [value for place, value in enumerate(node.values) if place != index]
            yield Change("drop-condition", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
    if isinstance(node, ast.comprehension) and node.ifs:
        plain = ast.comprehension(node.target, node.iter, [], node.is_async)
        yield Change("drop-filter", plain, shown(node.ifs[0]), "True")
    if isinstance(node, ast.IfExp) and not is_type_check(node.test):
        yield Change("condition", ast.IfExp(_negated(node.test), node.body, node.orelse))
        yield Change("condition", node.body)
        yield Change("condition", node.orelse)
    if site.field == "test" and isinstance(site.parent, ast.If | ast.While) and isinstance(node, ast.expr):
        yield Change("condition", _negated(node))
        yield Change("condition", ast.Constant(value=False))
        if isinstance(site.parent, ast.If):
            yield Change("condition", ast.Constant(value=True))


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
    ):
        return ast.Compare(test.left, [COMPARED[type(test.ops[0])]()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)


def slices(site: Site) -> Iterator[Change]:
    """Bounds one off, open ends closed by one."""
    node = site.node
    if not isinstance(node, ast.Slice):
        return
    for name, offsets in (("lower", (1,)), ("upper", (-1, 1))):
        bound: ast.expr | None = getattr(node, name)
        if bound is not None and number_of(bound) is not None:
            continue  # the rule for numbers moves it
        for offset in offsets:
            if bound is None and offset == 1 and name == "upper":
                continue
            moved = number(offset) if bound is None else _shifted(bound, offset)
            lower = moved if name == "lower" else node.lower
            upper = moved if name == "upper" else node.upper
            yield Change("slice", ast.Slice(lower, upper, node.step), shown(node) or ":")


def _shifted(bound: ast.expr, offset: int) -> ast.expr:
    return ast.BinOp(bound, ast.Sub() if offset < 0 else ast.Add(), ast.Constant(abs(offset)))


EXPRESSION_RULES: tuple[Rule, ...] = (
    numbers,
    booleans,
    words,
    operators,
    signs,
    comparisons,
    conditions,
    slices,
)
