"""Write the gradient of a program as another program."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.fx import GraphModule


def trace(f: Callable[..., Any], *example: Tensor) -> GraphModule:
    """Trace f down to aten calls: one placeholder for each example tensor, call_function nodes, one output."""
    raise NotImplementedError("trace")


def backward_graph(gm: GraphModule) -> GraphModule:
    """Differentiate a graph.

    Args:
        gm: what `trace` made of a function of tensors that returns one scalar tensor

    Returns:
        a graph module with the same inputs that returns the tuple (value, *gradients), a gradient for each input

    Raises:
        NotImplementedError: naming the operation, when it has no rule. Rules: add, sub, mul, div (with numbers, too), neg,
            sin, cos, exp, log, tanh, relu, mm, t, sum (all or some dims), expand, view, and what your own rules emit
    """
    raise NotImplementedError("backward_graph")


def saved_values(gm: GraphModule) -> list[str]:
    """Names of the nodes of gm, inputs included, whose values the gradient part of backward_graph(gm) reads."""
    raise NotImplementedError("saved_values")
