"""Hidden checks of floor 2 of autograd/network-by-hand."""

import inspect
import itertools

import torch
from torch.nn import functional

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

DOUBLE = torch.float64
DEPTHS = ((5, 7, 3), (4, 3), (3, 6, 5, 4))


def network(draw: Draw, *sizes: int, dtype=DOUBLE):
    """Parameters with nothing zero, biases included."""
    params = {}
    for k, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        params[f"w{k}"] = draw.normal(fan_out, fan_in, dtype=dtype)
        params[f"b{k}"] = draw.normal(fan_out, dtype=dtype)
    return params


def binary(draw: Draw, n: int, *sizes: int, dtype=DOUBLE):
    """A network with one output, rows and labels."""
    return dict(
        params=network(draw, *sizes, 1, dtype=dtype),
        x=draw.normal(n, sizes[0], dtype=dtype),
        y=(draw.permutation(n) % 2).to(dtype),
    )


def many(draw: Draw, n: int, *sizes: int, dtype=DOUBLE):
    """A network with several outputs, rows and class numbers of which some occur twice."""
    return dict(
        params=network(draw, *sizes, dtype=dtype),
        x=draw.normal(n, sizes[0], dtype=dtype),
        y=draw.permutation(n) % sizes[-1],
    )


def automatic(params, x, y):
    """What autograd finds: the loss and the gradients by name. One output means the binary loss. Judge only."""
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    z = x
    for k in range(1, len(params) // 2 + 1):
        z = functional.linear(z if k == 1 else z.relu(), leaves[f"w{k}"], leaves[f"b{k}"])
    one = z.shape[1] == 1
    loss = functional.binary_cross_entropy_with_logits(z[:, 0], y.to(z)) if one else functional.cross_entropy(z, y)
    slopes = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, slopes, strict=True))


def expect_equal(case, got, most: float) -> None:
    """Loss and gradients equal autograd's to `most`, absolute and relative to the largest entry."""
    loss, slopes = automatic(case["params"], case["x"], case["y"])
    gap = abs(float(got["loss"] - loss))
    expect(gap <= most * (1 + abs(float(loss))), f"the loss is {float(got['loss']):.8g}, autograd's {float(loss):.8g}")
    expect(list(got["gradients"]) == list(slopes), f"the names are {list(got['gradients'])}, expected {list(slopes)}")
    for name, true in slopes.items():
        mine = got["gradients"][name]
        expect(
            mine.shape == true.shape, f"the gradient by {name} has shape {tuple(mine.shape)}, not {tuple(true.shape)}"
        )
        gap = float((mine - true).abs().max()) / max(1.0, float(true.abs().max()))
        expect(gap <= most, f"the gradient by {name} is {gap:.2g} away from autograd's, at most {most:g} expected")


def both(solution, params, x, y):
    """Loss and gradients by the learner's functions; one output means the binary loss."""
    one = params[f"b{len(params) // 2}"].numel() == 1
    value, slopes = solution.gradients(params, x, y, solution.binary_loss if one else solution.softmax_loss)
    return {"loss": value, "gradients": dict(slopes)}


class SlopeOfTheBinaryLoss(Check):
    """binary_loss gives the mean cross-entropy and its slope by the logits, (N, 1); integer labels too."""

    calls = "binary_loss(logits, y)"

    def cases(self, draw: Draw):
        for n in (9, 1):
            yield case(f"{n} rows", logits=draw.normal(n, 1, std=2.0), y=(draw.permutation(n) % 2).float())
        yield case("int64 labels", logits=draw.normal(7, 1), y=draw.permutation(7) % 2)
        yield case("float64", logits=draw.normal(5, 1, dtype=DOUBLE), y=draw.permutation(5) % 2)

    def probe(self, solution, logits, y):
        return dict(zip(("loss", "slope"), solution.binary_loss(logits, y), strict=True))


class SlopeOfTheSoftmaxLoss(Check):
    """softmax_loss gives the mean cross-entropy and its slope by the logits, (N, K)."""

    calls = "softmax_loss(logits, y)"

    def cases(self, draw: Draw):
        for n, k in ((9, 4), (1, 3), (5, 2)):
            yield case(f"{n} rows, {k} classes", logits=draw.normal(n, k, std=2.0), y=draw.permutation(n) % k)

    def probe(self, solution, logits, y):
        return dict(zip(("loss", "slope"), solution.softmax_loss(logits, y), strict=True))


