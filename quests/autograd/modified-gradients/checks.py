"""Hidden checks of autograd/modified-gradients."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, cotangent, expect, gradients

HALVES = (torch.float16, torch.bfloat16)
NAMES = ("reverse_gradient", "round_ste", "quantize_ste", "clip_gradient", "guided_relu")


def call(solution, name, x):
    """One of the five by name, its other arguments fixed."""
    if name == "reverse_gradient":
        return solution.reverse_gradient(x, 0.75)
    if name == "clip_gradient":
        return solution.clip_gradient(x, 0.5)
    if name == "quantize_ste":
        return solution.quantize_ste(x, torch.tensor(0.25, dtype=x.dtype), 3, 3)
    return getattr(solution, name)(x)


class BitForBit:
    """The forward is the plain operation: no bit may differ."""

    truth = False
    tolerance = Tolerance(relative=0.0, absolute=0.0)


PLAIN = {
    "square": lambda x: x * x,
    "relu": torch.relu,
    "matrix": lambda x: x @ torch.arange(12.0, dtype=x.dtype).view(4, 3),
    "total": lambda x: x.exp().sum(),
    "a constant": lambda x: torch.ones(3, dtype=x.dtype),
}


class ReadsTheRule(Check):
    """gradient_through hands grad to f's backward and returns what comes out, zeros where f ignores x."""

    part = "gradient_through"
    calls = "gradient_through(f, x, grad)"

    def cases(self, draw: Draw):
        yield case("f = x * x", name="square", x=draw.normal(5), grad=draw.normal(5), recording=True)
        yield case("f = relu", name="relu", x=draw.normal(3, 4), grad=draw.normal(3, 4), recording=True)
        yield case("f = x @ w", name="matrix", x=draw.normal(2, 4), grad=draw.normal(2, 3), recording=True)
        x = draw.normal(3, requires_grad=True)
        yield case("f = exp(x).sum()", name="total", x=x, grad=draw.normal(), recording=True)
        yield case("under torch.no_grad", name="square", x=draw.normal(5), grad=draw.normal(5), recording=False)
        yield case("f ignores x", name="a constant", x=draw.normal(5), grad=draw.normal(3), recording=True)

    def probe(self, solution, name, x, grad, recording):
        with torch.set_grad_enabled(recording):
            found = solution.gradient_through(PLAIN[name], x, grad)
        touched = x.grad is not None
        return {"gradient": found.detach(), "x.grad was filled": touched, "requires_grad of x": x.requires_grad}


class ReverseKeepsTheValue(BitForBit, Check):
    """reverse_gradient returns x bit for bit, in every dtype."""

    part = "reverse_gradient"
    calls = "reverse_gradient(x, scale)"

    def cases(self, draw: Draw):
        yield case("float32", x=draw.normal(3, 5), scale=0.3)
        yield case("large scale", x=draw.normal(7), scale=1e4)
        yield case("one number", x=draw.normal(), scale=1.0)
        yield case("nothing", x=draw.normal(0, 2), scale=1.0)
        yield case("infinite entries", x=torch.tensor([float("inf"), -float("inf"), 1.0]), scale=0.5)
        for dtype in HALVES:
            yield case(str(dtype), x=draw.normal(9, mean=3.0, dtype=dtype), scale=0.3)

    def probe(self, solution, x, scale):
        return solution.reverse_gradient(x, scale)


class ReverseGradient(Check):
    """The gradient comes back multiplied by -scale."""

    part = "reverse_gradient"
    calls = "reverse_gradient(x, scale), then backward"

    def cases(self, draw: Draw):
        yield case("scale 1", x=draw.normal(3, 5, requires_grad=True), scale=1.0)
        yield case("scale 0.3", x=draw.normal(3, 5, requires_grad=True), scale=0.3)
        yield case("scale 0", x=draw.normal(4, requires_grad=True), scale=0.0)
        yield case("float16", x=draw.normal(4, dtype=torch.float16, requires_grad=True), scale=0.5)

    def probe(self, solution, x, scale):
        return gradients(solution.reverse_gradient(x, scale), x=x)


class RoundKeepsTheValue(BitForBit, Check):
    """round_ste returns x.round() bit for bit; halves go to the even neighbour."""

    part = "round_ste"
    calls = "round_ste(x)"

    def cases(self, draw: Draw):
        yield case("float32", x=draw.normal(3, 5, std=4.0))
        yield case("halves", x=torch.arange(-5, 6) + 0.5)
        yield case("nothing", x=draw.normal(0, 2))
        yield case("large values", x=draw.normal(5, mean=1e5, std=1e3))
        for dtype in HALVES:
            yield case(str(dtype), x=draw.normal(9, std=30.0, dtype=dtype))

    def probe(self, solution, x):
        return solution.round_ste(x)


