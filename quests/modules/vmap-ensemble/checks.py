"""Hidden checks of modules/vmap-ensemble."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, gradients, raised

# a batched product and single ones add in another order: a few roundings of float32
SAME = Tolerance(relative=1e-5, absolute=2e-6)
TRAINED = Tolerance(relative=1e-3, absolute=1e-5)
UNCERTAINTY = "uncertainty"


def perceptron(inputs=5, width=8, outputs=3, activation=nn.ReLU):
    return nn.Sequential(nn.Linear(inputs, width), activation(), nn.Linear(width, outputs))


def normed():
    return nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 3))


def convolution():
    first = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


def words():
    return nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.LayerNorm(12), nn.Linear(12, 2))


def dropped():
    return nn.Sequential(nn.Linear(5, 40), nn.Dropout(0.5), nn.Identity())


class Applied(nn.Module):
    """A linear layer and a function that is no part: only the traced forward tells which."""

    def __init__(self, function):
        super().__init__()
        self.inner, self.function = nn.Linear(5, 3), function

    def forward(self, x):
        return self.function(self.inner(x))


class Branching(nn.Module):
    """A forward that torch.fx cannot trace: it looks at values."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(5, 3)

    def forward(self, x):
        return self.inner(x) if len(x) >= 0 else x


FACTORIES = {
    "mlp": perceptron,
    "batch norm": normed,
    "cnn": convolution,
    "words": words,
    "dropout": dropped,
    "untraceable": Branching,
    "built in eval mode": lambda: normed().eval(),
}


def members(kind, count, dtype=torch.float32):
    """Models with different fixed values, and running statistics that differ as well, in eval mode."""
    made = []
    for number in range(count):
        model = fill_parameters(FACTORIES[kind](), seed=number, scale=0.9).to(dtype).eval()
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.copy_(torch.linspace(0.5 + number, 1.5, len(buffer)))
            else:
                buffer.fill_(number)
        made.append(model)
    return made


def batch(draw, kind, *lead, dtype=torch.float32):
    """Inputs (*lead, ...) for a factory."""
    if kind == "words":
        return draw.integers(0, 9, *lead, 3)
    return draw.normal(*lead, *((2, 6, 5) if kind == "cnn" else (5,)), dtype=dtype)


def floating(x):
    return x.dtype if x.is_floating_point() else torch.float32


class StacksTheStates(Check):
    """stack gives every parameter and buffer a leading dimension of members, and a skeleton on the meta device."""

    part = "stack"
    calls = "stack(models)"
    truth = False

    def cases(self, draw: Draw):
        for kind, count in (("mlp", 4), ("batch norm", 3), ("cnn", 2), ("mlp", 1)):
            yield case(f"{count} x {kind}", kind=kind, count=count, training=False)
        yield case("in training mode", kind="batch norm", count=2, training=True)

    def probe(self, solution, kind, count, training):
        models = [model.train(training) for model in members(kind, count)]
        skeleton, parameters, buffers = solution.stack(models)
        return {
            "parameters": dict(parameters),
            "buffers": dict(buffers),
            "leaves": all(value.is_leaf for value in parameters.values()),
            "skeleton": [
                type(skeleton).__name__,
                skeleton.training,
                sum(each.numel() for each in skeleton.parameters()),
            ],
            "devices": sorted({value.device.type for value in (*skeleton.parameters(), *skeleton.buffers())}),
        }


class ModelsAreLeftAlone(Check):
    """The models stay on their device with their values, and writing into the stack does not reach them."""

    part = "stack"
    calls = "stack(models), then the stacked tensors are set to 9"
    compare = False

    def cases(self, draw: Draw):
        yield case("three models", count=3)
        yield case("a single model", count=1)

    def probe(self, solution, count):
        models = members("batch norm", count)
        before = [{name: value.clone() for name, value in model.state_dict().items()} for model in models]
        _, parameters, buffers = solution.stack(models)
        with torch.no_grad():
            for value in (*parameters.values(), *buffers.values()):
                value.fill_(9)
        changed = set()
        for model, old in zip(models, before, strict=True):
            for name, value in model.state_dict().items():
                if value.is_meta or not value.equal(old[name]):
                    changed.add(name)
        return sorted(changed)

    def verify(self, case, got, want):
        expect(not got, f"{', '.join(got)} of the models changed with the stack, or moved")


