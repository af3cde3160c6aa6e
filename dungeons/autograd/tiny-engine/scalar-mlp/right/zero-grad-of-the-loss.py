"""Clears by way of the graph; sums by loops."""

import math
import random
from collections.abc import Callable, Sequence

from scalar_values import Value

Point = Sequence[float]


class Neuron:
    """tanh(w . x + b), or w . x + b where it is linear."""

    def __init__(self, inputs: int, rng: random.Random, *, linear: bool = False) -> None:
        wide = math.sqrt(18 / inputs)
        self.weights = [Value(rng.uniform(-wide, wide)) for _ in range(inputs)]
        self.bias = Value(0.0)
        self.linear = linear

    def __call__(self, x: Sequence[Value | float]) -> Value:
        score = self.bias
        for place in range(len(self.weights)):
            score = self.weights[place] * x[place] + score
        return score if self.linear else score.tanh()

    def parameters(self) -> list[Value]:
        """Weights, then the bias."""
        return [*self.weights, self.bias]


class Layer:
    """Neurons side by side."""

    def __init__(self, inputs: int, outputs: int, rng: random.Random, *, linear: bool = False) -> None:
        self.neurons = [Neuron(inputs, rng, linear=linear) for _ in range(outputs)]

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """Those of the first neuron, then those of the second, and so on."""
        return [value for neuron in self.neurons for value in neuron.parameters()]


class MLP:
    """Layers one upon another: tanh in all but the last, which is linear."""

    def __init__(self, sizes: Sequence[int], seed: int) -> None:
        rng = random.Random(seed)  # of its own: the global one stays as it is
        last = len(sizes) - 2
        self.layers = [Layer(sizes[k], sizes[k + 1], rng, linear=k == last) for k in range(last + 1)]

    def __call__(self, x: Point) -> list[Value]:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Layer by layer, each parameter once."""
        return [value for layer in self.layers for value in layer.parameters()]


def hinge(net: MLP, points: Sequence[Point], labels: Sequence[int]) -> Value:
    """Mean of relu(1 - s score) with s = 1 for label 1 and -1 for label 0: nothing to pay beyond the margin."""
    losses = [(1 - (2 * label - 1) * net(point)[0]).relu() for point, label in zip(points, labels, strict=True)]
    total = losses[0]
    for each in losses[1:]:
        total = total + each
    return total * (1 / len(losses))


def train(
    net: MLP,
    points: Sequence[Point],
    labels: Sequence[int],
    steps: int = 100,
    rate: float = 1.0,
    report: Callable[..., None] | None = None,
) -> list[float]:
    """Gradient descent on all points at once; returns the loss before each step."""
    parameters = net.parameters()
    losses = []
    for step in range(steps):
        loss = hinge(net, points, labels)
        loss.zero_grad()  # the whole graph, parameters among it
        loss.backward()
        for value in parameters:
            value.data -= rate * value.grad
        losses.append(loss.data)
        if report:
            report(step + 1, steps, loss=loss.data)
    return losses


def classify(net: MLP, points: Sequence[Point]) -> list[int]:
    """1 where the score is above 0, else 0."""
    return [int(net(point)[0].data > 0) for point in points]
