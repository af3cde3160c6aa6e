"""Hidden checks: what is registered, sizes, values, then what a U-Net promises: skips, reach, shifts, independence."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised, parameter_gradients

CONFIGS = (
    ("three levels", [4, 6, 8]),
    ("two levels, narrowing", [8, 3]),
    ("four levels", [2, 3, 4, 5]),
    ("one level", [6]),
)
NEAR = Tolerance(relative=1e-3, absolute=1e-3)  # norms of a few numbers magnify rounding


def filled(owner: nn.Module, like) -> nn.Module:
    """Fixed parameters and statistics by the order of names, in the dtype of `like`; variances are positive."""
    with torch.no_grad():
        for index, (name, value) in enumerate(sorted(owner.state_dict().items())):
            if value.is_floating_point():
                numbers = torch.arange(1, value.numel() + 1, dtype=torch.float64)
                wave = torch.sin((1.0 + 0.37 * index) * 1.618 * numbers).reshape(value.shape)
                if "running_var" in name or (value.dim() == 1 and name.endswith("weight")):
                    value.copy_(wave.abs() + 0.5)
                else:
                    value.copy_(2.0 * wave * (value[0].numel() if value.dim() > 1 else 16) ** -0.5)
    return owner.to(like.dtype)


def network(solution, x, widths, out=3, norm="group"):
    return filled(solution.UNet(x.shape[1], out, widths, norm), x).eval()


class Holds(Check):
    """UNet registers down, up and head with the names and shapes of the brief, and nothing else."""

    calls = "UNet(2, 3, widths, norm).state_dict()"

    def cases(self, draw: Draw):
        for label, widths in CONFIGS:
            for norm in ("group", "batch"):
                yield case(f"{label}, {norm} norm", widths=widths, norm=norm)

    def probe(self, solution, widths, norm):
        made = solution.UNet(2, 3, widths, norm)
        state = made.state_dict()
        shapes = {name: list(state[name].shape) for name in sorted(state)}
        groups = sorted(part.num_groups for part in made.modules() if isinstance(part, nn.GroupNorm))
        return {"shapes": shapes, "groups of the norms": groups}


class GroupIsTheDefault(Check):
    """norm is 'group' unless said otherwise; another name raises ValueError."""

    calls = "UNet(1, 1, [4]), UNet(1, 1, [4], 'layer')"

    def probe(self, solution):
        parts = list(solution.UNet(1, 1, [4]).modules())
        kinds = {
            kind.__name__: sum(isinstance(part, kind) for part in parts) for kind in (nn.GroupNorm, nn.BatchNorm2d)
        }
        return {"kinds of norms": kinds, "norm='layer'": kind_raised(ValueError, solution.UNet, 1, 1, [4], "layer")}


class EverySizeComesBack(Check):
    """The output is as large as the input, for H and W from 1 to 40, odd and unequal ones included."""

    calls = "UNet(1, 2, [2, 3, 4]).eval()(x)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 1, 40, 40), widths=draw.shuffled(range(1, 41)))

    def probe(self, solution, x, widths):
        made = network(solution, x, [2, 3, 4], out=2)
        with torch.no_grad():
            return [
                [height, width, list(made(x[:, :, :height, :width]).shape)] for height, width in enumerate(widths, 1)
            ]

    def verify(self, case, got, want):
        for height, width, shape in got:
            expect(shape == [2, 2, height, width], f"an image of {height} x {width} gives {tuple(shape)}")


class Values(Check):
    """With copied weights the outputs equal the reference, at even and odd sizes."""

    calls = "UNet(C, out, widths, norm).eval()(x)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for label, widths in CONFIGS:
            for norm in ("group", "batch"):
                size = (13, 11) if norm == "group" else (16, 8)
                x = draw.normal(2, 2, *size)
                yield case(f"{label}, {norm} norm, {size[0]} x {size[1]}", x=x, widths=widths, norm=norm)
        yield case("B = 0", x=draw.normal(0, 2, 6, 7), widths=[4, 6], norm="batch")

    def probe(self, solution, x, widths, norm):
        return network(solution, x, widths, norm=norm)(x)


class AloneAsInABatch(Check):
    """norm='group': a sample gives the same output alone and among others, in training mode too."""

    calls = "UNet(2, 3, [4, 6]).train() on a batch and on its samples"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        x = draw.normal(3, 2, 9, 8)
        x[1] *= 30.0
        yield dict(x=x)

    def probe(self, solution, x):
        made = network(solution, x, [4, 6]).train()
        together = made(x)
        return max(float((made(x[i : i + 1]) - together[i]).detach().abs().max()) for i in range(3))

    def verify(self, case, got, want):
        expect(got < 1e-3, f"alone, a sample gives values up to {got:.3g} away from those in the batch")


class Gradients(Check):
    """In training mode gradients reach the image and every parameter, as in the reference."""

    calls = "UNet(C, out, [4, 6, 8], norm).train()(x), then backward"
    tolerance = Tolerance(relative=5e-3, absolute=5e-3)
    battery = False

    def cases(self, draw: Draw):
        for norm in ("group", "batch"):
            yield case(f"{norm} norm", x=draw.normal(2, 2, 11, 14, requires_grad=True), norm=norm)

    def probe(self, solution, x, norm):
        made = network(solution, x, [4, 6, 8], norm=norm).train()
        out = made(x)
        return {"output": out, **dict(sorted(parameter_gradients(out, made, x=x).items()))}


class EveryLevelCounts(Check):
    """Silencing the features of any level of the way down changes the output."""

    calls = (
        "UNet(2, 3, [4, 6, 8]).eval()(x) with the last norm of one level of `down` at zero, and zero features therefore"
    )
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1, 2, 16, 16))

    def probe(self, solution, x):
        whole, found = network(solution, x, [4, 6, 8])(x), {}
        for level in range(3):
            made = network(solution, x, [4, 6, 8])
            with torch.no_grad():  # a norm with weight and bias 0, then relu: whoever calls the layers, and however
                made.get_parameter(f"down.{level}.4.weight").zero_()
                made.get_parameter(f"down.{level}.4.bias").zero_()
            found[str(level)] = float((made(x) - whole).detach().abs().max())
        return found

    def verify(self, case, got, want):
        for level, change in got.items():
            expect(change > 1e-3, f"with level {level} silenced the output changes by {change:.2g}: nothing reads it")


class SeesTheWholeImage(Check):
    """With four levels the middle of the output looks at all corners of a 32 x 32 image."""

    calls = "UNet(2, 3, [4, 6, 8, 10], 'batch').eval()(x), gradient of the middle"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1, 2, 32, 32, requires_grad=True))

    def probe(self, solution, x):
        out = network(solution, x, [4, 6, 8, 10], norm="batch")(x)
        (slope,) = torch.autograd.grad(out[:, :, 15:17, 15:17].abs().sum(), x)
        return [bool((corner != 0).any()) for half in slope.split(16, 2) for corner in half.split(16, 3)]

    def verify(self, case, got, want):
        names = ("top left", "top right", "bottom left", "bottom right")
        for name, sees, should in zip(names, got, want, strict=True):
            expect(sees or not should, f"the middle of the output does not depend on the {name} quarter of the image")


class ShiftsWithTheImage(Check):
    """Moving the image by the total stride moves the interior of the output by as much."""

    calls = "UNet(1, 2, [2, 3, 4], 'batch').eval() on an image and on the image moved by 4"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1, 1, 80, 80))

    def probe(self, solution, x):
        made = network(solution, x, [2, 3, 4], out=2, norm="batch")
        still, moved = made(x), made(x.roll((4, 4), (2, 3)))
        inner = slice(32, 48)
        off = (moved[:, :, inner, inner] - still.roll((4, 4), (2, 3))[:, :, inner, inner]).abs().max()
        return {"off": float(off.detach()), "size": float(still.detach().std())}

    def verify(self, case, got, want):
        off, size = got["off"], got["size"]
        expect(
            off < 1e-3 * size + 1e-4,
            f"the moved image gives values up to {off:.3g} away (their deviation is {size:.3g})",
        )


class Parameters(Workload):
    """The numbers held as parameters."""

    calls = "UNet(3, 5, [16, 32, 64, 128])"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(1, 3, 16, 16))

    def probe(self, solution, x):
        made = solution.UNet(3, 5, [16, 32, 64, 128])
        made(x)
        return sum({id(each): each.numel() for each in made.parameters()}.values())


class LargeImage(Workload):
    """A forward over one image of 384 x 384, without a graph."""

    calls = "UNet(3, 2, [8, 16]) at (1, 3, 384, 384), no_grad"
    tolerance = NEAR
    seconds = 60.0

    def cases(self, draw: Draw, size: int = 384):
        yield dict(x=draw.normal(1, 3, size, size))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=16))

    def probe(self, solution, x):
        made = network(solution, x, [8, 16], out=2).to(x.device)
        with torch.no_grad():
            return made(x)


class TrainingImages(Workload):
    """Forward and backward over images of 256 x 256."""

    calls = "UNet(3, 2, [32, 64, 128]) at (8, 3, 256, 256), forward and backward"
    tolerance = Tolerance(relative=2e-2, absolute=2e-2)

    def cases(self, draw: Draw, batch: int = 8, size: int = 256):
        yield dict(x=draw.normal(batch, 3, size, size))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 1, 16))

    def probe(self, solution, x):
        made = network(solution, x, [32, 64, 128], out=2).to(x.device)
        made(x).square().mean().backward()
        return made.head.weight.grad


class Compiled(Workload):
    """The network compiled, at an odd size."""

    calls = "torch.compile(UNet(2, 3, [4, 6, 8]))(x)"
    tolerance = NEAR
    preload = ("torch._dynamo",)
    seconds = 60.0

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 2, 13, 10))

    def probe(self, solution, x):
        return torch.compile(network(solution, x, [4, 6, 8]), backend="eager")(x).detach()
