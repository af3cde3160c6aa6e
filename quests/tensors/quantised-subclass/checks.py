"""Hidden checks of tensors/quantised-subclass."""

import io

import torch
import torch.nn.functional as F
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters, gradients

# float32 products of quantised weights against the same product in another order
CLOSE = Tolerance(relative=1e-4, absolute=1e-4)


def weights(draw, *shape, dtype=torch.float32, rows=1.0):
    """A matrix, row i times rows[i], in which no w / scale lies near a half, where rounding depends on how it is computed."""
    w = (draw.normal(*shape) * rows).to(dtype)
    for _ in range(4):  # in bfloat16 what has been moved may come to lie near another half
        scale = w.float().abs().amax(1, keepdim=True) / 127
        place = w.float() / scale
        unclear = (place - place.floor() - 0.5).abs() < 0.02
        w = torch.where(unclear, place.floor() * scale, w.float()).to(dtype)
    return w


def shown(weight):
    """What an Int8Weight is and holds."""
    return {
        "class": type(weight).__name__,
        "shape": tuple(weight.shape),
        "dtype": str(weight.dtype),
        "codes": weight.codes,
        "scale": weight.scale,
    }


def network():
    """Three linear layers, two of which share their weight, and a norm."""
    net = fill_parameters(nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5)))
    net[4].weight = net[2].weight
    return net


class CodesAndScales(Check):
    """quantize_weight gives codes round(w / scale) with scale = amax / 127 of each row."""

    calls = "quantize_weight(w)"
    truth = False
    tolerance = Tolerance(relative=1e-6, absolute=0.0)
    battery = False

    def cases(self, draw: Draw):
        for shape in ((5, 7), (1, 3), (4, 1)):
            yield case(f"w {shape}", w=weights(draw, *shape))
        yield case("bfloat16", w=weights(draw, 4, 9, dtype=torch.bfloat16))
        spread = torch.tensor([[1e4], [1.0], [1e-9], [1e-3]])
        yield case("rows of very different size", w=weights(draw, 4, 6, rows=spread))

    def probe(self, solution, w):
        weight = solution.quantize_weight(w)
        return shown(weight) | {"trainable": weight.requires_grad}


class DequantisesWithinHalfAScale(Check):
    """dequantize gives every weight to half a scale, in the dtype that the weight shows."""

    calls = "quantize_weight(w).dequantize()"
    truth = False
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.float32, torch.bfloat16, torch.float16):
            yield case(str(dtype), w=weights(draw, 6, 9, dtype=dtype))
        yield case("a row of 1e-9 beside one of 1e4", w=weights(draw, 2, 6, rows=torch.tensor([[1e4], [1e-9]])))

    def probe(self, solution, w):
        weight = solution.quantize_weight(w)
        return {"values": weight.dequantize(), "class": type(weight.dequantize()).__name__}

    def verify(self, case, got, want):
        values, w = got["values"], case["w"]
        expect(got["class"] == "Tensor", f"dequantize gives a {got['class']}, expected an ordinary Tensor")
        expect(values.dtype == w.dtype, f"dequantize gives {values.dtype}, the weight shows {w.dtype}")
        expect(values.shape == w.shape, f"dequantize gives the shape {tuple(values.shape)}, expected {tuple(w.shape)}")
        wide = w.double()
        scale = wide.abs().amax(1, keepdim=True) / 127
        rounding = 2 * torch.finfo(w.dtype).eps * wide.abs()  # products and scales in half precision are welcome
        worst = float(((values.double() - wide).abs() / (0.5 * scale + rounding)).max())
        expect(worst <= 1.001, f"a weight is off by {worst / 2:.3g} scales, allowed is a half")


class RowsOfZeros(Check):
    """A row of zeros has scale 1 and gives exact zeros."""

    calls = "quantize_weight(w)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        w = weights(draw, 4, 5)
        w[1] = w[3] = 0.0
        yield dict(w=w)

    def probe(self, solution, w):
        weight = solution.quantize_weight(w)
        return {"scale": weight.scale[1::2], "values": weight.dequantize()[1::2]}


class LinearWorks(Check):
    """F.linear takes the weight for x of one to four dimensions, in float32 and bfloat16, with and without bias."""

    calls = "F.linear(x, quantize_weight(w), b)"
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        for shape in ((5,), (3, 5), (2, 3, 5), (2, 1, 3, 5), (0, 5)):
            yield case(f"x {shape}", x=draw.normal(*shape), w=weights(draw, 7, 5), b=draw.normal(7))
        yield case("no bias", x=draw.normal(3, 5), w=weights(draw, 7, 5), b=None)

    def probe(self, solution, x, w, b):
        out = F.linear(x, solution.quantize_weight(w), b)
        half = F.linear(x.bfloat16(), solution.quantize_weight(w.bfloat16()))
        return {
            "result": out,
            "class": type(out).__name__,
            "dtype in bfloat16": str(half.dtype),
            "shape": tuple(half.shape),
        }


