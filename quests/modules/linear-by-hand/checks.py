"""Hidden checks of modules/linear-by-hand."""

import re

import torch
from torch import nn

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    gradients,
    parameter_gradients,
    raised,
    set_parameters,
    state_values,
)

FUNCTION, LAYER = "linear", "Linear"


class AffineMap(Check):
    """linear multiplies the last dimension of x by the transposed weight, whatever dimensions stand before it."""

    part = FUNCTION
    calls = "linear(x, weight)"

    def cases(self, draw: Draw):
        for lead in ((5,), (), (2, 3, 7), (2, 3)):
            yield case(f"x {(*lead, 11)}, weight (13, 11)", x=draw.normal(*lead, 11), weight=draw.normal(13, 11))

    def probe(self, solution, x, weight):
        return solution.linear(x, weight)


class SquareWeight(Check):
    """linear uses the transpose also where I == O, though both products run there."""

    part = FUNCTION
    calls = "linear(x, weight) with I == O"

    def cases(self, draw: Draw):
        yield case("I = O = 6", x=draw.normal(4, 6), weight=draw.normal(6, 6))
        yield case("a vector, I = O = 3", x=draw.normal(3), weight=draw.normal(3, 3))
        yield case("as many rows as well", x=draw.normal(5, 5), weight=draw.normal(5, 5))

    def probe(self, solution, x, weight):
        return solution.linear(x, weight)


class WithBias(Check):
    """linear adds bias[o] to output o, and None adds nothing."""

    part = FUNCTION
    calls = "linear(x, weight, bias)"

    def cases(self, draw: Draw):
        for lead, out in (((5,), 3), ((), 4), ((2, 7), 4), ((3,), 3)):
            yield case(
                f"x {(*lead, 6)}, O = {out}",
                x=draw.normal(*lead, 6),
                weight=draw.normal(out, 6),
                bias=draw.normal(out, mean=3.0),
            )

    def probe(self, solution, x, weight, bias):
        return {
            "linear(x, weight, bias)": solution.linear(x, weight, bias),
            "linear(x, weight, None)": solution.linear(x, weight, None),
        }


class EdgeSizes(Check):
    """linear works for no rows, one input, one output and no inputs at all."""

    part = FUNCTION
    calls = "linear(x, weight, bias)"

    def cases(self, draw: Draw):
        for label, lead, i, o in (
            ("no rows", (0,), 5, 3),
            ("no rows in the middle", (2, 0, 3), 5, 3),
            ("I = 1", (4,), 1, 3),
            ("O = 1", (4,), 5, 1),
            ("one row", (1,), 5, 3),
            ("I = 0: an empty sum, so the bias is left", (4,), 0, 3),
            ("O = 0", (4,), 5, 0),
        ):
            yield case(label, x=draw.normal(*lead, i), weight=draw.normal(o, i), bias=draw.normal(o))

    def probe(self, solution, x, weight, bias):
        return solution.linear(x, weight, bias)


class OtherLayouts(Check):
    """linear gives the same for transposed, strided and expanded tensors."""

    part = FUNCTION
    calls = "linear(x, weight, bias) with x or weight out of order in memory"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 2, 7), weight=draw.normal(3, 5), bias=draw.normal(3))

    def probe(self, solution, x, weight, bias):
        backwards = x.permute(2, 1, 0)  # (7, 2, 5)
        wide = torch.zeros(7, 2, 10, dtype=x.dtype)
        wide[..., ::2] = backwards
        return {
            "x transposed": solution.linear(backwards, weight, bias),
            "every other column of a wider x": solution.linear(wide[..., ::2], weight, bias),
            "x expanded": solution.linear(x[:, 0, 0].expand(4, 5), weight, bias),
            "weight transposed": solution.linear(backwards, weight.T.contiguous().T, bias),
        }


class WrongWidth(Check):
    """An x of another width than I raises an error that shows both sizes, also when the width is 1."""

    part = FUNCTION
    calls = "linear(x, weight) with x of another width"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for width, rank in ((17, 2), (17, 3), (1, 2), (1, 1), (29, 1)):
            yield case(f"{rank} dimensions, width {width} for I = 23", x=draw.normal(*(2,) * (rank - 1), width))

    def probe(self, solution, x):
        weight = torch.ones(19, 23, dtype=x.dtype)
        return raised(solution.linear, x, weight)

    def verify(self, case, got, want):
        width = case["x"].shape[-1]
        expect(got["raised"] != "nothing", f"x of width {width} went through a weight (19, 23) without an error")
        shown = re.findall(r"\d+", got["message"])
        expect(
            str(width) in shown and "23" in shown,
            f"the error says {got['message']!r}; it should show the width of x, {width}, and the expected one, 23",
        )


