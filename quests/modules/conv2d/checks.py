"""Hidden checks of modules/conv2d."""

import torch
from torch.nn import functional as F

from leveling.checks import (
    Check,
    Draw,
    Tolerance,
    Workload,
    case,
    expect,
    fill_parameters,
    gradients,
    kind_raised,
    parameter_gradients,
    raised,
    set_parameters,
    state_values,
)

FUNCTION, LAYER, NETWORK = "conv2d", "Conv2d", "SmallCNN"


def drawn(draw: Draw, image, kernel, *, channels=3, outputs=4, batch=2, groups=1, wants=False, **options):
    """x, weight and bias for an image and a kernel of the given sizes, and the options of the call."""
    return {
        "x": draw.normal(batch, channels, *image, requires_grad=wants),
        "weight": draw.normal(outputs, channels // groups, *kernel, requires_grad=wants),
        "bias": draw.normal(outputs, mean=2.0, requires_grad=wants),
        "options": {**options, **({"groups": groups} if groups > 1 else {})},
    }


class Convolved:
    """conv2d of drawn inputs."""

    part = FUNCTION
    calls = "conv2d(x, weight, bias, stride, padding, dilation, groups)"

    def probe(self, solution, x, weight, bias, options):
        return solution.conv2d(x, weight, bias, **options)


class OneChannel(Check):
    """Output (i, j) is the sum of the kernel times the window whose corner is (i, j): nothing is flipped."""

    part = FUNCTION
    calls = "conv2d(x, weight)"

    def cases(self, draw: Draw):
        yield case("x 5 x 7, kernel 3 x 2", x=draw.normal(1, 1, 5, 7), weight=draw.normal(1, 1, 3, 2))
        yield case("x 4 x 4, kernel 3 x 3", x=draw.normal(1, 1, 4, 4), weight=draw.normal(1, 1, 3, 3))

    def probe(self, solution, x, weight):
        return solution.conv2d(x, weight)


class ChannelsAddUp(Convolved, Check):
    """Each output channel sums over all input channels, each with its own kernel, and adds its bias."""

    def cases(self, draw: Draw):
        yield case("3 channels to 4", **drawn(draw, (6, 7), (3, 3)))
        yield case("as many outputs as columns", **drawn(draw, (6, 6), (3, 3), outputs=4, channels=4))
        yield case("1 channel to 5", **drawn(draw, (6, 7), (3, 3), channels=1, outputs=5))


class KernelSizes(Convolved, Check):
    """Kernels may be 1 x 1, even, oblong, and as large as the image."""

    def cases(self, draw: Draw):
        for kernel in ((1, 1), (3, 5), (2, 2), (4, 1), (1, 6), (6, 7)):
            yield case(f"kernel {kernel}, image (6, 7)", **drawn(draw, (6, 7), kernel))


class Strides(Convolved, Check):
    """A stride, or a pair (vertical, horizontal), skips windows; a window that does not fit is left out."""

    def cases(self, draw: Draw):
        for stride in (2, 3, (1, 3), (2, 1), (5, 2)):
            yield case(f"stride {stride}", **drawn(draw, (9, 11), (3, 2), stride=stride))


class Paddings(Convolved, Check):
    """Padding adds as many zeros on both sides, above and below by the first number, left and right by the second."""

    def cases(self, draw: Draw):
        for padding, kernel in (
            (1, (3, 3)),
            (1, (2, 2)),
            (2, (4, 2)),
            ((0, 2), (3, 3)),
            ((2, 0), (3, 3)),
            ("valid", (3, 2)),
        ):
            yield case(f"padding {padding}, kernel {kernel}", **drawn(draw, (5, 6), kernel, padding=padding))


class Dilations(Convolved, Check):
    """A dilation d takes every d-th number of a wider window."""

    def cases(self, draw: Draw):
        for dilation in (2, (1, 3), (3, 1)):
            yield case(f"dilation {dilation}", **drawn(draw, (9, 10), (3, 2), dilation=dilation))
        yield case("with stride and padding", **drawn(draw, (9, 10), (3, 3), dilation=2, stride=(2, 3), padding=(1, 2)))


class SamePadding(Convolved, Check):
    """padding="same" keeps height and width; where the zeros are odd in number, the end gets one more."""

    def cases(self, draw: Draw):
        for kernel, dilation in (((3, 5), 1), ((2, 4), 1), ((3, 3), 2), ((4, 2), 3), ((2, 3), (3, 1)), ((1, 1), 1)):
            yield case(
                f"kernel {kernel}, dilation {dilation}",
                **drawn(draw, (6, 7), kernel, padding="same", dilation=dilation),
            )
        yield case("as many outputs as channels", **drawn(draw, (6, 7), (3, 3), outputs=3, padding="same"))


class SameNeedsStrideOne(Check):
    """padding="same" with another stride than 1 raises ValueError."""

    part = FUNCTION
    calls = 'conv2d(x, weight, stride=stride, padding="same")'
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for stride in (2, (1, 2), (2, 1)):
            yield case(f"stride {stride}", x=draw.normal(1, 2, 6, 6), weight=draw.normal(2, 2, 3, 3), stride=stride)

    def probe(self, solution, x, weight, stride):
        return {
            "wrong": kind_raised(ValueError, solution.conv2d, x, weight, stride=stride, padding="same"),
            "right": raised(solution.conv2d, x, weight, stride=(1, 1), padding="same")["raised"],
        }

    def verify(self, case, got, want):
        expect(got["wrong"] == "ValueError", f"stride {case['stride']} raised {got['wrong']}, expected ValueError")
        expect(got["right"] == "nothing", f"stride (1, 1) raised {got['right']}, and should go through")


class Groups(Convolved, Check):
    """With groups, neighbouring channels form a group, and each output sees the channels of its own group only."""

    def cases(self, draw: Draw):
        for groups, channels, outputs in ((2, 4, 6), (3, 6, 3), (4, 4, 4), (4, 4, 8), (5, 5, 10)):
            yield case(
                f"{groups} groups, {channels} channels to {outputs}",
                **drawn(draw, (5, 6), (3, 2), channels=channels, outputs=outputs, groups=groups),
            )


class GroupsMustDivide(Check):
    """Groups that do not divide both channel counts raise ValueError, in conv2d and in Conv2d."""

    part = FUNCTION
    calls = "conv2d(x, weight, groups=groups)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("4 channels, 3 groups", x=draw.normal(1, 4, 5, 5), weight=draw.normal(6, 1, 3, 3), groups=3)
        yield case("4 channels to 5, 2 groups", x=draw.normal(1, 4, 5, 5), weight=draw.normal(5, 2, 3, 3), groups=2)

    def probe(self, solution, x, weight, groups):
        return kind_raised(ValueError, solution.conv2d, x, weight, groups=groups)

    def verify(self, case, got, want):
        expect(got == "ValueError", f"{case['groups']} groups raised {got}, expected ValueError")


class EverythingAtOnce(Convolved, Check):
    """Random strides, paddings, dilations and groups work together."""

    def cases(self, draw: Draw):
        for _ in range(6):
            groups = draw.choice((1, 2, 3))
            settings = {name: (draw.integer(1, 3), draw.integer(1, 3)) for name in ("stride", "dilation")}
            settings["padding"] = (draw.integer(0, 2), draw.integer(0, 2))
            kernel = (draw.integer(1, 4), draw.integer(1, 4))
            yield case(
                f"kernel {kernel}, groups {groups}, {settings}",
                **drawn(draw, (13, 12), kernel, channels=2 * groups, outputs=3 * groups, groups=groups, **settings),
            )


class EmptyBatch(Convolved, Check):
    """A batch of no images gives no images of the right size."""

    def cases(self, draw: Draw):
        yield case("no images", **drawn(draw, (6, 7), (3, 2), batch=0))
        yield case("no images, two groups", **drawn(draw, (6, 7), (3, 2), batch=0, channels=4, groups=2, stride=2))


class OtherLayouts(Check):
    """A channels-last, a transposed and an expanded x, and a transposed weight, give the same values."""

    part = FUNCTION
    calls = "conv2d(x, weight) with x or weight out of order in memory"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 3, 6, 6), weight=draw.normal(4, 3, 2, 3))

    def probe(self, solution, x, weight):
        last = x.contiguous(memory_format=torch.channels_last)
        return {
            "channels last": solution.conv2d(last, weight, padding=1),
            "channels last, kernel 1 x 1": solution.conv2d(last, weight[:, :, :1, :1]),
            "x transposed": solution.conv2d(x.transpose(2, 3), weight),
            "x expanded": solution.conv2d(x[:, :1].expand(2, 3, 6, 6), weight),
            "weight transposed": solution.conv2d(x, weight.transpose(0, 1).contiguous().transpose(0, 1)),
        }


