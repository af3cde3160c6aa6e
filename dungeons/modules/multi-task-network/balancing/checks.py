"""Hidden checks of floor 3 of modules/multi-task-network."""

import torch
from torch import nn

from leveling.checks import Check, Draw, case, expect, gradients, parameter_gradients, raised

TASKS = ("label", "centre", "count")


def three(draw: Draw):
    """Three losses, the second of them absent in some cases."""
    return {task: draw.uniform(low=0.2, high=4.0).requires_grad_() for task in TASKS}


def network(draw: Draw, scale: float = 1.0):
    """Rows, the weights of a trunk of two matrices, and three targets of which `centre` is `scale` times as large."""
    return dict(
        x=draw.normal(11, 5),
        first=draw.normal(4, 5),
        second=draw.normal(3, 4),
        targets={
            task: draw.normal(11, 3, mean=shift) * (scale if task == "centre" else 1.0)
            for task, shift in zip(TASKS, (0.5, -1.0, 0.0), strict=True)
        },
    )


def losses_of(x, first, second, targets):
    """The squared errors of three heads on one trunk, and the leaves: `count` reads the first layer only."""
    leaves = [first.clone().requires_grad_(), second.clone().requires_grad_()]
    hidden = torch.tanh(x @ leaves[0].T)
    z = hidden @ leaves[1].T
    outputs = {"label": z.sin(), "centre": 2 * z, "count": hidden[:, :3]}
    return {task: (outputs[task] - targets[task]).square().mean() for task in TASKS}, leaves


def trunk_norms(losses, weights, leaves) -> list[float]:
    """Norms of the weighted gradients, by the judge's own sum."""
    found = []
    for task, loss in losses.items():
        slopes = torch.autograd.grad(loss, leaves, retain_graph=True, allow_unused=True)
        square = sum(float(slope.double().square().sum()) for slope in slopes if slope is not None)
        found.append(float(weights[task]) * square**0.5)
    return found


class FixedWeights(Check):
    """weighted is the sum of weight times loss over the tasks that are there; a task without a weight raises KeyError."""

    calls = "weighted(losses, weights)"

    def cases(self, draw: Draw):
        for there in (TASKS, ("count",), ("count", "label")):
            losses = three(draw)
            yield case(
                f"tasks {', '.join(there)}",
                losses={task: losses[task] for task in there},
                weights={"label": 1.0, "count": 0.25, "centre": draw.uniform(low=5.0, high=9.0)},
            )

    def probe(self, solution, losses, weights):
        total = solution.weighted(losses, weights)
        unknown = raised(solution.weighted, {**losses, "depth": total}, weights)
        return {"total": total, **gradients(total, **losses), "unknown raises": unknown["raised"]}


class LogVariances(Check):
    """log_variances.<task> are parameters of shape () that start at 0, and nothing else is registered."""

    calls = "UncertaintyWeights(tasks).state_dict()"
    truth = False
    battery = False

    def probe(self, solution):
        made = solution.UncertaintyWeights(iter(TASKS))
        trained = sorted(name for name, each in made.named_parameters() if each.requires_grad)
        return {"state": dict(sorted(made.state_dict().items())), "trained": trained}


class LearnedWeights(Check):
    """The sum of exp(-s) loss + s; by s its gradient is 1 - exp(-s) loss, and by an absent task's s there is none."""

    calls = "UncertaintyWeights(tasks)(losses)"

    def cases(self, draw: Draw):
        for there in (TASKS, ("centre",), ("count", "label")):
            losses = three(draw)
            yield case(
                f"losses of {', '.join(there)}",
                losses={task: losses[task] for task in there},
                at={task: draw.normal(std=1.5) for task in TASKS},
            )

    def probe(self, solution, losses, at):
        made = solution.UncertaintyWeights(TASKS).to(at["count"].dtype)
        with torch.no_grad():
            for task, value in at.items():
                made.log_variances[task].copy_(value)
        total = made(losses)
        unknown = raised(made, {**losses, "depth": total})
        return {"total": total, **parameter_gradients(total, made, **losses), "unknown raises": unknown["raised"]}


class NormsOfTheTrunksGradients(Check):
    """gradient_norms takes all shared tensors together, one that a task does not use as 0; the graph stays, .grad too."""

    calls = "gradient_norms(losses, shared)"

    def cases(self, draw: Draw):
        yield case("two matrices", **network(draw))
        yield case("one task's labels a hundred times as large", **network(draw, 100.0))

    def probe(self, solution, x, first, second, targets):
        losses, leaves = losses_of(x, first, second, targets)
        norms = solution.gradient_norms(losses, leaves)
        untouched = all(leaf.grad is None for leaf in leaves)
        sum(losses.values()).backward()
        one = {"count": losses_of(x, first, second, targets)[0]["count"]}
        alone = solution.gradient_norms(one, losses_of(x, first, second, targets)[1])
        return {
            "norms": norms,
            "shapes": [list(norm.shape) for norm in norms.values()],
            "no .grad": untouched,
            "gradient afterwards": leaves[0].grad,
            "of other tensors": alone,
        }


