"""The simplest optimisation loop. Plain tensors and autograd; no torch.nn, no torch.optim."""

from collections.abc import Callable

from torch import Tensor


def minimise(f: Callable[[Tensor], Tensor], x0: Tensor, lr: float, steps: int) -> tuple[Tensor, list[float]]:
    """Walk downhill: x <- x - lr * (gradient of f at x), `steps` times, starting from x0.

    Args:
        f: maps a tensor of x0's shape to a scalar tensor
        x0: the start, any shape; stays as it is
        lr: the step size
        steps: how many steps; 0 is allowed

    Returns:
        the final point (a plain tensor without a graph), and the loss before every step (Python floats)
    """
    raise NotImplementedError("minimise")


def fit_line(x: Tensor, y: Tensor, lr: float, steps: int) -> tuple[float, float]:
    """Fit y = slope * x + intercept by `steps` steps on the mean squared error, from slope 0 and intercept 0.

    Args:
        x: (N,)
        y: (N,)

    Returns:
        slope, intercept
    """
    raise NotImplementedError("fit_line")


def network(p: Tensor, x: Tensor) -> Tensor:
    """A network with two inputs, two hidden tanh units and one output, its nine weights packed in p.

    Args:
        p: (9,): W1 in p[:4], row by row, one row for each input; b1 in p[4:6]; w2 in p[6:8]; b2 in p[8]
        x: (N, 2)

    Returns:
        (N,): tanh(x W1 + b1) w2 + b2
    """
    raise NotImplementedError("network")


def largest_stable_lr(a: Tensor) -> float:
    """The step size up to which gradient descent on f(x) = 1/2 x^T a x converges from everywhere.

    Args:
        a: (D, D), symmetric positive definite
    """
    raise NotImplementedError("largest_stable_lr")