class Gradients(Check):
    """Gradients of x, weight and bias are right; a number in several windows collects from all of them."""

    part = FUNCTION
    calls = "conv2d(x, weight, bias, ...), then backward"

    def cases(self, draw: Draw):
        yield case("windows that overlap", **drawn(draw, (5, 6), (3, 3), wants=True))
        yield case("stride (2, 3), padding 1", **drawn(draw, (7, 8), (3, 2), wants=True, stride=(2, 3), padding=1))
        yield case("dilation 2, same", **drawn(draw, (6, 6), (2, 3), wants=True, dilation=2, padding="same"))
        yield case("two groups", **drawn(draw, (5, 6), (3, 3), wants=True, channels=4, outputs=6, groups=2))
        yield case("no images", **drawn(draw, (5, 6), (3, 3), wants=True, batch=0))

    def probe(self, solution, x, weight, bias, options):
        return gradients(solution.conv2d(x, weight, bias, **options), x=x, weight=weight, bias=bias)


class LayerRegisters(Check):
    """Conv2d registers `weight` (O, C / groups, kh, kw) and `bias` (O,), or None for the bias, and nothing else."""

    part = LAYER
    calls = "Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kernel, groups, bias in ((3, 1, True), ((2, 5), 1, True), (3, 2, True), (1, 4, False)):
            yield case(f"kernel {kernel}, groups {groups}, bias {bias}", kernel=kernel, groups=groups, bias=bias)

    def probe(self, solution, kernel, groups, bias):
        made = solution.Conv2d(4, 8, kernel, groups=groups, bias=bias)
        return {
            "named_parameters()": dict(state_values(made)),
            "state_dict()": sorted(made.state_dict()),
            "bias is None": made.bias is None,
        }


