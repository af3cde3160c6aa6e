"""One gradient per example: a functional call of the model, differentiated by grad, batched by vmap.

The composition is that of the PyTorch tutorial "Per-sample-gradients"; chunk_size bounds the memory of the norms.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.modules.batchnorm import _BatchNorm

Loss = Callable[[Tensor, Tensor], Tensor]
AT_ONCE = 16  # samples whose gradients exist at the same time in per_sample_norms


def per_sample_gradients(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """x (B, ...), y (B, ...) -> for every trained parameter its name and (B, *parameter.shape)."""
    refuse_batch_norm(model)
    of_one_sample = vmap(grad(one_sample_loss(model, loss_fn)), in_dims=(None, 0, 0), randomness="different")
    gradients: dict[str, Tensor] = of_one_sample(trained(model), x, y)
    return gradients


def looped_gradients(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The same, one backward after another."""
    refuse_batch_norm(model)
    loss = one_sample_loss(model, loss_fn)
    parameters = trained(model)
    rows: dict[str, list[Tensor]] = {name: [] for name in parameters}
    for sample, target in zip(x, y, strict=True):
        leaves = {name: value.requires_grad_() for name, value in trained(model).items()}
        with torch.enable_grad():
            found = torch.autograd.grad(loss(leaves, sample, target), list(leaves.values()), materialize_grads=True)
        for name, gradient in zip(leaves, found, strict=True):
            rows[name].append(gradient)
    # torch.stack needs at least one row, so B = 0 is made of an empty parameter-shaped tensor
    return {
        name: torch.stack(rows[name]) if rows[name] else value.new_empty(0, *value.shape)
        for name, value in parameters.items()
    }


def per_sample_norms(model: nn.Module, loss_fn: Loss, x: Tensor, y: Tensor) -> Tensor:
    """(B,): the norm of each sample's gradient, all parameters taken as one long vector."""
    refuse_batch_norm(model)
    gradient = grad(one_sample_loss(model, loss_fn))

    def norm(parameters: dict[str, Tensor], sample: Tensor, target: Tensor) -> Tensor:
        parts = [torch.linalg.vector_norm(part) for part in gradient(parameters, sample, target).values()]
        return torch.linalg.vector_norm(torch.stack(parts))  # the norm of the norms is the norm of the whole

    of_some = vmap(norm, in_dims=(None, 0, 0), randomness="different")
    parameters = trained(model)
    chunks = [of_some(parameters, *chunk) for chunk in zip(x.split(AT_ONCE), y.split(AT_ONCE), strict=True)]
    return torch.cat(chunks)


def one_sample_loss(model: nn.Module, loss_fn: Loss) -> Callable[[dict[str, Tensor], Tensor, Tensor], Tensor]:
    """The loss of one sample as a pure function of the trained parameters."""

    def loss(parameters: dict[str, Tensor], sample: Tensor, target: Tensor) -> Tensor:
        # copies of the buffers, so that a forward that writes into them does not write into the model's
        values = parameters | {name: buffer.clone() for name, buffer in model.named_buffers()}
        output = functional_call(model, values, (sample.unsqueeze(0),))  # the model and the loss see a batch of one
        return loss_fn(output, target.unsqueeze(0))

    return loss


def trained(model: nn.Module) -> dict[str, Tensor]:
    """Parameters that want a gradient, each once, cut from any graph."""
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def refuse_batch_norm(model: nn.Module) -> None:
    """Raise ValueError where the samples of a batch influence each other."""
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
            raise ValueError(
                f"{name or type(module).__name__} normalises with the statistics of the batch, so no sample has a "
                "gradient of its own; call eval() on it, or use GroupNorm"
            )
