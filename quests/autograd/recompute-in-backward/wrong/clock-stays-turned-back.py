"""Restores the random state for the replay and leaves it there."""

import contextlib

import torch


@contextlib.contextmanager
def forward_again(random, autocast):
    torch.set_rng_state(random)
    with torch.autocast("cpu", enabled=autocast[0], dtype=autocast[1]), torch.enable_grad():
        yield


class Recompute(torch.autograd.Function):
    @staticmethod
    def forward(ctx, anchor, fn, *args):
        ctx.fn = fn
        ctx.random = torch.get_rng_state()
        ctx.autocast = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")
        ctx.others = [None if isinstance(arg, torch.Tensor) else arg for arg in args]
        ctx.places = [place for place, arg in enumerate(args) if isinstance(arg, torch.Tensor)]
        ctx.save_for_backward(*(args[place] for place in ctx.places))
        return fn(*args)

    @staticmethod
    def backward(ctx, *grads):
        args = list(ctx.others)
        for place, saved in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[place] = saved.detach().requires_grad_(saved.requires_grad)
        with forward_again(ctx.random, ctx.autocast):
            outputs = ctx.fn(*args)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, torch.Tensor) and output.requires_grad and grad is not None
        ]
        torch.autograd.backward([output for output, _ in pairs], [grad for _, grad in pairs])
        return None, None, *(arg.grad if isinstance(arg, torch.Tensor) else None for arg in args)


def checkpoint(fn, *args):
    if not torch.is_grad_enabled():
        return fn(*args)
    return Recompute.apply(torch.empty(0, requires_grad=True), fn, *args)


def run(layers, x):
    for layer in layers:
        x = layer(x)
    return x


def checkpoint_chain(layers, x, segments):
    cuts = [round(part * len(layers) / segments) for part in range(segments + 1)]
    for part in range(segments):
        first, last = cuts[part], cuts[part + 1]
        x = checkpoint(run, layers[first:last], x)
    return x
