"""Looks for NaN only."""

import torch


class GradientWatch:
    def __init__(self, model):
        self.model = model
        self.log = {}
        self.handles = []

    def __enter__(self):
        for name, p in self.model.named_parameters():
            if p.requires_grad:
                self.handles.append(p.register_hook(lambda grad, name=name: self.note(name, grad)))
        return self

    def note(self, name, grad):
        self.log.setdefault(name, []).append(grad.detach().float().norm().item())

    def __exit__(self, kind, error, trace):
        for handle in self.handles:
            handle.remove()
        self.handles.clear()

    def norms(self):
        return {name: list(values) for name, values in self.log.items()}


class Probe(torch.autograd.Function):
    """Identity that looks at the gradient passing through it."""

    @staticmethod
    def forward(ctx, x, look):
        ctx.look = look
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        ctx.look(grad)
        return grad, None


def walk(value, change):
    if torch.is_tensor(value) and value.is_floating_point():
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)([walk(item, change) for item in value])
    if isinstance(value, dict):
        return {key: walk(item, change) for key, item in value.items()}
    return value


def broken(value):
    bad = []
    walk(value, lambda x: bad.append(bool(torch.isnan(x).any())))
    return any(bad)


def looker(path, blamed):
    return lambda grad: blamed.append((path, "backward")) if broken(grad) else None


def watch(path, module, blamed, stack):
    def before(_, args):
        stack.append((path, broken(args)))
        return walk(args, lambda x: Probe.apply(x, looker(path, blamed)))

    def after(_, args, output):
        _, bad = stack.pop()
        if broken(output) and not bad:
            blamed.append((path, "forward"))
        owner = stack[-1][0] if stack else path
        return walk(output, lambda x: Probe.apply(x, looker(owner, blamed)))

    handles = [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    for p in module.parameters(recurse=False):
        if p.requires_grad:
            handles.append(p.register_hook(looker(path, blamed)))
    return handles


def run(model, inputs, blamed):
    with torch.enable_grad():
        ready = walk(inputs, lambda x: x.detach().clone().requires_grad_())
        output = model(*ready)
        if not blamed:
            ends = []
            walk(output, lambda x: ends.append(x) if x.requires_grad else None)
            torch.autograd.backward(ends, [torch.ones_like(end) for end in ends])


def first_nonfinite(model, *inputs):
    if broken(inputs):
        return ("input", "forward")
    blamed, stack, handles = [], [], []
    grads = {p: p.grad for p in model.parameters()}
    buffers = {b: b.clone() for b in model.buffers()}
    try:
        for path, module in model.named_modules():
            handles += watch(path, module, blamed, stack)
        for p in grads:
            p.grad = None
        run(model, inputs, blamed)
    finally:
        for handle in handles:
            handle.remove()
        for p, grad in grads.items():
            p.grad = grad
        for b, value in buffers.items():
            b.data.copy_(value)
    return blamed[0] if blamed else None


def ratio_report(model, lr):
    report = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            continue
        size = p.detach().float().norm().item()
        report[name] = float("inf") if size == 0 else lr * p.grad.float().norm().item() / size
    return report
