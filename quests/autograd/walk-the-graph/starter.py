"""Walk the graph behind a tensor: list it, draw it, count its paths, and send a gradient back through it by hand.

A node's name is type(node).__name__: "MulBackward0", "AccumulateGrad". `node.next_functions` holds (node, number) pairs,
one for each input of the operation; node is None for an input that wants no gradient.
"""

from torch import Tensor


def nodes(root: Tensor) -> list[str]:
    """Names of all nodes behind root, each node once, no node before one of its consumers; [] without a grad_fn."""
    raise NotImplementedError("nodes")


def edges(root: Tensor) -> set[tuple[int, int]]:
    """(consumer, consumed) as positions in nodes(root); a pair used twice, as in x + x, stands once."""
    raise NotImplementedError("edges")


def to_dot(root: Tensor, names: dict[str, Tensor]) -> str:
    """The graph as DOT text.

    The first line is `digraph {`, the last `}`; between them one line `n0 [label="SumBackward0"];` for each node and
    one line `n0 -> n1;` for each pair of edges(root). A leaf is labelled by its name in `names` and its shape,
    "weight (5, 3)", or by its shape alone, "(5, 3)", if it has no name; other nodes by their own names. Quotes and
    backslashes in a name are escaped with a backslash.
    """
    raise NotImplementedError("to_dot")


def paths_to(root: Tensor, leaf: Tensor) -> int:
    """Number of paths from root to the leaf tensor; x + x counts twice. 0 if there is none, or no graph."""
    raise NotImplementedError("paths_to")


def leaf_gradients(root: Tensor) -> dict[Tensor, Tensor]:
    """Gradient of the scalar root by every leaf that it reaches, without backward and without filling any .grad.

    The gradients have no history of their own (work under torch.no_grad()).
    Call the nodes: node(gradient) gives the gradients for its next_functions, a tuple or, if there is only one, a
    tensor. A gradient that arrives in a larger shape than its leaf (a broadcast bias) is summed to the leaf's shape.
    Every operation of the graph has one result.
    """
    raise NotImplementedError("leaf_gradients")
