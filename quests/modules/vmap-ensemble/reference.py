"""Many models of one architecture as one: their states stacked, the architecture kept once, without values."""

import copy
import math
from collections.abc import Callable, Sequence

import torch
import torch.fx
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

Stacked = tuple[nn.Module, dict[str, Tensor], dict[str, Tensor]]


def stack(models: Sequence[nn.Module]) -> Stacked:
    """Skeleton on the meta device, parameters name -> (M, ...), buffers name -> (M, ...).

    Raises:
        ValueError: when the models differ in their parts, or there is none.
    """
    if not models or any(plan(each) != plan(models[0]) for each in models):
        raise ValueError(f"{len(models)} models: an ensemble is one or more models with the same parts and shapes")
    parameters, buffers = stack_module_state(list(models))
    return copy.deepcopy(models[0]).to("meta"), parameters, buffers


def plan(model: nn.Module) -> tuple[str, str, list[tuple[str, torch.Size]]]:
    """What has to agree: the parts with their settings as printed, the traced forward, every tensor's name and shape."""
    try:
        forward = torch.fx.symbolic_trace(model).code
    except Exception:
        forward = ""
    held = (*model.named_parameters(), *model.named_buffers())
    return str(model), forward, [(name, value.shape) for name, value in held]


def ensemble_predict(stacked: Stacked, x: Tensor) -> Tensor:
    """x (B, ...), the same for all members -> (M, B, ...)."""
    return over_members(stacked, x, None)


def ensemble_predict_split(stacked: Stacked, xs: Tensor) -> Tensor:
    """xs (M, B, ...), a minibatch for each member -> (M, B, ...)."""
    return over_members(stacked, xs, 0)


def over_members(stacked: Stacked, x: Tensor, x_dim: int | None) -> Tensor:
    """One call for all members; x is shared (None) or has its member along x_dim."""
    skeleton, parameters, buffers = stacked

    def member(own_parameters: dict[str, Tensor], own_buffers: dict[str, Tensor], own_x: Tensor) -> Tensor:
        return functional_call(skeleton, (own_parameters, own_buffers), (own_x,))

    # "different": each member draws its own dropout mask
    return vmap(member, in_dims=(0, 0, x_dim), randomness="different")(parameters, buffers, x)


def train_ensemble(
    factory: Callable[[], nn.Module], seeds: Sequence[int], x: Tensor, y: Tensor, steps: int, lr: float
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Stacked parameters and buffers after `steps` of SGD on mean cross-entropy, each member from its own seed.

    x (B, ...), y (B,) int64: the whole batch at every step, in training mode.
    """
    stacked = stack([from_seed(factory, seed) for seed in seeds])
    skeleton, parameters, buffers = stacked
    skeleton.train()
    for _ in range(steps):
        logits = ensemble_predict(stacked, x)  # (M, B, C); running statistics in `buffers` move on
        losses = F.cross_entropy(logits.flatten(0, 1), y.repeat(len(seeds)), reduction="none")  # (M * B,)
        # a sum over members: none sees another in its gradient
        gradients = torch.autograd.grad(losses.sum() / len(y), list(parameters.values()))
        with torch.no_grad():
            for value, gradient in zip(parameters.values(), gradients, strict=True):
                value.sub_(lr * gradient)
    return parameters, buffers


def from_seed(factory: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A model of its own initial values, not a copy of another."""
    torch.manual_seed(seed)
    return factory()


def uncertainty(logits: Tensor) -> dict[str, Tensor]:
    """logits (M, B, C) -> mean probabilities (B, C), and in nats (B,): total = aleatoric + epistemic.

    In log space throughout: log p of a probability that rounds to 0 is a finite number, log(p) is not.
    """
    log_p = torch.log_softmax(logits, -1)  # (M, B, C)
    log_mean = torch.logsumexp(log_p, 0) - math.log(len(logits))  # (B, C), the log of the mean probability
    total = -(log_mean.exp() * log_mean).sum(-1)  # (B,), entropy of the mean
    aleatoric = -(log_p.exp() * log_p).sum(-1).mean(0)  # (B,), mean of the entropies
    return {"mean": log_mean.exp(), "total": total, "aleatoric": aleatoric, "epistemic": total - aleatoric}
