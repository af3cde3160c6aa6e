"""Neurons, layers and a perceptron on the Value of the floor below."""

import random
from collections.abc import Callable, Sequence

from scalar_values import Value

Point = Sequence[float]


class Neuron:
    """tanh(w . x + b), or w . x + b where it is linear."""

    def __init__(self, inputs: int, rng: random.Random, *, linear: bool = False) -> None:
        """Weights are rng.uniform(-r, r) with r = sqrt(18 / inputs), drawn in order; the bias is 0."""
        raise NotImplementedError("Neuron.__init__")

    def __call__(self, x: Sequence[Value | float]) -> Value:
        """x: `inputs` Values or plain numbers."""
        raise NotImplementedError("Neuron.__call__")

    def parameters(self) -> list[Value]:
        """Weights, then the bias."""
        raise NotImplementedError("Neuron.parameters")


class Layer:
    """`outputs` neurons side by side, created in order from the same rng."""

    def __init__(self, inputs: int, outputs: int, rng: random.Random, *, linear: bool = False) -> None:
        raise NotImplementedError("Layer.__init__")

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        """`inputs` numbers in, `outputs` Values out."""
        raise NotImplementedError("Layer.__call__")

    def parameters(self) -> list[Value]:
        """Those of the first neuron, then those of the second, and so on."""
        raise NotImplementedError("Layer.parameters")


class MLP:
    """Layers one upon another: tanh in all but the last, which is linear."""

    def __init__(self, sizes: Sequence[int], seed: int) -> None:
        """sizes such as [2, 8, 1]: 2 inputs, 8 hidden neurons, 1 output. Weights come from random.Random(seed)."""
        raise NotImplementedError("MLP.__init__")

    def __call__(self, x: Point) -> list[Value]:
        """One point in, one Value for each output."""
        raise NotImplementedError("MLP.__call__")

    def parameters(self) -> list[Value]:
        """Layer by layer, each parameter once."""
        raise NotImplementedError("MLP.parameters")


def hinge(net: MLP, points: Sequence[Point], labels: Sequence[int]) -> Value:
    """Mean over the points of relu(1 - s score), s = 1 for label 1 and -1 for label 0."""
    raise NotImplementedError("hinge")


def train(
    net: MLP,
    points: Sequence[Point],
    labels: Sequence[int],
    steps: int = 100,
    rate: float = 1.0,
    report: Callable[..., None] | None = None,
) -> list[float]:
    """Descend on the hinge loss of all points: parameter -= rate * grad, `steps` times.

    Args:
        report: when given, call report(steps done, steps, loss=loss) after each step

    Returns:
        The loss before each step.
    """
    raise NotImplementedError("train")


def classify(net: MLP, points: Sequence[Point]) -> list[int]:
    """1 where the score is above 0, else 0."""
    raise NotImplementedError("classify")