class GradientsReachAllThree(Check):
    """Gradients of x, weight and bias are right, summed over all leading dimensions for the latter two."""

    part = FUNCTION
    calls = "linear(x, weight, bias), then backward"

    def cases(self, draw: Draw):
        for lead in ((5,), (), (2, 3)):
            yield case(
                f"x {(*lead, 4)}",
                x=draw.normal(*lead, 4, requires_grad=True),
                weight=draw.normal(3, 4, requires_grad=True),
                bias=draw.normal(3, requires_grad=True),
            )

    def probe(self, solution, x, weight, bias):
        return gradients(solution.linear(x, weight, bias), x=x, weight=weight, bias=bias)


class WeightAndBiasAreParameters(Check):
    """Linear(I, O) registers `weight` (O, I) and `bias` (O,) as parameters, and nothing else."""

    part = LAYER
    calls = "Linear(in_features, out_features): named_parameters(), state_dict()"
    compare = False

    def cases(self, draw: Draw):
        for i, o in ((5, 3), (3, 7), (1, 1), (4, 4)):
            yield case(f"Linear({i}, {o})", i=i, o=o)

    def probe(self, solution, i, o):
        layer = solution.Linear(i, o)
        return {
            "is": isinstance(layer, nn.Module),
            "held": [[name, list(shape)] for name, shape in state_values(layer)],
            "trained": all(value.requires_grad and value.is_leaf for value in layer.parameters()),
            "saved": sorted(layer.state_dict()),
        }

    def verify(self, case, got, want):
        expect(got["is"], "Linear is not an nn.Module")
        held = ", ".join(f"{name} {tuple(shape)}" for name, shape in got["held"]) or "nothing"
        wanted = [["weight", [case["o"], case["i"]]], ["bias", [case["o"]]]]
        expect(
            sorted(got["held"]) == sorted(wanted),
            f"named_parameters() lists {held}; expected weight {(case['o'], case['i'])} and bias {(case['o'],)}",
        )
        expect(got["trained"], "a parameter does not require grad")
        expect(got["saved"] == ["bias", "weight"], f"state_dict() holds {got['saved']}, expected bias and weight")


class WithoutBias(Check):
    """bias=False leaves `bias` as None: no parameter, no key in state_dict, nothing added."""

    part = LAYER
    calls = "Linear(4, 3, bias=False)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 4), weight=draw.normal(3, 4))

    def probe(self, solution, x, weight):
        layer = solution.Linear(4, 3, bias=False).to(x.dtype)
        held = {"parameters": sorted(name for name, _ in layer.named_parameters()), "saved": sorted(layer.state_dict())}
        with torch.no_grad():
            layer.weight.copy_(weight)
        return {**held, "bias": getattr(layer, "bias", "missing"), "output": layer(x)}

    def verify(self, case, got, want):
        for key, call in (("parameters", "named_parameters()"), ("saved", "state_dict()")):
            expect(got[key] == ["weight"], f"{call} holds {got[key]}, expected the weight alone")
        expect(not isinstance(got["bias"], str), "the layer has no attribute bias; it should be there and be None")
        expect(got["bias"] is None, f"layer.bias is {got['bias']!r}, expected None")
        far = float((got["output"] - want["output"]).abs().max())
        expect(far < 1e-4, f"the output differs from x @ weight.T by {far:.3g}")


class ForwardIsAffine(Check):
    """forward is linear(x, weight, bias), and gradients reach x, weight and bias."""

    part = LAYER
    calls = "Linear(I, O)(x), then backward"

    def cases(self, draw: Draw):
        for lead, i, o in (((5,), 4, 3), ((), 4, 3), ((2, 3), 6, 6), ((0,), 4, 3)):
            yield case(
                f"x {(*lead, i)}, O = {o}",
                x=draw.normal(*lead, i, requires_grad=True),
                weight=draw.normal(o, i),
                bias=draw.normal(o, mean=2.0),
            )

    def probe(self, solution, x, weight, bias):
        layer = solution.Linear(x.shape[-1], len(bias)).to(x.dtype)
        set_parameters(layer, {"weight": weight, "bias": bias})
        output = layer(x)
        return {"output": output, **parameter_gradients(output, layer, x=x)}


