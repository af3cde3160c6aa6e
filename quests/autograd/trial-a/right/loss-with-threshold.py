"""Independent idiom: the loss by the threshold, as in the paper, with the largest logit taken out."""

import torch
from torch.func import functional_call, grad, vmap


class SparseMax(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        z = x - x.max(-1, keepdim=True).values
        ranked, _ = torch.sort(z, dim=-1, descending=True)
        places = torch.arange(1, x.shape[-1] + 1, device=x.device).to(x.dtype)
        limits = (ranked.cumsum(-1) - 1) / places
        belongs = ranked > limits
        count = belongs.sum(-1, keepdim=True)
        return torch.relu(z - limits.gather(-1, count - 1))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad):
        (p,) = ctx.saved_tensors
        inside = (p > 0).to(grad.dtype)
        mean = (grad * inside).sum(-1, keepdim=True) / inside.sum(-1, keepdim=True)
        return inside * (grad - mean)


def sparsemax_loss(logits, target):
    z = logits - logits.amax(dim=1, keepdim=True)
    p = SparseMax.apply(z)
    inside = p.detach() > 0
    tau = (torch.where(inside, z, 0.0).sum(1) - 1) / inside.sum(1)
    squares = torch.where(inside, z**2 - tau[:, None] ** 2, 0.0).sum(1)
    return (0.5 * squares - z.gather(1, target[:, None])[:, 0] + 0.5).mean()


def per_sample_loss_gradients(model, loss, x, y):
    trained = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}

    def single(values, sample, label):
        return loss(functional_call(model, values, (sample[None],)), label[None])

    return vmap(grad(single), in_dims=(None, 0, 0))(trained, x, y)
