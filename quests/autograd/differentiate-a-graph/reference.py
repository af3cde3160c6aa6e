"""Reverse mode as a program that writes a program: an FX graph of aten calls in, the same graph with its gradient out.

Cotangents are accumulated node by node in reverse order, as a tape would, but every operation is emitted instead of run.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

aten = torch.ops.aten


def trace(f: Callable[..., Any], *example: Tensor) -> GraphModule:
    """The aten calls that f makes on these inputs; every node knows its shape."""
    return make_fx(f)(*example)


def backward_graph(gm: GraphModule) -> GraphModule:
    """A graph module with gm's inputs that returns (value, *gradients of the inputs); gm returns a scalar."""
    graph, _ = differentiate(gm)
    graph.lint()
    return GraphModule(gm, graph)


def saved_values(gm: GraphModule) -> list[str]:
    """Names of gm's nodes whose values the gradient part reads, in gm's order."""
    graph, copies = differentiate(gm)
    forward = set(copies.values())
    read = {
        source for node in graph.nodes if node not in forward for source in node.all_input_nodes if node.op != "output"
    }
    return [node.name for node in gm.graph.nodes if copies.get(node) in read]


class Builder:
    """A graph in the making, in which an operation on the same arguments is emitted once."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.known: dict[Any, Node] = {}

    def call(self, target: Any, *args: Any, **kwargs: Any) -> Node:
        """The node of target(*args, **kwargs), an earlier one if there is one."""
        key = (target, frozen(args), frozen(kwargs))
        if key not in self.known:
            self.known[key] = self.graph.call_function(target, args, kwargs)
        return self.known[key]


def differentiate(gm: GraphModule) -> tuple[Graph, dict[Node, Node]]:
    """The graph that returns (value, *gradients), without what nobody reads, and for every node of gm its copy."""
    builder = Builder()
    copies: dict[Node, Node] = {}
    order = [node for node in gm.graph.nodes if node.op != "output"]  # topological, as every FX graph is
    for node in order:
        if node.op == "call_function":
            args = torch.fx.node.map_arg(node.args, copies.__getitem__)
            copies[node] = builder.call(node.target, *args, **torch.fx.node.map_arg(node.kwargs, copies.__getitem__))
        else:
            copies[node] = builder.graph.node_copy(node, copies.__getitem__)
    (root,) = (node.args[0] for node in gm.graph.nodes if node.op == "output")
    cotangents = {root: constant(builder, aten.ones.default, root)}
    for node in reversed(order):  # all users of a node come after it, so here its cotangent is complete
        if node.op != "call_function" or node not in cotangents:
            continue
        for source, part in contributions(builder, node, copies, cotangents[node]):
            known = cotangents.get(source)
            cotangents[source] = part if known is None else builder.call(aten.add.Tensor, known, part)
    inputs = [node for node in order if node.op == "placeholder"]
    gradients = [cotangents.get(node) or constant(builder, aten.zeros.default, node) for node in inputs]
    builder.graph.output((copies[root], *gradients))
    builder.graph.eliminate_dead_code()  # such as cotangents of constants
    return builder.graph, copies


def contributions(b: Builder, node: Node, copies: dict[Node, Node], g: Node) -> list[tuple[Node, Node]]:
    """What the cotangent g of a node adds to the cotangents of its arguments: [(argument, its part)]."""
    rule = RULES.get(node.target)
    if rule is None:
        raise NotImplementedError(f"there is no gradient rule for {node.target}")
    values = torch.fx.node.map_arg(node.args, copies.__getitem__)
    parts = rule(b, g, copies[node], values, node)
    pairs = zip(node.args, parts, strict=False)
    return [(source, part()) for source, part in pairs if isinstance(source, Node)]


# A rule answers with one thunk for each differentiable argument, so that nothing is emitted for plain numbers.


def add_rule(b: Builder, g: Node, out: Node, values: Any, node: Node, sign: int = 1) -> Any:
    """out = x + sign alpha y."""
    scale = sign * node.kwargs.get("alpha", 1)

    def second() -> Node:
        scaled = g if scale == 1 else b.call(aten.mul.Tensor, g, scale)
        return reduced(b, scaled, node, node.args[1])

    return lambda: reduced(b, g, node, node.args[0]), second


def sub_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """out = x - alpha y."""
    return add_rule(b, g, out, values, node, sign=-1)


def mul_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """out = x y."""
    x, y = values
    return (
        lambda: reduced(b, b.call(aten.mul.Tensor, g, y), node, node.args[0]),
        lambda: reduced(b, b.call(aten.mul.Tensor, g, x), node, node.args[1]),
    )


def div_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """out = x / y: dx = g / y, dy = -dx out."""
    _, y = values

    def first() -> Node:
        return b.call(aten.div.Tensor, g, y)

    def second() -> Node:
        return b.call(aten.neg.default, b.call(aten.mul.Tensor, first(), out))

    return lambda: reduced(b, first(), node, node.args[0]), lambda: reduced(b, second(), node, node.args[1])


def tanh_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """1 - out^2 times g, from the output."""
    square = b.call(aten.mul.Tensor, out, out)
    return (lambda: b.call(aten.sub.Tensor, g, b.call(aten.mul.Tensor, g, square)),)


def relu_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """sign(relu(x)) is 1 where x > 0, else 0."""
    return (lambda: b.call(aten.mul.Tensor, g, b.call(aten.sign.default, out)),)


def mm_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """out = x y: dx = g y^T, dy = x^T g."""
    x, y = values
    return (
        lambda: b.call(aten.mm.default, g, b.call(aten.t.default, y)),
        lambda: b.call(aten.mm.default, b.call(aten.t.default, x), g),
    )


def sum_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """Every summed entry gets the sum's cotangent."""
    shape = shape_of(node.args[0])
    dims = node.args[1] if len(node.args) > 1 and node.args[1] else range(len(shape))  # None: all of them
    kept = [1 if place in {dim % len(shape) for dim in dims} else size for place, size in enumerate(shape)]

    def part() -> Node:
        # a number needs no reshape: expand adds leading dimensions
        column = g if shape_of(node) in ([], kept) else b.call(aten.reshape.default, g, kept)
        return column if kept == shape else b.call(aten.expand.default, column, shape)

    return (part,)


