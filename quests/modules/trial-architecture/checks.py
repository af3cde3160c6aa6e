"""Hidden checks of modules/trial-architecture. Sizes are drawn anew at each try; all three kinds are judged."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised, parameter_gradients

NEAR = Tolerance(relative=1e-4, absolute=2e-5)
# Norms of few numbers magnify rounding: gradients of the reference itself stray by up to 6e-5 in float32
ROUNDING = Tolerance(relative=1e-3, absolute=3e-4)
MIXER, DENSE, SET = "mixer", "dense", "set"


def drawn_config(draw, kind, **given):
    """A small config of that kind; sizes differ from one another wherever they can."""
    width, classes = draw.integer(5, 8), draw.integer(2, 4)
    config = {"kind": kind, "width": width, "classes": classes, "input": (draw.integer(2, 4), 7, 6)}
    if kind == DENSE:
        config |= {"stages": [2, draw.integer(1, 3)], "reduction": draw.integer(2, 3)}
    else:
        config |= {"depth": 2, "expansion": draw.integer(2, 3)}
    if kind == MIXER:
        config["kernel"] = draw.choice([3, 5])
    if kind == SET:
        config["input"] = (9, draw.integer(2, 4))
    return {**config, **given}


def images(draw, config, batch=3, requires_grad=True):
    return draw.normal(batch, *config["input"], requires_grad=requires_grad)


def filled(owner: nn.Module, like) -> nn.Module:
    """Fixed parameters and statistics by the order of names, in the dtype and on the device of `like`."""
    with torch.no_grad():
        for index, (name, value) in enumerate(sorted(owner.state_dict().items())):
            if value.is_floating_point():
                numbers = torch.arange(1, value.numel() + 1, dtype=torch.float64)
                wave = torch.sin((1.0 + 0.37 * index) * 1.618 * numbers).reshape(value.shape)
                if "running_var" in name or (value.dim() == 1 and name.endswith(("weight", "scale"))):
                    value.copy_(wave.abs() + 0.5)
                else:
                    value.copy_(2.0 * wave * (value[0].numel() if value.dim() > 1 else 8) ** -0.5)
    return owner.to(device=like.device, dtype=like.dtype)


def made(solution, config, like, training=False):
    """The network with the judge's weights."""
    return filled(solution.Network(config), like).train(training)


class Registered:
    """Names and shapes of what a fresh network registers."""

    calls = "Network(config).state_dict()"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        config = drawn_config(draw, self.part)
        yield case(str(config), config=config)
        config = drawn_config(draw, self.part, **({"stages": [1, 0, 2]} if self.part == DENSE else {"depth": 1}))
        yield case(str(config), config=config)

    def probe(self, solution, config):
        network = solution.Network(config)
        state = network.state_dict()
        return {
            "state_dict()": {name: tuple(state[name].shape) for name in sorted(state)},
            "parameters": sorted(name for name, _ in network.named_parameters()),
        }


class Started:
    """Fresh parameters: constants as stated, random ones as torch draws them."""

    calls = "Network(config), fresh"
    compare = False
    truth = False
    battery = False
    confirm = 2

    def cases(self, draw: Draw):
        config = drawn_config(draw, self.part, width=24)
        yield case(str(config), config=config)

    def probe(self, solution, config):
        found = {name: value.detach() for name, value in solution.Network(config).named_parameters()}
        return {
            name: [float(value.min()), float(value.max()), float(value.double().std()), value.numel()]
            for name, value in sorted(found.items())
        }

    def verify(self, case, got, want):
        for name, (low, high, spread, count) in want.items():
            yours = got.get(name, [0.0, 0.0, 0.0, 0])
            if low == high:
                expect(
                    abs(yours[0] - low) < 1e-6 and abs(yours[1] - low) < 1e-6,
                    f"{name} starts between {yours[0]:.4g} and {yours[1]:.4g}, expected {low:.4g} everywhere",
                )
            elif count >= 100:
                # uniform numbers: the spread of 100 strays by 4.5 percent, so 1.5 x is 9 deviations
                expect(
                    spread / 1.5 < yours[2] < spread * 1.5,
                    f"{name} starts with a standard deviation of {yours[2]:.4g}, expected about {spread:.4g}",
                )


