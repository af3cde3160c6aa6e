"""Counts consumers of the leaf instead of paths."""

import torch


def inputs(node):
    return [following for following, _ in node.next_functions if following is not None]


def order_of(root):
    """Reversed postorder of a depth-first search with a stack of our own."""
    if root.grad_fn is None:
        return []
    done, seen, stack = [], {root.grad_fn}, [(root.grad_fn, iter(inputs(root.grad_fn)))]
    while stack:
        node, rest = stack[-1]
        for following in rest:
            if following not in seen:
                seen.add(following)
                stack.append((following, iter(inputs(following))))
                break
        else:
            done.append(node)
            stack.pop()
    return done[::-1]


def nodes(root):
    return [node.name().split("::")[-1] for node in order_of(root)]


def edges(root):
    place = {node: i for i, node in enumerate(order_of(root))}
    return {(i, place[following]) for node, i in place.items() for following in inputs(node)}


def to_dot(root, names):
    text = "digraph {\n"
    for i, node in enumerate(order_of(root)):
        label = node.name()
        if label.endswith("AccumulateGrad"):
            leaf = node.variable
            label = " ".join([name for name, each in names.items() if each is leaf] + [str(tuple(leaf.shape))])
        label = label.replace("\\", "\\\\").replace('"', '\\"')
        text += f'n{i} [label="{label}"];\n'
    for a, b in edges(root):
        text += f"n{a} -> n{b};\n"
    return text + "}"


def paths_to(root, leaf):
    return sum(getattr(each, "variable", None) is leaf for node in order_of(root) for each in inputs(node))


@torch.no_grad()
def leaf_gradients(root):
    total, result = {root.grad_fn: [torch.ones_like(root)]}, {}
    for node in order_of(root):
        gradient = sum(total[node][1:], total[node][0])
        if hasattr(node, "variable"):
            leaf = node.variable
            while gradient.dim() > leaf.dim():
                gradient = gradient.sum(0)
            result[leaf] = gradient
            continue
        parts = node(gradient)
        parts = [parts] if torch.is_tensor(parts) else parts
        for (following, _), part in zip(node.next_functions, parts, strict=False):
            if following is not None:
                total.setdefault(following, []).append(part)
    return result