class OthersAreNotStarved(Check):
    """With one task's labels a hundred times as large, balancing lets the other task learn: 90 % of its variance.

    A trunk of 2 numbers must carry two directions out of 12, one for each task. The reference reaches 0.99 and more on each
    of 20 seeds; weights that let the large task decide, and fixed ones, stay below 0.8.
    """

    calls = "balanced_weights(losses, trunk.parameters()) in 150 steps of Adam"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        ways = draw.orthogonal(12)[:2]
        x = draw.normal(128, 12)
        yield dict(x=x, small=x @ ways[0], large=100 * (x @ ways[1]), start=draw.normal(2, 12, std=0.3))

    def probe(self, solution, x, small, large, start):
        trunk = start.clone().requires_grad_()
        heads = torch.full((2, 2), 0.3).add_(torch.eye(2)).requires_grad_()
        optimizer = torch.optim.Adam([trunk, heads], lr=0.05)
        for _ in range(150):
            outputs = x @ trunk.T @ heads.T
            losses = {
                "small": (outputs[:, 0] - small).square().mean(),
                "large": (outputs[:, 1] - large).square().mean(),
            }
            weights = solution.balanced_weights(losses, [trunk])
            optimizer.zero_grad()
            sum(weights[task] * loss for task, loss in losses.items()).backward()
            optimizer.step()
        return {"explained": 1 - float(losses["small"].detach()) / float(small.square().mean())}

    def verify(self, case, got, want):
        share = got["explained"]
        expect(share >= 0.9, f"the task with small labels learns {share:.2f} of its variance, at least 0.9 expected")


class EqualNorms(Check):
    """Under balanced_weights all tasks' trunk gradients have the same norm, within 1 %, and the weights' product is 1."""

    calls = "balanced_weights(losses, shared)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for scale in (1.0, 100.0, 1e-3):
            yield case(f"one task's labels times {scale:g}", **network(draw, scale))

    def probe(self, solution, x, first, second, targets):
        losses, leaves = losses_of(x, first, second, targets)
        weights = solution.balanced_weights(losses, leaves)
        norms = trunk_norms(losses, weights, leaves)
        graph = any(getattr(weight, "requires_grad", False) for weight in weights.values())
        return {"norms": norms, "weights": {task: float(weight) for task, weight in weights.items()}, "graph": graph}

    def verify(self, case, got, want):
        low, high = min(got["norms"]), max(got["norms"])
        shown = ", ".join(f"{norm:.4g}" for norm in got["norms"])
        expect(high <= 1.01 * low, f"the norms of the weighted gradients are {shown}; within 1 percent expected")
        product = 1.0
        for weight in got["weights"].values():
            product *= weight
        expect(abs(product - 1) <= 1e-3, f"the product of the weights is {product:.4g}, expected 1")
        expect(not got["graph"], "the weights carry a graph: they are to be constants for backward")


class TasksWithoutAGradient(Check):
    """A task whose gradient is 0 has weight 1, and the others are balanced among themselves; so too when all are 0."""

    calls = "balanced_weights(losses, shared)"
    battery = False

    def cases(self, draw: Draw):
        yield case("count has no gradient", **network(draw), flat=["count"])
        yield case("none has a gradient", **network(draw), flat=list(TASKS))

    def probe(self, solution, x, first, second, targets, flat):
        losses, leaves = losses_of(x, first, second, targets)
        losses = {task: loss * 0 if task in flat else loss for task, loss in losses.items()}
        weights = solution.balanced_weights(losses, leaves)
        return {"weights": weights, "shapes": [list(weight.shape) for weight in weights.values()]}


class OnAMultiTaskNetwork(Check):
    """It fits the floors below: trunk parameters as shared, or the features themselves, and one task absent."""

    calls = "balanced_weights(task_losses(net(x), targets), net.trunk.parameters())"
    battery = False

    def cases(self, draw: Draw):
        targets = {"label": draw.permutation(8) % 3, "centre": draw.normal(8, 2), "count": torch.full((8,), -1)}
        weights = [draw.normal(4, 5), draw.normal(4), draw.normal(3, 4), draw.normal(3), draw.normal(2, 4)]
        yield dict(x=draw.normal(8, 5), targets=targets, weights=[*weights, draw.normal(2), draw.normal(4, 4)])

    def probe(self, solution, x, targets, weights):
        from missing_labels import task_losses
        from trunk_and_heads import MultiTask

        heads = {"label": nn.Linear(4, 3), "centre": nn.Linear(4, 2), "count": nn.Linear(4, 4, bias=False)}
        net = MultiTask(nn.Sequential(nn.Linear(5, 4), nn.Tanh()), heads).to(x.dtype)
        with torch.no_grad():
            for each, value in zip(net.parameters(), weights, strict=True):
                each.copy_(value)
        kept = []
        net.trunk.register_forward_hook(lambda module, inputs, output: kept.append(output))
        losses = task_losses(net(x), targets)
        return {
            "by the trunk": solution.balanced_weights(losses, list(net.trunk.parameters())),
            "by the features": solution.balanced_weights(losses, kept),
        }