class Learns:
    """60 steps on labels that follow a mean and are wrong one time in ten: no answer has a lower loss than 0.325."""

    calls = "Network(config), 60 steps of Adam, then the cross entropy of 1500 new samples"
    compare = False
    truth = False
    battery = False
    seconds = 60.0
    confirm = 2

    def cases(self, draw: Draw):
        small = {"width": 6, "classes": 2, "input": (9, 3) if self.part == SET else (2, 3, 3)}
        depth = {"stages": [1]} if self.part == DENSE else {"depth": 1}
        fixed = {"kernel": 3} if self.part == MIXER else {}
        yield dict(config=drawn_config(draw, self.part, **small, **depth, **fixed), seed=draw.seed())

    def probe(self, solution, config, seed):
        source = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        losses = []
        # fewer than one network in 20 stays above 0.36: three in a row, and that twice, one time in 6e7
        while len(losses) < 3 and min(losses, default=1.0) > 0.36:
            network = solution.Network(config).train()
            optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
            for _ in range(60):
                x, labels = flipped(config, 64, source)
                optimizer.zero_grad()
                nn.functional.cross_entropy(network(x), labels).backward()
                optimizer.step()
            network.eval()
            with torch.no_grad():
                x, labels = flipped(config, 1500, source)
                losses.append(float(nn.functional.cross_entropy(network(x), labels)))
        return {"loss": min(losses)}

    def verify(self, case, got, want):
        expect(
            got["loss"] <= 1.1 * want["loss"],
            f"the loss is {got['loss']:.3f} after 60 steps; the reference has {want['loss']:.3f}, the best 0.325",
        )


def flipped(config, count, source):
    """Samples whose first feature is shifted by 1.2 up or down on average, and that sign, one in ten flipped."""
    labels = torch.randint(0, 2, (count,), generator=source)
    x = torch.randn(count, *config["input"], generator=source)
    shift = 2.4 * labels.to(x.dtype) - 1.2
    wrong = torch.rand(count, generator=source) < 0.1
    if config["kind"] != SET:
        x[:, 0] += shift[:, None, None]
        return x, labels ^ wrong
    x[..., 0] += shift[:, None]
    keep = torch.rand(x.shape[:2], generator=source) < 0.8
    return (x, keep), labels ^ wrong


# ---- mixer


class MixerRegisters(Registered, Check):
    """A mixer registers stem, blocks.i (norm, expand, mix, project, scale), norm and head, and nothing else."""

    part = MIXER


class MixerValues(Check):
    """A mixer's outputs and gradients match with the judge's weights, in training and eval mode."""

    part = MIXER
    calls = "Network(config)(x), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        for kernel, training in ((3, False), (5, True), (1, True)):
            config = drawn_config(draw, MIXER, kernel=kernel)
            mode = "training" if training else "eval"
            yield case(f"kernel {kernel}, {mode}", config=config, x=images(draw, config), training=training)

    def probe(self, solution, config, x, training):
        network = made(solution, config, x, training)
        output = network(x)
        return {"output": output, **dict(sorted(parameter_gradients(output, network, x=x).items()))}


class MixerWrapsAround(Check):
    """A mixer's answer stays when the image is moved around: what leaves on one side enters on the other."""

    part = MIXER
    calls = "Network(config).eval()(x.roll((i, j), (2, 3)))"
    tolerance = NEAR

    def cases(self, draw: Draw):
        config = drawn_config(draw, MIXER)
        yield dict(config=config, x=images(draw, config, 2, False), by=[draw.integer(1, 5), draw.integer(1, 5)])

    def probe(self, solution, config, x, by):
        network = made(solution, config, x)
        return {"output": network(x), "output of the moved image": network(x.roll(by, (2, 3)))}


class MixerSizes(Check):
    """A mixer takes images of any size, smaller than its kernel and of one pixel too, and any batch."""

    part = MIXER
    calls = "Network(config)(x)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for height, breadth, kernel, batch in ((5, 8, 5, 1), (1, 1, 5, 1), (1, 7, 3, 2), (2, 1, 7, 2), (3, 3, 3, 0)):
            config = drawn_config(draw, MIXER, kernel=kernel)
            x = draw.normal(batch, config["input"][0], height, breadth)
            yield case(f"batch {batch}, {height} x {breadth}, kernel {kernel}", config=config, x=x)

    def probe(self, solution, config, x):
        return made(solution, config, x, training=True)(x)


class MixerStarts(Started, Check):
    """A fresh mixer has scales of 0.1, norms of 1 and 0, and everything else as torch starts it."""

    part = MIXER


