"""Hidden checks of modules/activation-drills."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, kind_raised


def applied(solution, name, x, options):
    """Value and gradient of one activation at x."""
    y = getattr(solution, name)(x, **options)
    return {"value": y, **gradients(y, x=x)}


class Formula:
    """Value and gradient in float64 on a grid that leaves out the kinks, on other shapes, on nothing."""

    tolerance = Tolerance(absolute=1e-10, relative=1e-10)
    options = ({},)

    def cases(self, draw: Draw):
        grid = (torch.arange(-40, 40, dtype=torch.float64) + 0.5) * 0.17
        for options in self.options:
            shown = "".join(f", {option} = {value}" for option, value in options.items())
            yield case(f"from -6.7 to 6.7{shown}", name=self.part, x=grid.clone().requires_grad_(), options=options)
            wide = draw.normal(2, 3, 6, std=3.0, dtype=torch.float64, requires_grad=True)
            yield case(f"x (2, 3, 6){shown}", name=self.part, x=wide, options=options)
        yield case("one row", name=self.part, x=draw.normal(1, 2, dtype=torch.float64, requires_grad=True), options={})
        yield case("no rows", name=self.part, x=draw.normal(0, 4, dtype=torch.float64, requires_grad=True), options={})
        yield case(
            "no columns", name=self.part, x=draw.normal(3, 0, dtype=torch.float64, requires_grad=True), options={}
        )

    def probe(self, solution, name, x, options):
        return applied(solution, name, x, options)


class AtZero:
    """Value and gradient at exactly 0, of either sign."""

    tolerance = Tolerance(absolute=1e-6)
    options = ({},)

    def cases(self, draw: Draw):
        for options in self.options:
            yield case("0 and -0", name=self.part, x=torch.tensor([0.0, -0.0], requires_grad=True), options=options)

    def probe(self, solution, name, x, options):
        return applied(solution, name, x, options)


class FarOut:
    """Value and gradient in float32 where exponentials overflow."""

    tolerance = Tolerance(absolute=1e-6, relative=1e-5)
    options = ({},)
    battery = False

    def cases(self, draw: Draw):
        for options in self.options:
            for size in (80.0, 100.0, 1e4):
                x = torch.tensor([-size, size, -size - draw.number(), size + draw.number()], requires_grad=True)
                yield case(f"x = -{size:g} and {size:g}", name=self.part, x=x, options=options)

    def probe(self, solution, name, x, options):
        return applied(solution, name, x, options)


class AtInfinity:
    """The values at both infinities."""

    battery = False

    def cases(self, draw: Draw):
        yield dict(name=self.part, x=torch.tensor([float("-inf"), float("inf"), -1.0, 1.0]))

    def probe(self, solution, name, x):
        return getattr(solution, name)(x)


class KeepsDigits:
    """Small results to six digits."""

    tolerance = Tolerance(relative=3e-6, absolute=0.0)
    battery = False
    low, high = -40.0, -20.0

    def cases(self, draw: Draw):
        yield case(
            f"x from {self.low:g} to {self.high:g}", name=self.part, x=draw.uniform(8, low=self.low, high=self.high)
        )

    def probe(self, solution, name, x):
        return getattr(solution, name)(x)


class KeepsTheDtype:
    """Half precision in, half precision out."""

    tolerance = Tolerance(relative=0.05, absolute=0.05)
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.float16, torch.bfloat16):
            yield case(str(dtype), name=self.part, x=draw.normal(3, 4, dtype=dtype))

    def probe(self, solution, name, x):
        return getattr(solution, name)(x)


class Relu(Formula, Check):
    """relu is max(x, 0), with the gradient of that, in float64."""

    part = "relu"
    calls = "relu(x)"


class ReluAtZero(AtZero, Check):
    """The gradient of relu at exactly 0 is 0."""

    part = "relu"
    calls = "relu(x)"


class ReluOfNan(Check):
    """relu keeps NaN: a fault upstream must not turn into a zero."""

    part = "relu"
    calls = "relu(x)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.spiked(draw.normal(2, 5), float("nan")))

    def probe(self, solution, x):
        return solution.relu(x)


class ReluAtInfinity(AtInfinity, Check):
    """At -inf and inf relu has its limits, 0 and inf."""

    part = "relu"
    calls = "relu(x)"


class ReluKeepsTheDtype(KeepsTheDtype, Check):
    """relu of float16 is float16, of bfloat16 bfloat16."""

    part = "relu"
    calls = "relu(x)"


class LeakyRelu(Formula, Check):
    """leaky_relu is x above 0 and slope * x elsewhere, with the gradient of that, in float64."""

    part = "leaky_relu"
    calls = "leaky_relu(x, slope)"
    options = ({}, {"slope": 0.2}, {"slope": 1.5})


class LeakyReluAtZero(AtZero, Check):
    """The gradient of leaky_relu at exactly 0 is the slope."""

    part = "leaky_relu"
    calls = "leaky_relu(x, slope)"
    options = ({}, {"slope": 0.2}, {"slope": 1.5})


class LeakyReluAtInfinity(AtInfinity, Check):
    """At -inf and inf leaky_relu has its limits, -inf and inf."""

    part = "leaky_relu"
    calls = "leaky_relu(x, slope)"


class LeakyReluKeepsTheDtype(KeepsTheDtype, Check):
    """leaky_relu of float16 is float16, of bfloat16 bfloat16."""

    part = "leaky_relu"
    calls = "leaky_relu(x, slope)"


class Sigmoid(Formula, Check):
    """sigmoid is 1 / (1 + exp(-x)), with the gradient of that, in float64."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class SigmoidAtZero(AtZero, Check):
    """At exactly 0 sigmoid is 0.5 with gradient 0.25."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class SigmoidFarOut(FarOut, Check):
    """sigmoid and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class SigmoidAtInfinity(AtInfinity, Check):
    """At -inf and inf sigmoid has its limits, 0 and 1."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class SigmoidKeepsDigits(KeepsDigits, Check):
    """sigmoid(-40) is 4.2e-18, not 0, to six digits in float32."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class SigmoidKeepsTheDtype(KeepsTheDtype, Check):
    """sigmoid of float16 is float16, of bfloat16 bfloat16."""

    part = "sigmoid"
    calls = "sigmoid(x)"


