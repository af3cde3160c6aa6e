"""Two Gaussian classes with equal covariance: the task that logistic regression solves exactly.

Class 1 has probability `prior`. Given the class, x ~ N(mean_k, S) with S[i, j] = correlation^|i - j|; the means are
m - delta/2 and m + delta/2 with m = (1/2, ..., 1/2), delta proportional to (1, 2, ..., F) and scaled so that the
Mahalanobis distance sqrt(delta' S^-1 delta) is `distance`.

Optimum. In the log odds of the classes the quadratic terms of the two densities cancel, which leaves

    log P(1 | x) / P(0 | x) = w . x + b,   w = S^-1 delta,   b = -w . m + logit(prior):

the true posterior is a logistic function of x. Along w . x + b the classes are N(+-d^2/2 + logit(prior), d^2), hence

    accuracy = prior Phi(d/2 + logit(prior)/d) + (1 - prior) Phi(d/2 - logit(prior)/d)      (Phi(d/2) at prior 1/2)
    log loss = prior E[softplus(-L) | 1] + (1 - prior) E[softplus(L) | 0],

the second by one-dimensional integration in float64 (trapezoid rule, error below 1e-9).
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import softplus

from leveling.data.quadrature import grid, integral, normal_cdf, normal_density, positive
from leveling.data.streams import Stream


def gaussians(
    count: int,
    *,
    distance: float = 2.0,
    features: int = 2,
    correlation: float = 0.5,
    prior: float = 0.5,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """`count` rows: x float32 (N, features), classes int64 (N,) in {0, 1}."""
    delta, covariance = _means_apart(distance, features, correlation)
    _logit(prior)
    stream = Stream("gaussians", seed)
    labels = (stream.uniform(count) < prior).to(torch.int64)
    spread = stream.normal(count, features) @ torch.linalg.cholesky(covariance).T
    x = 0.5 + (labels[:, None] - 0.5) * delta + spread
    return x.to(torch.float32), labels


def gaussians_truth(
    distance: float = 2.0, *, features: int = 2, correlation: float = 0.5, prior: float = 0.5
) -> tuple[Tensor, float]:
    """Weight float64 (features,) and bias of the true posterior: P(1 | x) = sigmoid(x @ weight + bias)."""
    delta, covariance = _means_apart(distance, features, correlation)
    weight = torch.linalg.solve(covariance, delta)
    return weight, float(-0.5 * weight.sum()) + _logit(prior)


def gaussians_bayes_accuracy(distance: float = 2.0, *, prior: float = 0.5) -> float:
    """The best accuracy that any classifier can have in expectation; independent of features and correlation."""
    positive("distance", distance)
    shift = _logit(prior) / distance
    return prior * normal_cdf(distance / 2 + shift) + (1 - prior) * normal_cdf(distance / 2 - shift)


@lru_cache
def gaussians_bayes_log_loss(distance: float = 2.0, *, prior: float = 0.5) -> float:
    """Expected log loss of the true posterior, nats per row: no probabilities do better."""
    positive("distance", distance)
    z = grid(-12.0, 12.0, 20_001)
    one = softplus(-(distance**2 / 2 + _logit(prior) + distance * z))
    zero = softplus(-(distance**2 / 2) + _logit(prior) + distance * z)
    return integral((prior * one + (1 - prior) * zero) * normal_density(z), z)


def _means_apart(distance: float, features: int, correlation: float) -> tuple[Tensor, Tensor]:
    """What takes one mean to the other, float64 (F,), and the covariance, float64 (F, F)."""
    positive("distance", distance)
    if not -1 < correlation < 1:
        raise ValueError(f"correlation is {correlation}; it must lie between -1 and 1")
    index = torch.arange(features, dtype=torch.float64, device="cpu")
    # A power of 0 to the 0 is 1 in torch: correlation 0 gives the identity.
    covariance = torch.tensor(correlation, dtype=torch.float64, device="cpu") ** (index[:, None] - index).abs()
    direction = index + 1
    length = torch.sqrt(direction @ torch.linalg.solve(covariance, direction))
    return direction * (distance / length), covariance


def _logit(prior: float) -> float:
    if not 0 < prior < 1:
        raise ValueError(f"prior is {prior}; it must lie between 0 and 1")
    return math.log(prior / (1 - prior))
