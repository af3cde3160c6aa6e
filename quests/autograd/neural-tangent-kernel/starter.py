"""The kernel of a network's derivatives, and what it says about training."""

from torch import Tensor, nn


def ntk(model: nn.Module, x1: Tensor, x2: Tensor) -> Tensor:
    """Compute the empirical neural tangent kernel by contracting Jacobians.

    Args:
        model: maps (B, ...) to (B, C), each sample by itself; left as it is
        x1: (N, ...)
        x2: (M, ...)

    Returns:
        (N, M, C, C) in the dtype of the outputs; entry [n, m, i, j] is the scalar product of the gradients of output i
        for x1[n] and of output j for x2[m], over all parameters that require grad
    """
    raise NotImplementedError("ntk")


def ntk_vector_products(model: nn.Module, x1: Tensor, x2: Tensor) -> Tensor:
    """Compute the same kernel by vjp, then jvp, one sample of x1 at a time: full Jacobians never exist."""
    raise NotImplementedError("ntk_vector_products")


def linearised_predict(
    model: nn.Module, x_train: Tensor, y_train: Tensor, x_test: Tensor, lr: float, steps: int
) -> Tensor:
    """Predict what gradient descent on the linearised model would answer, in closed form.

    The linearised model is f(x) + J(x) (w - w0), around the model's parameters w0. Descent takes `steps` >= 0 full-batch
    updates of size lr on 1/2 the sum over samples and outputs of (output - y)^2; lr is below 2 / largest eigenvalue.

    Args:
        x_train: (N, ...)
        y_train: (N, C)
        x_test: (M, ...)

    Returns:
        (M, C) in the dtype of the outputs
    """
    raise NotImplementedError("linearised_predict")
