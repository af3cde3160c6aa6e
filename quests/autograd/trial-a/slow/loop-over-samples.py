"""One backward after another."""

import torch
from torch.func import functional_call


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
    z = logits - logits.detach().max(1, keepdim=True).values
    p = SparseMax.apply(z)
    own = z[torch.arange(len(target)), target]
    return ((p * z).sum(1) - own + 0.5 - 0.5 * (p**2).sum(1)).mean()


def per_sample_loss_gradients(model, loss, x, y):
    trained = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
    rows = []
    for sample, label in zip(x, y, strict=True):
        leaves = {name: value.clone().requires_grad_() for name, value in trained.items()}
        with torch.enable_grad():
            value = loss(functional_call(model, leaves, (sample[None],)), label[None])
        rows.append(torch.autograd.grad(value, list(leaves.values())))
    return {name: torch.stack([row[place] for row in rows]) for place, name in enumerate(trained)}