class LoadsALinearFile(Check):
    """A state_dict as nn.Linear writes it, {"weight": (O, I), "bias": (O,)}, loads strictly and gives its outputs."""

    part = LAYER
    calls = "Linear(I, O).load_state_dict(saved)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 4), weight=draw.normal(3, 4), bias=draw.normal(3))
        yield case("without bias", x=draw.normal(5, 4), weight=draw.normal(3, 4), bias=None)

    def probe(self, solution, x, weight, bias):
        layer = solution.Linear(4, 3, bias=bias is not None).to(x.dtype)
        layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
        return {"output": layer(x), "back": dict(layer.state_dict())}


class DtypeOfTheParameters(Check):
    """dtype= decides the dtype of weight and bias at construction; None means torch's default."""

    part = LAYER
    calls = "Linear(4, 3, dtype=dtype)(x)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.float64, torch.bfloat16, None):
            yield case(f"dtype={dtype}", dtype=dtype, bias=True)
        yield case("float64 without bias", dtype=torch.float64, bias=False)

    def probe(self, solution, dtype, bias):
        layer = solution.Linear(4, 3, bias=bias, dtype=dtype)
        x = torch.ones(2, 4, dtype=dtype)
        return {"parameters": [str(p.dtype) for p in layer.parameters()], "output": str(layer(x).dtype)}


class InitialRange(Check):
    """weight and bias start uniform in [-b, b] with b = 1 / sqrt(in_features)."""

    part = LAYER
    calls = "Linear(in_features, out_features)"
    compare = False
    confirm = 2
    battery = False

    def cases(self, draw: Draw):
        for i, o in ((300, 200), (50, 1200)):
            yield case(f"Linear({i}, {o})", i=i, o=o)

    def probe(self, solution, i, o):
        layer = solution.Linear(i, o)
        return {"weight": layer.weight.detach(), "bias": layer.bias.detach()}

    def verify(self, case, got, want):
        bound = case["i"] ** -0.5
        for name, values in got.items():
            most = float(values.abs().max())
            count = values.numel()
            expect(
                most <= bound * (1 + 1e-6),
                f"the largest |{name}| is {most:.4f}, expected at most 1 / sqrt({case['i']}) = {bound:.4f}",
            )
            # In units of b: mean 0 with deviation 3^-1/2 n^-1/2, mean square 1/3 with deviation (4/45)^1/2 n^-1/2, half of
            # the values beyond b/2 with deviation 1/2 n^-1/2. Six deviations each, two seeds: a false alarm in 1e16.
            unit = (values / bound).double()
            for what, found, wanted, deviation in (
                ("mean", float(unit.mean()), 0.0, 3**-0.5),
                ("mean square", float(unit.square().mean()), 1 / 3, (4 / 45) ** 0.5),
                ("share of values beyond b / 2", float((unit.abs() > 0.5).double().mean()), 0.5, 0.5),
            ):
                room = 6 * deviation * count**-0.5
                expect(
                    abs(found - wanted) <= room,
                    f"in units of b = 1 / sqrt({case['i']}) the {what} of {name} is {found:.4f}; uniform draws have "
                    f"{wanted:.4f}, give or take {room:.4f}",
                )


class DrawsFollowTheSeed(Check):
    """The same global seed gives the same layer; another seed, or a second layer, gives another one."""

    part = LAYER
    calls = "torch.manual_seed(seed), then Linear(5, 4) twice"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(seed=draw.seed(), other=draw.seed())

    def probe(self, solution, seed, other):
        def drawn(start):
            torch.manual_seed(start)
            layers = solution.Linear(5, 4), solution.Linear(5, 4)
            return [torch.cat([p.detach().flatten() for p in layer.parameters()]) for layer in layers]

        (first, second), (again, _), (foreign, _) = drawn(seed), drawn(seed), drawn(other)
        return {
            "again": first.equal(again),
            "second": first.equal(second),
            "foreign": first.equal(foreign),
        }

    def verify(self, case, got, want):
        expect(got["again"], "two layers made after the same torch.manual_seed differ")
        expect(not got["second"], "a second layer made right after the first starts with the same numbers")
        expect(not got["foreign"], "two different seeds give the same layer")


class Rows(Workload):
    """linear on 64 rows of 32 numbers."""

    calls = "linear(x, weight, bias), x (64, 32), weight (16, 32)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(64, 32), weight=draw.normal(16, 32), bias=draw.normal(16))

    def probe(self, solution, x, weight, bias):
        return solution.linear(x, weight, bias)
