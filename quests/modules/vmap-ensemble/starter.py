"""Many models of one architecture, evaluated and trained as one."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Stacked = tuple[nn.Module, dict[str, Tensor], dict[str, Tensor]]


def stack(models: Sequence[nn.Module]) -> Stacked:
    """A skeleton on the meta device in the mode of the first model, parameters name -> (M, ...), buffers name -> (M, ...).

    The stacked parameters are leaves that require grad; the models are left as they are and share no memory with them.

    Raises:
        ValueError: when there is none, or they differ in parts (names, classes, settings), shapes or traced forward.
    """
    raise NotImplementedError("stack")


def ensemble_predict(stacked: Stacked, x: Tensor) -> Tensor:
    """x (B, ...), the same for all members -> (M, B, ...), in the skeleton's mode; dropout differs between members."""
    raise NotImplementedError("ensemble_predict")


def ensemble_predict_split(stacked: Stacked, xs: Tensor) -> Tensor:
    """xs (M, B, ...), a minibatch for each member -> (M, B, ...)."""
    raise NotImplementedError("ensemble_predict_split")


def train_ensemble(
    factory: Callable[[], nn.Module], seeds: Sequence[int], x: Tensor, y: Tensor, steps: int, lr: float
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Stacked parameters and buffers after `steps` of plain SGD on mean cross-entropy, in training mode.

    Member i is what factory() builds after torch.manual_seed(seeds[i]). x (B, ...), y (B,) int64: all of it at each step.
    """
    raise NotImplementedError("train_ensemble")


def uncertainty(logits: Tensor) -> dict[str, Tensor]:
    """logits (M, B, C), finite -> "mean" probabilities (B, C); "total", "aleatoric", "epistemic" (B,) in nats.

    total: entropy of the mean; aleatoric: mean of the entropies; epistemic: total - aleatoric. Gradients are finite.
    """
    raise NotImplementedError("uncertainty")
