"""Hidden checks of modules/hypernetwork."""

import torch
from torch import nn
from torch.func import functional_call

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, gradients

# batched products add in another order than single ones
SAME = Tolerance(relative=1e-4, absolute=1e-5)
APPLY, HYPER = "apply_with_weights", "HyperNetwork"


class Scaled(nn.Module):
    """A linear layer with a norm, a scalar gain and a tied way back."""

    def __init__(self):
        super().__init__()
        self.up = nn.Linear(5, 7)
        self.norm = nn.LayerNorm(7)
        self.gain = nn.Parameter(torch.ones(()))
        self.down = nn.Linear(7, 5, bias=False)
        self.again = nn.Linear(7, 5, bias=False)
        self.again.weight = self.down.weight

    def forward(self, x):
        hidden = self.norm(self.up(x))
        return self.gain * self.down(hidden) + self.again(hidden).tanh()


TARGETS = {
    "mlp": lambda: nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)),
    "norms, a scalar and a tie": Scaled,
    "one output": lambda: nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    ),
}


def target_of(kind, dtype=torch.float32):
    """A target with fixed values, in eval mode, with running statistics that are not the usual ones."""
    model = fill_parameters(TARGETS[kind](), scale=0.7).to(dtype).eval()
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.copy_(torch.linspace(0.5, 1.5, len(buffer)))
    return model


def inputs_for(draw, kind, *lead, **options):
    """x (B, N, ...) for a target."""
    return draw.normal(*lead, *((2, 6, 5) if kind == "cnn" else (5,)), **options)


def one_by_one(target, weights, x):
    """The loop that defines the result."""
    rows = [functional_call(target, {name: each[i] for name, each in weights.items()}, (x[i],)) for i in range(len(x))]
    return torch.stack(rows)


def hyper(solution, kind, context, rank, filled=True):
    """A HyperNetwork over a target; filled: every parameter beside the target's is moved away from its start."""
    target = target_of(kind, context.dtype)
    made = solution.HyperNetwork(target, context.shape[1], rank).to(context.dtype)
    if filled:
        own = {id(each) for each in target.parameters()}
        with torch.no_grad():
            for index, each in enumerate(each for each in made.parameters() if id(each) not in own):
                numbers = torch.arange(each.numel(), dtype=torch.float64)
                each.copy_((torch.sin((1.3 + 0.41 * index) * (numbers + 1) * 1.618) * 0.4).reshape(each.shape))
    return target, made


def far(first, second):
    """The largest difference, relative to the larger of 1 and the largest value."""
    return ((first - second).abs().max() / second.abs().max().clamp(min=1)).item() if second.numel() else 0.0


class WeightsForEachSample(Check):
    """apply_with_weights runs sample i with weights[name][i]; what is not named is the target's own."""

    part = APPLY
    calls = "apply_with_weights(target, weights, x)"
    tolerance = SAME

    def cases(self, draw: Draw):
        for kind, samples, rows, left_out in (
            ("mlp", 4, 3, []),
            ("mlp", 3, 3, []),
            ("mlp", 1, 4, []),
            ("mlp", 3, 2, ["0.weight", "2.bias"]),
            ("cnn", 3, 2, []),
            ("norms, a scalar and a tie", 2, 3, []),
        ):
            shapes = {name: each.shape for name, each in TARGETS[kind]().named_parameters() if name not in left_out}
            label = f"{kind}, B = {samples}, N = {rows}" + (", some left out" if left_out else "")
            weights = {name: draw.normal(samples, *shape, std=0.5) for name, shape in shapes.items()}
            yield case(label, kind=kind, weights=weights, x=inputs_for(draw, kind, samples, rows))

    def probe(self, solution, kind, weights, x):
        return {"output": solution.apply_with_weights(target_of(kind, x.dtype), weights, x)}