class RoundGradient(Check):
    """The gradient of round_ste is the one that arrives."""

    part = "round_ste"
    calls = "round_ste(x), then backward"

    def cases(self, draw: Draw):
        yield case("float32", x=draw.normal(3, 5, std=4.0, requires_grad=True))
        yield case("halves", x=(torch.arange(-2, 3) + 0.5).requires_grad_())
        yield case("bfloat16", x=draw.normal(6, dtype=torch.bfloat16, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.round_ste(x), x=x)


class RoundKeepsInfinity(BitForBit, Check):
    """Infinite entries stay infinite."""

    part = "round_ste"
    calls = "round_ste(x)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=torch.tensor([float("inf"), -float("inf"), 1.3]))

    def probe(self, solution, x):
        return solution.round_ste(x)


def grid_points(draw):
    """v = x / scale for scale 0.25, range -3 .. 4: bounds, halves, just outside, far outside, and random ones."""
    fixed = torch.tensor([-3.0, 4.0, 0.5, -0.5, 1.5, 4.5, -3.5, 4.25, -3.25, 90.0, -90.0, 0.0])
    return torch.cat([fixed, draw.uniform(8, low=-5.0, high=6.0)]) * 0.25


class QuantizeKeepsTheValue(BitForBit, Check):
    """quantize_ste lands on the grid scale * (q - zero), q clamped to 0 .. 2^bits - 1."""

    part = "quantize_ste"
    calls = "quantize_ste(x, scale, zero, bits)"

    def cases(self, draw: Draw):
        yield case("8 bits", x=draw.normal(3, 5, std=2.0), scale=torch.tensor(0.03), zero=100, bits=8)
        yield case("bounds and halves", x=grid_points(draw), scale=torch.tensor(0.25), zero=3, bits=3)
        yield case("1 bit", x=draw.normal(9), scale=torch.tensor(0.7), zero=0, bits=1)
        scales = torch.tensor([[0.1], [0.3], [0.02]])
        yield case("one scale for each row", x=draw.normal(3, 5), scale=scales, zero=8, bits=4)
        yield case("nothing", x=draw.normal(0, 5), scale=torch.tensor(0.5), zero=8, bits=4)
        for dtype in HALVES:
            x = draw.normal(9, std=3.0, dtype=dtype)
            yield case(str(dtype), x=x, scale=torch.tensor(0.25, dtype=dtype), zero=7, bits=4)

    def probe(self, solution, x, scale, zero, bits):
        return solution.quantize_ste(x, scale, zero, bits)


class QuantizeGradients(Check):
    """x gets 1 inside the range and 0 outside; scale gets round(v) - v inside and the bound outside."""

    part = "quantize_ste"
    calls = "quantize_ste(x, scale, zero, bits), then backward"

    def cases(self, draw: Draw):
        def scale(*values):
            return torch.tensor(values).requires_grad_()

        one = torch.tensor(0.03, requires_grad=True)
        yield case("8 bits", x=draw.normal(3, 5, std=2.0, requires_grad=True), scale=one, zero=100, bits=8)
        x, quarter = grid_points(draw).requires_grad_(), torch.tensor(0.25, requires_grad=True)
        yield case("bounds and halves", x=x, scale=quarter, zero=3, bits=3)
        per_row = scale([0.1], [0.3], [0.02])
        yield case("one scale for each row", x=draw.normal(3, 5, requires_grad=True), scale=per_row, zero=8, bits=4)
        yield case(
            "1 bit", x=draw.normal(9, requires_grad=True), scale=torch.tensor(0.7, requires_grad=True), zero=0, bits=1
        )

    def probe(self, solution, x, scale, zero, bits):
        return gradients(solution.quantize_ste(x, scale, zero, bits), x=x, scale=scale)


class ClipKeepsTheValue(BitForBit, Check):
    """clip_gradient returns x bit for bit, in every dtype."""

    part = "clip_gradient"
    calls = "clip_gradient(x, limit)"

    def cases(self, draw: Draw):
        yield case("float32", x=draw.normal(3, 5), limit=0.5)
        yield case("no samples", x=draw.normal(0, 5), limit=0.5)
        for dtype in HALVES:
            yield case(str(dtype), x=draw.normal(3, 2, dtype=dtype), limit=0.5)

    def probe(self, solution, x, limit):
        return solution.clip_gradient(x, limit)


class ClipGradient(Check):
    """Each sample's gradient has norm <= limit and its old direction; the neighbours have no say in it."""

    part = "clip_gradient"
    calls = "clip_gradient(x, limit), then backward with a given gradient"

    def cases(self, draw: Draw):
        lengths = torch.tensor([0.01, 1.0, 30.0, 2.0])
        for label, shape in (("vectors", (4, 5)), ("images", (4, 2, 3, 3)), ("one number each", (4,))):
            grad = draw.normal(*shape) * lengths.view(-1, *[1] * (len(shape) - 1))
            yield case(label, x=draw.normal(*shape, requires_grad=True), grad=grad, limit=1.5)
        yield case("one sample", x=draw.normal(1, 6, requires_grad=True), grad=draw.normal(1, 6), limit=0.1)
        yield case("no samples", x=draw.normal(0, 3, requires_grad=True), grad=draw.normal(0, 3), limit=0.1)
        yield case("samples of nothing", x=draw.normal(3, 0, requires_grad=True), grad=draw.normal(3, 0), limit=0.1)

    def probe(self, solution, x, grad, limit):
        return torch.autograd.grad(solution.clip_gradient(x, limit), x, grad)[0]


class SmallGradientsPass(BitForBit, Check):
    """A gradient within the limit passes bit for bit, and a gradient of zeros gives zeros, not NaN."""

    part = "clip_gradient"
    calls = "clip_gradient(x, limit), then backward with a given gradient"

    def cases(self, draw: Draw):
        grad = draw.normal(4, 7)
        grad[2] = 0
        yield case("within the limit, row 2 zero", x=draw.normal(4, 7, requires_grad=True), grad=grad, limit=100.0)
        exact = torch.tensor([[3.0, 4.0], [0.0, -5.0]])
        yield case("exactly at the limit", x=draw.normal(2, 2, requires_grad=True), grad=exact, limit=5.0)

    def probe(self, solution, x, grad, limit):
        return torch.autograd.grad(solution.clip_gradient(x, limit), x, grad)[0]


class LongHalfGradients(Check):
    """A float16 gradient longer than 65,504, the end of float16, is shortened to the limit like any other."""

    part = "clip_gradient"
    calls = "clip_gradient(x, limit), then backward with a given gradient"
    battery = False

    def cases(self, draw: Draw):
        for dtype in HALVES:
            grad = (4e4 + 1e4 * draw.uniform(3, 5)).to(dtype)
            yield case(str(dtype), x=draw.normal(3, 5, dtype=dtype, requires_grad=True), grad=grad, limit=40.0)

    def probe(self, solution, x, grad, limit):
        return torch.autograd.grad(solution.clip_gradient(x, limit), x, grad)[0]


class GuidedKeepsTheValue(BitForBit, Check):
    """guided_relu returns relu(x) bit for bit."""

    part = "guided_relu"
    calls = "guided_relu(x)"

    def cases(self, draw: Draw):
        yield case("float32", x=draw.normal(3, 5))
        yield case("zeros, infinite entries", x=torch.tensor([0.0, float("inf"), -float("inf"), -1.0]))
        yield case("nothing", x=draw.normal(0, 5))
        for dtype in HALVES:
            yield case(str(dtype), x=draw.normal(9, dtype=dtype))

    def probe(self, solution, x):
        return solution.guided_relu(x)


class GuidedGradient(Check):
    """A gradient passes where x and the gradient are both positive; at x = 0 nothing passes."""

    part = "guided_relu"
    calls = "guided_relu(x), then backward"

    def cases(self, draw: Draw):
        yield case("a matrix", x=draw.normal(5, 7, requires_grad=True))
        x = draw.normal(12)
        x[::3] = 0
        yield case("every third is 0", x=x.requires_grad_())
        yield case("bfloat16", x=draw.normal(9, dtype=torch.bfloat16, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.guided_relu(x), x=x)


class UsedTwice(Check):
    """Where one tensor is used twice, both modified gradients add up."""

    calls = "f(x) used in two places, and x used by f and by another operation"

    def cases(self, draw: Draw):
        for name in NAMES:
            yield case(name, name=name, x=draw.normal(3, 4, requires_grad=True))

    def probe(self, solution, name, x):
        y = call(solution, name, x)
        again = call(solution, name, x)
        return gradients([y * 3, again * y.detach(), x.sin()], x=x)


class UnderTransforms(Check):
    """torch.func.grad, and vmap over it, give what a loop over the samples gives."""

    calls = "torch.func.vmap(torch.func.grad(loss))(xs), the function inside loss"
    tolerance = Tolerance(relative=1e-5, absolute=1e-6)

    def cases(self, draw: Draw):
        for name in NAMES:
            yield case(name, name=name, xs=draw.normal(3, 2, 5))

    def probe(self, solution, name, xs):
        def loss(x):
            return (call(solution, name, x) * cotangent(x) * 2).sin().sum()

        single = torch.func.grad(loss)
        return {"grad": single(xs[0]), "vmap of grad": torch.func.vmap(single)(xs)}


class NoGradRecordsNothing(Check):
    """Under torch.no_grad, and for an x without requires_grad, the result has no graph."""

    calls = "with torch.no_grad(): f(x)"
    compare = False

    def cases(self, draw: Draw):
        for name in NAMES:
            yield case(f"{name}, under no_grad", name=name, x=draw.normal(3, 4, requires_grad=True), recording=False)
            yield case(f"{name}, x wants no gradient", name=name, x=draw.normal(3, 4), recording=True)

    def probe(self, solution, name, x, recording):
        with torch.set_grad_enabled(recording):
            y = call(solution, name, x)
        return y.grad_fn is not None

    def verify(self, case, got, want):
        expect(not got, f"{case['name']} recorded a graph that nobody can use")


class LargeIdentity(Workload):
    """reverse_gradient and round_ste of 2**22 numbers."""

    calls = "reverse_gradient(x, 1.0), round_ste(x) of 4,194,304 numbers"

    def cases(self, draw: Draw, count: int = 1 << 22):
        yield dict(x=draw.normal(count, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=16))

    def probe(self, solution, x):
        return [solution.reverse_gradient(x, 1.0), solution.round_ste(x)]
