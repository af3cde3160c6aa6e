"""Code that works on the author's device only."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Function, Source, is_given, keyword, spelled
from leveling.coach.vocabulary import CREATIONS


def hard_coded_device(source: Source) -> Iterator[Found]:
    """`.cuda()`, `.to("cuda")`, `device="cuda"` in a function of a file that never asks whether there is a GPU."""
    if source.mentions("is_available", "device_count", "is_cuda", "current_accelerator"):
        return
    for call in source.calls():
        if source.function_of(call) is None or _is_guarded(source, call):
            continue
        match call:
            case ast.Call(func=ast.Attribute(value=value, attr="cuda"), args=[]) if not source.name(value):
                yield call, f"{spelled(call)} needs an NVIDIA GPU"
            case ast.Call(func=ast.Attribute(attr="to"), args=[first, *_]) if _is_cuda(first):
                yield call, f"{spelled(call)} needs an NVIDIA GPU"
            case _ if (device := keyword(call, "device")) is not None and _is_cuda(device):
                yield call, f"{spelled(call)} needs an NVIDIA GPU"


def _is_cuda(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.split(":")[0] == "cuda"


def _is_guarded(source: Source, node: ast.AST) -> bool:
    return any(isinstance(each, ast.If | ast.IfExp) and "cuda" in ast.unparse(each.test) for each in source.above(node))


def created_on_the_cpu(source: Source) -> Iterator[Found]:
    """`torch.zeros(n)` without a device, in arithmetic with a tensor that was given."""
    for call in source.calls():
        home, _, tail = source.name(call.func).rpartition(".")
        if home != "torch" or tail not in CREATIONS or _fits_any_device(call) or not _is_in_scope(source, call):
            continue
        if _meets_a_tensor(source, call):
            yield call, f"{spelled(call)} lies on the CPU, wherever the input is"


def _fits_any_device(call: ast.Call) -> bool:
    """Whether it does, or makes a single number, which may meet a tensor of any device."""
    if not call.args or (isinstance(call.args[0], ast.Tuple) and not call.args[0].elts):
        return True
    return any(each.arg in {"device", "generator", "out", None} for each in call.keywords)


def _is_in_scope(source: Source, call: ast.Call) -> bool:
    function = source.function_of(call)
    if function is None:
        return False
    return _is_forward(source, function) or any(
        source.is_tensor_parameter(function, each.arg) for each in function.args.args
    )


def _is_forward(source: Source, function: Function) -> bool:
    return function.name == "forward" and any(source.parents.get(function) is network for network in source.networks())


def _meets_a_tensor(source: Source, call: ast.Call) -> bool:
    """Whether the new tensor itself, not something read from it, is an operand beside a value of another origin."""
    node: ast.AST = call
    while isinstance(parent := source.parents.get(node), ast.BinOp):
        other = parent.right if parent.left is node else parent.left
        if _is_given(source, other):
            return True
        node = parent
    return False


def _is_given(source: Source, node: ast.expr) -> bool:
    """Whether an expression is a tensor that goes back to a parameter of its function."""
    function = source.function_of(node)
    match source.value_of(node):
        case ast.Name(id=name) as value if function is not None and is_given(function, name):
            return source.is_tensor(value) or _is_first_of_forward(source, function, name)
    return False


def _is_first_of_forward(source: Source, function: Function, name: str) -> bool:
    """Whether it is the x of `forward(self, x)`: an argument without annotation that is surely a tensor."""
    if not _is_forward(source, function) or len(function.args.args) < 2:
        return False
    first = function.args.args[1]
    return first.arg == name and first.annotation is None


RULES = (
    Rule(
        "hard-coded-device",
        "On a machine without an NVIDIA GPU this raises, and with several it is always the first.",
        "Take the device from an input (x.device) or as an argument.",
        hard_coded_device,
    ),
    Rule(
        "created-on-the-cpu",
        "As soon as the input lies on a GPU, arithmetic between the two raises.",
        "Pass device=x.device, or use x.new_zeros, torch.zeros_like and their relatives.",
        created_on_the_cpu,
    ),
)