class Tanh(Formula, Check):
    """tanh is (exp(x) - exp(-x)) / (exp(x) + exp(-x)), with the gradient of that, in float64."""

    part = "tanh"
    calls = "tanh(x)"


class TanhAtZero(AtZero, Check):
    """At exactly 0 tanh is 0 with gradient 1."""

    part = "tanh"
    calls = "tanh(x)"


class TanhFarOut(FarOut, Check):
    """tanh and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "tanh"
    calls = "tanh(x)"


class TanhAtInfinity(AtInfinity, Check):
    """At -inf and inf tanh has its limits, -1 and 1."""

    part = "tanh"
    calls = "tanh(x)"


class TanhNearZero(KeepsDigits, Check):
    """tanh(1e-6) is 1e-6, to six digits in float32."""

    part = "tanh"
    calls = "tanh(x)"
    low, high = 1e-06, 2e-06


class TanhKeepsTheDtype(KeepsTheDtype, Check):
    """tanh of float16 is float16, of bfloat16 bfloat16."""

    part = "tanh"
    calls = "tanh(x)"


class Elu(Formula, Check):
    """elu is x above 0 and alpha * (exp(x) - 1) elsewhere, with the gradient of that, in float64."""

    part = "elu"
    calls = "elu(x, alpha)"
    options = ({}, {"alpha": 0.3}, {"alpha": 2.0})


class EluAtZero(AtZero, Check):
    """At exactly 0 elu is 0 with gradient alpha."""

    part = "elu"
    calls = "elu(x, alpha)"
    options = ({}, {"alpha": 0.3}, {"alpha": 2.0})


class EluFarOut(FarOut, Check):
    """elu and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "elu"
    calls = "elu(x, alpha)"
    options = ({}, {"alpha": 0.3}, {"alpha": 2.0})


class EluAtInfinity(AtInfinity, Check):
    """At -inf and inf elu has its limits, -alpha and inf."""

    part = "elu"
    calls = "elu(x, alpha)"


class EluNearZero(KeepsDigits, Check):
    """elu(-1e-6) is -1e-6, to six digits in float32."""

    part = "elu"
    calls = "elu(x, alpha)"
    low, high = -2e-06, -1e-06


class EluKeepsTheDtype(KeepsTheDtype, Check):
    """elu of float16 is float16, of bfloat16 bfloat16."""

    part = "elu"
    calls = "elu(x, alpha)"


class Softplus(Formula, Check):
    """softplus is log(1 + exp(beta * x)) / beta, with the gradient of that, in float64."""

    part = "softplus"
    calls = "softplus(x, beta)"
    tolerance = Tolerance(absolute=1e-8, relative=1e-8)
    options = ({}, {"beta": 0.5}, {"beta": 3.0})


class SoftplusAtZero(AtZero, Check):
    """At exactly 0 softplus is log(2) / beta with gradient 0.5."""

    part = "softplus"
    calls = "softplus(x, beta)"
    options = ({}, {"beta": 0.5}, {"beta": 3.0})


class SoftplusFarOut(FarOut, Check):
    """softplus and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "softplus"
    calls = "softplus(x, beta)"
    options = ({}, {"beta": 0.5}, {"beta": 3.0})


class SoftplusAtInfinity(AtInfinity, Check):
    """At -inf and inf softplus has its limits, 0 and inf."""

    part = "softplus"
    calls = "softplus(x, beta)"


class SoftplusKeepsDigits(KeepsDigits, Check):
    """softplus(-40) is 4.2e-18, not 0, to six digits in float32."""

    part = "softplus"
    calls = "softplus(x, beta)"


class SoftplusKeepsTheDtype(KeepsTheDtype, Check):
    """softplus of float16 is float16, of bfloat16 bfloat16."""

    part = "softplus"
    calls = "softplus(x, beta)"


class Silu(Formula, Check):
    """silu is x * sigmoid(x), with the gradient of that, in float64."""

    part = "silu"
    calls = "silu(x)"


class SiluFarOut(FarOut, Check):
    """silu and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "silu"
    calls = "silu(x)"


