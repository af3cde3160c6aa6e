"""One call of autograd.grad for each row."""

import torch
from torch.func import grad, jvp, vjp, vmap


def jacobian_rows(f, x):
    x = x.detach().requires_grad_()
    y = f(x)
    if not y.requires_grad:
        return x.new_zeros(len(y), len(x))
    return torch.stack(
        [
            torch.autograd.grad(e, x, retain_graph=True, materialize_grads=True)[0]
            if e.requires_grad
            else torch.zeros_like(x)
            for e in y
        ]
    )


def jacobian_columns(f, x):
    def push(v):
        return jvp(f, (x,), (v,))[1]

    return vmap(push)(torch.eye(x.numel(), dtype=x.dtype)).mT


def jacobian(f, x):
    outputs = f(x).numel()
    return jacobian_columns(f, x) if outputs > x.numel() else jacobian_rows(f, x)


def batched_jacobian(f, xs):
    return torch.stack([jacobian_rows(f, x) for x in xs])


def hessian(f, x):
    return jacobian_columns(grad(f), x)


def laplacian(f, xs):
    return vmap(lambda x: hessian(f, x).diagonal().sum())(xs)


def chunked_jacobian(f, x, chunk):
    y, pull = vjp(f, x)
    return vmap(lambda u: pull(u)[0], chunk_size=chunk)(torch.eye(y.numel(), dtype=y.dtype))
