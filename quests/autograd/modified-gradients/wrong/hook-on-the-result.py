"""Changes the gradient in a hook, which needs a graph to hang on."""

import torch


def gradient_through(f, x, grad):
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        y = f(x)
        if y.grad_fn is None:
            return torch.zeros_like(x)
        y.backward(grad)
    return x.grad


def reverse_gradient(x, scale):
    y = x.clone()
    y.register_hook(lambda grad: -scale * grad)
    return y


class Round(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.round()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, grad):
        return grad


def round_ste(x):
    return Round.apply(x)


def quantize_ste(x, scale, zero, bits):
    v = (x / scale).clamp(-zero, 2**bits - 1 - zero)
    return round_ste(v) * scale


class Clip(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, limit):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.limit = inputs[1]

    @staticmethod
    def backward(ctx, grad):
        others = tuple(range(1, grad.dim()))
        norm = grad.float().square().sum(others, keepdim=True).sqrt() if others else grad.float().abs()
        return torch.where(norm > ctx.limit, grad * (ctx.limit / norm), grad), None


def clip_gradient(x, limit):
    return Clip.apply(x, limit)


class GuidedRelu(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.clamp(min=0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ((x > 0) & (grad > 0))


def guided_relu(x):
    return GuidedRelu.apply(x)
