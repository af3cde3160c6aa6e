"""Hidden checks of autograd/per-sample-lab/clipped-sums."""

import torch
from torch import nn
from torch.nn import functional

from leveling.checks import Check, Draw, Workload, case, fill_parameters


def network(kind):
    """A network with the same weights on both sides."""
    made = {
        "two layers": lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)),
        "no bias": lambda: nn.Linear(4, 3, bias=False),
        "convolution": lambda: nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(6, 3)),
    }[kind]()
    return fill_parameters(made)


def squared(output, target):
    """Half the squared error, summed: each sample's loss has nothing to do with how many there are."""
    return 0.5 * (output - target).square().sum()


class ClipsAndAdds(Check):
    """Each gradient is shortened to norm clip where it is longer, and the sum does not depend on the microbatch."""

    calls = "clipped_sum(model, loss_fn, x, y, clip, microbatch)"

    def cases(self, draw: Draw):
        for label, clip, microbatch in (
            ("clip 1, three at a time", 1.0, 3),
            ("clip 1, one at a time", 1.0, 1),
            ("clip 1, all at once", 1.0, 11),
            ("clip 1, more than there are", 1.0, 64),
            ("a clip above all norms", 1e3, 4),
            ("a clip below all norms", 1e-3, 4),
        ):
            scale = draw.uniform(11, 1, low=0.2, high=4.0)  # norms on both sides of the clip
            yield case(label, x=draw.normal(11, 4), y=draw.normal(11, 3) * scale, clip=clip, microbatch=microbatch)

    def probe(self, solution, x, y, clip, microbatch):
        sums, norms = solution.clipped_sum(network("two layers").to(x.dtype), squared, x, y, clip, microbatch)
        return {"sums": sums, "norms": norms}


class OneNormForAllParameters(Check):
    """The norm is that of all parameters together: no layer has a clip of its own."""

    calls = "clipped_sum(model, loss_fn, x, y, clip=1.0, microbatch=4)"

    def cases(self, draw: Draw):
        for kind, shape in (("convolution", (1, 4)), ("no bias", (4,))):
            yield case(kind, kind=kind, x=draw.normal(6, *shape), y=draw.normal(6, 3))

    def probe(self, solution, kind, x, y):
        sums, norms = solution.clipped_sum(network(kind).to(x.dtype), squared, x, y, 1.0, 4)
        return {"sums": sums, "norms": norms}


class ZeroGradientStaysZero(Check):
    """A sample whose gradient is zero adds zero, not NaN."""

    calls = "clipped_sum(model, loss_fn, x, y, clip=1.0)"

    def cases(self, draw: Draw):
        x = draw.normal(5, 4)
        x[[1, 3]] = 0.0
        yield case("some samples of zeros under a layer without bias", x=x, y=draw.normal(5, 3))
        yield case("all of them", x=torch.zeros(2, 4), y=draw.normal(2, 3))

    def probe(self, solution, x, y):
        sums, norms = solution.clipped_sum(network("no bias").to(x.dtype), squared, x, y, 1.0)
        return {"sums": sums, "norms": norms}


class NoSamples(Check):
    """An empty batch gives sums of zeros and no norms."""

    calls = "clipped_sum(model, loss_fn, x, y, clip=1.0)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(0, 4), y=draw.normal(0, 3))

    def probe(self, solution, x, y):
        sums, norms = solution.clipped_sum(network("two layers").to(x.dtype), squared, x, y, 1.0)
        return {"sums": sums, "norms": norms}


class LeavesTheModelAlone(Check):
    """Frozen parameters have no sum, no .grad is filled, and cross-entropy of class numbers works like any loss."""

    calls = "clipped_sum(model, cross_entropy, x, labels, clip=0.5, microbatch=2)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 4), y=draw.integers(0, 3, 5))

    def probe(self, solution, x, y):
        model = network("two layers").to(x.dtype)
        model[0].weight.requires_grad_(requires_grad=False)
        sums, norms = solution.clipped_sum(model, functional.cross_entropy, x, y, 0.5, 2)
        return {
            "sums": sums,
            "norms": norms,
            "grad is filled": [name for name, each in model.named_parameters() if each.grad is not None],
            "requires grad": [name for name, each in model.named_parameters() if each.requires_grad],
            "a sum requires grad": any(each.requires_grad for each in sums.values()),
        }


class FiveHundredSamples(Workload):
    """512 samples of a network with 180,000 parameters, 16 gradients at a time: all of them would be 350 MiB."""

    calls = "clipped_sum(model, loss_fn, x, y, clip=1.0, microbatch=16)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(512, 300), y=draw.normal(512, 300))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(20, 300), y=draw.normal(20, 300))

    def probe(self, solution, x, y):
        model = fill_parameters(nn.Sequential(nn.Linear(300, 300), nn.Tanh(), nn.Linear(300, 300)), scale=0.05)
        sums, norms = solution.clipped_sum(model, squared, x, y, 1.0, 16)
        return {"sums": sums, "norms": norms}
