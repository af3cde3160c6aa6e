"""relu's slope at 0 is 1."""

import torch


def forward(x, w, b, act):
    z = x @ w.t() if b is None else x @ w.t() + b
    if act == "relu":
        y = z.clamp(min=0)
    elif act == "tanh":
        y = z.tanh()
    elif act == "gelu":
        y = z * 0.5 * (1 + torch.erf(z / 2**0.5))
    else:
        y = z
    return y, {"x": x, "w": w, "bias": b is not None, "kept": z if act == "gelu" else y, "act": act, "z": z}


def through(grad, cache):
    """grad times the activation's slope."""
    kept = cache["kept"]
    if cache["act"] == "relu":
        kept = cache["z"]
        return torch.where(kept >= 0, grad, 0.0)
    if cache["act"] == "tanh":
        return grad - grad * kept.square()
    if cache["act"] == "gelu":
        density = torch.exp(-kept.square() / 2) / (2 * torch.pi) ** 0.5
        return grad * (0.5 * (1 + torch.erf(kept / 2**0.5)) + kept * density)
    return grad


def backward(grad, cache):
    dz = through(grad, cache)
    rows, inputs = dz.reshape(-1, dz.shape[-1]), cache["x"].reshape(-1, cache["x"].shape[-1])
    db = torch.einsum("no->o", rows) if cache["bias"] else None
    return dz @ cache["w"], torch.einsum("no,ni->oi", rows, inputs), db


def tangent(cache, dx, dw, db):
    dz = dx @ cache["w"].t() + cache["x"] @ dw.t()
    return through(dz if db is None else dz + db, cache)


def unbroadcast(grad, shape):
    while grad.dim() > len(shape):
        grad = grad.sum(0)
    for dim, size in enumerate(shape):
        if size != grad.shape[dim]:
            grad = grad.sum(dim, keepdim=True)
    return grad


def grad_fn_chain(y):
    names, node = [], y.grad_fn
    while node:
        names.append(node.name().split("::")[-1])
        following = [each for each, _ in node.next_functions if each]
        node = following[0] if following else None
    return names
