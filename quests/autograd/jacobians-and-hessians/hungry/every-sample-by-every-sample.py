"""The Jacobian of the whole batch, of which the diagonal is taken."""

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
    n = xs.shape[1]
    whole = jacobian_rows(lambda flat: vmap(f)(flat.view(-1, n)).flatten(), xs.flatten())  # (B M, B N)
    blocks = whole.view(len(xs), -1, len(xs), n)
    return blocks.diagonal(dim1=0, dim2=2).permute(2, 0, 1).clone()


def hessian(f, x):
    return jacobian_columns(grad(f), x)


def laplacian(f, xs):
    return vmap(lambda x: hessian(f, x).diagonal().sum())(xs)


def chunked_jacobian(f, x, chunk):
    y, pull = vjp(f, x)
    return vmap(lambda u: pull(u)[0], chunk_size=chunk)(torch.eye(y.numel(), dtype=y.dtype))
