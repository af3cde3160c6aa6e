"""Walk the graph behind a tensor the way the autograd engine does: a node is ready once all its consumers have been served.

The counting is Kahn's topological sort (1962); torch/csrc/autograd/engine.cpp calls the counts "dependencies".
"""

from typing import Any

import torch
from torch import Tensor

Node = Any  # torch.autograd.graph.Node


def inputs_of(node: Node) -> list[Node]:
    """The nodes that `node` hands gradients to, one entry for each use; inputs that want none (None) are left out."""
    return [following for following, _ in node.next_functions if following is not None]


def topological(root: Tensor) -> list[Node]:
    """All nodes behind `root`, every consumer before what it consumes, each once."""
    if root.grad_fn is None:
        return []
    uses = {root.grad_fn: 0}  # how many entries of next_functions point at each node
    found = [root.grad_fn]
    while found:  # a list of our own instead of recursion: graphs are deeper than Python's stack
        for node in inputs_of(found.pop()):
            if node not in uses:
                uses[node] = 0
                found.append(node)
            uses[node] += 1
    order, ready = [], [root.grad_fn]
    while ready:
        node = ready.pop()
        order.append(node)
        for following in inputs_of(node):
            uses[following] -= 1
            if uses[following] == 0:
                ready.append(following)
    return order


def nodes(root: Tensor) -> list[str]:
    """Names of all nodes, from root to leaves, no node before one of its consumers."""
    return [type(node).__name__ for node in topological(root)]


def edges(root: Tensor) -> set[tuple[int, int]]:
    """(consumer, consumed) as positions in nodes(root)."""
    order = topological(root)
    place = {node: position for position, node in enumerate(order)}
    return {(place[node], place[following]) for node in order for following in inputs_of(node)}


def to_dot(root: Tensor, names: dict[str, Tensor]) -> str:
    """The graph in DOT: one line for each node and each edge, leaves labelled by name and shape."""
    known = {id(tensor): name for name, tensor in names.items()}  # by identity: equal values are not the same leaf
    lines = ["digraph {"]
    for position, node in enumerate(topological(root)):
        label = type(node).__name__
        if hasattr(node, "variable"):  # AccumulateGrad: the door to a leaf
            label = f"{known.get(id(node.variable), '')} {tuple(node.variable.shape)}".strip()
        quoted = label.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{position} [label="{quoted}"];')
    lines += [f"  n{consumer} -> n{consumed};" for consumer, consumed in sorted(edges(root))]
    return "\n".join([*lines, "}"])


def paths_to(root: Tensor, leaf: Tensor) -> int:
    """Number of paths from root to leaf: each node passes its count on to every input, once for each use."""
    order = topological(root)
    paths = dict.fromkeys(order, 0)
    for node in order:  # consumers come first, so a node's count is complete when its turn comes
        if node is root.grad_fn:
            paths[node] = 1
        if getattr(node, "variable", None) is leaf:
            return paths[node]
        for following in inputs_of(node):
            paths[following] += paths[node]
    return 0


def leaf_gradients(root: Tensor) -> dict[Tensor, Tensor]:
    """Gradient of the scalar root by every leaf, found by calling the nodes one after another."""
    arrived: dict[Node, Tensor] = {}
    gradients = {}
    with torch.no_grad():
        for node in topological(root):
            incoming = torch.ones_like(root) if node is root.grad_fn else arrived.pop(node)
            if hasattr(node, "variable"):
                gradients[node.variable] = incoming.sum_to_size(
                    node.variable.shape
                )  # a broadcast bias: sum over its copies
                continue
            outgoing = node(incoming)  # vector-Jacobian product of this one operation
            outgoing = outgoing if isinstance(outgoing, tuple) else (outgoing,)
            for (following, _), gradient in zip(node.next_functions, outgoing, strict=True):
                if following is not None:
                    arrived[following] = arrived[following] + gradient if following in arrived else gradient
    return gradients
