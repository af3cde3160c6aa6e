"""A table of numbers in several classes, each class a mixture of Gaussian clusters.

Classes are equally likely, and so are the `clusters` clusters of a class. A row of cluster c is N(centre_c, I) in
`features` dimensions; centres are N(0, apart^2 I) and depend on `task` alone (and on the numbers of classes, clusters
and features). `seed` draws rows.

Optimum. The density of each class is known, hence the true posterior (a softmax of log sums of exponentials). The best
accuracy is the mean of the posterior's largest entry and the best log loss the mean of its entropy, both over rows.
These means have no closed form in many dimensions; they are estimated from `draws` rows of a fixed stream and come with
their standard error. Averaging the posterior rather than counting right guesses gives the same mean with less variance.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.quadrature import Estimate, positive
from leveling.data.streams import Stream


def mixture(
    count: int,
    *,
    classes: int = 5,
    clusters: int = 3,
    features: int = 16,
    apart: float = 1.0,
    task: int = 0,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """`count` rows: x float32 (N, features), classes int64 (N,) in [0, classes)."""
    x, labels = _drawn(Stream("mixture", seed), count, _centres(classes, clusters, features, apart, task))
    return x.to(torch.float32), labels


def mixture_posterior(x: Tensor, *, classes: int = 5, clusters: int = 3, apart: float = 1.0, task: int = 0) -> Tensor:
    """float64 (N, classes): the true probability of each class for rows `x` (N, features)."""
    return _log_posterior(x, _centres(classes, clusters, x.shape[1], apart, task)).exp()


@lru_cache
def mixture_bayes_accuracy(
    *,
    classes: int = 5,
    clusters: int = 3,
    features: int = 16,
    apart: float = 1.0,
    task: int = 0,
    draws: int = 50_000,
) -> Estimate:
    """The best accuracy that any classifier can have in expectation, with the standard error of this estimate."""
    posterior = _sampled_log_posterior(classes, clusters, features, apart, task, draws).exp()
    return _mean(posterior.amax(dim=1))


@lru_cache
def mixture_bayes_log_loss(
    *,
    classes: int = 5,
    clusters: int = 3,
    features: int = 16,
    apart: float = 1.0,
    task: int = 0,
    draws: int = 50_000,
) -> Estimate:
    """Expected log loss of the true posterior, nats per row, with the standard error of this estimate."""
    log_posterior = _sampled_log_posterior(classes, clusters, features, apart, task, draws)
    return _mean(-(log_posterior.exp() * log_posterior).nan_to_num(0.0).sum(dim=1))  # 0 log 0 is 0


def _centres(classes: int, clusters: int, features: int, apart: float, task: int) -> Tensor:
    """float64 (classes, clusters, features)."""
    positive("apart", apart)
    return apart * Stream(f"mixture, task, {classes} x {clusters} x {features}", task).normal(
        classes, clusters, features
    )


def _drawn(stream: Stream, count: int, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Rows float64 (N, features) and their classes int64 (N,)."""
    labels = stream.integers(0, centres.shape[0], count)
    cluster = stream.integers(0, centres.shape[1], count)
    return centres[labels, cluster] + stream.normal(count, centres.shape[2]), labels


def _log_posterior(x: Tensor, centres: Tensor) -> Tensor:
    """float64 (N, classes)."""
    flat = centres.to(x.device).flatten(0, 1)
    # |x - c|^2 up to |x|^2, which is the same for every class.
    scores = x.to(torch.float64) @ flat.T - 0.5 * flat.square().sum(dim=1)
    return scores.reshape(-1, *centres.shape[:2]).logsumexp(dim=2).log_softmax(dim=1)


def _sampled_log_posterior(classes: int, clusters: int, features: int, apart: float, task: int, draws: int) -> Tensor:
    centres = _centres(classes, clusters, features, apart, task)
    x, _ = _drawn(Stream("mixture, optimum", task), draws, centres)
    return _log_posterior(x, centres)


def _mean(values: Tensor) -> Estimate:
    return Estimate(float(values.mean()), float(values.std()) / math.sqrt(len(values)))
