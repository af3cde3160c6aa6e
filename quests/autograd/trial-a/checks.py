"""Hidden checks of autograd/trial-a."""

import torch
from torch import nn
from torch.nn import functional as F

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, gradients

APPLY, LOSS = "SparseMax.apply(x)", "sparsemax_loss(logits, target)"
SAMPLES = "per_sample_loss_gradients(model, loss, x, y)"
DOUBLE = torch.float64
INF = float("inf")
CLOSE = Tolerance(relative=1e-4, absolute=1e-5)
FINE = Tolerance(relative=1e-9, absolute=1e-10)


def projected(x):
    """The projection by bisection for its threshold: slow, and nothing to copy."""
    low, high = x.amax(-1, keepdim=True) - 1, x.amax(-1, keepdim=True)
    for _ in range(80):
        middle = (low + high) / 2
        above = (x - middle).clamp(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    return low


def apart(draw, *shape, std=0.7, gap=0.05):
    """float64 rows none of whose entries is near the threshold, so that the support does not change close by."""
    while True:
        x = draw.normal(*shape, std=std, dtype=DOUBLE)
        if bool(((x - projected(x)).abs() > gap).all()):
            return x


class ProjectionOfRows(Check):
    """Every row along the last dimension becomes the nearest point of the simplex, for any shape, C = 1 and equal entries."""

    part = "SparseMax"
    calls = APPLY
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for shape in ((3, 5), (7,), (2, 5, 3), (4, 4), (3, 1), (1,), (0, 5), (2, 97)):
            yield case(f"shape {shape}", x=draw.normal(*shape))
        yield case("all close together", x=draw.normal(3, 6, std=0.05))
        yield case("far apart", x=draw.normal(3, 6, std=20.0))
        yield case("transposed", x=draw.normal(5, 3).T)
        yield case("every other entry", x=draw.normal(3, 10)[:, ::2])

    def probe(self, solution, x):
        found = solution.SparseMax.apply(x)
        return {"p": found, "a torch.autograd.Function": issubclass(solution.SparseMax, torch.autograd.Function)}

    def verify(self, case, got, want):
        expect(got["a torch.autograd.Function"], "SparseMax is not a torch.autograd.Function")


class EqualEntries(Check):
    """Equal entries get equal shares, also those at the edge of the support; the sum stays 1."""

    part = "SparseMax"
    calls = APPLY
    tolerance = CLOSE

    def cases(self, draw: Draw):
        c = draw.integer(3, 9)
        yield case("all equal", x=torch.full((2, c), draw.number(-2.0, 2.0)))
        top = draw.number(0.3, 0.6)
        yield case("two pairs", x=torch.tensor([draw.shuffled([top, top, 0.1, 0.1, -3.0])]))
        yield case("edge: exactly 1 below the largest", x=torch.tensor([draw.shuffled([2.0, 1.0, 1.0, 0.0])]))
        yield case("thirds", x=torch.tensor([draw.shuffled([1.0, 2 / 3, 2 / 3, 1 / 3, 1 / 3])]))

    def probe(self, solution, x):
        return solution.SparseMax.apply(x)


class SumsAndZeros(Check):
    """Rows sum to 1, no entry is negative, and what is 1 below the largest is exactly 0, for 1,000 classes in float32."""

    part = "SparseMax"
    calls = APPLY
    compare = False

    def cases(self, draw: Draw):
        for std in (0.001, 0.3, 5.0):
            yield case(f"spread {std}", x=draw.normal(4, 1000, std=std))

    def probe(self, solution, x):
        return solution.SparseMax.apply(x)

    def verify(self, case, got, want):
        drift = float((got.double().sum(-1) - 1).abs().max())
        expect(drift < 1e-4, f"the sum of a row is off by {drift:.2g}")
        expect(bool((got >= 0).all()), f"the smallest entry is {float(got.min()):.3g}, expected >= 0")
        x = case["x"]
        out = x < x.amax(-1, keepdim=True) - 1.001
        expect(not bool(got[out].any()), "an entry that is more than 1 below the largest is not exactly 0")


class LargeEntries(Check):
    """Entries near +-10,000 lose nothing: a shift of the whole row does not change its projection."""

    part = "SparseMax"
    calls = APPLY
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, centre in (("near 1e4", 1e4), ("near -1e4", -1e4)):
            yield case(f"{label}, 200 classes", x=draw.normal(3, 200, std=0.02) + centre)
        yield case("1e4 apart", x=torch.tensor([draw.shuffled([1e4, -1e4, 0.0, 9999.5])]))

    def probe(self, solution, x):
        return solution.SparseMax.apply(x)


class MaskedEntries(Check):
    """An entry of -inf gets exactly 0, its gradient is 0, and the others share the 1 as if it were not there."""

    part = "SparseMax"
    calls = APPLY
    tolerance = CLOSE

    def cases(self, draw: Draw):
        x = draw.normal(3, 6)
        x[0, 2] = x[1, :3] = x[2, 1:] = -INF
        yield dict(x=x.requires_grad_())

    def probe(self, solution, x):
        found = solution.SparseMax.apply(x)
        return {"p": found, **gradients(found, x=x)}


class GradientOnTheSupport(Check):
    """The gradient is that which arrives minus its mean over the support, and 0 outside; gradcheck agrees."""

    part = "SparseMax"
    calls = f"{APPLY}, then backward"
    tolerance = FINE

    def cases(self, draw: Draw):
        for shape, std in (((3, 5), 0.7), ((2, 3, 4), 0.7), ((6,), 0.2), ((3, 1), 1.0), ((2, 6), 5.0)):
            yield case(f"shape {shape}, spread {std}", x=apart(draw, *shape, std=std).requires_grad_())

    def probe(self, solution, x):
        checked = torch.autograd.gradcheck(
            solution.SparseMax.apply, (x,), raise_exception=False, check_undefined_grad=False
        )
        return {**gradients(solution.SparseMax.apply(x), x=x), "gradcheck agrees": checked}


class UnderVmap(Check):
    """torch.func.vmap maps it over any dimension, and vmap of its gradient gives the Jacobian."""

    part = "SparseMax"
    calls = f"torch.func.vmap({APPLY})"
    tolerance = FINE

    def cases(self, draw: Draw):
        yield dict(x=apart(draw, 4, 5), y=apart(draw, 3, 2, 4))

    def probe(self, solution, x, y):
        apply = solution.SparseMax.apply
        _, pull = torch.func.vjp(apply, x[0])
        return {
            "over rows": torch.func.vmap(apply)(x),
            "over the middle dimension": torch.func.vmap(apply, in_dims=1)(y),
            "Jacobian of a row": torch.func.vmap(pull)(torch.eye(5, dtype=x.dtype))[0],
            "gradient for each row": torch.func.vmap(torch.func.grad(lambda row: apply(row)[0] ** 2))(x),
        }


def penalised(f, x):
    """What d/dt (f + g . c) is, by backward and by differences along a fixed direction."""
    x = x.detach()
    c = torch.cos(1.3 * torch.arange(x.numel(), dtype=x.dtype)).view_as(x)
    along = torch.sin(0.7 + 0.9 * torch.arange(x.numel(), dtype=x.dtype)).view_as(x)

    def plain(point):
        leaf = point.clone().requires_grad_()
        value = f(leaf)
        (g,) = torch.autograd.grad(value, leaf)
        return float(value.detach() + (g * c).sum())

    leaf = x.clone().requires_grad_()
    try:
        value = f(leaf)
        (g,) = torch.autograd.grad(value, leaf, create_graph=True)
        (value + (g * c).sum()).backward()
    except RuntimeError as error:
        return {"raised": str(error)}
    step = 1e-6
    wanted = (plain(x + step * along) - plain(x - step * along)) / (2 * step)
    return {"raised": "", "got": float((leaf.grad * along).sum()), "wanted": wanted}


class SecondDerivative:
    """A gradient penalty, differentiated: right, or RuntimeError."""

    compare = False
    truth = False

    def verify(self, case, got, want):
        if not got["raised"]:
            off = abs(got["got"] - got["wanted"])
            expect(
                off < 1e-5 * max(1.0, abs(got["wanted"])),
                f"the derivative of f + g . c (g the gradient of f, c fixed) is {got['got']:.6g} along a direction, "
                f"differences say {got['wanted']:.6g}: a second derivative is right or raises, it is not left out",
            )


class SecondDerivativeOfSparsemax(SecondDerivative, Check):
    """A second derivative through SparseMax is right or raises RuntimeError; it is never 0 in silence."""

    part = "SparseMax"
    calls = f"f = |{APPLY}|^2, its gradient with create_graph, then backward"

    def cases(self, draw: Draw):
        yield dict(x=apart(draw, 3, 5))

    def probe(self, solution, x):
        return penalised(lambda point: solution.SparseMax.apply(point).square().sum(), x)


def classified(draw, n, c, std=1.0, dtype=DOUBLE):
    return dict(logits=draw.normal(n, c, std=std, dtype=dtype, requires_grad=True), target=draw.integers(0, c, n))


class LossOfRows(Check):
    """The loss is the mean over the rows of p . z - |p|^2 / 2 - z_t + 1/2."""

    part = "sparsemax_loss"
    calls = LOSS
    tolerance = FINE

    def cases(self, draw: Draw):
        for n, c, std in ((4, 5, 1.0), (1, 3, 0.3), (5, 2, 1.0), (3, 1, 1.0), (2, 7, 4.0)):
            yield case(f"N = {n}, C = {c}, spread {std}", **classified(draw, n, c, std))

    def probe(self, solution, logits, target):
        loss = solution.sparsemax_loss(logits, target)
        return {"loss": loss.detach(), "shape": list(loss.shape)}


class GradientOfTheLoss(Check):
    """Its gradient is (SparseMax(logits) - onehot(target)) / N, also at logits near 10,000 in float32."""

    part = "sparsemax_loss"
    calls = f"{LOSS}, then backward"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        yield case("N = 4, C = 5", **classified(draw, 4, 5))
        yield case("N = 1, C = 3", **classified(draw, 1, 3))
        near = classified(draw, 3, 6, dtype=torch.float32)
        yield case("near 1e4", **(near | {"logits": (near["logits"].detach() + 1e4).requires_grad_()}))
        near = classified(draw, 3, 6, dtype=torch.float32)
        yield case("far apart", **(near | {"logits": (near["logits"].detach() * 1e4).requires_grad_()}))
        near = classified(draw, 3, 6, std=0.3, dtype=torch.float32)
        logits = near["logits"].detach() + torch.tensor([0.0, 0.0, 0.0, 0.0, -2e4, -2e4])
        target = draw.integers(0, 4, 3)
        yield case("two classes 2e4 below the others", logits=logits.requires_grad_(), target=target)

    def probe(self, solution, logits, target):
        loss = solution.sparsemax_loss(logits, target)
        return {"loss": loss.detach(), "gradient": torch.autograd.grad(loss, logits)[0]}


class MarginOfOne(Check):
    """The loss is 0 exactly where the target leads by 1 or more, and positive elsewhere."""

    part = "sparsemax_loss"
    calls = LOSS
    compare = False

    def cases(self, draw: Draw):
        for lead in (1.0, 1.5, 30.0, 0.9, 0.2, -2.0):
            rest = draw.uniform(2, 5, low=-3.0, high=0.0, dtype=DOUBLE)
            rest[:, 0] = 0.0
            place = draw.integer(0, 5)
            logits = torch.cat([rest[:, :place], torch.full((2, 1), lead, dtype=DOUBLE), rest[:, place:]], dim=1)
            yield case(f"the target leads by {lead}", logits=logits + draw.number(-2.0, 2.0), place=place, lead=lead)

    def probe(self, solution, logits, place, lead):
        return float(solution.sparsemax_loss(logits, torch.full((len(logits),), place)))

    def verify(self, case, got, want):
        if case["lead"] >= 1:
            expect(abs(got) < 1e-9, f"the target leads by {case['lead']} and the loss is {got:.3g}, expected 0")
        else:
            expect(got > 1e-4, f"the target leads by {case['lead']} and the loss is {got:.3g}, expected more than 0")


class Convex(Check):
    """The loss is never negative, and along any line it lies below its chords."""

    part = "sparsemax_loss"
    calls = LOSS
    compare = False

    def cases(self, draw: Draw):
        for _ in range(3):
            ends = draw.normal(2, 4, 5, std=2.0, dtype=DOUBLE)
            yield dict(ends=ends, target=draw.integers(0, 5, 4))

    def probe(self, solution, ends, target):
        at = torch.linspace(0, 1, 9, dtype=ends.dtype)
        return torch.stack([solution.sparsemax_loss(ends[0] + t * (ends[1] - ends[0]), target) for t in at])

    def verify(self, case, got, want):
        expect(bool((got > -1e-9).all()), f"the smallest loss is {float(got.min()):.3g}, expected >= 0")
        sag = float((got[1:-1] - (got[:-2] + got[2:]) / 2).max())
        expect(sag < 1e-10, f"between two points of a line the loss lies {sag:.3g} above the chord")


class SecondDerivativeOfTheLoss(SecondDerivative, Check):
    """A second derivative of the loss is the Jacobian of SparseMax or raises RuntimeError; it is never 0 in silence."""

    part = "sparsemax_loss"
    calls = f"{LOSS}, its gradient with create_graph, then backward"

    def cases(self, draw: Draw):
        yield dict(logits=apart(draw, 3, 5), target=draw.integers(0, 5, 3))

    def probe(self, solution, logits, target):
        return penalised(lambda point: 3 * solution.sparsemax_loss(point, target), logits)


MODELS = {
    "an MLP": lambda: nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)),
    "a CNN": lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(3 * 2 * 4, 3)),
}


