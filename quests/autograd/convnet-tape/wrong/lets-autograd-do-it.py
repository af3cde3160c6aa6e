"""PyTorch itself."""

import torch
from torch.nn import functional as F


class Tape:
    def __init__(self, params):
        self.params = params
        self.names = []

    def record(self, op, inputs, output, **saved):
        self.names.append(op)
        return output

    def ops(self):
        return self.names

    def backward(self, loss):
        return dict(zip(self.params, torch.autograd.grad(loss, self.leaves), strict=True))


def conv2d_backward(grad, x, w, stride, padding):
    left = [x.shape[d] + 2 * padding - w.shape[d] - stride * (grad.shape[d] - 1) for d in (2, 3)]
    dx = F.conv_transpose2d(grad, w, stride=stride, padding=padding, output_padding=left)
    dw = F.conv2d(x.transpose(0, 1), grad.transpose(0, 1), padding=padding, dilation=stride)
    return dx, dw[:, :, : w.shape[2], : w.shape[3]].transpose(0, 1), grad.sum((0, 2, 3))


def max_pool2d_backward(grad, x, k):
    _, where = F.max_pool2d(x, k, return_indices=True)
    return torch.zeros_like(x).flatten(2).scatter_(2, where.flatten(2), grad.flatten(2)).view(x.shape)


def forward(params, x, y, tape, stride=1, padding=0, k=2):
    params = {name: value.detach().requires_grad_() for name, value in params.items()}
    tape.leaves = list(params.values())
    w, b = params["conv.w"], params["conv.b"]
    a = tape.record("conv2d", (x, w, b), F.conv2d(x, w, b, stride, padding), stride=stride, padding=padding)
    r = tape.record("relu", (a,), torch.relu(a))
    m = tape.record("max_pool2d", (r,), F.max_pool2d(r, k), k=k)
    f = tape.record("flatten", (m,), m.flatten(1))
    return classify(params, f, y, tape)


def classify(params, h, y, tape):
    w, b = params["out.w"], params["out.b"]
    z = tape.record("linear", (h, w, b), F.linear(h, w, b))
    return tape.record("cross_entropy", (z,), F.cross_entropy(z, y), target=y)


def mlp(params, x, y, tape):
    def layer(name, h):
        w, b = params[name + ".w"], params[name + ".b"]
        z = tape.record("linear", (h, w, b), F.linear(h, w, b))
        return tape.record("relu", (z,), torch.relu(z))

    h = layer("first", x)
    for _ in "12":
        r = layer("hidden", h)
        h = tape.record("add", (h, r), h + r)
    return classify(params, h, y, tape)


class TapedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, names, x, y, *values):
        params = dict(zip(names, values, strict=True))
        tape = Tape(params)
        loss = forward(params, x, y, tape)
        ctx.grads = list(tape.backward(loss).values())
        return loss

    @staticmethod
    def backward(ctx, grad):
        return (None, None, None, *[grad * g for g in ctx.grads])


def taped_loss(params, x, y):
    return TapedLoss.apply(list(params), x, y, *params.values())
