"""Promotion trial: gradients on paper and in code. Only fit_circle may use torch.autograd."""

import torch
from torch import Tensor


def huber_and_grads(pred: Tensor, target: Tensor, delta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean Huber loss with its gradients by pred (pred's shape) and by delta (shape ()).

    With e = pred - target an element costs e^2 / 2 where |e| <= delta, and delta (|e| - delta / 2) elsewhere.
    pred and target: one shape, at least one element; delta: shape (), positive.
    """
    raise NotImplementedError("huber_and_grads")


def softmax_jacobian(x: Tensor) -> Tensor:
    """(C,) -> (C, C): entry [i, j] is the derivative of softmax(x)[i] by x[j]. Logits may be +-1000, or -inf (not all)."""
    raise NotImplementedError("softmax_jacobian")


def fit_circle(points: Tensor, steps: int, lr: float) -> Tensor:
    """points (N, 2) -> (3,): centre x, centre y and radius of a circle, fitted by gradient descent.

    Start: the mean of the points, and their mean distance to it. Loss: the mean of (distance to the centre - radius)^2.
    `steps` plain updates with learning rate lr; every gradient is that of the present circle alone, no graph outlives its
    step, the result has no history, and points.grad stays as it was.

    What follows is a colleague's draft. It runs, and it is wrong. Mend it.
    """
    centre = points.mean(0)
    radius = (points - centre).norm(dim=1).mean()
    circle = torch.cat([centre, radius[None]]).requires_grad_()
    for _ in range(steps):
        gaps = (points - circle[:2]).norm(dim=1) - circle[2]
        (gaps * gaps).sum().backward()
        circle.data = circle.data - lr * circle.grad
    return circle


def backprop_chain(ws: list[Tensor], x: Tensor, grad: Tensor) -> list[Tensor]:
    """Gradients by every W_i of the chain h_0 = x (D_0,), h_{i+1} = tanh(W_i h_i), W_i (D_{i+1}, D_i), in the order of ws.

    grad: the gradient by the last h. ws may be empty.
    """
    raise NotImplementedError("backprop_chain")
