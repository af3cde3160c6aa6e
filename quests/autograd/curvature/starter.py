"""Read the curvature of a loss through products with its Hessian."""

from collections.abc import Callable

from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
MatVec = Callable[[Tensor], Tensor]
Named = dict[str, Tensor]


def hvp(model: nn.Module, loss_fn: Loss, batch: tuple[Tensor, Tensor], vector: Named) -> Named:
    """Multiply by the Hessian of the loss with respect to the trained parameters.

    Args:
        model: deterministic; maps (B, ...) to outputs of any shape; left as it is
        loss_fn: loss_fn(output, target) -> scalar
        batch: (x, y)
        vector: {name: tensor like the parameter} for every parameter that requires grad

    Returns:
        H v with the same names and shapes, no graph attached; zeros where the loss does not depend on a parameter
    """
    raise NotImplementedError("hvp")


def ggn_vp(model: nn.Module, loss_fn: Loss, batch: tuple[Tensor, Tensor], vector: Named) -> Named:
    """Multiply by the Gauss-Newton matrix J^T H_out J, arguments and result as in hvp.

    J is the Jacobian of the model's outputs with respect to the parameters, H_out the Hessian of the loss with respect
    to the outputs.
    """
    raise NotImplementedError("ggn_vp")


def lanczos(matvec: MatVec, dim: int, steps: int, seed: int) -> tuple[Tensor, Tensor]:
    """Estimate eigenvalues of a symmetric matrix from products with it.

    Args:
        matvec: (dim,) float64 -> (dim,) float64, the product with the matrix
        dim: dim >= 1
        steps: at most this many products, steps >= 1
        seed: decides the random start; the global generator is left alone

    Returns:
        (values, weights), both (k,) float64, k <= min(steps, dim): the eigenvalues of the tridiagonal matrix, ascending,
        and the squared first components of its eigenvectors, which sum to 1
    """
    raise NotImplementedError("lanczos")


def hessian_trace(matvec: MatVec, dim: int, samples: int, seed: int) -> tuple[float, float]:
    """Estimate the trace: (mean of v . A v over `samples` >= 2 vectors v of random signs, its standard error)."""
    raise NotImplementedError("hessian_trace")
