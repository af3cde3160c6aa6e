"""Works in the dtype of x."""

import math

import torch


def statistics(x, eps):
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    if x.shape[-len(shape) :] != torch.Size(shape):
        raise ValueError(f"x ends in {x.shape[-len(shape) :]}, not in {shape}")
    rows = x.to(torch.promote_types(x.dtype, torch.float32)).flatten(-len(shape))
    mean, deviation = statistics(rows, eps)
    out = ((rows - mean) / deviation).view(x.shape)
    if weight is not None:
        out = out * weight
    if bias is not None:
        out = out + bias
    return out.to(x.dtype)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError(f"{groups} groups of {x.shape[1]} channels")
    rows = x.to(torch.promote_types(x.dtype, torch.float32)).reshape(len(x), groups, math.prod(x.shape[1:]) // groups)
    mean, deviation = statistics(rows, eps)
    out = ((rows - mean) / deviation).reshape(x.shape).movedim(1, -1)
    if weight is not None:
        out = out * weight
    if bias is not None:
        out = out + bias
    return out.movedim(-1, 1).to(x.dtype)


def rms_norm(x, weight=None, eps=1e-6):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    out = wide / (wide.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return (out if weight is None else out * weight).to(x.dtype)


def layer_norm_backward(grad, x, weight, eps=1e-5):
    g, x64 = grad, x
    mean = x.mean(-1, keepdim=True)
    deviation = ((x - mean).square().mean(-1, keepdim=True) + eps).sqrt()
    y = (x64 - mean) / deviation
    h = g * weight
    dx = (h - h.mean(-1, keepdim=True) - y * (h * y).mean(-1, keepdim=True)) / deviation
    flat = (-1, x.shape[-1])
    dweight, dbias = (g * y).reshape(flat).sum(0), g.reshape(flat).sum(0)
    return dx.to(x.dtype), dweight.to(weight.dtype), dbias.to(weight.dtype)
