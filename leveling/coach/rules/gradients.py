"""What cuts or bypasses autograd without saying so."""

import ast
from collections.abc import Iterator

from leveling.coach.findings import Found, Rule
from leveling.coach.source import Source, spelled


def dot_data(source: Source) -> Iterator[Found]:
    """`.data` of a tensor, of a weight, or of what `parameters()` yields; not where Parameters are of one's own making."""
    if any(_is_own(node) or _brings_own_parameters(node) for node in source.nodes):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "data" and _is_of_a_tensor(source, node):
            yield node, f"{spelled(node)} reaches past autograd"


def _is_own(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr="data", ctx=ast.Store()):
            return True
    return False


def _brings_own_parameters(node: ast.AST) -> bool:
    """`from base_classes import Parameter`: a project's own, or an echo."""
    if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] == "torch":
        return False
    return any(name.name == "Parameter" for name in node.names)


def _is_of_a_tensor(source: Source, node: ast.Attribute) -> bool:
    match node.value:
        case ast.Attribute(attr="weight" | "bias" | "grad"):
            return True
        case ast.Name(id=name):
            return source.is_tensor(node.value) or any(
                isinstance(loop, ast.For)
                and isinstance(loop.target, ast.Name)
                and loop.target.id == name
                and spelled(loop.iter, 400).endswith(".parameters()")
                for loop in source.loops_of(node)
            )
    return source.is_tensor(node.value)


def tensor_of_a_tensor(source: Source) -> Iterator[Found]:
    """`torch.tensor(x)` of something that is one already."""
    for call in source.calls():
        if source.name(call.func) == "torch.tensor" and call.args and source.is_tensor(call.args[0]):
            yield call, f"{spelled(call)} copies a tensor"


RULES = (
    Rule(
        "dot-data",
        ".data changes values behind autograd's back: a backward that needs the old ones uses the new ones, without an error.",
        "Change values under torch.no_grad(); detach() where only the values are wanted.",
        dot_data,
    ),
    Rule(
        "tensor-of-a-tensor",
        "torch.tensor() of a tensor copies it, cuts the graph, and warns.",
        "x.clone() keeps the graph; x.detach().clone() leaves it.",
        tensor_of_a_tensor,
    ),
)
