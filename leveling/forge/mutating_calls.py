"""Rules for calls and attributes: the tensor operation next to the right one, or none at all."""

import ast
from collections.abc import Iterator

from leveling.forge.rules import Change, Rule, shown
from leveling.forge.sites import Site, called_name

NAMESPACES = frozenset(("torch", "F", "nn", "np", "numpy", "math", "functional", "linalg", "special", "init", "dist"))

_PAIRS = (
    "max min, sum mean, amax amin, argmax argmin, any all, exp expm1, log log1p, sin cos, sqrt rsqrt, zeros ones, "
    "zeros_like ones_like, new_zeros new_ones, tril triu, tril_ triu_, floor ceil, softmax log_softmax, sigmoid tanh, "
    "logical_and logical_or, lt le, gt ge, eq ne, add sub, mul div, add_ sub_, mul_ div_, maximum minimum, fmax fmin, "
    "cummax cummin, clamp_min clamp_max, zeros_ ones_, rand randn, rand_like randn_like, normal_ uniform_, cat stack, "
    "train eval, hstack vstack, nansum nanmean, bitwise_and bitwise_or, append appendleft, pop popleft"
)
RENAMED = {a: b for pair in _PAIRS.split(", ") for a, b in (pair.split(), pair.split()[::-1])}

METHODS_DROPPED = frozenset(
    "detach clone contiguous float double half bfloat16 to type_as transpose permute mT t abs neg exp log sqrt rsqrt square "
    "tril triu flip roll relu sigmoid tanh clamp clamp_min clamp_max squeeze unsqueeze reciprocal sign round nan_to_num "
    "masked_fill softmax log_softmax conj swapaxes movedim requires_grad_ item strip lower sort eval train flatten long int".split()
)
FUNCTIONS_DROPPED = frozenset(
    "abs neg exp log sqrt rsqrt square tril triu flip roll relu sigmoid tanh clamp round floor ceil softmax log_softmax "
    "nan_to_num sorted reversed set log1p expm1 silu gelu dropout layer_norm normalize stop_gradient conj max min".split()
)
SWAPPED = {"matmul": (0, 1), "mm": (0, 1), "bmm": (0, 1), "outer": (0, 1), "where": (1, 2), "permute": (0, 1)}
SWAPPED |= {
    "sub": (0, 1),
    "div": (0, 1),
    "lerp": (0, 1),
    "zip": (0, 1),
    "atan2": (0, 1),
    "kl_div": (0, 1),
    "linear": (0, 1),
}
KEYWORDS_DROPPED = frozenset(
    "dtype alpha beta eps scale weight bias correction unbiased diagonal retain_graph create_graph weight_decay momentum "
    "dampening nesterov minlength ignore_index label_smoothing size_average reduction stride padding dilation groups key "
    "reverse descending stable start default".split()
)
SPREADS = frozenset(("var", "std", "var_mean", "std_mean", "cov"))


def renamed(site: Site) -> Iterator[Change]:
    """The neighbour by name: amax for amin, zeros for ones, triu for tril, train for eval."""
    node = site.node
    other = RENAMED.get(called_name(node))
    if other is None or not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute):
        function: ast.expr = ast.Attribute(node.func.value, other, ast.Load())
    elif other in ("max", "min", "any", "all"):
        function = ast.Name(other, ast.Load())
    else:
        return
    yield Change("call", ast.Call(function, node.args, node.keywords), called_name(node), other)


def dropped(site: Site) -> Iterator[Change]:
    """A method or a function of one tensor left out: x.detach() becomes x, torch.sqrt(x) becomes x."""
    node = site.node
    name = called_name(node)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and not _is_namespace(node.func.value):
            if name in METHODS_DROPPED and not _is_statement(site):
                yield Change("drop-call", node.func.value, f".{name}", "nothing")
        elif name in FUNCTIONS_DROPPED and len(node.args) == 1 + (len(node.args) > 1 and name not in ("max", "min")):
            yield Change("drop-call", node.args[0], name, "nothing")
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "H", "mH") and not _is_namespace(node.value):
        yield Change("drop-call", node.value, f".{node.attr}", "nothing")
    if isinstance(node, ast.Attribute) and node.attr in ("real", "imag"):
        yield Change("call", ast.Attribute(node.value, "imag" if node.attr == "real" else "real", ast.Load()))


def swapped(site: Site) -> Iterator[Change]:
    """Two arguments in the other order."""
    node = site.node
    places = SWAPPED.get(called_name(node))
    if places is None or not isinstance(node, ast.Call) or len(node.args) <= max(places):
        return
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    arguments = list(node.args)
    first, second = places
    arguments[first], arguments[second] = arguments[second], arguments[first]
    yield Change("argument-swap", ast.Call(node.func, arguments, node.keywords))


def keywords(site: Site) -> Iterator[Change]:
    """A keyword left out; the variance with the other divisor."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in KEYWORDS_DROPPED:
            rest = [other for place, other in enumerate(node.keywords) if place != index]
            yield Change(
                "drop-keyword", ast.Call(node.func, node.args, rest), f"{called_name(node)} {shown(keyword)}", "nothing"
            )
    given = {keyword.arg for keyword in node.keywords}
    if called_name(node) in SPREADS and not given & {"unbiased", "correction"}:
        extra = ast.keyword("correction", ast.Constant(0))
        yield Change("correction", ast.Call(node.func, node.args, [*node.keywords, extra]))


def ranges(site: Site) -> Iterator[Change]:
    """A range one shorter, one longer, one later."""
    node = site.node
    if called_name(node) not in ("range", "arange") or not isinstance(node, ast.Call) or not node.args:
        return
    start, stop = (None, 0) if len(node.args) == 1 else (0, 1)
    for place, offset in ((stop, -1), (stop, 1), (start, 1)):
        arguments = list(node.args)
        if place is None:
            arguments.insert(0, ast.Constant(1))
        elif isinstance(arguments[place], ast.Constant | ast.Starred):
            continue  # the rule for numbers moves it
        else:
            operator = ast.Sub() if offset < 0 else ast.Add()
            arguments[place] = ast.BinOp(arguments[place], operator, ast.Constant(1))
        yield Change("range", ast.Call(node.func, arguments, node.keywords))


def _is_namespace(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in NAMESPACES


def _is_statement(site: Site) -> bool:
    return isinstance(site.parent, ast.Expr)


CALL_RULES: tuple[Rule, ...] = (renamed, dropped, swapped, keywords, ranges)
