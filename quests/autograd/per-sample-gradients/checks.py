"""Hidden checks of autograd/per-sample-gradients."""

import torch
from torch import nn
from torch.nn import functional as F

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, raised

GRADIENTS = "per_sample_gradients(model, loss_fn, x, y)"
LOOP = "looped_gradients(model, loss_fn, x, y)"
NORMS = "per_sample_norms(model, loss_fn, x, y)"
ALL = "all three functions"
CLOSE = Tolerance(relative=1e-4, absolute=1e-5)  # vmap turns matrix products into batched ones: another order of sums


class Counting(nn.Module):
    """Counts its calls in a buffer and scales by another."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(5, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("scale", torch.tensor([0.5, 2.0, -1.0]))

    def forward(self, x):
        self.calls += 1
        return self.inner(x) * self.scale


class Tied(nn.Module):
    """The same weight in two places."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(5, 5)
        self.decoder = nn.Linear(5, 5)
        self.decoder.weight = self.encoder.weight

    def forward(self, x):
        return self.decoder(torch.tanh(self.encoder(x)))


class Partial(nn.Module):
    """A head that most samples never reach keeps a zero gradient for them."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(5, 3), nn.Linear(5, 3)

    def forward(self, x):
        return self.used(x)


def mlp():
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))


def cnn():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4 * 2 * 3, 3)
    )


def with_batch_norm():
    return nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 3))


def counting_conv_norm():
    return nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3 * 4 * 6, 3))


def with_dropout():
    return nn.Sequential(nn.Linear(5, 64), nn.Dropout(0.5), nn.Linear(64, 3))


MODELS = {
    "an MLP": mlp,
    "a CNN": cnn,
    "BatchNorm": with_batch_norm,
    "BatchNorm2d": counting_conv_norm,
    "dropout": with_dropout,
    "buffers": Counting,
    "tied": Tied,
    "an unused layer": Partial,
}


def built(kind, x):
    """The model of that kind with fixed weights, where and as precise as x."""
    return fill_parameters(MODELS[kind]().to(x.device, x.dtype), scale=0.3)


def sized(output, target):
    """A mean loss that notices how many samples it is given."""
    return F.cross_entropy(output, target) * (1 + 0.25 * len(output)) + 0.01 * output.pow(2).sum()


def squared(output, target):
    """Mean squared error."""
    return F.mse_loss(output, target)


def batch(draw, rows):
    return dict(x=draw.normal(rows, 5), y=draw.integers(0, 3, rows))


def images(draw, rows):
    return dict(x=draw.normal(rows, 2, 4, 6), y=draw.integers(0, 3, rows))


class GradientsOfAnMlp(Check):
    """per_sample_gradients of an MLP: row i of each entry is the gradient of sample i's own loss."""

    calls = GRADIENTS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("B = 4", **batch(draw, 4))
        yield case("B = 1", **batch(draw, 1))

    def probe(self, solution, x, y):
        return solution.per_sample_gradients(built("an MLP", x), F.cross_entropy, x, y)


class GradientsOfACnn(Check):
    """per_sample_gradients of a CNN with a Flatten layer, which wants to see a batch."""

    calls = GRADIENTS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("B = 3", **images(draw, 3))
        yield case("B = 1", **images(draw, 1))

    def probe(self, solution, x, y):
        return solution.per_sample_gradients(built("a CNN", x), F.cross_entropy, x, y)


class TheLossIsUsedUnchanged(Check):
    """The loss is handed a batch of one, output (1, ...) and target (1, ...), and its value is not rescaled."""

    calls = "per_sample_gradients and looped_gradients"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("a loss that depends on the number of samples", **batch(draw, 4), loss="sized")
        yield case("mean squared error", x=draw.normal(4, 5), y=draw.normal(4, 3), loss="squared")

    def probe(self, solution, x, y, loss):
        seen = []

        def watched(output, target):
            seen.append((tuple(output.shape), tuple(target.shape)))
            return {"sized": sized, "squared": squared}[loss](output, target)

        result = {
            "vmap": solution.per_sample_gradients(built("an MLP", x), watched, x, y),
            "loop": solution.looped_gradients(built("an MLP", x), watched, x, y),
        }
        return result | {"shapes that the loss saw": sorted(set(seen))}


class TheLoopAgrees(Check):
    """looped_gradients gives the same names, shapes and values."""

    calls = LOOP
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("an MLP, B = 4", **batch(draw, 4), kind="an MLP")
        yield case("an MLP, B = 1", **batch(draw, 1), kind="an MLP")
        yield case("a CNN, B = 3", **images(draw, 3), kind="a CNN")

    def probe(self, solution, x, y, kind):
        return solution.looped_gradients(built(kind, x), F.cross_entropy, x, y)


