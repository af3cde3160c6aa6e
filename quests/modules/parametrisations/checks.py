"""Hidden checks of modules/parametrisations."""

import torch
from torch import nn
from torch.nn.utils import parametrize

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, raised

CLOSE = Tolerance(relative=1e-4, absolute=2e-5)
NORM, SYMMETRIC, ROTATION, BOUND = "WeightNorm", "Symmetric", "Rotation", "SpectralBound"


def rotation(draw, n):
    """A random rotation (n, n) with determinant +1."""
    made = draw.orthogonal(n, dtype=torch.float64)
    made[:, 0] *= torch.linalg.det(made).sign()
    return made.float()


def gentle(draw, n):
    """A random rotation (n, n) by angles of at most 1.5, far from a half turn."""
    free = draw.normal(n, n, dtype=torch.float64)
    skew = free - free.mT
    return torch.matrix_exp(skew * (1.5 / torch.linalg.matrix_norm(skew, 2))).float()


def stretched(draw, turn, values):
    """`turn` after a stretch by `values` along random directions: the rotation nearest to it is `turn`."""
    directions = rotation(draw, len(values))
    return turn @ directions.mT @ torch.diag(torch.tensor(values)) @ directions


def with_spectrum(draw, values, columns):
    """A matrix (len(values), columns) with these singular values."""
    rows = len(values)
    left, right = draw.orthogonal(rows, torch.float64), draw.orthogonal(columns, torch.float64)[:rows]
    return (left @ torch.diag(torch.tensor(values, dtype=torch.float64)) @ right).float()


def made(solution, kind, shape, bound=1.0):
    """A parametrisation for a weight of `shape`."""
    if kind == ROTATION:
        return solution.Rotation(shape[0])
    if kind == BOUND:
        return solution.SpectralBound(shape, bound)
    return getattr(solution, kind)()


def layer_with(weight):
    """A layer that holds `weight` (O, I) or (O, I, kh, kw)."""
    rows, columns = weight.shape[:2]
    layer = nn.Conv2d(columns, rows, weight.shape[2:]) if weight.dim() == 4 else nn.Linear(columns, rows)
    layer = layer.to(weight.device, weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer


def bounded(solution, free, u, v, bound):
    """A SpectralBound whose vectors are u and v, each of length 1."""
    each = solution.SpectralBound(free.shape, bound).to(free.device, free.dtype)
    each.u.copy_(u)
    each.v.copy_(v)
    return each


class RowsHaveTheirMagnitude(Check):
    """WeightNorm gives every output row the length magnitude, along direction; a convolution's row is a whole kernel."""

    part = NORM
    calls = "WeightNorm()(magnitude, direction)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("3 x 5", (3, 5)),
            ("a convolution", (4, 3, 2, 5)),
            ("one input", (4, 1)),
            ("one output", (1, 4)),
            ("no outputs", (0, 3)),
        ):
            magnitude = draw.uniform(shape[0], *[1] * (len(shape) - 1), low=-2.0, high=2.0)
            yield case(label, magnitude=magnitude, direction=draw.normal(*shape))

    def probe(self, solution, magnitude, direction):
        return solution.WeightNorm()(magnitude, direction)


class NormGradients(Check):
    """Gradients of magnitude and direction are those of the formula."""

    part = NORM
    calls = "WeightNorm()(magnitude, direction), then backward"

    def cases(self, draw: Draw):
        for shape in ((3, 5), (2, 3, 2, 2)):
            magnitude = draw.uniform(shape[0], *[1] * (len(shape) - 1), low=0.5, high=2.0, requires_grad=True)
            yield dict(magnitude=magnitude, direction=draw.normal(*shape, requires_grad=True))

    def probe(self, solution, magnitude, direction):
        return gradients(solution.WeightNorm()(magnitude, direction), magnitude=magnitude, direction=direction)


