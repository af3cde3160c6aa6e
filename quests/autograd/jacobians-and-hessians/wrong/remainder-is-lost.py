"""Only whole blocks are computed."""

import torch
from torch.func import grad, jvp, vjp, vmap


def jacobian_rows(f, x):
    y, pull = vjp(f, x)
    return vmap(lambda u: pull(u)[0])(torch.eye(y.numel(), dtype=y.dtype))


def jacobian_columns(f, x):
    def push(v):
        return jvp(f, (x,), (v,))[1]

    return vmap(push)(torch.eye(x.numel(), dtype=x.dtype)).mT


def jacobian(f, x):
    outputs = f(x).numel()
    return jacobian_columns(f, x) if outputs > x.numel() else jacobian_rows(f, x)


def batched_jacobian(f, xs):
    return vmap(jacobian_rows, in_dims=(None, 0))(f, xs)


def hessian(f, x):
    return jacobian_columns(grad(f), x)


def laplacian(f, xs):
    return vmap(lambda x: hessian(f, x).diagonal().sum())(xs)


def chunked_jacobian(f, x, chunk):
    y, pull = vjp(f, x)
    basis = torch.eye(y.numel(), dtype=y.dtype)
    blocks = [vmap(lambda u: pull(u)[0])(basis[start : start + chunk]) for start in range(0, len(y) - chunk + 1, chunk)]
    return torch.cat(blocks)
