"""Pictures, logs, graphs, grids and regressions: bounds and optima against independent measurements."""

import math
from collections import Counter

import pytest
import torch
from torch.nn.functional import binary_cross_entropy, one_hot

from leveling import data
from leveling.data.shapes import coverage, half_width


def matched(pictures, size, noise):
    """Classes (N,) and centres (N, 2) by the likeliest of many known shapes in the right quarter, larger areas only."""
    steps = torch.linspace(2.5, 5.5, 13, dtype=torch.float64)
    centres = torch.cartesian_prod(steps, steps)
    scores = []
    for kind in range(3):
        for area in (19.5, 22.5):
            many = torch.full((len(centres),), kind), torch.full((len(centres),), area, dtype=torch.float64)
            inside = (centres - 4).abs().amax(dim=1) <= 4 - half_width(*many)
            drawn = coverage(*many, centres, size)[:, :8, :8].flatten(1)
            quarters = pictures.images.double().unfold(2, 8, 8).unfold(3, 8, 8).flatten(4)  # (N, 3, 2, 2, 64)
            score = quarters @ drawn.T - 0.5 * drawn.square().sum(dim=1)
            scores.append(score.masked_fill(~inside, -math.inf))
    every = torch.stack(scores)  # (kind * area, N, colour, 2, 2, centre)
    best = every.permute(1, 0, 2, 3, 4, 5).flatten(1).argmax(dim=1)
    kind_area, colour, row, column, at = torch.unravel_index(best, (6, 3, 2, 2, len(centres)))
    return 3 * colour + kind_area // 2, centres[at] + 8 * torch.stack([row, column], dim=1)


@pytest.mark.parametrize("noise", [0.2, 0.4])
def test_a_good_method_for_the_shapes_stays_within_the_bounds_and_near_them(noise):
    """Template matching: accuracy at or below the bound, error of the centre at or above the floor, both not far."""
    pictures = data.shapes(600, noise=noise, seed=1)
    labels, centres = matched(pictures, 16, noise)
    accuracy = float((labels == pictures.labels).double().mean())
    bound = data.shapes_accuracy_bound(noise)
    assert bound - 0.1 < accuracy < bound + 4 * math.sqrt(bound * (1 - bound) / 600)
    # Where the largest shape was found; elsewhere the error is that of a wrong shape.
    found = (centres - pictures.centres).abs().amax(dim=1) < 2
    error = float((centres - pictures.centres)[found].square().mean().sqrt())
    assert data.shapes_centre_floor(noise) < error < 2.5 * data.shapes_centre_floor(noise)