class ZeroRows(Check):
    """A zero direction gives a zero row and finite gradients; a zero row that is assigned can still learn."""

    part = NORM
    calls = "WeightNorm()"
    compare = False

    def cases(self, draw: Draw):
        weight = draw.normal(4, 3)
        weight[1] = 0
        yield dict(weight=weight, magnitude=draw.uniform(4, 1, low=0.5, high=2.0))

    def probe(self, solution, weight, magnitude):
        each = solution.WeightNorm()
        magnitude, direction = magnitude.requires_grad_(), weight.clone().requires_grad_()
        found = {"weight": each(magnitude, direction).detach()}
        found |= gradients(each(magnitude, direction), magnitude=magnitude, direction=direction)
        assigned = [value.detach().clone().requires_grad_() for value in each.right_inverse(weight)]
        again = each(*assigned)
        found |= {"again": again.detach(), "length": gradients(again, magnitude=assigned[0])["gradient of magnitude"]}
        return found

    def verify(self, case, got, want):
        expect(got["weight"][1].eq(0).all(), f"a zero direction gives the row {got['weight'][1].tolist()}, expected 0")
        for name in ("magnitude", "direction"):
            expect(got[f"gradient of {name}"].isfinite().all(), f"the gradient of {name} is not finite")
        expect(got["again"].allclose(case["weight"], atol=1e-6), "right_inverse, then forward: another weight")
        stuck = f"the gradient of the zero row's magnitude is {got['length'][1].item()}: it could never grow"
        expect(bool(got["length"][1].isfinite()) and got["length"][1].item() != 0, stuck)


class MirrorsTheUpperTriangle(Check):
    """Symmetric mirrors the upper triangle, diagonal once, and its gradient lies there."""

    part = SYMMETRIC
    calls = "Symmetric()(free), then backward"

    def cases(self, draw: Draw):
        for n in (4, 1, 0):
            yield case(f"{n} x {n}", free=draw.normal(n, n, requires_grad=True))

    def probe(self, solution, free):
        weight = solution.Symmetric()(free)
        return {"weight": weight, **gradients(weight, free=free)}


class TurnsFromTheBase(Check):
    """Rotation gives base @ exp(S), S skew from the strict upper triangle: orthogonal, with determinant +1."""

    part = ROTATION
    calls = "Rotation(n)(free)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, n, std in (("5 x 5", 5, 0.5), ("2 x 2", 2, 1.0), ("1 x 1", 1, 1.0), ("many turns", 4, 3.0)):
            yield case(label, free=draw.normal(n, n, std=std), base=rotation(draw, n))

    def probe(self, solution, free, base):
        each = solution.Rotation(len(free)).to(free.device, free.dtype)
        first = each(free)
        each.base.copy_(base)
        return {"from the identity": first, "from another base": each(free)}

    def verify(self, case, got, want):
        for name, weight in got.items():
            determinant = torch.linalg.det(weight.double()).item()
            expect(abs(determinant - 1) < 1e-3, f"{name}: the determinant is {determinant:.4g}, expected 1")


class RotationGradients(Check):
    """The gradient of the free matrix is that of the formula: nothing reaches the lower triangle or the base."""

    part = ROTATION
    calls = "Rotation(n)(free), then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(free=draw.normal(4, 4, requires_grad=True), base=rotation(draw, 4))
        yield case("at zero", free=torch.zeros(3, 3, requires_grad=True), base=rotation(draw, 3))

    def probe(self, solution, free, base):
        each = solution.Rotation(len(free)).to(free.device, free.dtype)
        each.base.copy_(base)
        return gradients(each(free), free=free)


class DividesBeyondTheBound(Check):
    """SpectralBound divides by max(1, sigma / bound) with sigma = u . (M v): what lies inside is untouched."""

    part = BOUND
    calls = "SpectralBound(shape, bound).eval()(free), u and v set"

    def cases(self, draw: Draw):
        for label, shape, scale, bound in (
            ("beyond", (3, 5), 2.0, 1.0),
            ("inside", (3, 5), 0.05, 1.0),
            ("another bound", (4, 2), 2.0, 0.5),
            ("a larger bound, inside", (4, 2), 1.5, 9.0),
            ("a convolution", (3, 2, 2, 3), 2.0, 1.0),
            ("all zero", (3, 4), 0.0, 1.0),
        ):
            # u and v with positive entries and free with a positive mean: sigma stays clear of 0 and of the bound
            free = (draw.normal(*shape, std=0.2) + 1.0) * scale
            u, v = draw.uniform(shape[0], low=0.5, high=1.0), draw.uniform(free[0].numel(), low=0.5, high=1.0)
            yield case(label, free=free.requires_grad_(), u=u / u.norm(), v=v / v.norm(), bound=bound)

    def probe(self, solution, free, u, v, bound):
        weight = bounded(solution, free, u, v, bound).eval()(free)
        return {"weight": weight, "untouched": bool(weight.equal(free)), **gradients(weight, free=free)}