class MixerLearns(Learns, Check):
    """A mixer learns: after 60 steps its loss is at most 10 percent above the reference's."""

    part = MIXER


# ---- dense


class DenseRegisters(Registered, Check):
    """A dense net registers stem, stages.s.blocks.i, stages.s.join, norm and head, and nothing else."""

    part = DENSE


class DenseValues(Check):
    """A dense net's outputs and gradients match with the judge's weights in eval mode."""

    part = DENSE
    calls = "Network(config).eval()(x), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        for label, given in (
            ("one stage of one block", {"stages": [1]}),
            ("one stage", {"stages": [3]}),
            ("an empty stage", {"stages": [1, 0]}),
            ("two stages", {}),
            ("reduction larger than width", {"reduction": 16}),
        ):
            config = drawn_config(draw, DENSE, **({"input": (3, 8, 6)} | given))
            yield case(label, config=config, x=images(draw, config))

    def probe(self, solution, config, x):
        network = made(solution, config, x)
        output = network(x)
        return {"output": output, **dict(sorted(parameter_gradients(output, network, x=x).items()))}


class DenseInTraining(Check):
    """In training mode a dense net's outputs, gradients and running statistics match."""

    part = DENSE
    calls = "Network(config).train()(x), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        config = drawn_config(draw, DENSE, input=(3, 8, 6))
        yield dict(config=config, x=images(draw, config, 5))

    def probe(self, solution, config, x):
        network = made(solution, config, x, training=True)
        output = network(x)
        statistics = {name: value for name, value in sorted(network.named_buffers()) if "running" in name}
        gradients = parameter_gradients(output, network, x=x)
        return {"output": output, **statistics, **dict(sorted(gradients.items()))}


class DenseSizes(Check):
    """Odd sizes are pooled with ceil, an edge window divided by what it holds; one pixel and a batch of 1 or 0 work."""

    part = DENSE
    calls = "Network(config).eval()(x)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        for height, breadth, batch in ((7, 5, 2), (5, 6, 1), (1, 1, 1), (1, 3, 2), (6, 7, 0)):
            config = drawn_config(draw, DENSE, stages=[1, 2, 1])
            x = draw.normal(batch, config["input"][0], height, breadth)
            yield case(f"batch {batch}, {height} x {breadth}", config=config, x=x)

    def probe(self, solution, config, x):
        return made(solution, config, x)(x)


class DenseStarts(Started, Check):
    """A fresh dense net starts as torch starts its parts."""

    part = DENSE


class DenseLearns(Learns, Check):
    """A dense net learns: after 60 steps its loss is at most 10 percent above the reference's."""

    part = DENSE


# ---- set