class LayerRefusesGroups(Check):
    """Conv2d raises ValueError when it is made with groups that do not divide its channels."""

    part = LAYER
    calls = "Conv2d(4, 6, 3, groups=groups)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("4 channels, 3 groups", groups=3)
        yield case("6 outputs, 4 groups", groups=4)

    def probe(self, solution, groups):
        return kind_raised(ValueError, solution.Conv2d, 4, 6, 3, groups=groups)

    def verify(self, case, got, want):
        expect(got == "ValueError", f"Conv2d(4, 6, 3, groups={case['groups']}) raised {got}, expected ValueError")


class LayerForward(Check):
    """Conv2d computes conv2d with the settings it was made with, and its parameters get gradients."""

    part = LAYER
    calls = "Conv2d(4, 6, (3, 2), stride, padding, dilation, groups)(x), then backward"

    def cases(self, draw: Draw):
        for options in ({}, {"stride": (1, 2)}, {"padding": 1, "dilation": 2}, {"groups": 2, "padding": "same"}):
            yield case(
                f"{options or 'defaults'}",
                x=draw.normal(2, 4, 7, 6, requires_grad=True),
                weight=draw.normal(6, 4 // options.get("groups", 1), 3, 2),
                bias=draw.normal(6, mean=2.0),
                options=options,
            )

    def probe(self, solution, x, weight, bias, options):
        made = solution.Conv2d(4, 6, (3, 2), **options).to(x.dtype)
        set_parameters(made, {"weight": weight, "bias": bias})
        output = made(x)
        return {"output": output, **parameter_gradients(output, made, x=x)}


class InitialRange(Check):
    """weight and bias start uniform within 1 / sqrt(C / groups * kh * kw)."""

    part = LAYER
    calls = "Conv2d(in_channels, out_channels, kernel_size, groups=groups)"
    compare = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        for channels, outputs, kernel, groups in ((24, 200, (3, 5), 1), (96, 480, (3, 3), 8)):
            yield case(
                f"Conv2d({channels}, {outputs}, {kernel}, groups={groups})",
                sizes=[channels, outputs],
                kernel=kernel,
                groups=groups,
            )

    def probe(self, solution, sizes, kernel, groups):
        made = solution.Conv2d(*sizes, kernel, groups=groups)
        return {"weight": made.weight.detach(), "bias": made.bias.detach()}

    def verify(self, case, got, want):
        terms = case["sizes"][0] // case["groups"] * case["kernel"][0] * case["kernel"][1]
        bound = terms**-0.5
        for name, values in got.items():
            most, square = float(values.abs().max()), float((values / bound).double().square().mean())
            expect(
                most <= bound * (1 + 1e-6),
                f"the largest |{name}| is {most:.4f}, expected at most 1 / sqrt({terms}) = {bound:.4f}",
            )
            # Mean square of uniform draws: 1/3 of the bound's, deviation (4/45 / n)^(1/2); 6 deviations twice: 1e-17
            room = 6 * (4 / 45 / values.numel()) ** 0.5
            expect(
                abs(square - 1 / 3) <= room,
                f"the mean square of {name} is {square:.4f} of the bound's square, expected 1/3, give or take {room:.4f}",
            )


class NetworkAnswers(Check):
    """SmallCNN has the reference's parameters and, with equal weights, its outputs, for any H and W from 8 on."""

    part = NETWORK
    calls = "SmallCNN(in_channels, classes)(x)"
    tolerance = Tolerance(relative=1e-4, absolute=1e-4)

    def cases(self, draw: Draw):
        for channels, classes, shape in (
            (3, 5, (2, 8, 8)),
            (1, 10, (3, 12, 9)),
            (2, 4, (1, 11, 17)),
            (3, 5, (0, 8, 8)),
        ):
            batch, h, w = shape
            yield case(
                f"x {(batch, channels, h, w)}, {classes} classes", x=draw.normal(batch, channels, h, w), classes=classes
            )

    def probe(self, solution, x, classes):
        made = fill_parameters(solution.SmallCNN(x.shape[1], classes), scale=0.3).to(x.dtype)
        return {"numbers": sum(value.numel() for value in made.parameters()), "output": made(x)}


def stripes(noise):
    """32 images (1, 8, 8) of four kinds: stripes along, across and both diagonals, with noise. Returns images, labels."""
    i, j = torch.arange(8.0).reshape(8, 1), torch.arange(8.0).reshape(1, 8)
    waves = [torch.sin(1.6 * wave + 0 * i * j) for wave in (i, j, i + j, i - j)]
    labels = torch.arange(32) % 4
    return torch.stack([waves[label] for label in labels.tolist()]).unsqueeze(1) + noise, labels


def trained(model, x, labels, steps, rate):
    """The loss after `steps` of Adam, spelled out so that nothing else has to be imported."""
    held = list(model.parameters())
    first, second = [torch.zeros_like(p) for p in held], [torch.zeros_like(p) for p in held]
    for step in range(1, steps + 1):
        found = torch.autograd.grad(F.cross_entropy(model(x), labels), held)
        with torch.no_grad():
            for p, gradient, m, v in zip(held, found, first, second, strict=True):
                m.lerp_(gradient, 0.1)
                v.lerp_(gradient.square(), 0.01)
                p.sub_(rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.99**step)).sqrt() + 1e-8))
    with torch.no_grad():
        return float(F.cross_entropy(model(x), labels))