class ArchitecturesMustAgree(Check):
    """Models that differ in depth, width, activation, a setting or their traced forward raise ValueError; so does no model."""

    part = "stack"
    calls = "stack(models that differ)"
    compare = False

    def cases(self, draw: Draw):
        for kind in ("width", "depth", "activation", "setting", "forward", "none"):
            yield case(kind, kind=kind)

    def probe(self, solution, kind):
        other = {
            "width": lambda: perceptron(width=9),
            "depth": lambda: nn.Sequential(*perceptron(), nn.Linear(3, 3)),
            "activation": lambda: perceptron(activation=nn.Tanh),
            "setting": lambda: perceptron(activation=lambda: nn.LeakyReLU(0.2)),
            "forward": lambda: Applied(torch.tanh),
        }
        first = {"setting": lambda: perceptron(activation=nn.LeakyReLU), "forward": lambda: Applied(torch.relu)}
        build = first.get(kind, perceptron)
        return raised(solution.stack, [] if kind == "none" else [build(), build(), other[kind]()])

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"raised {got['raised']}, expected ValueError")


class PredictsLikeALoop(Check):
    """ensemble_predict gives, member by member, what each model gives for the same x, buffers included."""

    part = "ensemble_predict"
    calls = "ensemble_predict(stack(models), x)"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        for kind, count, rows in (
            ("mlp", 4, 6),
            ("mlp", 3, 3),
            ("batch norm", 3, 5),
            ("cnn", 2, 3),
            ("words", 3, 4),
            ("mlp", 1, 4),
            ("mlp", 4, 1),
            ("mlp", 2, 0),
            ("untraceable", 2, 3),
        ):
            yield case(f"{count} x {kind} on {rows} rows", kind=kind, count=count, x=batch(draw, kind, rows))
        yield case("float64", kind="batch norm", count=2, x=batch(draw, "batch norm", 3, dtype=torch.float64))

    def probe(self, solution, kind, count, x):
        models = members(kind, count, floating(x))
        return {"logits": solution.ensemble_predict(solution.stack(models), x)}


class EachItsOwnMinibatch(Check):
    """ensemble_predict_split gives member i the minibatch xs[i], also where M equals B."""

    part = "ensemble_predict_split"
    calls = "ensemble_predict_split(stack(models), xs)"
    truth = False
    tolerance = SAME

    def cases(self, draw: Draw):
        for kind, count, rows in (("mlp", 4, 6), ("mlp", 3, 3), ("batch norm", 2, 2), ("words", 3, 4), ("cnn", 1, 2)):
            yield case(
                f"{count} x {kind} on {rows} rows each", kind=kind, count=count, xs=batch(draw, kind, count, rows)
            )

    def probe(self, solution, kind, count, xs):
        return solution.ensemble_predict_split(solution.stack(members(kind, count, floating(xs))), xs)


class GradientsStayWithTheirMember(Check):
    """Gradients reach x and the stacked parameters, each member's its own."""

    calls = "ensemble_predict and ensemble_predict_split, then backward"
    truth = False
    tolerance = TRAINED

    def cases(self, draw: Draw):
        x, xs = draw.normal(4, 5, requires_grad=True), draw.normal(3, 4, 5, requires_grad=True)
        yield dict(x=x, xs=xs)

    def probe(self, solution, x, xs):
        stacked = solution.stack(members("mlp", 3, x.dtype))
        named = {f"parameter {name}": value for name, value in stacked[1].items()}
        return {
            "the same x": gradients(solution.ensemble_predict(stacked, x), x=x, **named),
            "split": gradients(solution.ensemble_predict_split(stacked, xs), xs=xs, **named),
        }


