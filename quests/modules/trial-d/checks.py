"""Hidden checks of modules/trial-d. Sizes are drawn anew at each try."""

import math

import torch

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    parameter_gradients,
    raised,
    set_parameters,
)

NAMES = ("text", "audio", "image", "depth", "lidar", "touch")


class Registered:
    """Names and shapes of what a class registers."""

    truth = False
    battery = False

    def probe(self, solution, name, options):
        made = getattr(solution, name)(**options)
        return {
            "named_parameters()": {key: tuple(value.shape) for key, value in sorted(made.named_parameters())},
            "state_dict()": sorted(made.state_dict()),
        }


class Applied:
    """Output and gradients with the judge's weights."""

    def probe(self, solution, name, options, weights, x):
        made = getattr(solution, name)(**options).to(next(iter(weights.values())).dtype).eval()
        set_parameters(made, weights)
        output = made(x)
        wanted = {"x": x} if isinstance(x, torch.Tensor) else {}
        return {"output": output, **dict(sorted(parameter_gradients(output, made, **wanted).items()))}


class SlopesRegister(Registered, Check):
    """PReLUChannels registers `weight` (C,)."""

    part = "PReLUChannels"
    calls = "PReLUChannels(channels)"

    def cases(self, draw: Draw):
        yield dict(name="PReLUChannels", options={"channels": draw.integer(2, 9)})


class SlopesOfChannels(Applied, Check):
    """PReLUChannels multiplies negative numbers of channel c by weight[c], for any number of dimensions after C."""

    part = "PReLUChannels"
    calls = "PReLUChannels(channels)(x)"

    def cases(self, draw: Draw):
        c = draw.integer(3, 6)
        for shape in ((4, c), (2, c, 7), (2, c, 5, c), (2, c, c, c), (1, c, 2, 2, 3), (0, c, 4)):
            yield case(
                f"x {shape}",
                name="PReLUChannels",
                options={"channels": c},
                weights={"weight": draw.uniform(c, low=0.1, high=3.0)},
                x=draw.normal(*shape, requires_grad=True),
            )


class SlopesStartAtAQuarter(Check):
    """A fresh PReLUChannels has slope 0.25."""

    part = "PReLUChannels"
    calls = "PReLUChannels(3)(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, 4))

    def probe(self, solution, x):
        return solution.PReLUChannels(3).to(x.dtype)(x)


class GateRegisters(Registered, Check):
    """SqueezeExcite registers `squeeze` and `excite` with max(1, C // reduction) hidden units."""

    part = "SqueezeExcite"
    calls = "SqueezeExcite(channels, reduction)"

    def cases(self, draw: Draw):
        for channels, reduction in ((draw.integer(8, 12), draw.integer(2, 3)), (48, 16), (draw.integer(2, 7), 8)):
            yield case(
                f"C = {channels}, r = {reduction}",
                name="SqueezeExcite",
                options={"channels": channels, "reduction": reduction},
            )
        for channels in (30, 32):
            yield case(f"C = {channels}, reduction left out", name="SqueezeExcite", options={"channels": channels})