class OneRoundInTraining(Check):
    """In training mode each call makes one round of power iteration, through which no gradient flows."""

    part = BOUND
    calls = "SpectralBound(shape, bound).train()(free), u and v set, then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for shape in ((3, 5), (4, 2, 3, 1)):
            free = draw.normal(*shape, mean=1.0, requires_grad=True)
            u, v = draw.uniform(shape[0], low=0.5, high=1.0), draw.uniform(free[0].numel(), low=0.5, high=1.0)
            yield dict(free=free, u=u / u.norm(), v=v / v.norm())

    def probe(self, solution, free, u, v):
        each = bounded(solution, free, u, v, 0.7).train()
        weight = each(free)
        found = {"weight": weight, **gradients(weight, free=free), "u": each.u.clone(), "v": each.v.clone()}
        each(free)
        return found | {"u after two": each.u.clone()}


class TwoCallsOneBackward(Check):
    """A weight used twice in a training forward is differentiated: u and v of the first call are not overwritten."""

    part = BOUND
    calls = "y = each(free) * 2 + each(free), then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(
            free=draw.normal(3, 4, mean=1.0, requires_grad=True), u=torch.tensor([0.6, 0.8, 0.0]), v=torch.eye(4)[1]
        )

    def probe(self, solution, free, u, v):
        each = bounded(solution, free, u, v, 0.5).train()
        return gradients(each(free) * 2 + each(free), free=free)


class EvaluationIsStill(Check):
    """In eval mode u and v stay as they are, and two calls agree to the last bit."""

    part = BOUND
    calls = "SpectralBound(shape).eval()(free), twice"
    compare = False

    def cases(self, draw: Draw):
        yield dict(free=draw.normal(3, 5, std=3.0))

    def probe(self, solution, free):
        each = solution.SpectralBound(free.shape).eval()
        before = [value.clone() for value in each.buffers()]
        first, second = each(free), each(free)
        moved = sum(not old.equal(new) for old, new in zip(before, each.buffers(), strict=True))
        lengths = [value.norm().item() for value in before]
        names = sorted(each.state_dict())
        return {"moved": moved, "agree": bool(first.equal(second)), "names": names, "lengths": lengths}

    def verify(self, case, got, want):
        expect(got["names"] == ["u", "v"], f"state_dict holds {got['names']}, expected u and v")
        for length in got["lengths"]:
            expect(abs(length - 1) < 1e-4, f"a vector has length {length:.4g} at first, expected 1")
        expect(got["moved"] == 0, f"{got['moved']} of the vectors moved in eval mode, expected 0")
        expect(got["agree"], "two calls in eval mode differ")


class FindsTheLargestSingularValue(Check):
    """After 30 calls in training mode the largest singular value is the bound, within 1e-3."""

    part = BOUND
    calls = "30 times SpectralBound(shape, bound)(free)"
    compare = False

    def cases(self, draw: Draw):
        # neighbours at most 0.75 of the first: 0.75 ** 60 is 3e-8, so that no start but an orthogonal one matters
        yield case("4 x 6", free=with_spectrum(draw, [5.0, 3.7, 2.0, 0.5], 6), shape=(4, 6), bound=1.0)
        yield case("a convolution", free=with_spectrum(draw, [4.0, 3.0, 1.0], 12), shape=(3, 2, 2, 3), bound=2.5)
        yield case("rank one", free=with_spectrum(draw, [7.0, 0.0], 3), shape=(2, 3), bound=0.1)

    def probe(self, solution, free, shape, bound):
        each = solution.SpectralBound(shape) if bound == 1.0 else solution.SpectralBound(shape, bound)
        free = free.reshape(shape)
        for _ in range(29):
            each(free)
        return each(free)

    def verify(self, case, got, want):
        largest = torch.linalg.matrix_norm(got.flatten(1).double(), 2).item()
        bound = case["bound"]
        expect(abs(largest / bound - 1) < 1e-3, f"the largest singular value is {largest:.5g}, expected {bound}")