class DropoutDiffers(Check):
    """In training mode each member has a dropout mask of its own; in eval mode there is none."""

    calls = "ensemble_predict(stack([model, copy, ...]), x) with dropout of 0.5"
    compare = False

    def cases(self, draw: Draw):
        yield case("training", training=True, x=draw.normal(6, 5, mean=3.0))
        yield case("eval", training=False, x=draw.normal(6, 5, mean=3.0))

    def probe(self, solution, training, x):
        models = [fill_parameters(dropped()).to(x.dtype).train(training) for _ in range(4)]
        stacked = solution.stack(models)
        split = solution.ensemble_predict_split(stacked, x.expand(4, *x.shape))
        return {"plain": solution.ensemble_predict(stacked, x) == 0, "split": split == 0}

    def verify(self, case, got, want):
        for name, zero in got.items():
            share = zero.float().mean().item()
            if not case["training"]:
                expect(share < 0.05, f"{name}: {share:.0%} of the entries are 0 in eval mode, expected none")
                continue
            expect(0.3 < share < 0.7, f"{name}: {share:.0%} of the entries are dropped, expected about 50%")
            # 240 fair coins a member: that two members agree everywhere has probability 2 ** -240
            pairs = [(i, j) for i in range(4) for j in range(i) if bool(zero[i].equal(zero[j]))]
            expect(not pairs, f"{name}: members {pairs[0] if pairs else ''} dropped the same entries")


class TrainsLikeOneByOne(Check):
    """train_ensemble ends where training each model alone from its seed ends, running statistics included."""

    part = "train_ensemble"
    calls = "train_ensemble(factory, seeds, x, y, steps, lr)"
    truth = False
    tolerance = TRAINED
    battery = False  # float64 inputs would meet the factory's float32

    def cases(self, draw: Draw):
        for kind, count, steps in (
            ("mlp", 3, 0),
            ("mlp", 3, 1),
            ("mlp", 4, 9),
            ("batch norm", 3, 6),
            ("built in eval mode", 2, 3),
            ("cnn", 2, 4),
        ):
            yield case(
                f"{count} x {kind}, {steps} steps",
                kind=kind,
                seeds=draw.distinct(1, 10**6, count),
                x=batch(draw, kind, 12),
                y=draw.integers(0, 3, 12),
                steps=steps,
                lr=0.3,
            )
        seed = draw.seed()
        again = [seed, seed + 1, seed]
        yield case(
            "a seed twice", kind="mlp", seeds=again, x=draw.normal(7, 5), y=draw.integers(0, 3, 7), steps=3, lr=0.1
        )
        one = {"x": draw.normal(1, 5), "y": draw.integers(0, 3, 1)}
        yield case("one seed, one row", kind="mlp", seeds=[seed], steps=2, lr=0.1, **one)

    def probe(self, solution, kind, seeds, x, y, steps, lr):
        parameters, buffers = solution.train_ensemble(FACTORIES[kind], seeds, x, y, steps, lr)
        return {
            "parameters": {name: value.detach() for name, value in parameters.items()},
            "buffers": {name: value.detach() for name, value in buffers.items()},
        }


class PartsOfTheUncertainty(Check):
    """mean is over probabilities; total, aleatoric and epistemic are entropy of the mean, mean entropy, difference."""

    part = UNCERTAINTY
    calls = "uncertainty(logits)"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        for label, shape, std in (
            ("5 members", (5, 4, 3), 2.0),
            ("M = B = C", (3, 3, 3), 2.0),
            ("1 member", (1, 4, 3), 2.0),
            ("one class", (4, 3, 1), 1.0),
            ("no rows", (3, 0, 4), 1.0),
            ("members that are sure of different things", (6, 5, 7), 30.0),
        ):
            yield case(label, logits=draw.normal(*shape, std=std))
        yield case("large offsets", logits=draw.normal(4, 5, 3) + 1000 * draw.integers(-3, 4, 4, 5, 1))

    def probe(self, solution, logits):
        return dict(solution.uncertainty(logits))


