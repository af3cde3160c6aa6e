"""Hidden checks of floor 2 of modules/multi-task-network."""

import torch
from torch import nn

from leveling.checks import Check, Draw, case, expect, fill_parameters, gradients, raised

NAN = float("nan")


def classes(draw: Draw, n: int, missing: int):
    """Logits (n, 4) and classes (n,) of which `missing` are not there."""
    target = draw.permutation(n) % 4
    target[draw.permutation(n) < missing] = -1
    return dict(output=draw.normal(n, 4, std=2.0, requires_grad=True), target=target)


def values(draw: Draw, n: int, missing: int):
    """Outputs (n, 2) and values (n, 2) of which `missing` rows are NaN, wholly or in part."""
    target = draw.normal(n, 2, mean=1.0)
    gone = (draw.permutation(n) < missing).nonzero()[:, 0]
    target[gone, 1] = NAN
    target[gone[1:], 0] = NAN
    return dict(output=draw.normal(n, 2, requires_grad=True), target=target)


KINDS = {"classes": classes, "values": values}


def several(draw: Draw):
    """Outputs of four tasks and targets of three, one of which has no label in this batch."""
    label, centre, count = classes(draw, 7, 3), values(draw, 7, 2), classes(draw, 7, 7)
    outputs = {"count": count["output"], "label": label["output"], "centre": centre["output"]}
    outputs["depth"] = draw.normal(7, 1, requires_grad=True)
    targets = {"label": label["target"], "count": count["target"], "centre": centre["target"]}
    return dict(outputs=outputs, targets=targets)


class WhichRowsHaveALabel(Check):
    """labelled is false for class -1 and for rows with a NaN, in one coordinate or in all; true for class 0 and value 0."""

    calls = "labelled(target)"

    def cases(self, draw: Draw):
        yield case("classes", target=torch.tensor([0, -1, 3, 1, -1]))
        yield case("values", target=torch.tensor([[0.0, 0.0], [NAN, 1.0], [1.0, NAN], [NAN, NAN], [-3.0, 2.0]]))
        yield case("values of one coordinate", target=torch.tensor([[0.5], [NAN], [-1.0]]))
        yield case("no rows", target=torch.zeros(0, 2))
        yield case("no rows, classes", target=torch.zeros(0, dtype=torch.int64))

    def probe(self, solution, target):
        return solution.labelled(target)


class MeanOverTheLabelledRows(Check):
    """task_loss is the mean over the rows that have a label, and its gradient is that of this mean."""

    calls = "task_loss(output, target)"

    def cases(self, draw: Draw):
        for kind, make in KINDS.items():
            for n, missing in ((7, 0), (7, 3), (5, 4), (1, 0)):
                yield case(f"{kind}, {missing} of {n} labels missing", **make(draw, n, missing))

    def probe(self, solution, output, target):
        loss = solution.task_loss(output, target)
        return {"loss": loss, **gradients(loss, output=output)}


class RowsWithoutALabelAreNotThere(Check):
    """What the network says on a row without a label, NaN and inf included, changes neither the loss nor a gradient."""

    calls = "task_loss(output, target)"

    def cases(self, draw: Draw):
        for kind, make in KINDS.items():
            for value in (NAN, float("inf"), 1e30):
                inputs = make(draw, 7, 3)
                target = inputs["target"]
                gone = (target < 0) if kind == "classes" else target.isnan().any(dim=1)
                output = torch.where(gone[:, None], value, inputs["output"].detach()).requires_grad_()
                yield case(f"{kind}, {value:g} where there is no label", output=output, target=target)

    def probe(self, solution, output, target):
        loss = solution.task_loss(output, target)
        return {"loss": loss, **gradients(loss, output=output)}


class NoLabelAtAll(Check):
    """Without any label task_loss is 0, with a graph: backward gives zeros, not NaN; so too for no rows."""

    calls = "task_loss(output, target)"

    def cases(self, draw: Draw):
        for kind, make in KINDS.items():
            for n in (5, 0):
                yield case(f"{kind}, {n} rows", **make(draw, n, n))

    def probe(self, solution, output, target):
        loss = solution.task_loss(output, target)
        return {"loss": loss, "with a graph": loss.requires_grad, **gradients(loss, output=output)}


class TasksOfThisBatch(Check):
    """task_losses has exactly the tasks with a label in this batch; a target without an output raises KeyError."""

    calls = "task_losses(outputs, targets)"

    def cases(self, draw: Draw):
        yield case("three targets, one of them without labels", **several(draw))

    def probe(self, solution, outputs, targets):
        losses = solution.task_losses(outputs, targets)
        unknown = raised(solution.task_losses, outputs, {**targets, "colour": targets["label"]})
        nothing = solution.task_losses(outputs, {"count": targets["count"]})
        return {"tasks": sorted(losses), "losses": losses, "unknown raises": unknown["raised"], "nothing": nothing}


class AbsentHeadsAreLeftAlone(Check):
    """A head whose task has no label in the batch gets no gradient or zeros; the others get what they get without it."""

    calls = "sum(task_losses(net(x), targets).values()).backward()"
    battery = False
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(7, 3), targets=several(draw)["targets"])

    def probe(self, solution, x, targets):
        from trunk_and_heads import MultiTask

        found = {}
        for name in ("with all targets", "without the absent one"):
            heads = {task: nn.Linear(5, width) for task, width in (("label", 4), ("centre", 2), ("count", 4))}
            net = fill_parameters(MultiTask(nn.Sequential(nn.Linear(3, 5), nn.Tanh()), heads))
            given = targets if name == "with all targets" else {task: targets[task] for task in ("label", "centre")}
            sum(solution.task_losses(net(x), given).values()).backward()
            found[name] = {
                key: torch.zeros_like(each) if each.grad is None else each.grad for key, each in net.named_parameters()
            }
        return found

    def verify(self, case, got, want):
        for key, grad in got["with all targets"].items():
            other = got["without the absent one"][key]
            if key.startswith("heads.count"):
                expect(grad.eq(0).all(), f"the gradient of {key} is up to {float(grad.abs().max()):g}, 0 expected")
            else:
                gap = float((grad - other).abs().max())
                expect(gap <= 1e-6, f"the gradient of {key} changes by {gap:.2g} when the absent task is not given")
                expect(float(grad.abs().max()) > 0, f"the gradient of {key} is 0")


class FiguresToRead(Check):
    """figures gives accuracy and root mean squared error on the labelled rows, as floats, for tasks with a label only."""

    calls = "figures(outputs, targets)"

    def cases(self, draw: Draw):
        yield case("three targets, one of them without labels", **several(draw))
        inputs = several(draw)
        inputs["outputs"]["label"] = inputs["outputs"]["label"].detach().clone()
        at = inputs["targets"]["label"].clamp(min=0)
        inputs["outputs"]["label"][torch.arange(7), at] += 9.0
        yield case("every labelled class right", **inputs)
        inputs = several(draw)
        inputs["targets"]["centre"] = torch.full((7, 2), NAN)
        yield case("no values in this batch", **inputs)

    def probe(self, solution, outputs, targets):
        found = solution.figures(outputs, targets)
        return {"figures": found, "floats": all(type(each) is float for each in found.values())}