class RegisteringKeepsTheWeight(Check):
    """constrain leaves a weight that satisfies its constraint as it was; Rotation takes the nearest rotation."""

    calls = "constrain(layer, 'weight', parametrisation), then layer.weight"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("WeightNorm", kind=NORM, weight=draw.normal(3, 5))
        yield case("WeightNorm of a convolution", kind=NORM, weight=draw.normal(3, 2, 3, 2))
        triangle = draw.normal(4, 4)
        yield case("Symmetric", kind=SYMMETRIC, weight=triangle + triangle.mT)
        yield case("Symmetric of any matrix", kind=SYMMETRIC, weight=draw.normal(4, 4))
        yield case("Rotation", kind=ROTATION, weight=gentle(draw, 4))
        for label, least in (("a stretched one", 0.5), ("a reflection", -0.5)):
            near = stretched(draw, gentle(draw, 4), [3.0, 2.0, 1.5, least])
            yield case(f"Rotation near {label}", kind=ROTATION, weight=near)
        yield case("SpectralBound, inside", kind=BOUND, weight=draw.normal(3, 5, std=0.05))

    def probe(self, solution, kind, weight):
        layer = layer_with(weight)
        returned = solution.constrain(layer, "weight", made(solution, kind, weight.shape))
        return {"the same layer": returned is layer, "weight": layer.weight}


class AssigningReproduces(Check):
    """layer.weight = w brings w back, for a half turn, where the logarithm is not unique, as well."""

    calls = "constrain(layer, 'weight', parametrisation); layer.weight = w"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("WeightNorm", kind=NORM, first=draw.normal(3, 4), second=draw.normal(3, 4))
        square = draw.normal(4, 4)
        yield case("Symmetric", kind=SYMMETRIC, first=draw.normal(4, 4), second=square + square.mT)
        yield case("Rotation", kind=ROTATION, first=rotation(draw, 4), second=rotation(draw, 4))
        half = torch.diag(torch.tensor([-1.0, 1.0, -1.0]))
        yield case("a half turn", kind=ROTATION, first=draw.normal(3, 3), second=half)
        yield case("SpectralBound", kind=BOUND, first=draw.normal(3, 4), second=draw.normal(3, 4, std=0.05))

    def probe(self, solution, kind, first, second):
        layer = solution.constrain(layer_with(first), "weight", made(solution, kind, first.shape))
        layer.weight = second.clone()
        return layer.weight


class ConstraintsHoldInTraining(Check):
    """After 20 random optimiser steps rows, symmetry, rotation and bound still hold, and the weight has moved."""

    calls = "20 steps of SGD on a constrained layer"
    compare = False

    def cases(self, draw: Draw):
        for kind, shape in ((NORM, (3, 5)), (SYMMETRIC, (4, 4)), (ROTATION, (4, 4)), (BOUND, (3, 4, 2, 2))):
            yield case(kind, kind=kind, weight=draw.normal(*shape), pulls=draw.normal(20, *shape))

    def probe(self, solution, kind, weight, pulls):
        layer = solution.constrain(layer_with(weight), "weight", made(solution, kind, weight.shape))
        before = layer.weight.detach().clone()
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        for pull in pulls:
            optimizer.zero_grad()
            (layer.weight * pull).sum().backward()
            optimizer.step()
        for _ in range(400 if kind == BOUND else 0):
            layer.weight  # noqa: B018 - in training mode looking is a round of power iteration
        lengths = layer.parametrizations.weight.original0.detach() if kind == NORM else None
        return {"before": before, "weight": layer.weight.detach(), "lengths": lengths}

    def verify(self, case, got, want):
        weight, kind = got["weight"].double(), case["kind"]
        moved = (weight - got["before"]).abs().max().item()
        expect(moved > 1e-2, f"the weight moved by {moved:.2g} in 20 steps: nothing was learned")
        most = 1e-5
        if kind == NORM:
            far = (weight.norm(dim=1) - got["lengths"].flatten().abs()).abs().max().item()
        elif kind == SYMMETRIC:
            far = (weight - weight.mT).abs().max().item()
        elif kind == ROTATION:
            far = (weight.mT @ weight - torch.eye(4)).abs().max().item()
            far = max(far, abs(torch.linalg.det(weight).item() - 1))
        else:
            # two singular values may lie close together, and then power iteration is slow: FindsTheLargest is exact
            far, most = max(0.0, torch.linalg.matrix_norm(weight.flatten(1), 2).item() - 1), 2e-2
        expect(far < most, f"{kind}: the constraint is missed by {far:.2g}, at most {most}")


