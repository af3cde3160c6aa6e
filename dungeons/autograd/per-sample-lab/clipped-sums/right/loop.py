"""One backward after another: nothing but the sum is ever held."""

import torch


def clipped_sum(model, loss_fn, x, y, clip, microbatch=64):
    named = {name: each for name, each in model.named_parameters() if each.requires_grad}
    sums = {name: torch.zeros_like(each) for name, each in named.items()}
    norms = x.new_zeros(len(x))
    for place in range(len(x)):
        loss = loss_fn(model(x[place : place + 1]), y[place : place + 1])
        found = torch.autograd.grad(loss, list(named.values()))
        norms[place] = torch.cat([each.flatten() for each in found]).norm()
        factor = min(1.0, clip / float(norms[place])) if norms[place] > 0 else 1.0
        for name, each in zip(named, found, strict=True):
            sums[name] += factor * each
    return sums, norms