class GateOfChannels(Applied, Check):
    """SqueezeExcite scales each channel by its gate, for one, two and three dimensions after C, and for C < reduction."""

    part = "SqueezeExcite"
    calls = "SqueezeExcite(channels, reduction)(x)"

    def cases(self, draw: Draw):
        c = draw.integer(4, 7)
        for shape, reduction in (
            ((2, c, 3, 5), 2),
            ((2, c, 7), 2),
            ((2, c, 2, 3, 4), 2),
            ((3, c, c, 1), 16),
            ((0, c, 2, 2), 2),
        ):
            hidden = max(1, c // reduction)
            bias = draw.uniform(hidden, low=3.0, high=4.0)
            bias[: hidden // 2] *= -1  # some hidden units are below 0: the relu has to show
            yield case(
                f"x {shape}, r = {reduction}",
                name="SqueezeExcite",
                options={"channels": c, "reduction": reduction},
                weights={
                    "squeeze.weight": draw.normal(hidden, c),
                    "squeeze.bias": bias,
                    "excite.weight": draw.normal(c, hidden),
                    "excite.bias": draw.normal(c),
                },
                x=draw.normal(*shape, requires_grad=True),
            )


class AverageRegisters(Registered, Check):
    """LearnedAverage registers `weight` (k,)."""

    part = "LearnedAverage"
    calls = "LearnedAverage(k)"

    def cases(self, draw: Draw):
        yield dict(name="LearnedAverage", options={"k": draw.integer(2, 7)})


class AverageIsWeighted(Check):
    """LearnedAverage gives the sum weighted by softmax(weight), with gradients for inputs and weight; k = 1 gives the input."""

    part = "LearnedAverage"
    calls = "LearnedAverage(k)(inputs)"

    def cases(self, draw: Draw):
        for k, shape in ((draw.integer(2, 5), (3, 4)), (3, (2, 3, 3)), (1, (4,)), (2, ()), (3, (0, 4))):
            yield case(
                f"k = {k}, shape {shape}",
                weight=draw.normal(k),
                inputs=[draw.normal(*shape, requires_grad=True) for _ in range(k)],
            )

    def probe(self, solution, weight, inputs):
        made = set_parameters(solution.LearnedAverage(len(weight)).to(weight.dtype), {"weight": weight})
        output = made(inputs)
        return {
            "output": output,
            **parameter_gradients(output, made, **{f"input {n}": x for n, x in enumerate(inputs)}),
        }


class AverageStartsEqual(Check):
    """A fresh LearnedAverage has weight 0 and gives the mean of its inputs."""

    part = "LearnedAverage"
    calls = "LearnedAverage(3)(inputs)"

    def cases(self, draw: Draw):
        yield dict(inputs=[draw.normal(2, 5) for _ in range(3)])

    def probe(self, solution, inputs):
        made = solution.LearnedAverage(3).to(inputs[0].dtype)
        return {"output": made(inputs), "weight": made.weight.detach()}


class AverageCountsItsInputs(Check):
    """LearnedAverage raises ValueError for more or fewer inputs than k."""

    part = "LearnedAverage"
    calls = "LearnedAverage(3)(inputs)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for count in (2, 4, 1):
            yield case(f"{count} inputs for k = 3", inputs=[draw.normal(2, 2) for _ in range(count)])

    def probe(self, solution, inputs):
        return raised(solution.LearnedAverage(3), inputs)["raised"]

    def verify(self, case, got, want):
        expect(got == "ValueError", f"{len(case['inputs'])} inputs for k = 3 raised {got}, expected ValueError")


class NoisyRegisters(Registered, Check):
    """NoisyLinear registers `weight_mu`, `weight_sigma` (O, I), `bias_mu` and `bias_sigma` (O,), and saves no noise."""

    part = "NoisyLinear"
    calls = "NoisyLinear(in_features, out_features)"

    def cases(self, draw: Draw):
        i, o = draw.distinct(2, 9, 2)
        yield dict(name="NoisyLinear", options={"in_features": i, "out_features": o})


class NoisyInEvaluation(Applied, Check):
    """In evaluation mode NoisyLinear is the linear layer of the mus, the same at each call."""

    part = "NoisyLinear"
    calls = "NoisyLinear(I, O).eval()(x)"

    def cases(self, draw: Draw):
        i, o = draw.distinct(2, 9, 2)
        for lead in ((5,), (), (2, 3), (0,)):
            weights = {"weight_mu": draw.normal(o, i), "weight_sigma": draw.uniform(o, i, low=0.5, high=2.0)}
            weights |= {"bias_mu": draw.normal(o), "bias_sigma": draw.uniform(o, low=0.5, high=2.0)}
            yield case(
                f"x {(*lead, i)}",
                name="NoisyLinear",
                options={"in_features": i, "out_features": o},
                weights=weights,
                x=draw.normal(*lead, i),
            )

    def probe(self, solution, name, options, weights, x):
        made = set_parameters(getattr(solution, name)(**options).to(x.dtype).eval(), weights)
        return {"first": made(x), "second": made(x)}


class NoisyStart(Check):
    """The mus start uniform within 1 / sqrt(I), the sigmas at sigma / sqrt(I)."""

    part = "NoisyLinear"
    calls = "NoisyLinear(in_features, out_features, sigma)"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        yield dict(sizes=[draw.integer(40, 60), draw.integer(80, 120)], sigma=0.75 + draw.number(0.0, 0.5))
        yield case("sigma left out: 0.5", sizes=[draw.integer(40, 60), draw.integer(80, 120)], sigma=None)

    def probe(self, solution, sizes, sigma):
        made = solution.NoisyLinear(*sizes) if sigma is None else solution.NoisyLinear(*sizes, sigma=sigma)
        return {name: value.detach() for name, value in made.named_parameters()}

    def verify(self, case, got, want):
        bound = case["sizes"][0] ** -0.5
        for name in ("weight_mu", "bias_mu"):
            low, high = float(got[name].min()) / bound, float(got[name].max()) / bound
            # None of 80 uniform draws in the outer quarter of either side: a chance of 1e-10, squared by confirm
            expect(
                -1.0001 <= low < -0.5 and 0.5 < high <= 1.0001,
                f"{name} runs from {low:.3f} to {high:.3f} in units of 1 / sqrt(I); expected nearly -1 to nearly 1",
            )
        for name in ("weight_sigma", "bias_sigma"):
            low, high, wanted = float(got[name].min()), float(got[name].max()), (case["sigma"] or 0.5) * bound
            expect(
                abs(low - wanted) < 1e-5 and abs(high - wanted) < 1e-5,
                f"{name} lies between {low:.4f} and {high:.4f}; expected {wanted:.4f} everywhere",
            )


def noisy(solution, i, o, weight_sigma, bias_sigma):
    """A NoisyLinear in training mode whose mus are 0."""
    made = solution.NoisyLinear(i, o).train()
    with torch.no_grad():
        for name, value in (
            ("weight_mu", 0.0),
            ("bias_mu", 0.0),
            ("weight_sigma", weight_sigma),
            ("bias_sigma", bias_sigma),
        ):
            getattr(made, name).fill_(value)
    return made


class NoiseIsFactorised(Check):
    """In training mode one call uses one noise matrix of rank 1 for all rows of x, and the bias noise is its output factor."""

    part = "NoisyLinear"
    calls = "NoisyLinear(I, O).train()(identity matrix)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for _ in range(3):
            yield dict(sizes=draw.distinct(3, 6, 2))

    def probe(self, solution, sizes):
        i, o = sizes
        with torch.no_grad():
            matrix = noisy(solution, i, o, 1.0, 0.0)(torch.eye(i)).T  # (O, I)
            both = noisy(solution, i, o, 1.0, 1.0)(torch.cat([torch.zeros(1, i), torch.eye(i)]))
            again = noisy(solution, i, o, 1.0, 0.0)
            return {"matrix": matrix, "both": both, "two calls": [again(torch.ones(1, i)), again(torch.ones(1, i))]}

    def verify(self, case, got, want):
        matrix = got["matrix"].double()
        scale = float(matrix.abs().max()) ** 2
        minors = matrix[:-1, :-1] * matrix[1:, 1:] - matrix[:-1, 1:] * matrix[1:, :-1]
        expect(scale > 0, "there is no noise in training mode")
        expect(
            float(minors.abs().max()) < 1e-4 * scale, "the noise of the weight is not an outer product of two vectors"
        )
        bias = got["both"][0].double()
        weight = (got["both"][1:] - got["both"][0]).double()  # (I, O): each row a multiple of the bias noise
        ratios = weight * bias.roll(1) - weight.roll(1, dims=1) * bias
        expect(
            float(ratios.abs().max()) < 1e-4 * max(scale, float(weight.abs().max() * bias.abs().max())),
            "the noise of the bias is not the output factor of the weight's noise",
        )
        first, second = got["two calls"]
        expect(not first.equal(second), "two calls in training mode use the same noise")


class NoiseHasTheStatedSpread(Check):
    """Over 2000 calls the noise has mean 0 and variance 2 / pi sigma^2 in the weight, sqrt(2 / pi) sigma^2 in the bias."""

    part = "NoisyLinear"
    calls = "NoisyLinear(1, 1).train()(x), 2000 times"
    seconds = 60.0
    compare = False
    battery = False
    confirm = 2

    def probe(self, solution):
        made, x = noisy(solution, 1, 1, 1.0, 1.0), torch.tensor([[0.0], [1.0]])
        with torch.no_grad():
            both = torch.stack([made(x) for _ in range(2000)])  # (2000, 2, 1)
        return {"bias": both[:, 0, 0], "weight": both[:, 1, 0] - both[:, 0, 0]}

    def verify(self, case, got, want):
        # Fourth moments: E |e|^2 |e'|^2 = 1 in the weight, E |e|^2 = 1 in the bias. Six deviations, two seeds: below 1e-16
        for name, variance in (("weight", 2 / math.pi), ("bias", math.sqrt(2 / math.pi))):
            values = got[name].double()
            mean, square = float(values.mean()), float(values.square().mean())
            room = 6 * math.sqrt(variance / 2000)
            expect(
                abs(mean) < room, f"the mean of the {name}'s noise is {mean:.3f}, expected 0, give or take {room:.3f}"
            )
            room = 6 * math.sqrt((1 - variance**2) / 2000)
            expect(
                abs(square - variance) < room,
                f"the variance of the {name}'s noise is {square:.3f}, expected {variance:.3f}, give or take {room:.3f}",
            )


class NoiseTeachesBoth(Check):
    """In training mode gradients reach the mus and the sigmas: the sigma's is the mu's times the noise."""

    part = "NoisyLinear"
    calls = "NoisyLinear(I, O).train()(x), then backward"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        i, o = draw.distinct(3, 6, 2)
        yield dict(x=draw.normal(4, i), o=o)

    def probe(self, solution, x, o):
        made = noisy(solution, x.shape[1], o, 1.0, 1.0)
        output = made(torch.cat([torch.eye(x.shape[1]), x]))
        found = torch.autograd.grad(
            output[len(output) - len(x) :].sum(), [made.weight_mu, made.weight_sigma], allow_unused=True
        )
        bias = torch.autograd.grad(made(x).sum(), [made.bias_mu, made.bias_sigma], allow_unused=True)
        return {"weight_mu": found[0], "weight_sigma": found[1], "bias_mu": bias[0], "bias_sigma": bias[1]}

    def verify(self, case, got, want):
        for name, value in got.items():
            expect(value is not None, f"no gradient reaches {name}")
            expect(bool(value.any()), f"the gradient of {name} is 0")
        sums = case["x"].sum(0).expand(case["o"], -1)
        far = float((got["weight_mu"] - sums).abs().max())
        expect(far < 1e-4, f"the gradient of weight_mu is off by {far:.3g}")
        noise = (got["weight_sigma"] / got["weight_mu"]).double()
        minors = noise[:-1, :-1] * noise[1:, 1:] - noise[:-1, 1:] * noise[1:, :-1]
        expect(
            float(minors.abs().max()) < 1e-3 * max(1.0, float(noise.abs().max()) ** 2),
            "the gradient of weight_sigma is not that of weight_mu times the noise",
        )


class NoisyKeepsTheDtype(Check):
    """In training mode a bfloat16 layer takes and gives bfloat16: the noise is drawn in the dtype of the weights."""

    part = "NoisyLinear"
    calls = "NoisyLinear(4, 3).to(torch.bfloat16).train()(x)"
    truth = False
    battery = False

    def probe(self, solution):
        made = solution.NoisyLinear(4, 3).to(torch.bfloat16).train()
        return str(made(torch.ones(2, 4, dtype=torch.bfloat16)).dtype)


def drawn_inputs(draw: Draw, lead=(3,)):
    """Named inputs of different widths, in an order that is not sorted, and the weights of a MultiInputMLP."""
    names = draw.shuffled(NAMES)[: draw.integer(2, 4)]
    if names == sorted(names):
        names.reverse()
    sizes = {name: draw.integer(2, 6) for name in names}
    hidden, out = draw.distinct(2, 6, 2)
    weights = {"head.weight": draw.normal(out, hidden * len(names)), "head.bias": draw.normal(out)}
    for name, size in sizes.items():
        weights |= {f"encoders.{name}.weight": draw.normal(hidden, size), f"encoders.{name}.bias": draw.normal(hidden)}
    inputs = {name: draw.normal(*lead, size) for name, size in sizes.items()}
    return {
        "name": "MultiInputMLP",
        "options": {"sizes": sizes, "hidden": hidden, "out": out},
        "weights": weights,
        "x": inputs,
    }


class EncodersRegister(Registered, Check):
    """MultiInputMLP registers an encoder for each name, and `head`."""

    part = "MultiInputMLP"
    calls = "MultiInputMLP(sizes, hidden, out)"

    def cases(self, draw: Draw):
        made = drawn_inputs(draw)
        yield dict(name=made["name"], options=made["options"])


class EncodersAreJoinedInOrder(Applied, Check):
    """MultiInputMLP joins the encoded inputs in sorted order of their names, whatever the order of the dict."""

    part = "MultiInputMLP"
    calls = "MultiInputMLP(sizes, hidden, out)(inputs)"

    def cases(self, draw: Draw):
        for lead in ((3,), (2, 4), (), (0,)):
            yield case(f"leading dimensions {lead}", **drawn_inputs(draw, lead))

    def probe(self, solution, name, options, weights, x):
        found = super().probe(solution, name, options, weights, x)
        backwards = super().probe(solution, name, options, weights, dict(reversed(x.items())))
        sizes = dict(reversed(options["sizes"].items()))
        made = super().probe(solution, name, {**options, "sizes": sizes}, weights, x)
        return {**found, "inputs in reverse": backwards["output"], "sizes in reverse": made["output"]}


class MissingInputs(Check):
    """MultiInputMLP raises KeyError with the name of a missing input, and ignores inputs without an encoder."""

    part = "MultiInputMLP"
    calls = "MultiInputMLP(sizes, hidden, out)(inputs)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        made = drawn_inputs(draw)
        yield dict(options=made["options"], inputs=made["x"], missing=draw.choice(list(made["x"])))

    def probe(self, solution, options, inputs, missing):
        made = solution.MultiInputMLP(**options)
        less = {name: value for name, value in inputs.items() if name != missing}
        return {"less": raised(made, less), "more": raised(made, {**inputs, "weather": torch.ones(3, 2)})}

    def verify(self, case, got, want):
        name, less = case["missing"], got["less"]
        expect(less["raised"] == "KeyError", f"without {name!r} forward raised {less['raised']}, expected KeyError")
        expect(name in less["message"], f"the KeyError says {less['message']!r}, without the name {name!r}")
        expect(got["more"]["raised"] == "nothing", f"an additional input raised {got['more']['raised']}")


class Parameters(Workload):
    """The numbers that each class learns."""

    calls = "one module of each class"

    def cases(self, draw: Draw):
        for name, options in (
            ("PReLUChannels", {"channels": 12}),
            ("SqueezeExcite", {"channels": 32, "reduction": 8}),
            ("LearnedAverage", {"k": 5}),
            ("NoisyLinear", {"in_features": 7, "out_features": 9}),
            ("MultiInputMLP", {"sizes": {"text": 4, "audio": 6}, "hidden": 5, "out": 3}),
        ):
            yield case(name, name=name, options=options)

    def probe(self, solution, name, options):
        return sum(value.numel() for value in getattr(solution, name)(**options).parameters())
