"""Data to train on: generators whose optimum is known, the digits, and readers of data sets that the learner has.

Every generator takes a `seed` and draws from a stream of its own: the same seed gives the same bits on the same build
of torch, and the global random state stays as it was. What "known optimum" means for each one, and how it is derived,
stands in the docstring of its file; docs/data.md has the table.

Importing this costs torch and a score of small files; nothing is computed or read before it is called. The names are
bound here at once, not late: a file and its function share a name, and whichever is bound last is what one gets.
"""

from leveling.data.clicks import clicks, clicks_bayes_log_loss, clicks_posterior
from leveling.data.digits import digits
from leveling.data.folders import NotHere, cifar10, mnist, wikitext2
from leveling.data.gaussians import gaussians, gaussians_bayes_accuracy, gaussians_bayes_log_loss, gaussians_truth
from leveling.data.grammar import dyck, dyck_entropy_per_token, dyck_next
from leveling.data.graphs import graph, graph_accuracy_bound, graph_signal
from leveling.data.grids import GridWorld, grid_action_values, grid_optimal_values, grid_policy_values, grid_world
from leveling.data.markov import markov, markov_entropy_rate, markov_transition
from leveling.data.mixture import mixture, mixture_bayes_accuracy, mixture_bayes_log_loss, mixture_posterior
from leveling.data.moons import moons, moons_bayes_accuracy, moons_posterior
from leveling.data.orders import Orders, orders
from leveling.data.parity import parity
from leveling.data.pickled_batches import Damaged
from leveling.data.quadrature import Estimate
from leveling.data.regression import Curve, curve, least_squares_error, linear, linear_truth
from leveling.data.rings import rings, rings_bayes_accuracy, rings_posterior
from leveling.data.shapes import Shapes, shapes
from leveling.data.shapes_bounds import shapes_accuracy_bound, shapes_centre_floor
from leveling.data.tones import tones, tones_frequency_floor

__all__ = [
    "Curve",
    "Damaged",
    "Estimate",
    "GridWorld",
    "NotHere",
    "Orders",
    "Shapes",
    "cifar10",
    "clicks",
    "clicks_bayes_log_loss",
    "clicks_posterior",
    "curve",
    "digits",
    "dyck",
    "dyck_entropy_per_token",
    "dyck_next",
    "gaussians",
    "gaussians_bayes_accuracy",
    "gaussians_bayes_log_loss",
    "gaussians_truth",
    "graph",
    "graph_accuracy_bound",
    "graph_signal",
    "grid_action_values",
    "grid_optimal_values",
    "grid_policy_values",
    "grid_world",
    "least_squares_error",
    "linear",
    "linear_truth",
    "markov",
    "markov_entropy_rate",
    "markov_transition",
    "mixture",
    "mixture_bayes_accuracy",
    "mixture_bayes_log_loss",
    "mixture_posterior",
    "mnist",
    "moons",
    "moons_bayes_accuracy",
    "moons_posterior",
    "orders",
    "parity",
    "rings",
    "rings_bayes_accuracy",
    "rings_posterior",
    "shapes",
    "shapes_accuracy_bound",
    "shapes_centre_floor",
    "tones",
    "tones_frequency_floor",
    "wikitext2",
]
