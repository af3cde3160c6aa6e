"""Hidden checks: each function's values, gradients and refusals, then precision, rubbish rows and the backward by hand."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, kind_raised

LAYER, GROUP, RMS, BACK = "layer_norm", "group_norm", "rms_norm", "layer_norm_backward"
HALVES = (torch.float16, torch.bfloat16)
NEAR = Tolerance(relative=2e-5, absolute=2e-5)  # narrow rows have gradients of nearly 0, all rounding


def with_gradients(result, **inputs):
    """The result and the gradients of those inputs that were given."""
    return {"result": result, **gradients(result, **{name: each for name, each in inputs.items() if each is not None})}


class LayerNormValues(Check):
    """layer_norm equals (x - mean) / sqrt(variance + eps) * weight + bias over the dims of `shape`, gradients included."""

    part = LAYER
    calls = "layer_norm(x, shape, weight, bias)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for label, lead, shape, affine in (
            ("one dim", (3, 4), (5,), True),
            ("two dims", (3,), (2, 5), True),
            ("two of four dims", (2, 3), (4, 5), True),
            ("no weight, no bias", (3, 4), (5,), False),
            ("B = 1, T = 1", (1, 1), (7,), True),
            ("no leading dim", (), (6,), True),
            ("no rows", (0, 3), (5,), True),
        ):
            yield case(
                label,
                x=draw.normal(*lead, *shape, mean=4.0, std=8.0, requires_grad=True),
                shape=shape,
                weight=draw.uniform(*shape, low=0.5, high=2.0, requires_grad=True) if affine else None,
                bias=draw.normal(*shape, requires_grad=True) if affine else None,
            )
        pairs = (draw.normal(4, 2, std=0.5) + torch.tensor([3.0, -3.0])).requires_grad_()
        yield case("two numbers, where N and N - 1 differ most", x=pairs, shape=(2,), weight=None, bias=None)
        yield case(
            "weight without bias",
            x=draw.normal(3, 5, std=8.0),
            shape=(5,),
            weight=draw.normal(5, requires_grad=True),
            bias=None,
        )
        yield case("bias without weight", x=draw.normal(3, 5, std=8.0), shape=(5,), weight=None, bias=draw.normal(5))

    def probe(self, solution, x, shape, weight, bias):
        result = solution.layer_norm(x, shape, weight, bias)
        wanted = {"x": x, "weight": weight, "bias": bias}
        return with_gradients(result, **{k: v for k, v in wanted.items() if v is not None and v.requires_grad})


class LayerNormEps(Check):
    """eps, by default 1e-5, is added to the variance, inside the square root."""

    part = LAYER
    calls = "layer_norm(x, shape), then with eps=0.1"

    def cases(self, draw: Draw):
        for std in (1.0, 3e-3):
            yield case(f"deviation {std}", x=draw.normal(4, 6, std=std))

    def probe(self, solution, x):
        return {"default": solution.layer_norm(x, (6,)), "eps = 0.1": solution.layer_norm(x, (6,), eps=0.1)}


class LayerNormShape(Check):
    """A shape that is not how x ends raises ValueError."""

    part = LAYER
    calls = "layer_norm(x, shape) where x does not end in shape"

    def cases(self, draw: Draw):
        for shape in ((4,), (5, 2), (3,), (1, 5), (9, 2, 5)):
            yield case(f"x (2, 5), shape {shape}", x=draw.normal(2, 5), shape=shape)

    def probe(self, solution, x, shape):
        return kind_raised(ValueError, solution.layer_norm, x, shape)


class ConstantRows(Check):
    """A row of equal numbers, one of width 1 included, gives the bias: no NaN, no noise."""

    part = LAYER
    calls = "layer_norm(constant rows, shape, weight, bias)"
    tolerance = Tolerance(absolute=2e-3, relative=0.0)

    def cases(self, draw: Draw):
        for width in (1, 7, 8):
            rows = torch.tensor([0.0, 0.1, -3.0]).unsqueeze(1).expand(3, width).clone().requires_grad_()
            yield case(f"width {width}", x=rows, weight=draw.uniform(width, low=0.5, high=2.0), bias=draw.normal(width))

    def probe(self, solution, x, weight, bias):
        result = solution.layer_norm(x, (x.shape[-1],), weight, bias)
        found = gradients(result, x=x)["gradient of x"]
        return {"result": result, "all gradients finite": bool(found.isfinite().all())}


class LargeMean(Check):
    """Rows with mean 1e4 and deviation 1 stay within 1e-2 of the float64 result."""

    part = LAYER
    calls = "layer_norm(x with mean 1e4, shape)"
    tolerance = Tolerance(absolute=1e-2, relative=0.0)
    battery = False

    def cases(self, draw: Draw):
        for mean in (1e4, -1e4):
            yield case(f"mean {mean:g}", x=draw.normal(5, 64, mean=mean))

    def probe(self, solution, x):
        return solution.layer_norm(x, (64,))


class LayerNormHalves(Check):
    """float16 and bfloat16 rows are computed in float32 and come back in their own dtype."""

    part = LAYER
    calls = "layer_norm(half-precision x, shape, weight, bias)"

    def cases(self, draw: Draw):
        for dtype in HALVES:
            for label, std, mean in (("values of 300", 300.0, 0.0), ("a mean of 40", 1.0, 40.0), ("1e-3", 1e-3, 0.0)):
                x = draw.normal(4, 33, std=std, mean=mean, dtype=dtype, requires_grad=True)
                yield case(
                    f"{dtype}, {label}", x=x, weight=draw.normal(33, dtype=dtype), bias=draw.normal(33, dtype=dtype)
                )

    def probe(self, solution, x, weight, bias):
        return with_gradients(solution.layer_norm(x, (33,), weight, bias), x=x)


class RowsStandAlone(Check):
    """A NaN spoils its own row and no other."""

    part = LAYER
    calls = "layer_norm(x with a NaN in one row, shape)"

    def cases(self, draw: Draw):
        x = draw.normal(4, 5)
        x[draw.integer(0, 3), draw.integer(0, 4)] = float("nan")
        yield dict(x=x)

    def probe(self, solution, x):
        return solution.layer_norm(x, (5,))


class GroupNormValues(Check):
    """group_norm normalises over the channels of a group and all later dims, gradients included."""

    part = GROUP
    calls = "group_norm(x, groups, weight, bias)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for label, shape, groups, affine in (
            ("three groups of two", (2, 6, 4, 3), 3, True),
            ("one group: a layer norm of the sample", (2, 6, 5), 1, True),
            ("a group for each channel: an instance norm", (2, 4, 5), 4, True),
            ("no positions, (B, C)", (3, 6), 2, True),
            ("as many positions as channels", (2, 4, 4, 4), 2, True),
            ("three later dims", (1, 4, 2, 3, 2), 2, True),
            ("no weight, no bias", (2, 6, 4), 3, False),
            ("B = 0", (0, 6, 4), 3, True),
        ):
            yield case(
                label,
                x=draw.normal(*shape, mean=1.0, std=2.0, requires_grad=True),
                groups=groups,
                weight=draw.uniform(shape[1], low=0.5, high=2.0, requires_grad=True) if affine else None,
                bias=draw.normal(shape[1], requires_grad=True) if affine else None,
            )

    def probe(self, solution, x, groups, weight, bias):
        return with_gradients(solution.group_norm(x, groups, weight, bias), x=x, weight=weight, bias=bias)


class GroupNormEps(Check):
    """group_norm adds eps, by default 1e-5, to the variance; a channels-last memory layout changes nothing."""

    part = GROUP
    calls = "group_norm(x, 2), also with eps=0.1 and with x laid out channels last"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 4, 3, 5, std=3e-3))

    def probe(self, solution, x):
        last = x.to(memory_format=torch.channels_last)
        return {
            "default": solution.group_norm(x, 2),
            "eps = 0.1": solution.group_norm(x, 2, eps=0.1),
            "channels last": solution.group_norm(last, 2),
        }


class GroupsMustDivide(Check):
    """Groups that do not divide the channels raise ValueError."""

    part = GROUP
    calls = "group_norm(x, groups)"

    def cases(self, draw: Draw):
        for channels, groups in ((6, 4), (3, 6), (5, 2)):
            yield case(f"C = {channels}, groups = {groups}", x=draw.normal(2, channels, 4), groups=groups)

    def probe(self, solution, x, groups):
        return kind_raised(ValueError, solution.group_norm, x, groups)


class GroupNormHalves(Check):
    """group_norm computes float16 and bfloat16 in float32 and returns their own dtype."""

    part = GROUP
    calls = "group_norm(half-precision x, 2, weight, bias)"

    def cases(self, draw: Draw):
        for dtype in HALVES:
            x = draw.normal(2, 4, 9, std=300.0, dtype=dtype)
            yield case(str(dtype), x=x, weight=draw.normal(4, dtype=dtype), bias=draw.normal(4, dtype=dtype))

    def probe(self, solution, x, weight, bias):
        return solution.group_norm(x, 2, weight, bias)


class RmsNormValues(Check):
    """rms_norm divides by sqrt(mean of squares + eps), does not subtract the mean, and scales by weight."""

    part = RMS
    calls = "rms_norm(x, weight)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for label, shape, affine in (
            ("(B, T, D)", (2, 3, 5), True),
            ("no weight", (4, 5), False),
            ("width 1", (3, 1), True),
            ("one vector", (6,), True),
            ("no rows", (0, 5), True),
        ):
            x = draw.normal(*shape, mean=5.0, requires_grad=True)
            weight = draw.uniform(shape[-1], low=0.5, high=2.0, requires_grad=True)
            yield case(label, x=x, weight=weight if affine else None)

    def probe(self, solution, x, weight):
        return with_gradients(solution.rms_norm(x, weight), x=x, weight=weight)


class RmsNormEps(Check):
    """eps, by default 1e-6, stands inside the root; a row of zeros gives zeros and a finite gradient."""

    part = RMS
    calls = "rms_norm(x), then with eps=0.1"

    def cases(self, draw: Draw):
        for label, x in (("ordinary", draw.normal(3, 5)), ("small", draw.normal(3, 5, std=1e-3))):
            yield case(label, x=x.requires_grad_())
        x = draw.normal(3, 5)
        x[1] = 0.0
        yield case("a row of zeros", x=x.requires_grad_())

    def probe(self, solution, x):
        both = {"default": solution.rms_norm(x), "eps = 0.1": solution.rms_norm(x, eps=0.1)}
        return both | gradients(both, x=x)


class RmsNormHalves(Check):
    """float16 values of 300, whose squares overflow, and bfloat16 rows come out right, in their own dtype."""

    part = RMS
    calls = "rms_norm(half-precision x, weight)"

    def cases(self, draw: Draw):
        for dtype in HALVES:
            for label, std in (("values of 300", 300.0), ("values of 1", 1.0), ("values of 1e-3", 1e-3)):
                x = draw.normal(4, 33, std=std, dtype=dtype, requires_grad=True)
                yield case(f"{dtype}, {label}", x=x, weight=draw.normal(33, dtype=dtype))

    def probe(self, solution, x, weight):
        return with_gradients(solution.rms_norm(x, weight), x=x)


def with_spread(draw, x):
    """The rows at deviations from 1.5 to 3: in a row whose values lie close together by chance eps would count."""
    away = x - x.mean(-1, keepdim=True)
    deviation = away.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-6)
    return 1 + away / deviation * draw.uniform(*deviation.shape, low=1.5, high=3.0, dtype=x.dtype)


class BackwardByHand(Check):
    """layer_norm_backward equals what autograd gives for dx, dweight and dbias."""

    part = BACK
    calls = "layer_norm_backward(grad, x, weight)"
    tolerance = Tolerance(relative=3e-4, absolute=3e-4)

    def cases(self, draw: Draw):
        for label, lead, width in (
            ("(B, D)", (4,), 5),
            ("(B, T, D): dweight sums over both", (2, 3), 5),
            ("one row", (1,), 6),
            ("a single vector", (), 6),
            ("width 1: nothing moves", (3,), 1),
            ("no rows: zero gradients", (0,), 4),
            ("float64", (3, 4), 7),
        ):
            dtype = torch.float64 if "float64" in label else torch.float32
            x, grad = (draw.normal(*lead, width, mean=1.0, std=2.0, dtype=dtype) for _ in range(2))
            yield case(
                label, grad=grad, x=with_spread(draw, x), weight=draw.uniform(width, low=0.5, high=2.0, dtype=dtype)
            )

    def probe(self, solution, grad, x, weight):
        with torch.no_grad():
            dx, dweight, dbias = solution.layer_norm_backward(grad, x, weight)
        return {"dx": dx, "dweight": dweight, "dbias": dbias}


class BackwardEps(Check):
    """eps, by default 1e-5, counts in the backward too: rows of small deviation show it."""

    part = BACK
    calls = "layer_norm_backward(grad, x, weight), then with eps=0.1"

    def cases(self, draw: Draw):
        yield dict(grad=draw.normal(3, 5), x=draw.normal(3, 5, std=3e-3), weight=draw.normal(5))

    def probe(self, solution, grad, x, weight):
        with torch.no_grad():
            default = solution.layer_norm_backward(grad, x, weight)
            return {"default": list(default), "eps = 0.1": list(solution.layer_norm_backward(grad, x, weight, 0.1))}


class BackwardHalves(Check):
    """Half-precision gradients are computed in float32: sums over 3000 rows do not stand still."""

    part = BACK
    calls = "layer_norm_backward(half-precision grad, x, weight)"
    battery = False

    def cases(self, draw: Draw):
        for dtype in HALVES:
            grad, x = draw.uniform(3000, 8, dtype=dtype), draw.normal(3000, 8, std=300.0, dtype=dtype)
            yield case(str(dtype), grad=grad, x=x, weight=draw.normal(8, dtype=dtype))

    def probe(self, solution, grad, x, weight):
        with torch.no_grad():
            dx, dweight, dbias = solution.layer_norm_backward(grad, x, weight)
        return {"dx": dx, "dweight": dweight, "dbias": dbias}


class AgreesWithForward(Check):
    """layer_norm_backward is the gradient of your own layer_norm, to 1e-6 in float64."""

    calls = "layer_norm_backward(grad, x, weight) against autograd through layer_norm"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        tensors = (draw.normal(3, 7, dtype=torch.float64) for _ in range(2))
        yield dict(
            zip(("grad", "x"), tensors, strict=True), weight=draw.normal(7, dtype=torch.float64, requires_grad=True)
        )

    def probe(self, solution, grad, x, weight):
        x.requires_grad_()
        bias = torch.zeros_like(weight, requires_grad=True)
        wanted = torch.autograd.grad(solution.layer_norm(x, (7,), weight, bias), (x, weight, bias), grad)
        with torch.no_grad():
            found = solution.layer_norm_backward(grad, x, weight)
        return {
            name: float((a - b).abs().max())
            for name, a, b in zip(("dx", "dweight", "dbias"), wanted, found, strict=True)
        }

    def verify(self, case, got, want):
        for name, error in got.items():
            expect(error <= 1e-6, f"{name} is up to {error:.2g} away from autograd's, allowed 1e-6")


class DoublesStayExact(Check):
    """float64 is computed in float64, to 1e-12."""

    calls = "layer_norm, group_norm, rms_norm and layer_norm_backward of float64 tensors"
    tolerance = Tolerance(relative=1e-12, absolute=1e-12)
    battery = False

    def cases(self, draw: Draw):
        x, grad = (draw.normal(3, 6, dtype=torch.float64) for _ in range(2))
        yield dict(x=x, grad=grad, weight=draw.normal(6, dtype=torch.float64))

    def probe(self, solution, x, grad, weight):
        with torch.no_grad():
            return {
                "layer_norm": solution.layer_norm(x, (6,), weight),
                "group_norm": solution.group_norm(x, 2, weight),
                "rms_norm": solution.rms_norm(x, weight),
                "layer_norm_backward": list(solution.layer_norm_backward(grad, x, weight)),
            }


class ManyRows(Workload):
    """layer_norm of 64 rows."""

    calls = "layer_norm(x, (32,), weight, bias) at 64 rows"

    def cases(self, draw: Draw, rows: int = 64):
        yield dict(x=draw.normal(rows, 32), weight=draw.normal(32), bias=draw.normal(32))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x, weight, bias):
        return solution.layer_norm(x, (32,), weight, bias)


class ManyRmsRows(Workload):
    """rms_norm of 64 rows."""

    calls = "rms_norm(x, weight) at 64 rows"

    def cases(self, draw: Draw, rows: int = 64):
        yield dict(x=draw.normal(rows, 32), weight=draw.normal(32))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x, weight):
        return solution.rms_norm(x, weight)


class TrainingForward(Workload):
    """rms_norm of 1 MiB in float32, with a graph."""

    calls = "rms_norm(x, weight) at (512, 512), float32, requiring gradients"

    def cases(self, draw: Draw, rows: int = 512):
        yield dict(x=draw.normal(rows, 512, requires_grad=True), weight=draw.normal(512, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x, weight):
        return solution.rms_norm(x, weight)


class WideRows(Workload):
    """layer_norm and rms_norm of 8,192 rows of 1,024, forward and backward."""

    calls = "layer_norm and rms_norm at (8192, 1024), forward and backward"

    def cases(self, draw: Draw, rows: int = 8192):
        yield dict(x=draw.normal(rows, 1024, requires_grad=True), weight=draw.normal(1024, requires_grad=True))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=4))

    def probe(self, solution, x, weight):
        both = solution.layer_norm(x, (1024,), weight, weight), solution.rms_norm(x, weight)
        return gradients(both, x=x, weight=weight)
