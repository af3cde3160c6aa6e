"""Points with classes: the stated accuracies and log losses are those that the true posterior really has."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

from leveling import data

ROWS = 100_000


def right(posterior, labels):
    """The share of labels that the posterior's largest entry names, and its standard error."""
    share = float((posterior.argmax(dim=1) == labels).double().mean())
    return share, math.sqrt(share * (1 - share) / len(labels))


def close(got, want, standard_error):
    """Within four standard errors: a right optimum fails once in 16,000 seeds, and the seeds here are fixed."""
    return abs(got - want) < 4 * standard_error + 1e-6


@pytest.mark.parametrize(("noise", "radii"), [(0.15, (0.5, 1.0)), (0.4, (0.5, 1.0)), (0.2, (0.3, 0.8, 1.5))])
def test_rings_reach_their_optimum_with_the_true_posterior(noise, radii):
    """The rule that knows the densities has the stated accuracy; at much noise too, where radii fold at 0."""
    points, labels = data.rings(ROWS, noise=noise, radii=radii, seed=1)
    share, error = right(data.rings_posterior(points, noise, radii=radii), labels)
    assert close(share, data.rings_bayes_accuracy(noise, radii=radii), error)


def test_the_posterior_of_the_rings_is_calibrated_by_an_estimate_that_knows_no_formula():
    """Among points at about one radius the share of class 1 is what the posterior says."""
    points, labels = data.rings(ROWS, noise=0.3, seed=2)
    posterior, radius = data.rings_posterior(points, 0.3)[:, 1], points.norm(dim=1)
    for low in (0.1, 0.4, 0.7, 0.9):
        here = (radius > low) & (radius < low + 0.1)
        share = float(labels[here].double().mean())
        assert close(share, float(posterior[here].mean()), 0.5 / math.sqrt(int(here.sum())))


def test_two_rings_far_from_the_centre_are_two_gaussians():
    """Where folding does not matter, the accuracy is Phi(gap / (2 noise))."""
    phi = 0.5 * math.erfc(-(0.5 / (2 * 0.15)) / math.sqrt(2))
    assert data.rings_bayes_accuracy(0.15, radii=(5.0, 5.5)) == pytest.approx(phi, abs=1e-6)


@pytest.mark.parametrize("noise", [0.1, 0.2, 0.5])
def test_moons_reach_their_optimum_with_the_true_posterior(noise):
    """The rule that knows the densities has the stated accuracy."""
    points, labels = data.moons(20_000, noise=noise, seed=1)
    posterior = data.moons_posterior(points, noise)
    share, error = right(posterior, labels)
    assert close(share, data.moons_bayes_accuracy(noise), error)
    largest = posterior.amax(dim=1)
    assert close(float(largest.mean()), data.moons_bayes_accuracy(noise), float(largest.std()) / math.sqrt(20_000))


def test_a_method_that_knows_no_density_stays_at_or_below_the_optimum_of_the_moons():
    """Nearest neighbours by vote come near the optimum and do not pass it."""
    points, labels = data.moons(4000, noise=0.2, seed=1)
    test, truth = data.moons(4000, noise=0.2, seed=2)
    votes = labels[torch.cdist(test, points).topk(25, largest=False).indices].double().mean(dim=1)
    share = float(((votes > 0.5) == truth).double().mean())
    optimum = data.moons_bayes_accuracy(0.2)
    assert optimum - 0.02 < share < optimum + 4 * math.sqrt(optimum * (1 - optimum) / 4000)


@pytest.mark.parametrize(
    ("distance", "features", "correlation", "prior"), [(2.0, 2, 0.5, 0.5), (1.0, 6, -0.4, 0.2), (3.0, 3, 0.0, 0.9)]
)
def test_gaussians_reach_their_optimum_with_the_true_weights(distance, features, correlation, prior):
    """Accuracy and log loss of the stated weights are the stated ones, and moving the weights does not help."""
    task = dict(features=features, correlation=correlation, prior=prior)
    x, labels = data.gaussians(ROWS, distance=distance, seed=1, **task)
    weight, bias = data.gaussians_truth(distance, **task)
    logits = x.double() @ weight + bias
    losses = binary_cross_entropy_with_logits(logits, labels.double(), reduction="none")
    share, error = right(torch.stack([-logits, logits], dim=1), labels)
    assert close(share, data.gaussians_bayes_accuracy(distance, prior=prior), error)
    loss_error = float(losses.std()) / math.sqrt(ROWS)
    assert close(float(losses.mean()), data.gaussians_bayes_log_loss(distance, prior=prior), loss_error)
    # The slope in every weight and the bias is 0 but for sampling.
    slope = logits.sigmoid() - labels
    parts = slope[:, None] * torch.cat([x.double(), torch.ones(ROWS, 1)], dim=1)
    assert bool((parts.mean(dim=0).abs() < 4 * parts.std(dim=0) / math.sqrt(ROWS)).all())


def test_the_mixture_reaches_its_optimum_with_the_true_posterior():
    """Right guesses and log losses on fresh rows agree with the estimates within both errors."""
    x, labels = data.mixture(ROWS, seed=1)
    posterior = data.mixture_posterior(x)
    share, error = right(posterior, labels)
    accuracy, log_loss = data.mixture_bayes_accuracy(), data.mixture_bayes_log_loss()
    assert close(share, accuracy.value, math.hypot(error, accuracy.standard_error))
    losses = -(posterior * one_hot(labels, 5)).sum(dim=1).log()
    error = float(losses.std()) / math.sqrt(ROWS)
    assert close(float(losses.mean()), log_loss.value, math.hypot(error, log_loss.standard_error))


@pytest.mark.parametrize(
    "call",
    [
        lambda: data.rings(5, noise=0.0, seed=0),
        lambda: data.rings_bayes_accuracy(math.nan),
        lambda: data.moons(5, noise=0.01, seed=0),
        lambda: data.gaussians(5, correlation=1.0, seed=0),
        lambda: data.gaussians_bayes_accuracy(2.0, prior=1.0),
        lambda: data.mixture(5, apart=-1.0, seed=0),
        lambda: data.parity(5, shortest=4, longest=3, seed=0),
        lambda: data.shapes(5, size=13, seed=0),
        lambda: data.orders(5, exponent=0.0, seed=0),
        lambda: data.markov(5, order=3, seed=0),
        lambda: data.dyck(5, opening=0.5, seed=0),
        lambda: data.tones(5, high=4000.0, seed=0),
        lambda: data.graph(50, inside=60.0, seed=0),
        lambda: data.grid_world(8, discount=1.0, seed=0),
        lambda: data.linear(5, noise=-1.0, seed=0),
        lambda: data.least_squares_error(10, features=8),
        lambda: data.curve(5000, seed=0),
        lambda: data.curve(0, seed=0),
    ],
)
def test_what_the_definition_does_not_hold_for_is_refused(call):
    """With a ValueError that names the value."""
    with pytest.raises(ValueError, match=r"\d|nan"):
        call()
