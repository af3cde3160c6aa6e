"""Three networks of one library: built by name, trained by one loop, saved to bytes and rebuilt from nothing else."""

from collections.abc import Callable, Sequence

from base_classes import Module
from torch import Tensor

Task = tuple[Sequence[Tensor], Tensor]  # inputs and labels


def build(name: str) -> Module:
    """An untrained network.

    "mlp" is mlp([6, 64, 64, 4], dropout=0.05), "cnn" is cnn(10), "rnn" is ParityNet(32).

    Raises:
        ValueError: for another name.
    """
    raise NotImplementedError("build")


def train_all(tasks: dict[str, Task], report: Callable[..., None] | None = None) -> dict[str, Module]:
    """One network for each named task, trained on its inputs and labels, in eval mode; some names may be missing.

    The tasks' rows are whatever net(*inputs) takes: (x,), (images,) or (bits, lengths). report goes on to fit.
    """
    raise NotImplementedError("train_all")


def accuracy(net: Module, inputs: Sequence[Tensor], labels: Tensor) -> float:
    """Share of rows whose class is right, in eval mode."""
    raise NotImplementedError("accuracy")


def save(models: dict[str, Module]) -> bytes:
    """The three networks "mlp", "cnn" and "rnn" in one file's worth of bytes."""
    raise NotImplementedError("save")


def load(data: bytes) -> dict[str, Module]:
    """Build the three networks anew and fill them with what `save` wrote; in eval mode. May run in another process.

    Raises:
        RuntimeError: a network, or an entry of one, is missing from `data` or too many.
    """
    raise NotImplementedError("load")