def test_two_known_pictures_are_confused_as_often_as_the_bound_supposes():
    """The nearer of two pictures in noise is the wrong one with probability Q(distance / (2 noise))."""
    at = torch.full((2, 2), 4.3, dtype=torch.float64)
    disc, square = coverage(torch.tensor([0, 1]), torch.full((2,), 20.0, dtype=torch.float64), at, 16).flatten(1)
    distance, noise = float((disc - square).norm()), 0.5
    drawn = disc + noise * torch.randn(20_000, 256, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    wrong = float(((drawn - square).norm(dim=1) < (drawn - disc).norm(dim=1)).double().mean())
    want = 0.5 * math.erfc(distance / (2 * noise) / math.sqrt(2))
    assert abs(wrong - want) < 4 * math.sqrt(want / 20_000)


def test_shapes_are_what_their_labels_say():
    """Almost without noise: colours, numbers of connected quarters, areas and centres of mass can be read off."""
    pictures = data.shapes(300, noise=1e-6, seed=2)
    ink = pictures.images.double().unfold(2, 8, 8).unfold(3, 8, 8).sum(dim=(4, 5)).round(decimals=3)  # (N, 3, 2, 2)
    assert torch.equal((ink.sum(dim=1) > 1).sum(dim=(1, 2)), pictures.counts)
    largest = ink.flatten(1).argmax(dim=1)
    assert torch.equal(largest // 4, pictures.labels // 3)
    assert bool(((ink.flatten(1).amax(dim=1) > 16) & (ink.flatten(1).amax(dim=1) < 26)).all())
    quarter = torch.stack([largest % 4 // 2, largest % 2], dim=1)
    assert torch.equal((pictures.centres / 8).floor().long(), quarter)
    assert set(pictures.labels.tolist()) == set(range(9)) and set(pictures.counts.tolist()) == {1, 2, 3, 4}


@pytest.mark.parametrize("crossed", [True, False])
def test_clicks_reach_their_log_loss_with_the_true_posterior(crossed):
    """The mean log loss of the truth on drawn rows is the stated sum; the share of clicks is the mean posterior."""
    rows, labels = data.clicks(100_000, task=3, crossed=crossed, seed=1)
    posterior = data.clicks_posterior(rows, task=3, crossed=crossed)
    losses = binary_cross_entropy(posterior, labels.double(), reduction="none")
    want = data.clicks_bayes_log_loss(3, crossed=crossed)
    assert abs(float(losses.mean()) - want) < 4 * float(losses.std()) / math.sqrt(100_000)
    surplus = labels - posterior
    assert abs(float(surplus.mean())) < 4 * float(surplus.std()) / math.sqrt(100_000)


def test_totals_of_orders_are_exact_where_float32_is_not():
    """Python's integers, one order after another, give the same; a float32 sum of the largest customer does not."""
    log = data.orders(60_000, seed=1)
    totals: Counter[int] = Counter()
    for customer, cents in zip(log.customer.tolist(), log.cents.tolist(), strict=True):
        totals[customer] += cents
    assert log.totals.tolist() == [totals[customer] for customer in range(1000)]
    assert torch.equal(log.orders, torch.bincount(log.customer, minlength=1000))
    assert int(log.totals[0]) > 2**24
    running = torch.zeros(1000).index_add(0, log.customer, log.cents.float())
    assert not torch.equal(running.long(), log.totals)


def test_a_rival_who_knows_the_other_groups_has_the_stated_accuracy():
    """Counting links into the true groups of all others: the bound, up to sampling."""
    links, groups = data.graph(3000, groups=3, inside=14.0, outside=4.0, seed=1)
    both = torch.cat([links, links.flip(0)], dim=1)
    counts = torch.zeros(3000, 3).index_add(0, both[0], one_hot(groups[both[1]], 3).float())
    most = counts == counts.amax(dim=1, keepdim=True)
    share = float((most.gather(1, groups[:, None])[:, 0] / most.sum(dim=1)).mean())
    bound = data.graph_accuracy_bound(groups=3, inside=14.0, outside=4.0)
    assert abs(share - bound) < 4 * math.sqrt(bound * (1 - bound) / 3000)


def test_links_have_the_stated_numbers_and_order():
    """Within and between groups Poisson-like numbers; smaller node first, none twice."""
    links, groups = data.graph(2000, inside=12.0, outside=3.0, seed=2)
    assert bool((links[0] < links[1]).all()) and len(torch.unique(links, dim=1)[0]) == links.shape[1]
    sizes = torch.bincount(groups).double()
    inside = float((sizes * (sizes - 1) / 2).sum()) * 12 / 2000
    between = float(sizes[0] * sizes[1]) * 3 / 2000
    same = int((groups[links[0]] == groups[links[1]]).sum())
    assert abs(same - inside) < 4 * math.sqrt(inside)
    assert abs(links.shape[1] - same - between) < 4 * math.sqrt(between)


def test_the_threshold_lies_at_one():
    """(a - b)^2 = 2 (a + b) for two groups; a graph without groups has no signal and chance as its bound."""
    assert data.graph_signal(inside=5.0, outside=1.0) == pytest.approx(16 / 12)
    assert data.graph_signal(inside=4.0, outside=4.0) == 0
    assert data.graph_accuracy_bound(groups=3, inside=4.0, outside=4.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize("seed", range(4))
def test_the_optimal_values_of_a_grid_are_those_of_a_policy_and_no_policy_beats_them(seed):
    """The greedy policy, solved as a linear system, has the values; random policies have less everywhere."""
    world = data.grid_world(7, seed=seed)
    values = data.grid_optimal_values(world)
    greedy = one_hot(data.grid_action_values(world, values).argmax(dim=1), 4)
    assert torch.allclose(data.grid_policy_values(world, greedy), values, atol=1e-8, rtol=0)
    for other in range(5):
        policy = torch.rand(49, 4, generator=torch.Generator().manual_seed(other), dtype=torch.float64)
        worth = data.grid_policy_values(world, policy / policy.sum(dim=1, keepdim=True))
        assert bool((worth <= values + 1e-9).all())
    assert torch.allclose(world.transition.sum(dim=2), torch.ones(49, 4, dtype=torch.float64))


def test_without_slipping_a_cells_value_is_its_distance_in_steps():
    """discount^(steps - 1), with steps found by a search that knows no values."""
    world = data.grid_world(8, slip=0.0, discount=0.9, seed=3)
    steps = {world.goal: 0}
    ends = world.transition.argmax(dim=2).tolist()
    for distance in range(64):
        near = {cell for cell, reached in steps.items() if reached == distance}
        for cell in set(range(64)) - set(steps):
            if near & set(ends[cell]):
                steps[cell] = distance + 1
    want = [0.0 if steps.get(cell, 0) == 0 else 0.9 ** (steps[cell] - 1) for cell in range(64)]
    assert data.grid_optimal_values(world).tolist() == pytest.approx(want, abs=1e-9)


def test_least_squares_has_the_stated_error():
    """Over many small training sets, the mean error on fresh rows; the true weights have noise^2."""
    weight, bias = data.linear_truth(features=4, task=2)
    errors = []
    for seed in range(600):
        x, y = data.linear(16, features=4, task=2, seed=seed)
        design = torch.cat([x.double(), torch.ones(16, 1, dtype=torch.float64)], dim=1)
        fitted = torch.linalg.lstsq(design, y.double()[:, None]).solution[:, 0]
        # Over inputs from N(0, I) the expected squared error is that of the coefficients, plus the noise.
        errors.append(float((fitted[:4] - weight).square().sum() + (fitted[4] - bias) ** 2) + 0.25)
    measured = torch.tensor(errors, dtype=torch.float64)
    want = data.least_squares_error(16, features=4)
    assert abs(float(measured.mean()) - want) < 4 * float(measured.std()) / math.sqrt(600)
    x, y = data.linear(50_000, features=4, task=2, seed=9)
    squared = (x.double() @ weight + bias - y).square()
    assert abs(float(squared.mean()) - 0.25) < 4 * float(squared.std()) / math.sqrt(50_000)


def test_the_posterior_mean_reaches_the_floor_of_the_curves_and_neighbours_do_not():
    """Over many curves the true process's predictions have the floor's error; the nearest point's value has more."""
    surplus, neighbour = [], []
    for seed in range(120):
        drawn = data.curve(20, test=40, seed=seed)
        x, test = drawn.x[:, 0].double(), drawn.test_x[:, 0].double()
        among = torch.exp(-((x[:, None] - x) ** 2) / 0.02) + 0.04 * torch.eye(20, dtype=torch.float64)
        across = torch.exp(-((test[:, None] - x) ** 2) / 0.02)
        predicted = across @ torch.linalg.solve(among, drawn.y.double())
        surplus.append(float((predicted - drawn.test_y).square().mean()) - drawn.floor)
        near = drawn.y[(test[:, None] - x).abs().argmin(dim=1)]
        neighbour.append(float((near - drawn.test_y).square().mean()) - drawn.floor)
    measured = torch.tensor(surplus, dtype=torch.float64)
    assert abs(float(measured.mean())) < 4 * float(measured.std()) / math.sqrt(120)
    assert sum(neighbour) / 120 > 0.02
