"""Scales weights by the number of columns."""

import math
from collections.abc import Callable

import torch
from array_values import Array
from torch import Tensor

Parameters = dict[str, Array]
HIDDEN, BATCH, RATE, MOMENTUM = 64, 64, 0.02, 0.9


def init(sizes: tuple[int, int, int], generator: torch.Generator) -> Parameters:
    """w1 (I, H), b1 (H,), w2 (H, O), b2 (O,): weights normal with standard deviation sqrt(2 / rows), biases 0."""
    inputs, hidden, outputs = sizes
    return {
        "w1": Array(torch.randn(inputs, hidden, generator=generator) * math.sqrt(2 / hidden)),
        "b1": Array(torch.zeros(hidden)),
        "w2": Array(torch.randn(hidden, outputs, generator=generator) * math.sqrt(2 / outputs)),
        "b2": Array(torch.zeros(outputs)),
    }


def scores(parameters: Parameters, images: Tensor) -> Array:
    """images (N, I) -> unnormalised log probabilities (N, O)."""
    hidden = (images @ parameters["w1"] + parameters["b1"]).relu()
    return hidden @ parameters["w2"] + parameters["b2"]


def loss(parameters: Parameters, images: Tensor, labels: Tensor) -> Array:
    """Mean cross-entropy of labels (N,) int64."""
    chosen = scores(parameters, images).log_softmax(1)[torch.arange(len(labels)), labels]
    return -chosen.mean()


def train(
    images: Tensor, labels: Tensor, seed: int, epochs: int = 30, report: Callable[..., None] | None = None
) -> Parameters:
    """images (N, 64) in [0, 1], labels (N,) -> trained parameters. One generator draws weights, then an order an epoch."""
    generator = torch.Generator().manual_seed(seed)
    parameters = init((images.shape[1], HIDDEN, 10), generator)
    velocity = {name: torch.zeros_like(each.data) for name, each in parameters.items()}
    for epoch in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(BATCH):
            value = loss(parameters, images[rows], labels[rows])
            value.backward()
            for name, each in parameters.items():
                velocity[name] = MOMENTUM * velocity[name] + each.grad
                each.data = each.data - RATE * velocity[name]
                each.grad = None
        if report:
            report(epoch + 1, epochs, loss=float(value.data))
    return parameters


def predict(parameters: Parameters, images: Tensor) -> Tensor:
    """The most probable digit of each image: int64 (N,)."""
    return scores(parameters, images).data.argmax(1)
