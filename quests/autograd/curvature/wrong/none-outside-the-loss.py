"""None for parameters that the loss does not reach."""

import torch
from torch.func import functional_call, grad, jvp, vjp


def trained(model):
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def run(model, parameters, x):
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    return functional_call(model, {**parameters, **buffers}, (x,))


def hvp(model, loss_fn, batch, vector):
    x, y = batch
    with torch.enable_grad():
        leaves = {name: value.requires_grad_() for name, value in trained(model).items()}
        loss = loss_fn(run(model, leaves, x), y)
        slopes = torch.autograd.grad(loss, list(leaves.values()), create_graph=True, allow_unused=True)
        pairs = [(slope, vector[name]) for name, slope in zip(leaves, slopes, strict=True) if slope is not None]
        found = torch.autograd.grad(
            [slope for slope, _ in pairs], list(leaves.values()), [part for _, part in pairs], allow_unused=True
        )
    return dict(zip(leaves, found, strict=True))


def ggn_vp(model, loss_fn, batch, vector):
    x, y = batch
    outputs, pull = vjp(lambda parameters: run(model, parameters, x), trained(model))
    _, moved = jvp(lambda parameters: run(model, parameters, x), (trained(model),), (vector,))
    _, bent = jvp(grad(lambda out: loss_fn(out, y)), (outputs,), (moved,))
    return pull(bent)[0]


def lanczos(matvec, dim, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(dim, generator=generator, dtype=torch.float64)
    basis = [q / q.norm()]
    small = torch.zeros(steps, steps, dtype=torch.float64)
    largest = 0.0
    for k in range(min(steps, dim)):
        w = matvec(basis[k])
        largest = max(largest, float(w.norm()))
        small[k, k] = basis[k] @ w
        for _ in range(2):
            for old in basis:
                w = w - (old @ w) * old
        beta = float(w.norm())
        if beta <= 1e-9 * largest or k + 1 == min(steps, dim):
            break
        small[k, k + 1] = small[k + 1, k] = beta
        basis.append(w / beta)
    values, vectors = torch.linalg.eigh(small[: k + 1, : k + 1])
    return values, vectors[0].square()


def hessian_trace(matvec, dim, samples, seed):
    generator = torch.Generator().manual_seed(seed)
    forms = []
    for _ in range(samples):
        v = torch.randint(2, (dim,), generator=generator).double() * 2 - 1
        forms.append(float(v @ matvec(v)))
    forms = torch.tensor(forms, dtype=torch.float64)
    return forms.mean().item(), forms.std().item() / samples**0.5