def some(draw, batch, count):
    """keep (B, N): about two thirds, at least one of each set, and not simply the first ones."""
    keep = draw.booleans(batch, count, p=0.65)
    keep[:, count // 2] = True
    keep[:, 0] = False
    return keep


class SetRegisters(Registered, Check):
    """A set network registers stem, blocks.i (norm1, mix, project, norm2, expand, contract), norm and head, no more."""

    part = SET


class SetValues(Check):
    """A set network's outputs and gradients match with the judge's weights, in both modes, nothing masked."""

    part = SET
    calls = "Network(config)((elements, keep)), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        for training in (False, True):
            config = drawn_config(draw, SET)
            x, keep = images(draw, config), torch.ones(3, 9, dtype=torch.bool)
            yield case("training" if training else "eval", config=config, elements=x, keep=keep, training=training)

    def probe(self, solution, config, elements, keep, training):
        network = made(solution, config, elements, training)
        output = network((elements, keep))
        gradients = parameter_gradients(output, network, elements=elements)
        return {"output": output, **dict(sorted(gradients.items()))}


class SetLeavesOutPadding(Check):
    """Padding has no part in context or mean, whatever it holds (NaN too), however much, and gets no gradient."""

    part = SET
    calls = "Network(config)((elements, keep)), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        for label, value in (("numbers", None), ("1e6", 1e6), ("NaN", float("nan")), ("infinity", float("inf"))):
            config, keep = drawn_config(draw, SET), some(draw, 3, 9)
            elements = images(draw, config, requires_grad=False)
            if value is not None:
                elements[~keep] = value
            yield case(f"{label} in the padding", config=config, elements=elements.requires_grad_(), keep=keep)

    def probe(self, solution, config, elements, keep):
        network = made(solution, config, elements)
        output = network((elements, keep))
        gradients = parameter_gradients(output, network, elements=elements)
        more = torch.cat([elements, elements.detach().nan_to_num()[:, :4] - 3], 1)
        wider = network((more, torch.cat([keep, torch.zeros_like(keep[:, :4])], 1)))
        return {"output": output, "output with 4 more columns": wider, **dict(sorted(gradients.items()))}


class SetHasNoOrder(Check):
    """The order of the elements does not matter, if keep is permuted with them."""

    part = SET
    calls = "Network(config)((elements[:, order], keep[:, order]))"
    tolerance = NEAR

    def cases(self, draw: Draw):
        config = drawn_config(draw, SET)
        elements = images(draw, config, requires_grad=False)
        yield dict(config=config, elements=elements, keep=some(draw, 3, 9), order=draw.permutation(9))

    def probe(self, solution, config, elements, keep, order):
        network = made(solution, config, elements)
        return {
            "output": network((elements, keep)),
            "in another order": network((elements[:, order], keep[:, order])),
        }


class SetSizes(Check):
    """An empty set is answered with the head's bias; one element, no columns at all and a batch of 1 or 0 work."""

    part = SET
    calls = "Network(config)((elements, keep)), then backward"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        for label, batch, count in (
            ("the middle set is empty", 3, 5),
            ("one element", 1, 1),
            ("one column, the set in the middle empty", 3, 1),
            ("no columns", 2, 0),
            ("no sets", 0, 4),
        ):
            config = drawn_config(draw, SET)
            keep = torch.ones(batch, count, dtype=torch.bool)
            if batch == 3:
                keep[1] = False
            elements = draw.normal(batch, count, config["input"][1], requires_grad=True)
            yield case(label, config=config, elements=elements, keep=keep)

    def probe(self, solution, config, elements, keep):
        network = made(solution, config, elements)
        output = network((elements, keep))
        found = parameter_gradients(output, network, elements=elements) if len(keep) == 3 else {}
        return {"output": output, **dict(sorted(found.items()))}


class SetFarOut(Check):
    """Elements of size 1e4 overflow no exponential of the shares."""

    part = SET
    calls = "Network(config)((elements, keep))"
    tolerance = ROUNDING

    def cases(self, draw: Draw):
        config = drawn_config(draw, SET)
        elements = images(draw, config, requires_grad=False)
        yield dict(config=config, elements=1e4 * elements, keep=some(draw, 3, 9))

    def probe(self, solution, config, elements, keep):
        network = made(solution, config, elements)
        with torch.no_grad():
            for name, value in network.named_parameters():
                if name.endswith("mix.bias"):
                    value.add_(500.0)  # k and v of every element: exp(500) is beyond float32
        return network((elements, keep))


class SetStarts(Started, Check):
    """A fresh set network starts as torch starts its parts."""

    part = SET


class SetLearns(Learns, Check):
    """A set network learns: after 60 steps its loss is at most 10 percent above the reference's."""

    part = SET


# ---- summary


class Summed:
    """The summary as it comes, with the types of its numbers."""

    calls = "summary(config)"
    truth = False
    battery = False

    def probe(self, solution, config):
        found = solution.summary(config)
        types = {name: type(found.get(name)).__name__ for name in ("params", "output_shape", "macs")}
        return {**{name: found[name] for name in sorted(found)}, "types": types}


class SummaryIsExact(Summed, Check):
    """summary gives parameters, output shape and multiply-adds exactly, for drawn configs of each kind."""

    part = "summary"

    def cases(self, draw: Draw):
        for kind in (MIXER, DENSE, SET):
            for least in (0, 1):
                height, breadth = draw.distinct(3, 19, 2)
                size = (height, breadth) if kind == SET else (draw.integer(1, 4), height, breadth)
                wide = {"width": draw.integer(5, 40), "classes": draw.integer(2, 12), "input": size}
                if kind == DENSE:
                    wide |= {"stages": [draw.integer(0, 3) for _ in range(3)], "reduction": draw.integer(2, 16)}
                else:
                    wide |= {"depth": draw.integer(least, 5)}
                config = drawn_config(draw, kind, **wide)
                yield case(str(config), config=config)
        config = drawn_config(draw, DENSE, width=3, reduction=8, input=(1, 1, 1))
        yield case(f"fewer channels than the reduction: {config}", config=config)


class SummaryRunsNothing(Check):
    """summary calls no module: it is a prediction."""

    part = "summary"
    calls = "summary(config)"
    compare = False
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind in (MIXER, DENSE, SET):
            yield case(kind, config=drawn_config(draw, kind))

    def probe(self, solution, config):
        called = []
        hook = nn.modules.module.register_module_forward_pre_hook(lambda owner, _: called.append(type(owner).__name__))
        solution.summary(config)
        hook.remove()
        return called[:3]

    def verify(self, case, got, want):
        expect(not got, f"{', '.join(got)} ran; the figures follow from the config alone")


class SummaryOfGiants(Summed, Check):
    """summary answers at once for networks that no machine here could hold, in exact integers."""

    part = "summary"

    def cases(self, draw: Draw):
        odd = 2 * draw.integer(30_000, 40_000) + 1
        for kind in (MIXER, DENSE, SET):
            size = (odd * 3, odd) if kind == SET else (3, odd, odd + 2)
            config = drawn_config(draw, kind, width=65_537, classes=1001, input=size)
            yield case(str(config), config=config)


class UnknownKind(Check):
    """A kind that is none of the three raises ValueError."""

    part = "Network"
    calls = 'Network({**config, "kind": "transformer"})'

    def cases(self, draw: Draw):
        for kind in (MIXER, DENSE, SET):
            yield case(f"all other entries as for {kind}", config=drawn_config(draw, kind) | {"kind": "transformer"})

    def probe(self, solution, config):
        return kind_raised(ValueError, solution.Network, config)


# ---- gates


def sizes(kind, width, size):
    """A config of fixed sizes."""
    rest = {"stages": [3, 2], "reduction": 4} if kind == DENSE else {"depth": 2, "expansion": 2}
    given = {"kernel": 5} if kind == MIXER else {}
    return {"kind": kind, "width": width, "classes": 10, "input": size, **rest, **given}


class EveryKind(Workload):
    """All three kinds, forward, at sizes as in training."""

    calls = "Network(config)(x), width 32"
    tolerance = ROUNDING

    def cases(self, draw: Draw, batch: int = 4, side: int = 24, width: int = 32):
        for kind in (MIXER, DENSE, SET):
            size = (side * 4, 8) if kind == SET else (3, side, side - 1)
            config = sizes(kind, width, size)
            yield case(kind, config=config, x=draw.normal(batch, *size), keep=draw.booleans(batch, size[0], p=0.7))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2, side=5, width=4)).inputs

    def probe(self, solution, config, x, keep):
        network = made(solution, config, x)
        with torch.no_grad():
            return network((x, keep) if config["kind"] == SET else x)


