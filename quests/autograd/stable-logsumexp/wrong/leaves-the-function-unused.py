"""Safe in every number, but written in tensor operations: the Function is there for empty rows alone."""

import torch


def wide(x):
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def softmax(x, result, dim, keepdim):
    result = wide(result if keepdim else result.unsqueeze(dim))
    return torch.exp(wide(x) - torch.where(result == float("-inf"), 0.0, result))


class LogSumExp(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, dim, keepdim):
        if x.shape[dim] == 0:
            return torch.full_like(x.sum(dim, keepdim=keepdim), float("-inf"))
        v = wide(x)
        top = v.amax(dim, keepdim=True)
        top = torch.where(top.abs() == float("inf"), 0.0, top)
        result = (v - top).exp().sum(dim, keepdim=True).log() + top
        return (result if keepdim else result.squeeze(dim)).to(x.dtype)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.dim, ctx.keepdim = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x, output)

    @staticmethod
    def backward(ctx, grad):
        x, result = ctx.saved_tensors
        if not ctx.keepdim:
            grad = grad.unsqueeze(ctx.dim)
        return (grad * softmax(x, result, ctx.dim, ctx.keepdim)).to(x.dtype), None, None

    @staticmethod
    def jvp(ctx, tangent, dim, keepdim):
        x, result = ctx.saved_tensors
        return (tangent * softmax(x, result, ctx.dim, ctx.keepdim)).sum(ctx.dim, keepdim=ctx.keepdim).to(x.dtype)


def logsumexp(x, dim=-1, keepdim=False):
    if x.shape[dim] == 0:
        return LogSumExp.apply(x, dim, keepdim)
    v = wide(x)
    top = v.detach().amax(dim, keepdim=True)
    top = torch.where(top.abs() == float("inf"), 0.0, top)
    total = (v - top).exp().sum(dim, keepdim=True)
    nothing = total == 0
    result = torch.where(nothing, float("-inf"), torch.where(nothing, 1.0, total).log() + top)
    return (result if keepdim else result.squeeze(dim)).to(x.dtype)


def tape(root):
    counts, seen, waiting = {}, set(), [root.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        name = type(node).__name__
        counts[name] = counts.get(name, 0) + 1
        waiting += [parent for parent, _ in node.next_functions]
    return counts
