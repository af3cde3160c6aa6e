"""Formulas that are right on paper and lose everything in floating point."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Source, is_given, keyword, spelled

_LOSS_OF = {"cross_entropy": "softmax", "binary_cross_entropy_with_logits": "sigmoid"}
_LOSSES = {f"torch.nn.functional.{name}": activation for name, activation in _LOSS_OF.items()}


def probabilities_for_logits(source: Source) -> Iterator[Found]:
    """A softmax or sigmoid on its way into the loss that contains it."""
    for call in source.calls():
        activation = _LOSSES.get(source.name(call.func))
        given = source.value_of(source.subject(call)) if activation else None
        if activation and isinstance(given, ast.Call) and source.op(given) == activation:
            yield call, f"{spelled(call.func)} is given the result of a {activation}"


def _plain(node: ast.AST | None) -> ast.AST | None:
    """The x of `x + 1e-9`: a small constant does not change what kind of value it is."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant()):
            return left
    return node


def log_of_a_probability(source: Source) -> Iterator[Found]:
    """`softmax(x).log()`, `sigmoid(x).log()`, and `binary_cross_entropy(sigmoid(x), y)`."""
    for call in source.calls():
        is_loss = source.name(call.func) == "torch.nn.functional.binary_cross_entropy"
        if not is_loss and source.op(call) != "log":
            continue
        kind = source.op(source.value_of(_plain(source.value_of(source.subject(call)))))
        if kind == "sigmoid" or (kind == "softmax" and not is_loss):
            yield call, f"the logarithm of a {kind}"


def log_of_summed_exponentials(source: Source) -> Iterator[Found]:
    """`exp(x).sum().log()` with nothing subtracted."""
    for call in source.calls():
        if source.op(call) != "log":
            continue
        total = source.value_of(source.subject(call))
        if not (isinstance(total, ast.Call) and source.op(total) == "sum"):
            continue
        inner = source.value_of(source.subject(total))
        if isinstance(inner, ast.Call) and source.op(inner) == "exp" and not _is_shifted(source, inner):
            yield call, "the logarithm of a sum of exponentials"


def _is_shifted(source: Source, exponential: ast.Call) -> bool:
    """Whether the exponent may be a difference from the maximum: anything but an argument of a public function."""
    exponent = source.value_of(source.subject(exponential))
    function = source.function_of(exponential)
    if not isinstance(exponent, ast.Name) or function is None or function.name.startswith("_"):
        return True
    return not is_given(function, exponent.id)


def log_of_one_plus(source: Source) -> Iterator[Found]:
    """`torch.log(1 + x)`."""
    for call in source.calls():
        if source.op(call) != "log":
            continue
        match source.subject(call):
            case ast.BinOp(left=ast.Constant(value=1 | 1.0), op=ast.Add(), right=x):
                yield call, f"log(1 + {spelled(x, 30)})"
            case ast.BinOp(left=x, op=ast.Add(), right=ast.Constant(value=1 | 1.0)):
                yield call, f"log({spelled(x, 30)} + 1)"


def spread_without_eps(source: Source) -> Iterator[Found]:
    """Division by a standard deviation along a dimension, or by the root of a variance, with nothing added."""
    for node in source.nodes:
        match node:
            case ast.BinOp(op=ast.Div(), right=ast.Call() as below) if _is_spread(source, below):
                yield node, f"a division by {spelled(below)}"
            case ast.Call() if source.op(node) == "rsqrt" and _is_moment(source, source.subject(node), "var"):
                yield node, spelled(node)


def _is_spread(source: Source, call: ast.Call) -> bool:
    if source.op(call) == "sqrt":
        return _is_moment(source, source.subject(call), "var")
    return _is_moment(source, call, "std")


def _is_moment(source: Source, node: ast.AST | None, moment: str) -> bool:
    """Whether it is `x.var(dim)`: along a dimension, where one row may be constant."""
    if not isinstance(node, ast.Call) or source.op(node) != moment:
        return False
    return bool(source.others(node)) or keyword(node, "dim") is not None


def equals_nan(source: Source) -> Iterator[Found]:
    """A comparison with NaN."""
    for node in source.nodes:
        match node:
            case ast.Compare(ops=[ast.Eq() | ast.NotEq()], left=left, comparators=[right]):
                if _is_nan(source, left) or _is_nan(source, right):
                    yield node, f"{spelled(node)} compares with NaN"


def _is_nan(source: Source, node: ast.expr) -> bool:
    match node:
        case ast.Call(args=[ast.Constant(value=str(text))]) if source.name(node.func) == "float":
            return text.strip().lower() == "nan"
    return source.name(node) in {"math.nan", "torch.nan", "numpy.nan"}


def inverse_times(source: Source) -> Iterator[Found]:
    """`torch.linalg.inv(a) @ b`."""
    for node in source.nodes:
        match node:
            case ast.BinOp(left=ast.Call() as left, op=ast.MatMult()) if source.op(left) in {"inv", "inverse"}:
                yield node, f"{spelled(left)} is only there to be multiplied with"


RULES = (
    Rule(
        "probabilities-for-logits",
        "The loss squashes what it is given, for it expects logits: squashed twice, it stays far from zero and its gradients are small.",
        "Give cross_entropy and binary_cross_entropy_with_logits the logits themselves.",
        probabilities_for_logits,
    ),
    Rule(
        "log-of-a-probability",
        "A probability that is rounded to 0 or 1 has lost what its logarithm is about: the result is -inf or 0, the gradient NaN or gone.",
        "log_softmax, logsigmoid and binary_cross_entropy_with_logits take the logits and never form the probability.",
        log_of_a_probability,
    ),
    Rule(
        "log-of-summed-exponentials",
        "exp overflows float32 above 88 (float16 above 11), although the result would be an ordinary number.",
        "torch.logsumexp subtracts the largest entry first.",
        log_of_summed_exponentials,
    ),
    Rule(
        "log-of-one-plus",
        "Next to 1 a float32 keeps no more than seven digits: whatever x has below 1e-7 is gone before the logarithm sees it.",
        "torch.log1p(x); for log(1 + exp(x)) F.softplus(x).",
        log_of_one_plus,
    ),
    Rule(
        "spread-without-eps",
        "A constant row has spread 0: the quotient is NaN or infinite, and one NaN spoils every weight at the next update.",
        "Add a small eps under the root, as layer norm does.",
        spread_without_eps,
    ),
    Rule(
        "equals-nan",
        "NaN equals nothing, not even itself: == is always False and != always True.",
        "torch.isnan(x) or math.isnan(x).",
        equals_nan,
    ),
    Rule(
        "inverse-times",
        "Forming the inverse costs more than solving the equations and is less accurate where the matrix is badly conditioned.",
        "torch.linalg.solve(a, b).",
        inverse_times,
    ),
)