class TheirMeanIsTheBatchGradient(Check):
    """The mean over the samples is the gradient of the mean loss over the batch, as backward would give it."""

    calls = f"{GRADIENTS}, then its mean over B"
    compare = False

    def cases(self, draw: Draw):
        yield case("an MLP", **batch(draw, 6), kind="an MLP")
        yield case("a CNN", **images(draw, 5), kind="a CNN")

    def probe(self, solution, x, y, kind):
        model = built(kind, x)
        rows = solution.per_sample_gradients(model, F.cross_entropy, x, y)
        names, parameters = zip(*model.named_parameters(), strict=True)
        wanted = torch.autograd.grad(F.cross_entropy(model(x), y), parameters)
        return {name: (rows[name].mean(0) - want, want.abs().max()) for name, want in zip(names, wanted, strict=True)}

    def verify(self, case, got, want):
        for name, (difference, largest) in got.items():
            off = float(difference.abs().max())
            expect(
                off <= 1e-4 * float(largest) + 1e-6,
                f"the mean of the rows of {name!r} differs from the gradient of the batch by {off:.2g}",
            )


class NormsOverAllParameters(Check):
    """per_sample_norms is the norm over all parameters together, one number a sample."""

    calls = NORMS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("an MLP, B = 4", **batch(draw, 4), kind="an MLP")
        yield case("B = 1", **batch(draw, 1), kind="an MLP")
        yield case("a CNN, B = 35", **images(draw, 35), kind="a CNN")
        yield case("targets of shape (B, 3)", x=draw.normal(4, 5), y=draw.normal(4, 3), kind="an MLP")

    def probe(self, solution, x, y, kind):
        loss = squared if y.is_floating_point() else F.cross_entropy
        return solution.per_sample_norms(built(kind, x), loss, x, y)


class NoSamples(Check):
    """B = 0 gives entries of shape (0, *parameter.shape) and no norms."""

    calls = f"{ALL} with B = 0"

    def cases(self, draw: Draw):
        yield dict(**batch(draw, 0))

    def probe(self, solution, x, y):
        model = built("an MLP", x)
        return {
            "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
            "per_sample_norms": solution.per_sample_norms(model, F.cross_entropy, x, y),
        }


class FrozenAndUnused(Check):
    """A frozen parameter is left out; one that wants a gradient and is not reached gets zeros."""

    calls = ALL
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("the first layer frozen", **batch(draw, 4), kind="an MLP", frozen=["0.weight", "0.bias"])
        yield case("one bias frozen", **batch(draw, 3), kind="an MLP", frozen=["2.bias"])
        yield case("a layer that forward never calls", **batch(draw, 3), kind="an unused layer", frozen=[])

    def probe(self, solution, x, y, kind, frozen):
        model = built(kind, x)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in frozen)
        return {
            "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
            "per_sample_norms": solution.per_sample_norms(model, F.cross_entropy, x, y),
        }


class TiedParameters(Check):
    """A weight used in two places appears once, under its first name, with the sum of both gradients."""

    calls = ALL
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 5), y=draw.integers(0, 5, 4))

    def probe(self, solution, x, y):
        model = built("tied", x)
        return {
            "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
            "per_sample_norms": solution.per_sample_norms(model, F.cross_entropy, x, y),
        }


class LeavesTheModelAlone(Check):
    """Parameters, .grad, buffers (also those that forward writes), training and requires_grad flags stay as they were."""

    calls = ALL

    def cases(self, draw: Draw):
        yield case("a model that counts its calls in a buffer", **batch(draw, 3), kind="buffers", train=True)
        yield case("in eval mode", **batch(draw, 3), kind="dropout", train=False)
        yield case("in training mode", **batch(draw, 3), kind="dropout", train=True)

    def probe(self, solution, x, y, kind, train):
        result = {}
        for name in ("per_sample_gradients", "looped_gradients", "per_sample_norms"):
            model = built(kind, x).train(train)
            for number, parameter in enumerate(model.parameters()):
                parameter.grad = None if number % 2 else torch.full_like(parameter, 3.0)
            getattr(solution, name)(model, F.cross_entropy, x, y)
            result[name] = {
                "state_dict": dict(model.state_dict()),
                ".grad": [parameter.grad for parameter in model.parameters()],
                "training": [module.training for module in model.modules()],
                "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
                "parameter class": [type(parameter).__name__ for parameter in model.parameters()],
            }
        return result


class BuffersTakePart(Check):
    """Buffers that forward reads have their values in every sample's gradient."""

    calls = "per_sample_gradients and looped_gradients"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(**batch(draw, 3))

    def probe(self, solution, x, y):
        model = built("buffers", x)
        return {
            "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
        }


class NoGraphAndUnderNoGrad(Check):
    """Results carry no graph, and under torch.no_grad() they are the same."""

    calls = ALL
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("with gradients on", **batch(draw, 3), enabled=True)
        yield case("under torch.no_grad()", **batch(draw, 3), enabled=False)

    def probe(self, solution, x, y, enabled):
        model = built("an MLP", x)
        with torch.set_grad_enabled(enabled):
            found = {
                "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
                "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
                "per_sample_norms": solution.per_sample_norms(model, F.cross_entropy, x, y),
            }
        tensors = {name: list(value.values()) if isinstance(value, dict) else [value] for name, value in found.items()}
        return found | {
            f"{name} requires grad": any(tensor.requires_grad for tensor in each) for name, each in tensors.items()
        }


