"""Independent idiom: one function with a branch for each operation."""

import torch
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

ops = torch.ops.aten


def trace(f, *example):
    return make_fx(f)(*example)


def shape(node):
    return list(node.meta["val"].shape)


class Writer:
    def __init__(self):
        self.graph = Graph()
        self.made = {}

    def __call__(self, target, *args, **kwargs):
        key = repr((target, args, kwargs))
        if key not in self.made:
            self.made[key] = self.graph.call_function(target, args, kwargs)
        return self.made[key]

    def back_to(self, g, have, want):
        """Sum a cotangent of shape `have` down to the shape `want`."""
        have, want = list(have), list(want)
        extra = len(have) - len(want)
        dims = [d for d in range(len(have)) if d < extra or (want[d - extra] == 1 and have[d] != 1)]
        if dims:
            g = self(ops.sum.dim_IntList, g, dims, True)
        return self(ops.reshape.default, g, want) if extra else g


def sum_back(w, g, x, out, node):
    wide = shape(node.args[0])
    dims = [d % len(wide) for d in node.args[1]] if len(node.args) > 1 and node.args[1] else list(range(len(wide)))
    kept = [1 if d in dims else n for d, n in enumerate(wide)]
    if shape(node) != kept:
        g = w(ops.reshape.default, g, kept)
    return g if kept == wide else w(ops.expand.default, g, wide)


def view_back(w, g, x, out, node):
    return w(ops.reshape.default, g, shape(node.args[0]))


UNARY = {
    "neg": lambda w, g, x, out, node: w(ops.neg.default, g),
    "sin": lambda w, g, x, out, node: w(ops.mul.Tensor, g, w(ops.cos.default, x)),
    "cos": lambda w, g, x, out, node: w(ops.neg.default, w(ops.mul.Tensor, g, w(ops.sin.default, x))),
    "exp": lambda w, g, x, out, node: w(ops.mul.Tensor, g, out),
    "log": lambda w, g, x, out, node: w(ops.div.Tensor, g, x),
    "tanh": lambda w, g, x, out, node: w(ops.sub.Tensor, g, w(ops.mul.Tensor, g, w(ops.mul.Tensor, out, out))),
    "relu": lambda w, g, x, out, node: w(ops.mul.Tensor, g, w(ops.sign.default, out)),
    "t": lambda w, g, x, out, node: w(ops.t.default, g),
    "clone": lambda w, g, x, out, node: g,
    "view": view_back,
    "_unsafe_view": view_back,
    "expand": lambda w, g, x, out, node: w.back_to(g, shape(node), shape(node.args[0])),
    "sum": sum_back,
}


def scaled(w, g, node, sign):
    factor = node.kwargs.get("alpha", 1) * sign
    return g if factor == 1 else w(ops.mul.Tensor, g, factor)


BINARY = {
    "add": (lambda w, g, x, y, out, node: g, lambda w, g, x, y, out, node: scaled(w, g, node, 1)),
    "sub": (lambda w, g, x, y, out, node: g, lambda w, g, x, y, out, node: scaled(w, g, node, -1)),
    "mul": (
        lambda w, g, x, y, out, node: w(ops.mul.Tensor, g, y),
        lambda w, g, x, y, out, node: w(ops.mul.Tensor, g, x),
    ),
    "div": (
        lambda w, g, x, y, out, node: w(ops.div.Tensor, g, y),
        lambda w, g, x, y, out, node: w(ops.neg.default, w(ops.mul.Tensor, w(ops.div.Tensor, g, y), out)),
    ),
}


def gradients_of(w, node, g, new):
    """The cotangents of the node's tensor arguments, one for each position, None for numbers."""
    name = node.target.overloadpacket.__name__
    args = [new[a] if isinstance(a, Node) else a for a in node.args]
    if name in UNARY:
        return [UNARY[name](w, g, args[0], new[node], node)]
    if name in BINARY:
        parts = []
        for rule, source in zip(BINARY[name], node.args, strict=True):
            part = rule(w, g, *args, new[node], node) if isinstance(source, Node) else None
            parts.append(part and w.back_to(part, shape(node), shape(source)))
        return parts
    if name == "mm":
        x, y = args
        return [w(ops.mm.default, g, w(ops.t.default, y)), w(ops.mm.default, w(ops.t.default, x), g)]
    if name in ("sign", "ones_like", "zeros_like"):
        return []
    raise NotImplementedError(f"no rule for {name}")


def build(gm):
    w, new = Writer(), {}
    nodes = list(gm.graph.nodes)
    for node in nodes:
        if node.op == "placeholder":
            new[node] = w.graph.placeholder(node.name)
        elif node.op == "call_function":
            args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), lambda a: new[a])
            new[node] = w(node.target, *args, **kwargs)
    root = nodes[-1].args[0]
    total = {root: w(ops.ones_like.default, new[root])}
    for node in reversed(nodes):
        if node.op != "call_function" or node not in total:
            continue
        for source, part in zip(node.args, gradients_of(w, node, total[node], new), strict=False):
            if part is not None:
                total[source] = w(ops.add.Tensor, total[source], part) if source in total else part
    inputs = [node for node in nodes if node.op == "placeholder"]
    answers = [total[node] if node in total else w(ops.zeros_like.default, new[node]) for node in inputs]
    w.graph.output((new[root], *answers))
    w.graph.eliminate_dead_code()
    return w.graph, new


def backward_graph(gm):
    return GraphModule({}, build(gm)[0])


def saved_values(gm):
    new = build(gm)[1]
    written = list(new.values())
    names = []
    for node, copy in new.items():
        readers = [user for user in copy.users if user not in written and user.op != "output"]
        if readers and copy not in names:
            names.append(node)
    return [node.name for node in names]
