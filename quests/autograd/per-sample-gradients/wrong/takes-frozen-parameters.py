"""Differentiates frozen parameters, too."""

import torch
from torch.func import functional_call, grad, vmap
from torch.nn.modules.batchnorm import _BatchNorm


def check(model):
    for module in model.modules():
        if isinstance(module, _BatchNorm) and module.training:
            raise ValueError("BatchNorm mixes the samples of a batch")


def trained(model):
    return {name: value.detach() for name, value in model.named_parameters()}


def sample_loss(model, loss_fn):
    def loss(parameters, sample, target):
        buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
        output = functional_call(model, {**parameters, **buffers}, (sample[None],))
        return loss_fn(output, target[None])

    return loss


def per_sample_gradients(model, loss_fn, x, y):
    check(model)
    each = vmap(grad(sample_loss(model, loss_fn)), in_dims=(None, 0, 0), randomness="different")
    return each(trained(model), x, y)


def looped_gradients(model, loss_fn, x, y):
    check(model)
    gradient = grad(sample_loss(model, loss_fn))
    parameters = trained(model)
    rows = [gradient(parameters, sample, target) for sample, target in zip(x, y, strict=True)]
    return {
        name: torch.cat([p[:0].new_empty(0, *p.shape), *(r[name][None] for r in rows)])
        for name, p in parameters.items()
    }


def per_sample_norms(model, loss_fn, x, y):
    check(model)
    norms = [x.new_empty(0)]
    for xs, ys in zip(x.split(16), y.split(16), strict=True):
        rows = per_sample_gradients(model, loss_fn, xs, ys)
        norms.append(sum(row.flatten(1).square().sum(1) for row in rows.values()).sqrt())
    return torch.cat(norms)