class DropoutDrawsAMaskPerSample(Check):
    """With dropout in training mode every sample has a mask of its own, used in forward and backward alike."""

    calls = "per_sample_gradients, looped_gradients and per_sample_norms of a model with dropout"
    compare = False

    def cases(self, draw: Draw):
        # eight times the same sample: all that differs is the mask of 64 units
        yield dict(x=draw.normal(1, 5).expand(8, 5).contiguous(), y=draw.integers(0, 3, 1).expand(8).contiguous())

    def probe(self, solution, x, y):
        return {
            "per_sample_gradients": solution.per_sample_gradients(built("dropout", x), F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(built("dropout", x), F.cross_entropy, x, y),
            "norms": solution.per_sample_norms(built("dropout", x), F.cross_entropy, x, y),
        }

    def verify(self, case, got, want):
        for name in ("per_sample_gradients", "looped_gradients"):
            last, first = got[name]["2.weight"], got[name]["0.weight"]  # (8, 3, 64), (8, 64, 5)
            kept = (last != 0).any(1)  # (8, 64)
            share = float(kept.float().mean())
            expect(0.3 < share < 0.7, f"{name}: {share:.0%} of the hidden units are kept, expected about half")
            masks = len({tuple(row.tolist()) for row in kept})
            expect(masks == 8, f"{name}: 8 equal samples drew {masks} different masks, expected 8 (64 units each)")
            other = (first != 0).any(2)
            expect(bool((other == kept).all()), f"{name}: forward and backward of a sample used different masks")
        norms = len(set(got["norms"].tolist()))
        expect(norms == 8, f"per_sample_norms: 8 equal samples have {norms} different norms, expected 8")


class BatchNormInTraining(Check):
    """A BatchNorm layer that would use the statistics of the batch raises ValueError saying so."""

    calls = f"{ALL} on a model with BatchNorm"
    compare = False

    def cases(self, draw: Draw):
        yield case("in training mode", **batch(draw, 4), kind="BatchNorm", only=False)
        yield case("BatchNorm2d in training mode", **images(draw, 4), kind="BatchNorm2d", only=False)
        yield case(
            "the model in eval mode, its BatchNorm alone in training mode",
            **batch(draw, 4),
            kind="BatchNorm",
            only=True,
        )

    def probe(self, solution, x, y, kind, only):
        model = built(kind, x)
        if only:
            model.eval()[1].train()
        functions = (solution.per_sample_gradients, solution.looped_gradients, solution.per_sample_norms)
        return {function.__name__: raised(function, model, F.cross_entropy, x, y) for function in functions}

    def verify(self, case, got, want):
        for name, found in got.items():
            expect(found["raised"] == "ValueError", f"{name} raised {found['raised']}, expected ValueError")
            expect("batch" in found["message"].lower(), f"{name}: the message does not say why: {found['message']!r}")


class BatchNormInEvalMode(Check):
    """In eval mode BatchNorm is a fixed affine map and every sample has its gradient."""

    calls = f"{ALL} on a model with BatchNorm in eval mode"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("model.eval()", **batch(draw, 4), only=False)
        yield case("the model in training mode, its BatchNorm in eval mode", **batch(draw, 4), only=True)

    def probe(self, solution, x, y, only):
        model = built("BatchNorm", x)
        with torch.no_grad():
            model[1].running_mean.fill_(0.4)
            model[1].running_var.fill_(2.5)
        (model[1] if only else model).eval()
        return {
            "per_sample_gradients": solution.per_sample_gradients(model, F.cross_entropy, x, y),
            "looped_gradients": solution.looped_gradients(model, F.cross_entropy, x, y),
            "per_sample_norms": solution.per_sample_norms(model, F.cross_entropy, x, y),
        }


class TwoLayerMlp(Workload):
    """A two-layer MLP at B = 64 (256 and wider layers on a GPU)."""

    calls = "per_sample_gradients of a two-layer MLP at B = 64 (256 on a GPU)"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, rows: int = 64):
        yield dict(x=draw.normal(rows, 32), y=draw.integers(0, 10, rows))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=4))

    def probe(self, solution, x, y):
        if x.is_cuda and len(x) > 4:
            x, y = x.repeat(4, 1), y.repeat(4)
        model = nn.Sequential(nn.Linear(32, 48), nn.Tanh(), nn.Linear(48, 10)).to(x.device, x.dtype)
        return solution.per_sample_gradients(fill_parameters(model, scale=0.1), F.cross_entropy, x, y)


class NormsOfAWideMlp(Workload):
    """Norms of 128 samples for an MLP of 266,000 parameters: about 1 MiB a gradient, 130 MiB all of them."""

    calls = "per_sample_norms of a 512-512-8 MLP at B = 128"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, rows: int = 128, width: int = 512):
        yield dict(x=draw.normal(rows, width), y=draw.integers(0, 8, rows))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=20, width=16))

    def probe(self, solution, x, y):
        width = x.shape[1]
        model = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 8)).to(x.device, x.dtype)
        return solution.per_sample_norms(fill_parameters(model, scale=0.05), F.cross_entropy, x, y)