class CopiesAreWeights(Check):
    """detach, clone, to(dtype) and to(device) give an Int8Weight with the same codes and scales."""

    calls = "weight.detach(), clone(), to(...)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(w=weights(draw, 4, 6))

    def probe(self, solution, w):
        weight = solution.quantize_weight(w)
        copy = weight.clone()
        made = {
            "detach": weight.detach(),
            "clone": copy,
            "to bfloat16": weight.to(torch.bfloat16),
            "to cpu": weight.to("cpu"),
        }
        found = {name: shown(each) for name, each in made.items()}
        gone = weight.to("meta")  # a second device on every machine
        found["to meta"] = [type(gone).__name__, *(str(each.device) for each in (gone, gone.codes, gone.scale))]
        return found | {"a clone has codes of its own": copy.codes.data_ptr() != weight.codes.data_ptr()}


class TransposesTurnTheScale(Check):
    """t, .T and transpose give an Int8Weight whose scale lies along its columns; twice is the weight again."""

    calls = "weight.t()"
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        for n, k in ((4, 6), (5, 5)):
            yield case(
                f"w ({n}, {k})", w=weights(draw, n, k, rows=torch.arange(1.0, n + 1)[:, None]), x=draw.normal(3, k)
            )

    def probe(self, solution, w, x):
        weight = solution.quantize_weight(w)
        found = {"t()": weight.t(), "T": weight.T, "transpose(0, 1)": weight.transpose(0, 1)}
        found |= {"permute(1, 0)": weight.permute(1, 0), "t().t()": weight.t().t()}
        values = {f"values of {name}": each.dequantize() for name, each in found.items()}
        return {name: shown(each) for name, each in found.items()} | values | {"x @ weight.t()": x @ weight.t()}


class OtherOperators(Check):
    """Operators that the class does not know work on the dequantised values and give ordinary tensors."""

    calls = "weight + 1, weight.sum(), ..."
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        yield dict(w=weights(draw, 4, 6), m=draw.normal(6, 3))

    def probe(self, solution, w, m):
        weight = solution.quantize_weight(w)
        made = {"sum over rows": weight.sum(0), "plus one": weight + 1.0, "product": weight @ m, "norm": weight.norm()}
        made["in a list"] = torch.cat([weight, weight])
        return made | {"classes": sorted({type(each).__name__ for each in made.values()})}


class InPlaceIsRefused(Check):
    """In-place arithmetic on the weight raises NotImplementedError that names the operator, and changes nothing."""

    calls = "weight.mul_(2), weight.add_(1), weight.zero_()"
    battery = False
    compare = False

    def cases(self, draw: Draw):
        yield dict(w=weights(draw, 4, 6))

    def probe(self, solution, w):
        weight = solution.quantize_weight(w)
        before = weight.codes.clone()
        found = {}
        for name, call in (
            ("mul_", lambda: weight.mul_(2)),
            ("add_", lambda: weight.add_(1)),
            ("zero_", weight.zero_),
        ):
            try:
                call()
                found[name] = {"raised": "nothing", "message": ""}
            except NotImplementedError as error:
                found[name] = {"raised": "NotImplementedError", "message": str(error)}
            except RuntimeError as error:
                found[name] = {"raised": type(error).__name__, "message": str(error)}
        return found | {"unchanged": bool((weight.codes == before).all())}

    def verify(self, case, got, want):
        for name in ("mul_", "add_", "zero_"):
            kind, text = got[name]["raised"], got[name]["message"]
            expect(kind == "NotImplementedError", f"{name} raised {kind}, expected NotImplementedError")
            expect(name.rstrip("_") in text, f"the error of {name} does not name it: {text!r}")
        expect(got["unchanged"], "codes changed although the call was refused")


class GradientsReachTheInput(Check):
    """Gradients reach x and the bias through the weight, which itself has none."""

    calls = "F.linear(x, weight, b), then backward"
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        yield dict(
            x=draw.normal(2, 3, 5, requires_grad=True), w=weights(draw, 7, 5), b=draw.normal(7, requires_grad=True)
        )

    def probe(self, solution, x, w, b):
        weight = solution.quantize_weight(w.requires_grad_())
        found = gradients(F.linear(x, weight, b), x=x, b=b)
        wanted = {"weight": weight.requires_grad, "its scale, which would keep a graph": weight.scale.requires_grad}
        return found | {"requires_grad": wanted, "gradient of w": w.grad}