class GradientsOfTheWeights(Check):
    """Gradients reach x and the weights that were handed over, and the target's values and gradients stay as they were."""

    part = APPLY
    calls = "apply_with_weights(target, weights, x), then backward"
    tolerance = SAME

    def cases(self, draw: Draw):
        weights = {name: each.shape for name, each in TARGETS["mlp"]().named_parameters()}
        made = {
            f"w{i}": draw.normal(3, *shape, std=0.5, requires_grad=True) for i, shape in enumerate(weights.values())
        }
        yield dict(x=draw.normal(3, 4, 5, requires_grad=True), **made)

    def probe(self, solution, x, **made):
        target = target_of("mlp", x.dtype)
        before = [each.detach().clone() for each in target.parameters()]
        weights = dict(zip(dict(target.named_parameters()), made.values(), strict=True))
        found = gradients(solution.apply_with_weights(target, weights, x), x=x, **made)
        after = list(target.parameters())
        return found | {
            "target as it was": all(
                old.equal(new) and new.grad is None for old, new in zip(before, after, strict=True)
            ),
            "names": [name for name, _ in target.named_parameters()],
        }


class StartsAtTheBase(Check):
    """At the start the update is exactly zero: weights are the base to the last bit, and the output is the target's."""

    part = HYPER
    calls = "HyperNetwork(target, E, rank) as it is built"
    compare = False

    def cases(self, draw: Draw):
        for kind in TARGETS:
            yield case(kind, kind=kind, context=draw.normal(3, 4, mean=1.0), x=inputs_for(draw, kind, 3, 2), rank=2)
        yield case("rank 1, one sample", kind="mlp", context=draw.normal(1, 6), x=draw.normal(1, 4, 5), rank=1)

    def probe(self, solution, kind, context, x, rank):
        target, made = hyper(solution, kind, context, rank, filled=False)
        base = dict(target.named_parameters())
        weights = made.weights(context)
        moved = [name for name, each in base.items() if not weights[name].equal(each.expand_as(weights[name]))]
        plain = target(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return {"moved": moved, "names": sorted(weights) == sorted(base), "far": far(made(context, x), plain)}

    def verify(self, case, got, want):
        expect(got["names"], "weights(context) does not name exactly the parameters of target")
        expect(not got["moved"], f"{', '.join(got['moved'])} differ from the base at the start")
        expect(got["far"] < 1e-5, f"the output is {got['far']:.2g} away from the target's")


class EqualsTheLoop(Check):
    """forward equals a loop over samples with functional_call and weights(context), for MLP and CNN targets."""

    part = HYPER
    calls = "HyperNetwork(target, E, rank)(context, x), with a generator that is not zero"
    compare = False

    def cases(self, draw: Draw):
        for kind, samples, rows, rank in (
            ("mlp", 4, 3, 2),
            ("mlp", 3, 3, 3),
            ("mlp", 1, 2, 1),
            ("cnn", 3, 2, 2),
            ("norms, a scalar and a tie", 3, 4, 1),
        ):
            context = draw.normal(samples, 4)
            label = f"{kind}, B = {samples}, N = {rows}, rank {rank}"
            yield case(label, kind=kind, context=context, x=inputs_for(draw, kind, samples, rows), rank=rank)

    def probe(self, solution, kind, context, x, rank):
        target, made = hyper(solution, kind, context, rank)
        weights = made.weights(context)
        shapes = {name: list(each.shape) for name, each in weights.items()}
        right = {name: [len(x), *each.shape] for name, each in target.named_parameters()}
        if shapes != right:
            return {"shapes": shapes, "right": right, "far": 0.0}
        return {"shapes": shapes, "right": right, "far": far(made(context, x), one_by_one(target, weights, x))}

    def verify(self, case, got, want):
        expect(got["shapes"] == got["right"], f"weights(context) has shapes {got['shapes']}, expected {got['right']}")
        expect(got["far"] < 1e-5, f"the output is {got['far']:.2g} away from the loop's")


class UpdatesHaveTheirRank(Check):
    """Matrices are moved by exactly `rank` dimensions, convolutions as (O, rest), vectors and scalars freely."""

    part = HYPER
    calls = "HyperNetwork(target, E, rank).weights(context)"
    compare = False

    def cases(self, draw: Draw):
        for kind in TARGETS:
            for rank in (1, 2):
                yield case(f"{kind}, rank {rank}", kind=kind, context=draw.normal(3, 4), rank=rank)

    def probe(self, solution, kind, context, rank):
        target, made = hyper(solution, kind, context.double(), rank)
        weights = made.weights(context.double())
        return {name: (weights[name] - each).detach().double() for name, each in target.named_parameters()}

    def verify(self, case, got, want):
        for name, update in got.items():
            for number, each in enumerate(update):
                size = each.abs().max().item()
                expect(size > 1e-6, f"sample {number} of {name} is not updated")
                if each.dim() < 2:
                    still = int((each.abs() < 1e-9).sum())
                    expect(still == 0, f"{still} entries of {name} are not updated: a vector is to be updated in full")
                    level = each.numel() > 1 and (each - each.flatten()[0]).abs().max().item() < 1e-9
                    expect(not level, f"all entries of {name} are moved by the same amount, expected each its own")
                    continue
                found = int(torch.linalg.matrix_rank(each.flatten(1), rtol=1e-8))
                right = min(case["rank"], *each.flatten(1).shape)
                expect(found == right, f"the update of {name} has rank {found}, expected {right}")
            if len(update) > 1:
                expect(not update[0].allclose(update[1]), f"{name}: samples 0 and 1 have the same update")


class SamplesStandAlone(Check):
    """Output i depends on context i and x i alone: all other blocks of the Jacobian are exactly zero."""

    part = HYPER
    calls = "the Jacobian of HyperNetwork(target, E, rank)(context, x) by context and x"
    compare = False

    def cases(self, draw: Draw):
        context, x = draw.normal(3, 4, requires_grad=True), draw.normal(3, 2, 5, requires_grad=True)
        yield dict(context=context, x=x)

    def probe(self, solution, context, x):
        _, made = hyper(solution, "mlp", context, 2)
        output = made(context, x)
        blocks = []
        for each in output:
            by_context, by_x = torch.autograd.grad(each.sum(), (context, x), retain_graph=True)
            blocks.append([by_context.abs().amax(1), by_x.abs().amax((1, 2))])
        return blocks

    def verify(self, case, got, want):
        for number, blocks in enumerate(got):
            for name, sizes in zip(("context", "x"), blocks, strict=True):
                others = [size for i, size in enumerate(sizes.tolist()) if i != number]
                expect(
                    max(others) == 0, f"output {number} depends on the {name} of other samples, by {max(others):.2g}"
                )
                expect(sizes[number] > 1e-6, f"output {number} does not depend on its own {name}")


class GradientsFlowFromTheStart(Check):
    """Already at the start gradients reach the generator and the base; one step later the context matters."""

    part = HYPER
    calls = "HyperNetwork(target, E, rank)(context, x), then backward, then one step of SGD"
    compare = False

    def cases(self, draw: Draw):
        for kind in ("mlp", "cnn"):
            x = inputs_for(draw, kind, 4, 3)
            yield case(kind, kind=kind, context=draw.normal(4, 6), x=x, goal=draw.normal(4, 3, 3))

    def probe(self, solution, kind, context, x, goal):
        target, made = hyper(solution, kind, context, 2, filled=False)
        base = {id(each) for each in target.parameters()}
        ((made(context, x) - goal) ** 2).mean().backward()
        size = {id(each): 0.0 if each.grad is None else each.grad.abs().max().item() for each in made.parameters()}
        with torch.no_grad():
            for each in made.parameters():
                if each.grad is not None:
                    each.sub_(each.grad)
        weights = made.weights(context)
        moved = [name for name, each in target.named_parameters() if weights[name].sub(each).abs().max() > 1e-9]
        return {
            "generator": max([value for each, value in size.items() if each not in base], default=0.0),
            "base": min([value for each, value in size.items() if each in base], default=0.0),
            "moved": [name for name, _ in target.named_parameters() if name not in moved],
        }

    def verify(self, case, got, want):
        expect(got["generator"] > 0, "no gradient reaches the generator at the start: it could never leave zero")
        expect(got["base"] > 0, "a parameter of the base gets no gradient")
        expect(not got["moved"], f"after one step the update of {', '.join(got['moved'])} is still zero")


class TheTargetIsTheBase(Check):
    """The target's parameters are the base: the same objects, listed once, values untouched by building and calling."""

    part = HYPER
    calls = "HyperNetwork(target, E, rank).named_parameters()"
    compare = False

    def cases(self, draw: Draw):
        for kind in TARGETS:
            yield case(kind, kind=kind, context=draw.normal(2, 4), x=inputs_for(draw, kind, 2, 3))

    def probe(self, solution, kind, context, x):
        target = target_of(kind, x.dtype)
        before = {name: value.clone() for name, value in target.state_dict().items()}
        made = solution.HyperNetwork(target, 4, 2).to(x.dtype)
        made(context, x)
        made.weights(context)
        named = [id(each) for _, each in made.named_parameters(remove_duplicate=False)]
        own = [id(each) for _, each in target.named_parameters(remove_duplicate=False)]
        alive = dict(target.state_dict())
        changed = [name for name, old in before.items() if name not in alive or not alive[name].equal(old)]
        times = sorted({named.count(each) // own.count(each) for each in own})
        return {"changed": changed, "times": times, "grads": any(each.grad is not None for each in target.parameters())}

    def verify(self, case, got, want):
        expect(not got["changed"], f"{', '.join(got['changed'])} of the target changed")
        expect(got["times"] == [1], f"the target's parameters are registered {got['times']} times, expected once")


def hidden_layers(width, inputs=None):
    """A target of two matrices."""
    return nn.Sequential(nn.Linear(inputs or width, width), nn.Tanh(), nn.Linear(width, width))


class GeneratorBudget(Workload):
    """Parameters of the generator for a target 24-24-24 with norm, E = 10, rank 3."""

    calls = "HyperNetwork(target, 10, rank=3), parameters beside the target's"
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw):
        yield dict(width=24)

    def probe(self, solution, width):
        target = nn.Sequential(*hidden_layers(width), nn.LayerNorm(width))
        own = sum(each.numel() for each in target.parameters())
        made = solution.HyperNetwork(target, 10, 3)
        return sum(each.numel() for each in made.parameters()) - own


class ManyContexts(Workload):
    """The forward for 2 and for 32 contexts."""

    calls = "HyperNetwork(target, E, rank)(context, x) with B = 2 and B = 32"
    tolerance = SAME
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw):
        for samples in (2, 32):
            yield case(f"B = {samples}", context=draw.normal(samples, 6), x=draw.normal(samples, 3, 8))

    def probe(self, solution, context, x):
        made = solution.HyperNetwork(fill_parameters(hidden_layers(8).to(x.device)), 6, 2).to(x.device)
        with torch.no_grad():
            return made(context, x)


class WideTarget(Workload):
    """Forward for 16 contexts of a target with two matrices of 512 x 512: 16 MiB of weights each."""

    calls = "HyperNetwork(target of width 512, 8, rank=4)(context, x) with B = 16"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, width: int = 512):
        yield dict(context=draw.normal(16, 8), x=draw.normal(16, 4, width))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, width=8))

    def probe(self, solution, context, x):
        target = fill_parameters(hidden_layers(x.shape[2]).to(x.device), scale=0.05)
        made = solution.HyperNetwork(target, 8, 4).to(x.device)
        with torch.no_grad():
            return made(context, x)