class SaturatedLogits(Check):
    """Logits of 1e4 and differences of 200 give finite losses, as large as they are, and finite slopes."""

    calls = "binary_loss and softmax_loss(logits, y)"
    tolerance = Tolerance(relative=1e-6, absolute=1e-6)

    def cases(self, draw: Draw):
        ends = torch.tensor([1.0e4, -1.0e4, 200.0, -200.0, 1.0e4, -1.0e4])
        y = torch.tensor([0, 1, 0, 1, 1, 0])
        rows = torch.stack([ends, torch.zeros(6), draw.normal(6)], dim=1)
        yield dict(ends=ends[:, None], rows=rows, y=y)

    def probe(self, solution, ends, rows, y):
        found = {}
        for name, result in (("binary", solution.binary_loss(ends, y)), ("softmax", solution.softmax_loss(rows, y))):
            found |= {f"{name} loss": result[0], f"{name} slope": result[1]}
        return found


class GradientsEqualAutograd(Check):
    """In float64 every gradient equals autograd's to 1e-9, for networks of one, two and three layers."""

    calls = "gradients(params, x, y, loss)"
    compare = False

    def cases(self, draw: Draw):
        for sizes in DEPTHS:
            yield case(f"softmax, sizes {sizes}", **many(draw, 11, *sizes))
            yield case(f"binary, sizes {(*sizes[:-1], 1)}", **binary(draw, 11, *sizes[:-1]))
        yield case("one row", **many(draw, 1, 4, 5, 3))

    def probe(self, solution, params, x, y):
        return both(solution, params, x, y)

    def verify(self, case, got, want):
        expect_equal(case, got, 1e-9)


class MeanOverTheBatch(Check):
    """Every row twice gives the same loss and the same gradients: a mean, not a sum."""

    calls = "gradients(params, x, y, loss), with every row twice"

    def cases(self, draw: Draw):
        rows = many(draw, 7, 4, 5, 3)
        yield dict(params=rows["params"], x=rows["x"].repeat(2, 1), y=rows["y"].repeat(2))

    def probe(self, solution, params, x, y):
        return both(solution, params, x, y)


class ReluAtZero(Check):
    """Where a pre-activation is exactly 0 the gradient is 0, as PyTorch has it."""

    calls = "gradients(params, x, y, loss)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        rows = many(draw, 6, 4, 5, 3)
        rows["params"]["b1"][:3] = 0.0
        rows["x"][::2] = 0.0  # then units 0 to 2 of the rows 0, 2 and 4 stand at exactly 0
        yield case("rows of zeros, biases of zero", **rows)
        rows = many(draw, 6, 4, 5, 5, 3)
        rows["params"]["b1"].fill_(-50.0)
        rows["params"]["b2"].zero_()
        yield case("the first layer closed, the second at exactly 0", **rows)

    def probe(self, solution, params, x, y):
        return both(solution, params, x, y)

    def verify(self, case, got, want):
        expect_equal(case, got, 1e-9)


class InSinglePrecision(Check):
    """In float32 every gradient equals autograd's to 1e-5, and is float32."""

    calls = "gradients(params, x, y, loss) in float32"
    compare = False

    def cases(self, draw: Draw):
        yield case("softmax", **many(draw, 13, 6, 8, 4, dtype=torch.float32))
        yield case("binary", **binary(draw, 13, 6, 8, dtype=torch.float32))

    def probe(self, solution, params, x, y):
        return both(solution, params, x, y)

    def verify(self, case, got, want):
        kinds = {str(value.dtype) for value in got["gradients"].values()}
        expect(kinds == {"torch.float32"}, f"the gradients are {', '.join(sorted(kinds))}, expected torch.float32")
        expect_equal(case, got, 1e-5)


class SlopesAlongADirection(Check):
    """slopes_along gives the same slope twice: measured by a central difference, and by the gradients."""

    calls = "slopes_along(params, x, y, loss, direction)"
    tolerance = Tolerance(relative=1e-6, absolute=1e-7)
    battery = False

    def cases(self, draw: Draw):
        yield case("two layers", **many(draw, 9, 4, 5, 3), direction=network(draw, 4, 5, 3))
        small = {name: 0.1 * value for name, value in network(draw, 3, 4).items()}
        yield case("a short direction, eps = 1e-4", **many(draw, 9, 3, 4), direction=small, eps=1e-4)
        # so far that the two slopes are no longer the same
        yield case("eps = 0.25", **many(draw, 9, 4, 5, 3), direction=network(draw, 4, 5, 3), eps=0.25)

    def probe(self, solution, params, x, y, direction, **more):
        pair = solution.slopes_along(params, x, y, solution.softmax_loss, direction, **more)
        return {
            name: torch.as_tensor(each, dtype=x.dtype)
            for name, each in zip(("measured", "by formula"), pair, strict=True)
        }


class LinesOfTheFile(Workload):
    """The lines of the file that are not blank."""

    def probe(self, solution):
        return sum(1 for line in inspect.getsource(solution).splitlines() if line.strip())