class ModulesAreQuantised(Check):
    """quantize_module_ replaces the weight of every Linear by a Parameter, leaves the rest, and keeps sharing."""

    calls = "quantize_module_(module)"
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 6))

    def probe(self, solution, x):
        net, single = network(), nn.Linear(6, 2)
        fill_parameters(single)
        solution.quantize_module_(net)
        solution.quantize_module_(single)
        return {
            "classes": [type(part.weight).__name__ for part in (net[0], net[1], net[2], net[4], single)],
            "parameters": [isinstance(part.weight, nn.Parameter) for part in (net[0], net[2], single)],
            "trainable": {name: value.requires_grad for name, value in net.named_parameters()},
            "the shared weight is one object": net[2].weight is net[4].weight,
            "result": net(x),
            "a module that is a Linear itself": single(x),
            "moved to bfloat16": str(network_in_half(solution)[0].weight.dtype),
        }


def network_in_half(solution):
    """A quantised network after module.to(bfloat16)."""
    net = network()
    solution.quantize_module_(net)
    return net.to(torch.bfloat16)


class StatesRoundTrip(Check):
    """state_dict holds Int8Weights; saved, loaded with weights_only=True and put into another network they are the same."""

    calls = "torch.save(net.state_dict()), torch.load(weights_only=True), load_state_dict"
    truth = False
    tolerance = CLOSE
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 6))

    def probe(self, solution, x):
        net, other = network(), network()
        solution.quantize_module_(net)
        with torch.no_grad():
            for value in other.parameters():
                value.copy_(3.0 * value.flip(0))  # other codes and other scales
        solution.quantize_module_(other)
        file = io.BytesIO()
        torch.save(net.state_dict(), file)
        file.seek(0)
        with torch.serialization.safe_globals([solution.Int8Weight]):
            state = torch.load(file, weights_only=True)
        other.load_state_dict(state)
        return {
            "classes": {name: type(value).__name__ for name, value in state.items()},
            "loaded": shown(state["0.weight"]),
            "result of the other network": other(x),
            "its weight": shown(other[0].weight),
        }


class CompiledTheSame(Check):
    """torch.compile traces a network with these weights, and gives its results."""

    calls = "torch.compile(net, backend='eager')(x)"
    truth = False
    tolerance = CLOSE
    battery = False
    seconds = 60.0

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 6))

    def probe(self, solution, x):
        net = network()
        solution.quantize_module_(net)
        return torch.compile(net, backend="eager")(x)


class Compiled(Workload):
    """A forward of a compiled network."""

    calls = "torch.compile(net)(x)"
    seconds = 60.0

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 6))

    def probe(self, solution, x):
        net = network()
        solution.quantize_module_(net)
        return torch.compile(net, backend="eager")(x)


class StateOnDisk(Workload):
    """The state of four layers of 1,024 x 1,024: 16 MiB in float32."""

    calls = "torch.save of the state of four quantised layers"

    def cases(self, draw: Draw):
        yield {}

    def probe(self, solution):
        net = nn.Sequential(*(nn.Linear(1024, 1024, bias=False) for _ in range(4)))
        solution.quantize_module_(net)
        file = io.BytesIO()
        torch.save(net.state_dict(), file)
        return file.tell()


class HeldWeight(Workload):
    """A weight of 8,192 x 4,096: 128 MiB in float32, 32 MiB of codes."""

    calls = "Int8Weight(codes, scale) at N = 8192, K = 4096"
    compare = False

    def cases(self, draw: Draw, size: int = 8192):
        yield dict(size=size)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=16))

    def probe(self, solution, size):
        codes = torch.ones(size, size // 2, dtype=torch.int8)
        weight = solution.Int8Weight(codes, torch.full((size, 1), 0.5))
        return weight.detach().codes[:2, :2]


class OneToken(Workload):
    """One bfloat16 token through a weight of 8,192 x 8,192."""

    calls = "F.linear(x, weight) at N = K = 8192"
    compare = False

    def cases(self, draw: Draw, size: int = 8192):
        yield dict(x=draw.normal(1, size, dtype=torch.bfloat16), size=size)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=16))

    def probe(self, solution, x, size):
        codes = torch.ones(size, size, dtype=torch.int8, device=x.device)
        scale = torch.full((size, 1), 0.5, device=x.device)
        with torch.no_grad():
            return F.linear(x, solution.Int8Weight(codes, scale, torch.bfloat16))