class NetworkLearns(Check):
    """SmallCNN learns 32 striped images by heart: loss below 0.05 after 20 steps."""

    part = NETWORK
    calls = "SmallCNN(1, 4), 20 steps of Adam on 32 images"
    compare = False
    battery = False
    truth = False
    confirm = 2
    seconds = 30.0

    def cases(self, draw: Draw):
        yield dict(noise=draw.normal(32, 1, 8, 8, std=0.3))

    def probe(self, solution, noise):
        x, labels = stripes(noise)
        return trained(solution.SmallCNN(1, 4), x, labels, 20, 0.02)

    def verify(self, case, got, want):
        expect(
            got < 0.05, f"the loss is {got:.3f} after 20 steps; the reference reaches {want:.4f}, expected below 0.05"
        )


class LargeKernel(Workload):
    """conv2d with a 5 x 5 kernel on 3 images of 12 x 12."""

    calls = "conv2d(x, weight, bias, padding=2), x (3, 8, 12, 12), weight (6, 8, 5, 5)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 8, 12, 12), weight=draw.normal(6, 8, 5, 5), bias=draw.normal(6))

    def probe(self, solution, x, weight, bias):
        return solution.conv2d(x, weight, bias, padding=2)


class EightGroups(Workload):
    """conv2d in 8 groups."""

    calls = "conv2d(x, weight, groups=8, padding=1), x (4, 32, 16, 16), weight (64, 4, 3, 3)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 32, 16, 16), weight=draw.normal(64, 4, 3, 3))

    def probe(self, solution, x, weight):
        return solution.conv2d(x, weight, groups=8, padding=1)


class ManyImages(Workload):
    """8 images of 32 channels and 64 x 64, kernel 3 x 3: the columns alone take 36 MiB."""

    calls = "conv2d(x, weight, padding=1), x (8, 32, 64, 64), weight (32, 32, 3, 3)"

    def cases(self, draw: Draw, batch: int = 8, size: int = 64):
        yield dict(x=draw.normal(batch, 32, size, size), weight=draw.normal(32, 32, 3, 3))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2, size=6))

    def probe(self, solution, x, weight):
        with torch.no_grad():
            return solution.conv2d(x, weight, padding=1)


class SmallImages(Workload):
    """Forward and backward on 2 images of 16 channels and 20 x 20, kernel 3 x 3, in 2 groups."""

    calls = "conv2d(x, weight, bias, padding=1, groups=2), then backward, x (2, 16, 20, 20), weight (16, 8, 3, 3)"

    def cases(self, draw: Draw):
        yield drawn(draw, (20, 20), (3, 3), channels=16, outputs=16, groups=2, wants=True, padding=1)

    def probe(self, solution, x, weight, bias, options):
        y = solution.conv2d(x, weight, bias, **options)
        return torch.autograd.grad(y.square().sum(), (x, weight, bias))
