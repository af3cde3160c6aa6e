"""Independent idiom: vjp of the vector of losses, and norms through a loop over chunks."""

import torch
from torch.func import functional_call, vjp, vmap
from torch.nn.modules.batchnorm import _BatchNorm


def check(model):
    for module in model.modules():
        if isinstance(module, _BatchNorm) and module.training:
            raise ValueError("BatchNorm mixes the samples of a batch")


def trained(model):
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def sample_loss(model, loss_fn):
    def loss(parameters, sample, target):
        buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
        output = functional_call(model, {**parameters, **buffers}, (sample[None],))
        return loss_fn(output, target[None])

    return loss


def per_sample_gradients(model, loss_fn, x, y):
    check(model)
    loss = sample_loss(model, loss_fn)
    parameters = trained(model)

    def gradient(sample, target):
        value, pull = vjp(lambda point: loss(point, sample, target), parameters)
        return pull(torch.ones_like(value))[0]

    return vmap(gradient, randomness="different")(x, y)


def looped_gradients(model, loss_fn, x, y):
    check(model)
    rows = {name: [p.new_empty(0, *p.shape)] for name, p in trained(model).items()}
    for sample, target in zip(x, y, strict=True):
        leaves = {name: p.requires_grad_() for name, p in trained(model).items()}
        with torch.enable_grad():
            loss = sample_loss(model, loss_fn)(leaves, sample, target)
        for name, gradient in zip(
            leaves, torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True), strict=True
        ):
            rows[name].append(gradient[None])
    return {name: torch.cat(parts) for name, parts in rows.items()}


def per_sample_norms(model, loss_fn, x, y):
    check(model)
    norms = [x.new_empty(0)]
    for xs, ys in zip(x.split(16), y.split(16), strict=True):
        rows = per_sample_gradients(model, loss_fn, xs, ys)
        norms.append(sum(row.flatten(1).square().sum(1) for row in rows.values()).sqrt())
    return torch.cat(norms)
