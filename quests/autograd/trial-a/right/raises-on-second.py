"""Independent idiom: Functions with vmap methods of their own, which raise on a second derivative."""

import torch
from torch.func import functional_call, grad, vmap


class SparseMax(torch.autograd.Function):
    """Sorts ascending, and asks for each suffix whether its threshold lies below its smallest entry."""

    @staticmethod
    def forward(x):
        z = x - x.amax(-1, keepdim=True)
        c = x.shape[-1]
        rising = z.sort(-1).values
        sums = rising.flip(-1).cumsum(-1)  # of the largest 1, 2, ... entries
        taus = (sums - 1) / torch.arange(1, c + 1, dtype=x.dtype, device=x.device)
        tau = taus.amax(-1, keepdim=True)  # the threshold is the largest of all candidates
        return torch.clamp_min(z - tau, 0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad):
        return Push.apply(grad, *ctx.saved_tensors)

    @staticmethod
    def vmap(info, in_dims, x):
        return SparseMax.apply(x.movedim(in_dims[0], 0)), 0


class Push(torch.autograd.Function):
    """grad minus its mean over the support of p; a second derivative raises."""

    @staticmethod
    def forward(grad, p):
        inside = p > 0
        total = grad.masked_fill(~inside, 0).sum(-1, keepdim=True)
        return (grad - total / inside.sum(-1, keepdim=True)).masked_fill(~inside, 0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError("SparseMax cannot be differentiated twice")

    @staticmethod
    def vmap(info, in_dims, grad, p):
        size = info.batch_size
        grad, p = (
            each.unsqueeze(0).expand(size, *each.shape) if dim is None else each.movedim(dim, 0)
            for each, dim in zip((grad, p), in_dims, strict=True)
        )
        return Push.apply(grad, p), 0


def sparsemax_loss(logits, target):
    z = logits - logits.detach().max(1, keepdim=True).values
    p = SparseMax.apply(z)
    own = z[torch.arange(len(target)), target]
    return ((p * z).sum(1) - own + 0.5 - 0.5 * (p**2).sum(1)).mean()


def per_sample_loss_gradients(model, loss, x, y):
    trained = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}

    def single(values, sample, label):
        return loss(functional_call(model, values, (sample[None],)), label[None])

    return vmap(grad(single), in_dims=(None, 0, 0))(trained, x, y)
