"""Floor 3: the optimisers.

Both start at zero unless `start` gives a point (w, b), look at the gradient by w and b together, and return a dict:

    w (F,), b ()    where they ended, in the dtype of x
    norm            length of the gradient there, a float
    steps           how many steps were made, an int
    converged       whether norm <= tol, a bool
"""

from gradient_and_hessian import gradient, hessian, objective  # your floor 2
from torch import Tensor


def gradient_descent(
    x: Tensor,
    y: Tensor,
    l2: float = 0.0,
    *,
    rate: float | None = None,
    max_iter: int = 1000,
    tol: float = 1e-6,
    start: tuple[Tensor, Tensor] | None = None,
) -> dict[str, Tensor | float | int | bool]:
    """Steps of `rate` against the gradient. rate None: 1 / L, the largest eigenvalue the Hessian can have anywhere."""
    raise NotImplementedError("gradient_descent")


def newton(
    x: Tensor,
    y: Tensor,
    l2: float = 0.0,
    *,
    max_iter: int = 50,
    tol: float = 1e-8,
    start: tuple[Tensor, Tensor] | None = None,
) -> dict[str, Tensor | float | int | bool]:
    """Newton's method; no step may raise the objective, and a Hessian without an inverse is no obstacle."""
    raise NotImplementedError("newton")