class WhatMustHold(Check):
    """epistemic is total - aleatoric, not below -2e-6, 0 for identical members, log 2 for two that are sure and disagree."""

    part = UNCERTAINTY
    calls = "uncertainty(logits)"
    compare = False

    def cases(self, draw: Draw):
        yield case("any", logits=draw.normal(5, 9, 4, std=3.0), value=None)
        yield case("identical members", logits=draw.normal(1, 9, 4, std=3.0).repeat(6, 1, 1), value=0.0)
        sure = torch.tensor([[[1e4, 0.0, 0.0]], [[0.0, 1e4, 0.0]]])
        yield case("probabilities 0 and 1", logits=sure, value=0.6931472)

    def probe(self, solution, logits, value):
        return dict(solution.uncertainty(logits))

    def verify(self, case, got, want):
        for name, value in got.items():
            expect(value.isfinite().all(), f"{name} holds NaN or infinity")
        far = (got["epistemic"] - (got["total"] - got["aleatoric"])).abs().max().item()
        expect(far < 1e-5, f"epistemic is {far:.2g} away from total - aleatoric")
        least = got["epistemic"].min().item()
        expect(least > -2e-6, f"epistemic is {least:.2g} somewhere; it cannot be negative beyond rounding")
        if case["value"] is not None:
            found = got["epistemic"].max().item()
            expect(abs(found - case["value"]) < 1e-5, f"epistemic is {found:.6g}, expected {case['value']}")


class UncertaintyHasGradients(Check):
    """Gradients through every part are finite and right, where probabilities round to 0 too."""

    part = UNCERTAINTY
    calls = "uncertainty(logits), then backward"
    tolerance = Tolerance(relative=1e-3, absolute=1e-5)

    def cases(self, draw: Draw):
        yield case("moderate", logits=draw.normal(4, 3, 5, requires_grad=True))
        yield case("1e4 apart", logits=(draw.permutation(12).view(2, 2, 3) * 1e4).float().requires_grad_())

    def probe(self, solution, logits):
        found = solution.uncertainty(logits)
        return {name: gradients(found[name], keep=True, logits=logits) for name in ("mean", "total", "aleatoric")}


def stacked_mlps(first, last):
    """What stack makes of M MLPs with weights first (M, H, I) and last (M, O, H); built here, so that it is not timed."""
    with torch.device("meta"):
        skeleton = nn.Sequential(
            nn.Linear(first.shape[2], first.shape[1], bias=False),
            nn.ReLU(),
            nn.Linear(last.shape[2], last.shape[1], bias=False),
        ).eval()
    return skeleton, {"0.weight": first, "2.weight": last}, {}


class ManySmallOnes(Workload):
    """40 predictions of 32 MLPs of width 64 for 16 rows; of 64 MLPs on a GPU."""

    calls = "ensemble_predict of 32 MLPs of width 64 on 16 rows"
    tolerance = SAME
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, count: int = 32):
        first, last = draw.normal(count, 64, 64, std=0.1), draw.normal(count, 10, 64, std=0.1)
        yield dict(first=first, last=last, x=draw.normal(16, 64))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=2))

    def probe(self, solution, first, last, x):
        if x.is_cuda and len(first) > 2:
            first, last = first.repeat(2, 1, 1), last.repeat(2, 1, 1)
        stacked = stacked_mlps(first, last)
        total = 0
        with torch.no_grad():
            for number in range(40):
                total = total + solution.ensemble_predict(stacked, x + number * 0.01)
        return total


class CountedOnes(Workload):
    """One prediction of 64 two-layer MLPs."""

    calls = "ensemble_predict of 64 two-layer MLPs"
    tolerance = SAME
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, count: int = 64):
        first, last = draw.normal(count, 8, 6, std=0.3), draw.normal(count, 3, 8, std=0.3)
        yield dict(first=first, last=last, x=draw.normal(5, 6))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=2))

    def probe(self, solution, first, last, x):
        with torch.no_grad():
            return solution.ensemble_predict(stacked_mlps(first, last), x)


class WideInput(Workload):
    """16 models with a small hidden layer, all reading one input of 32 MiB."""

    calls = "ensemble_predict of 16 models on x of 32 MiB"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)
    preload = ("torch._dynamo",)

    def cases(self, draw: Draw, rows: int = 8192):
        first, last = draw.normal(16, 16, 1024, std=0.05), draw.normal(16, 3, 16, std=0.3)
        yield dict(first=first, last=last, x=draw.normal(rows, 1024))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3))

    def probe(self, solution, first, last, x):
        with torch.no_grad():
            return solution.ensemble_predict(stacked_mlps(first, last), x)
