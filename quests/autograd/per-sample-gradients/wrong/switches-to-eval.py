"""Computes in eval mode, whatever the caller chose."""

import torch
from torch.func import functional_call, grad, vmap
from torch.nn.modules.batchnorm import _BatchNorm


def restore(model, modes):
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode


def trained(model):
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def sample_loss(model, loss_fn):
    def loss(parameters, sample, target):
        buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
        output = functional_call(model, {**parameters, **buffers}, (sample[None],))
        return loss_fn(output, target[None])

    return loss


def per_sample_gradients(model, loss_fn, x, y):
    modes = [module.training for module in model.modules()]
    model.eval()
    each = vmap(grad(sample_loss(model, loss_fn)), in_dims=(None, 0, 0), randomness="different")
    found = each(trained(model), x, y)
    restore(model, modes)
    return found


def looped_gradients(model, loss_fn, x, y):
    modes = [module.training for module in model.modules()]
    model.eval()
    gradient = grad(sample_loss(model, loss_fn))
    parameters = trained(model)
    rows = [gradient(parameters, sample, target) for sample, target in zip(x, y, strict=True)]
    restore(model, modes)
    return {
        name: torch.cat([p[:0].new_empty(0, *p.shape), *(r[name][None] for r in rows)])
        for name, p in parameters.items()
    }


def per_sample_norms(model, loss_fn, x, y):
    norms = [x.new_empty(0)]
    for xs, ys in zip(x.split(16), y.split(16), strict=True):
        rows = per_sample_gradients(model, loss_fn, xs, ys)
        norms.append(sum(row.flatten(1).square().sum(1) for row in rows.values()).sqrt())
    return torch.cat(norms)
