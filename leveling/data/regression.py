"""Numbers to predict, linear or along a random smooth curve, with a known noise floor.

Linear. x ~ N(0, I) in F features, y = x . weight + bias + noise * N(0, 1); weight ~ N(0, I) and bias ~ N(0, 1) come from
`task`. Optimum: mean squared error noise^2, reached by the true weights alone. Fitted by least squares with an
intercept to n rows, the expected squared error on new rows is

    noise^2 (1 + 1/n) (n - 2) / (n - F - 2),   n > F + 2.

Derivation: with centred inputs, the prediction at x errs by noise^2 (1/n + (x - mean)' C^-1 (x - mean)), C the centred sum of
squares, Wishart with n - 1 degrees of freedom, E C^-1 = I / (n - F - 2); x - mean is N(0, (1 + 1/n) I) and independent
of C. So the error is noise^2 (1 + 1/n + (1 + 1/n) F / (n - F - 2)).

Curve. f is a Gaussian process on [0, 1] with covariance exp(-(s - t)^2 / (2 length^2)), y = f(x) + noise * N(0, 1), inputs
uniform. Optimum: given the training inputs, no predictor has a smaller expected squared error at test inputs than the
posterior mean k' (K + noise^2 I)^-1 y, whose error is

    floor = noise^2 + mean over test inputs of [1 - k' (K + noise^2 I)^-1 k],

in expectation over curves and noise (the posterior is Gaussian, and its mean is the least squares predictor). One
curve's error scatters about it.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from leveling.data.quadrature import positive
from leveling.data.streams import Stream

JITTER = 1e-9  # added to the diagonal before sampling a curve: its covariance is singular in float64


class Curve(NamedTuple):
    """Points on one random curve, and the best expected error on its test points."""

    x: Tensor  # float32 (N, 1), training inputs in [0, 1)
    y: Tensor  # float32 (N,)
    test_x: Tensor  # float32 (M, 1)
    test_y: Tensor  # float32 (M,), noise included
    floor: float  # expected mean squared error of the best predictor on test_y, noise included


def linear(count: int, *, features: int = 8, noise: float = 0.5, task: int = 0, seed: int) -> tuple[Tensor, Tensor]:
    """`count` rows: x float32 (N, features), y float32 (N,). The optimum is noise^2."""
    positive("noise", noise)
    weight, bias = linear_truth(features=features, task=task)
    stream = Stream("linear", seed)
    x = stream.normal(count, features).to(torch.float32)
    y = x.to(torch.float64) @ weight + bias + noise * stream.normal(count)
    return x, y.to(torch.float32)


def linear_truth(*, features: int = 8, task: int = 0) -> tuple[Tensor, float]:
    """The true weight, float64 (features,), and bias."""
    drawn = Stream(f"linear, task, {features}", task).normal(features + 1)
    return drawn[:-1], float(drawn[-1])


def least_squares_error(count: int, *, features: int = 8, noise: float = 0.5) -> float:
    """Expected mean squared error on new rows of least squares with an intercept, fitted to `count` rows."""
    if count <= features + 2:
        raise ValueError(f"{count} rows for {features} features: the expectation exists from {features + 3} rows on")
    return noise**2 * (1 + 1 / count) * (count - 2) / (count - features - 2)


def curve(count: int, *, test: int = 256, length: float = 0.1, noise: float = 0.2, seed: int) -> Curve:
    """`count` training points and `test` test points on one curve; together at most 4,000 (the cost is cubic)."""
    positive("noise", noise)
    positive("length", length)
    if not (count >= 1 and test >= 1 and count + test <= 4000):
        raise ValueError(f"{count} training and {test} test points: 1 or more of each, and at most 4,000 together")
    stream = Stream("curve", seed)
    x = stream.uniform(count + test).to(torch.float32)
    at = x.to(torch.float64)
    covariance = torch.exp(-((at[:, None] - at) ** 2) / (2 * length**2))
    jitter = JITTER * torch.eye(len(at), dtype=torch.float64, device="cpu")
    values = torch.linalg.cholesky(covariance + jitter) @ stream.normal(len(at))
    y = (values + noise * stream.normal(len(at))).to(torch.float32)
    seen = covariance[:count, :count] + noise**2 * torch.eye(count, dtype=torch.float64, device="cpu")
    known = torch.linalg.solve_triangular(torch.linalg.cholesky(seen), covariance[:count, count:], upper=False)
    floor = noise**2 + float((1 - known.square().sum(dim=0)).mean())
    return Curve(x[:count, None], y[:count], x[count:, None], y[count:], floor)