def expand_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """The copies' cotangents are added up."""
    return (lambda: reduced(b, g, node, node.args[0]),)


def view_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """Back to the old shape; g may lie in memory in any order, so this is a reshape."""
    return (lambda: b.call(aten.reshape.default, g, shape_of(node.args[0])),)


def no_rule(b: Builder, g: Node, out: Node, values: Any, node: Node) -> Any:
    """Constant almost everywhere."""
    return ()


def simple(make: Callable[[Builder, Node, Node, Node], Node]) -> Callable[..., Any]:
    """A rule of one argument x: make(b, g, out, x)."""
    return lambda b, g, out, values, node: (lambda: make(b, g, out, values[0]),)


RULES: dict[Any, Callable[..., Any]] = {
    aten.add.Tensor: add_rule,
    aten.sub.Tensor: sub_rule,
    aten.mul.Tensor: mul_rule,
    aten.div.Tensor: div_rule,
    aten.neg.default: simple(lambda b, g, out, x: b.call(aten.neg.default, g)),
    aten.sin.default: simple(lambda b, g, out, x: b.call(aten.mul.Tensor, g, b.call(aten.cos.default, x))),
    aten.cos.default: simple(
        lambda b, g, out, x: b.call(aten.neg.default, b.call(aten.mul.Tensor, g, b.call(aten.sin.default, x)))
    ),
    aten.exp.default: simple(lambda b, g, out, x: b.call(aten.mul.Tensor, g, out)),
    aten.log.default: simple(lambda b, g, out, x: b.call(aten.div.Tensor, g, x)),
    aten.tanh.default: tanh_rule,
    aten.relu.default: relu_rule,
    aten.mm.default: mm_rule,
    aten.t.default: simple(lambda b, g, out, x: b.call(aten.t.default, g)),
    aten.sum.default: sum_rule,
    aten.sum.dim_IntList: sum_rule,
    aten.expand.default: expand_rule,
    aten.view.default: view_rule,
    aten._unsafe_view.default: view_rule,  # noqa: SLF001 - the name of an aten operation: what a reshape is traced as
    aten.clone.default: simple(lambda b, g, out, x: g),
    aten.sign.default: no_rule,
    aten.ones.default: no_rule,
    aten.zeros.default: no_rule,
}


def reduced(b: Builder, g: Node, node: Node, source: Any) -> Node:
    """g, shaped like node's value, summed back to the shape that was broadcast."""
    have, want = shape_of(node), shape_of(source)
    lead = len(have) - len(want)
    padded = [1] * lead + want  # broadcasting lines shapes up at the right
    dims = [place for place, (size, other) in enumerate(zip(have, padded, strict=True)) if size != other]
    if dims:
        g = b.call(aten.sum.dim_IntList, g, dims, True)
    return b.call(aten.reshape.default, g, want) if lead else g


def constant(b: Builder, target: Any, node: Node) -> Node:
    """Ones or zeros like the node's value, without reading it."""
    like = node.meta["val"]
    return b.call(target, shape_of(node), dtype=like.dtype, device=like.device)


def shape_of(node: Node) -> list[int]:
    """The shape that tracing found."""
    return list(node.meta["val"].shape)


def frozen(value: Any) -> Any:
    """A hashable form of arguments; numbers keep their type, since 1, 1.0 and True are equal."""
    if isinstance(value, dict):
        return tuple((name, frozen(item)) for name, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value if isinstance(value, Node) else (type(value), value)
