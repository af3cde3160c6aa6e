"""Another width."""

from collections.abc import Callable, Sequence

from base_classes import Module, from_bytes, to_bytes
from cnn import cnn
from mlp import fit, mlp, predict
from rnn import ParityNet
from torch import Tensor

Task = tuple[Sequence[Tensor], Tensor]  # inputs and labels

RECIPES: dict[str, tuple[Callable[[], Module], dict]] = {
    "mlp": (lambda: mlp([6, 64, 32, 4], dropout=0.05), {"epochs": 4, "rate": 0.01}),
    "cnn": (cnn, {"epochs": 8, "batch": 50}),
    "rnn": (ParityNet, {"epochs": 20, "batch": 50, "rate": 0.01}),
}


def build(name: str) -> Module:
    """An untrained network: "mlp", "cnn" or "rnn"."""
    if name not in RECIPES:
        raise ValueError(f"{name!r} is none of {', '.join(RECIPES)}")
    return RECIPES[name][0]()


def train_all(tasks: dict[str, Task], report: Callable[..., None] | None = None) -> dict[str, Module]:
    return {
        name: fit(build(name), inputs, labels, **RECIPES[name][1], report=report)
        for name, (inputs, labels) in tasks.items()
    }


def accuracy(net: Module, inputs: Sequence[Tensor], labels: Tensor) -> float:
    return float((predict(net, inputs) == labels).double().mean())


def save(models: dict[str, Module]) -> bytes:
    return to_bytes(_together(models))


def load(data: bytes) -> dict[str, Module]:
    models = {name: build(name) for name in RECIPES}
    from_bytes(_together(models), data).eval()
    return models


def _together(models: dict[str, Module]) -> Module:
    whole = Module()
    for name, net in models.items():
        setattr(whole, name, net)
    return whole