class SiluKeepsDigits(KeepsDigits, Check):
    """silu(-40) is -1.7e-16, not 0, to six digits in float32."""

    part = "silu"
    calls = "silu(x)"


class SiluKeepsTheDtype(KeepsTheDtype, Check):
    """silu of float16 is float16, of bfloat16 bfloat16."""

    part = "silu"
    calls = "silu(x)"


class Gelu(Formula, Check):
    """gelu is x times the normal distribution function, or its "tanh" approximation, with the gradient of that, in float64."""

    part = "gelu"
    calls = "gelu(x, approximate)"
    options = ({}, {"approximate": "none"}, {"approximate": "tanh"})


class GeluFarOut(FarOut, Check):
    """gelu and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "gelu"
    calls = "gelu(x, approximate)"
    options = ({}, {"approximate": "none"}, {"approximate": "tanh"})


class GeluKeepsTheDtype(KeepsTheDtype, Check):
    """gelu of float16 is float16, of bfloat16 bfloat16."""

    part = "gelu"
    calls = "gelu(x, approximate)"


class Hardswish(Formula, Check):
    """hardswish is x * min(max(x + 3, 0), 6) / 6, with the gradient of that, in float64."""

    part = "hardswish"
    calls = "hardswish(x)"


class HardswishKeepsTheDtype(KeepsTheDtype, Check):
    """hardswish of float16 is float16, of bfloat16 bfloat16."""

    part = "hardswish"
    calls = "hardswish(x)"


class Mish(Formula, Check):
    """mish is x * tanh(softplus(x)), with the gradient of that, in float64."""

    part = "mish"
    calls = "mish(x)"
    tolerance = Tolerance(absolute=1e-8, relative=1e-8)


class MishFarOut(FarOut, Check):
    """mish and its gradient are finite and right in float32 at +-80, +-100 and +-1e4."""

    part = "mish"
    calls = "mish(x)"


class MishKeepsDigits(KeepsDigits, Check):
    """mish(-40) is -1.7e-16, not 0, to six digits in float32."""

    part = "mish"
    calls = "mish(x)"


class MishNearZero(KeepsDigits, Check):
    """mish(1e-6) is 6e-7, to six digits in float32."""

    part = "mish"
    calls = "mish(x)"
    low, high = 1e-06, 2e-06


class MishKeepsTheDtype(KeepsTheDtype, Check):
    """mish of float16 is float16, of bfloat16 bfloat16."""

    part = "mish"
    calls = "mish(x)"


class Glu(Formula, Check):
    """glu is the first half times the sigmoid of the second, with the gradient of that, in float64."""

    part = "glu"
    calls = "glu(x)"


class GluOfAnOddWidth(Check):
    """glu raises ValueError when the last dimension cannot be halved."""

    part = "glu"
    calls = "glu(x) with an odd last dimension"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for shape in ((4, 5), (2, 1), (7,)):
            yield case(f"x {shape}", x=draw.normal(*shape))

    def probe(self, solution, x):
        return kind_raised(ValueError, solution.glu, x)

    def verify(self, case, got, want):
        shape = tuple(case["x"].shape)
        expect(got == "ValueError", f"x {shape} raised {got}, expected a ValueError")


class GluFarOut(FarOut, Check):
    """glu and its gradient are finite and right in float32 for gates of up to +-1e4."""

    part = "glu"
    calls = "glu(x)"

    def cases(self, draw: Draw):
        for size in (80.0, 100.0, 1e4):
            gate = torch.tensor([[-size], [size], [-size - draw.number()]])
            x = torch.cat([draw.normal(3, 1), gate], dim=1).requires_grad_()
            yield case(f"gates -{size:g} and {size:g}", name=self.part, x=x, options={})


class GluKeepsTheDtype(KeepsTheDtype, Check):
    """glu of float16 is float16, of bfloat16 bfloat16."""

    part = "glu"
    calls = "glu(x)"


class OnATable(Workload):
    """Each function on a table of 64 rows and 48 columns."""

    calls = "each function on x (64, 48)"

    def cases(self, draw: Draw):
        names = "relu leaky_relu sigmoid tanh elu softplus silu gelu hardswish mish glu"
        for name in names.split():
            yield case(name, name=name, x=draw.normal(64, 48), options={})
        yield case("gelu, tanh", name="gelu", x=draw.normal(64, 48), options={"approximate": "tanh"})

    def probe(self, solution, name, x, options):
        return getattr(solution, name)(x, **options)