def built(kind, x, frozen=()):
    model = fill_parameters(MODELS[kind]().to(x.device, x.dtype), scale=0.5)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    return model


class GradientsOfEverySample(Check):
    """Each row is the gradient of its sample's own loss, for every parameter that requires grad and no other."""

    part = "per_sample_loss_gradients"
    calls = f"{SAMPLES}, loss = cross_entropy or mse_loss"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for b in (draw.integer(3, 6), 1):
            made = dict(x=draw.normal(b, 5), y=draw.integers(0, 3, b))
            yield case(f"an MLP, B = {b}", **made, kind="an MLP", frozen=[])
        made = dict(x=draw.normal(3, 2, 4, 6), y=draw.integers(0, 3, 3))
        yield case("a CNN", **made, kind="a CNN", frozen=[])
        made = dict(x=draw.normal(3, 5), y=draw.integers(0, 3, 3))
        yield case("some frozen", **made, kind="an MLP", frozen=["0.weight", "2.bias"])
        b = draw.choice((4, 5))
        yield case("targets (B, 3), mse_loss", x=draw.normal(b, 5), y=draw.normal(b, 3), kind="an MLP", frozen=[])

    def probe(self, solution, x, y, kind, frozen):
        loss = F.mse_loss if y.is_floating_point() else F.cross_entropy
        return solution.per_sample_loss_gradients(built(kind, x, frozen), loss, x, y)


