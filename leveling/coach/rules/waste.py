"""Work and memory that the result does not need."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Source, spelled

_ELEMENTWISE = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_IN_TORCH_TOO = frozenset(
    """
    abs exp log log1p expm1 sqrt square sin cos tanh sum mean prod cumsum cumprod argsort sort argmax argmin clip maximum minimum
    where matmul dot einsum outer stack isnan floor ceil sign triu tril diag flip roll
    """.split()
)


def repeated_not_broadcast(source: Source) -> Iterator[Found]:
    """`a + b.unsqueeze(1).repeat(1, n, 1)`: an operand repeated along a dimension that has size 1."""
    for node in source.nodes:
        match node:
            case ast.BinOp(op=operator, left=left, right=right) if isinstance(operator, _ELEMENTWISE):
                for operand, other in ((left, right), (right, left)):
                    if (
                        _repeats_a_new_dimension(source, operand)
                        and source.op(other) != "repeat"
                        and _is_full(source, other)
                    ):
                        yield operand, f"{spelled(operand)} is written out in memory"


def _is_full(source: Source, node: ast.expr) -> bool:
    """Whether the other operand is a tensor that was not itself spread by a new dimension of size 1."""
    return (
        source.is_tensor(node)
        and source.op(source.value_of(node)) not in {"unsqueeze", "repeat"}
        and not _adds_none(node)
    )


def _repeats_a_new_dimension(source: Source, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or source.op(node) != "repeat" or not isinstance(node.func, ast.Attribute):
        return False
    dimension = _new_dimension(source, node.func.value, len(node.args))
    if dimension is None:
        return False
    repeated = [place for place, count in enumerate(node.args) if not _is_one(count)]
    return repeated == [dimension]


def _new_dimension(source: Source, node: ast.expr, rank: int) -> int | None:
    """Which dimension of `x.unsqueeze(1)` or `x[:, None]` is new, counted from the left."""
    match node:
        case ast.Call(func=ast.Attribute(), args=[ast.Constant(value=int(dimension))]) if (
            source.op(node) == "unsqueeze"
        ):
            return dimension
        case ast.Call(
            func=ast.Attribute(), args=[ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(dimension)))]
        ) if source.op(node) == "unsqueeze":
            return rank - dimension
        case ast.Subscript(slice=ast.Tuple(elts=places)):
            new = [at for at, place in enumerate(places) if isinstance(place, ast.Constant) and place.value is None]
            whole = all(isinstance(place, ast.Slice | ast.Constant) for place in places)
            return new[0] if len(new) == 1 and whole else None
        case ast.Subscript(slice=ast.Constant(value=None)):
            return 0
    return None


def _adds_none(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Constant) and each.value is None for each in ast.walk(node))


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def diagonal_of_a_product(source: Source) -> Iterator[Found]:
    """`(a @ b).diagonal()`, `torch.diag(a @ b)`, `torch.trace(a @ b)`."""
    for call in source.calls():
        subject = source.subject(call)
        if (
            source.op(call) in {"diag", "diagonal", "trace"}
            and not source.others(call)
            and _is_used_once(source, subject)
        ):
            match source.value_of(subject):
                case ast.BinOp(op=ast.MatMult()) as product:
                    yield call, f"of the product {spelled(product, 40)} only the diagonal is used"


def _is_used_once(source: Source, node: ast.expr | None) -> bool:
    """Whether nothing else in the function looks at a name: `h.diagonal().add_(1)` before `return h` needs the whole of h."""
    if not isinstance(node, ast.Name):
        return True
    uses = (each for each in ast.walk(source.function_of(node) or source.tree) if isinstance(each, ast.Name))
    return sum(each.id == node.id and isinstance(each.ctx, ast.Load) for each in uses) == 1


def numpy_round_trip(source: Source) -> Iterator[Found]:
    """`torch.from_numpy(np.cumsum(x.numpy()))` where torch has the same function."""
    for call in source.calls():
        if source.name(call.func) not in {"torch.from_numpy", "torch.tensor", "torch.as_tensor"} or not call.args:
            continue
        match source.value_of(call.args[0]):
            case ast.Call(args=[first, *_]) as inner:
                home, _, tail = source.name(inner.func).rpartition(".")
                if home == "numpy" and tail in _IN_TORCH_TOO and _is_numpy_of_a_tensor(source, first):
                    yield call, f"np.{tail} is reached through NumPy and back"


def _is_numpy_of_a_tensor(source: Source, node: ast.expr) -> bool:
    match source.value_of(node):
        case ast.Call(func=ast.Attribute(attr="numpy")):
            return True
    return False


RULES = (
    Rule(
        "repeated-not-broadcast",
        "repeat copies; arithmetic would have spread a dimension of size 1 by itself, without a byte.",
        "Leave repeat away, or use expand where the shape must be visible.",
        repeated_not_broadcast,
    ),
    Rule(
        "diagonal-of-a-product",
        "The product computes n * n entries of which n are kept.",
        "(a * b.mT).sum(-1), or torch.einsum('ij,ji->i', a, b).",
        diagonal_of_a_product,
    ),
    Rule(
        "numpy-round-trip",
        "The detour leaves autograd, fails for tensors on a GPU, and may come back as float64.",
        "torch has a function of the same name.",
        numpy_round_trip,
    ),
)