class ParameterCounts(EveryKind):
    """The numbers that each kind registers as parameters."""

    calls = "Network(config), width 32"

    def probe(self, solution, config, x, keep):
        network = solution.Network(config)
        return sum({id(value): value.numel() for value in network.parameters()}.values())


class LargeImages(EveryKind):
    """A mixer and a dense net on one large image, without gradients."""

    seconds = 60.0
    calls = "Network(config)(x), one image of 192 x 192, width 32"

    def cases(self, draw: Draw, batch: int = 1, side: int = 192, width: int = 32):
        for kind in (MIXER, DENSE):
            config = sizes(kind, width, (3, side, side))
            yield case(kind, config=config, x=draw.normal(batch, 3, side, side), keep=torch.ones(1, 1))


class Compiled(EveryKind):
    """All three kinds compiled, forward and backward."""

    calls = "torch.compile(Network(config))(x), then backward"
    preload = ("torch._dynamo",)
    seconds = 60.0

    def cases(self, draw: Draw, batch: int = 2, side: int = 7, width: int = 6):
        yield from super().cases(draw, batch, side, width)

    def probe(self, solution, config, x, keep):
        network = made(solution, config, x)
        output = torch.compile(network, backend="eager")((x, keep) if config["kind"] == SET else x)
        output.sum().backward()
        return output.detach()


class TrainingStep(EveryKind):
    """All three kinds, forward and backward, at a width and size that keep a device busy."""

    calls = "Network(config)(x), then backward, width 128"

    def cases(self, draw: Draw, batch: int = 16, side: int = 64, width: int = 128):
        yield from super().cases(draw, batch, side, width)

    def probe(self, solution, config, x, keep):
        network = made(solution, config, x, training=True)
        output = network((x, keep) if config["kind"] == SET else x)
        output.sum().backward()
        return output.detach()