class LeavesTheModelAlone(Check):
    """.grad and flags of the model stay as they were, the result has no graph, and it works under no_grad."""

    part = "per_sample_loss_gradients"
    calls = SAMPLES
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for enabled in (True, False):
            made = dict(x=draw.normal(3, 5), y=draw.integers(0, 3, 3))
            yield case(f"gradients {'on' if enabled else 'off'}", **made, enabled=enabled)

    def probe(self, solution, x, y, enabled):
        model = built("an MLP", x)
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, 3.0)
        with torch.set_grad_enabled(enabled):
            found = solution.per_sample_loss_gradients(model, F.cross_entropy, x, y)
        return {
            "graph": any(each.requires_grad for each in found.values()),
            ".grad": [parameter.grad for parameter in model.parameters()],
            "flags": [parameter.requires_grad for parameter in model.parameters()],
            "gradients": {name: each.detach() for name, each in found.items()},
        }


class ThroughYourOwnOperator(Check):
    """With sparsemax_loss as the loss the rows equal a loop of single backward calls."""

    part = "per_sample_loss_gradients"
    calls = "per_sample_loss_gradients(model, sparsemax_loss, x, y)"
    after = (UnderVmap, GradientOfTheLoss)
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for kind, shape in (("an MLP", (5,)), ("a CNN", (2, 4, 6))):
            yield case(kind, x=draw.normal(4, *shape, dtype=DOUBLE), y=draw.integers(0, 3, 4), kind=kind)

    def probe(self, solution, x, y, kind):
        return solution.per_sample_loss_gradients(built(kind, x), solution.sparsemax_loss, x, y)


class ManyRows(Workload):
    """SparseMax of 512 rows of 1,024 classes, 2 MiB."""

    calls = "SparseMax.apply(x (512, 1024))"
    tolerance = CLOSE

    def cases(self, draw: Draw, rows: int = 512):
        yield dict(x=draw.normal(rows, 1024, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x):
        return solution.SparseMax.apply(x)


class MoreSamples(Workload):
    """per_sample_loss_gradients for 2 and for 40 samples."""

    calls = "per_sample_loss_gradients(model, cross_entropy, x, y), B = 2, then 40"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for b in (2, 40):
            yield dict(x=draw.normal(b, 5), y=draw.integers(0, 3, b))

    def probe(self, solution, x, y):
        return solution.per_sample_loss_gradients(built("an MLP", x), F.cross_entropy, x, y)