class StateIsTheFreeTensors(Check):
    """state_dict holds the free tensors and buffers, not the weight, and brings the weight back in a fresh layer."""

    calls = "state_dict and load_state_dict of a constrained layer"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for kind in (NORM, SYMMETRIC, ROTATION, BOUND):
            yield case(kind, kind=kind, weight=draw.normal(4, 4), start=draw.normal(4, 4))

    def probe(self, solution, kind, weight, start):
        old, new = (
            solution.constrain(layer_with(each), "weight", made(solution, kind, each.shape)).eval()
            for each in (weight, start)
        )
        keys = new.load_state_dict({name: value.clone() for name, value in old.state_dict().items()})
        return {
            "keys": sorted(old.state_dict()),
            "missing": list(keys.missing_keys),
            "the same weight": bool(new.weight.allclose(old.weight, rtol=1e-5, atol=1e-6)),
            "trained": sorted(name for name, _ in old.named_parameters()),
        }


class FollowsTheLayer(Check):
    """constrain takes over the layer's dtype and mode: a float64 layer in eval mode stays one."""

    calls = "constrain(layer.double().eval(), 'weight', parametrisation)"
    compare = False

    def cases(self, draw: Draw):
        for kind in (NORM, SYMMETRIC, ROTATION, BOUND):
            yield case(kind, kind=kind, weight=draw.normal(3, 3, dtype=torch.float64))

    def probe(self, solution, kind, weight):
        layer = layer_with(weight).eval()
        each = made(solution, kind, weight.shape)
        solution.constrain(layer, "weight", each)
        dtypes = {str(value.dtype) for value in (layer.weight, *layer.parameters(), *layer.buffers())}
        return {"dtypes": sorted(dtypes), "training": each.training, "works": raised(layer, weight)["raised"]}

    def verify(self, case, got, want):
        expect(got["works"] == "nothing", f"the layer raises {got['works']} on a float64 input")
        expect(
            got["dtypes"] == ["torch.float64"], f"the layer holds {', '.join(got['dtypes'])}, expected float64 alone"
        )
        expect(not got["training"], "the parametrisation is in training mode, its layer in eval mode")


class RemovalBakesIn(Check):
    """parametrize.remove_parametrizations leaves the current weight behind as an ordinary parameter."""

    calls = "constrain(layer, ...), then parametrize.remove_parametrizations(layer, 'weight')"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for kind in (NORM, SYMMETRIC, ROTATION, BOUND):
            yield case(kind, kind=kind, weight=draw.normal(4, 4, std=2.0))

    def probe(self, solution, kind, weight):
        layer = solution.constrain(layer_with(weight), "weight", made(solution, kind, weight.shape)).eval()
        before = layer.weight.detach().clone()
        parametrize.remove_parametrizations(layer, "weight")
        after = layer.weight
        return {
            "kept": bool(after.allclose(before, rtol=1e-5, atol=1e-6)),
            "keys": sorted(layer.state_dict()),
            "a parameter": isinstance(after, nn.Parameter),
        }


class ComputedOnceInTheCache(Check):
    """Used twice inside parametrize.cached(), a weight is computed once; outside, at every use."""

    calls = "with parametrize.cached(): layer(x) + layer(2 * x)"
    compare = False

    def cases(self, draw: Draw):
        for kind in (NORM, SYMMETRIC, ROTATION, BOUND):
            yield case(kind, kind=kind, x=draw.normal(2, 4), weight=draw.normal(4, 4))

    def probe(self, solution, kind, x, weight):
        layer = layer_with(weight)
        each = made(solution, kind, weight.shape)
        solution.constrain(layer, "weight", each)
        runs = []
        each.register_forward_hook(lambda *_: runs.append(1))
        with parametrize.cached():
            layer(x) + layer(2 * x)
        inside = len(runs)
        layer(x) + layer(2 * x)
        return {"inside": inside, "outside": len(runs) - inside}

    def verify(self, case, got, want):
        expect(got["inside"] == 1, f"computed {got['inside']} times for two uses inside the cache, expected 1")
        expect(got["outside"] == 2, f"computed {got['outside']} times for two uses outside the cache, expected 2")


class FourWeights(Workload):
    """One look at a weight of each kind, 64 x 64, in training mode."""

    calls = "layer.weight of four constrained layers"
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)

    def cases(self, draw: Draw, n: int = 64):
        yield dict(weight=draw.normal(n, n, std=0.1), vector=draw.uniform(n, low=0.5, high=1.0))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=3))

    def probe(self, solution, weight, vector):
        unit = vector / vector.norm()
        first, last = solution.WeightNorm(), bounded(solution, weight, unit, unit, 0.5)
        turning = solution.Rotation(len(weight)).to(weight.device)
        return first(unit[:, None], weight), solution.Symmetric()(weight), turning(weight * 0.1), last(weight)
