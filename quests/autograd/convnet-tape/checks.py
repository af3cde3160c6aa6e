"""Hidden checks of autograd/convnet-tape."""

import torch
from torch.nn import functional as F

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

CONV = "conv2d_backward(grad, x, w, stride, padding)"
POOL = "max_pool2d_backward(grad, x, k)"
# a sample that is classified with confidence has a loss and a slope of a few roundings of its logits
CLOSE = Tolerance(relative=1e-4, absolute=1e-5)


def conv_inputs(draw, batch, channels, size, kernel, stride, padding):
    """grad, x and w for one geometry; channels (I, O), size (H, W), kernel (K, L)."""
    height, width = ((n + 2 * padding - m) // stride + 1 for n, m in zip(size, kernel, strict=True))
    return dict(
        grad=draw.normal(batch, channels[1], height, width),
        x=draw.normal(batch, channels[0], *size),
        w=draw.normal(channels[1], channels[0], *kernel),
        stride=stride,
        padding=padding,
    )


def named(gradients):
    """dx, dw, db by name."""
    return dict(zip(("dx", "dw", "db"), gradients, strict=True))


class ConvBackward(Check):
    """dx, dw and db of a convolution equal autograd's, for any stride, padding and kernel."""

    part = "conv2d_backward"
    calls = CONV

    def cases(self, draw: Draw):
        for label, batch, channels, size, kernel, stride, padding in (
            ("stride 1", 2, (3, 5), (6, 7), (3, 3), 1, 0),
            ("a kernel of 2 x 3", 2, (3, 4), (5, 7), (2, 3), 1, 0),
            ("padding 1", 2, (3, 4), (5, 6), (3, 3), 1, 1),
            ("padding 2, stride 2", 3, (2, 5), (7, 5), (3, 3), 2, 2),
            ("stride 2", 2, (3, 4), (7, 9), (3, 3), 2, 0),
            ("one sample, one channel", 1, (1, 1), (5, 6), (3, 2), 1, 1),
            ("a kernel of 1 x 1, stride 2", 2, (3, 4), (5, 5), (1, 1), 2, 0),
            ("a kernel as large as x", 2, (3, 4), (4, 3), (4, 3), 1, 0),
        ):
            yield case(label, **conv_inputs(draw, batch, channels, size, kernel, stride, padding))

    def probe(self, solution, grad, x, w, stride, padding):
        return named(solution.conv2d_backward(grad, x, w, stride, padding))


class ConvUnreachedBorder(Check):
    """Where the last window ends before the border, the pixels beyond get the gradient 0, and dx has the shape of x."""

    part = "conv2d_backward"
    calls = CONV

    def cases(self, draw: Draw):
        yield case("one row and one column left over", **conv_inputs(draw, 2, (3, 4), (8, 8), (3, 3), 2, 0))
        yield case("rows left over, columns not", **conv_inputs(draw, 2, (2, 3), (9, 8), (2, 2), 3, 0))
        yield case("padding 1, stride 3", **conv_inputs(draw, 2, (2, 3), (8, 7), (2, 3), 3, 1))
        yield case("gaps between windows", **conv_inputs(draw, 2, (2, 3), (7, 7), (1, 2), 3, 0))

    def probe(self, solution, grad, x, w, stride, padding):
        return named(solution.conv2d_backward(grad, x, w, stride, padding))


class ConvExpandedGradient(Check):
    """An expanded gradient, as sum() hands down, is accepted."""

    part = "conv2d_backward"
    calls = CONV
    battery = False

    def cases(self, draw: Draw):
        yield conv_inputs(draw, 2, (3, 4), (5, 6), (3, 3), 1, 1) | {"grad": draw.normal(1, 4, 1, 1)}

    def probe(self, solution, grad, x, w, stride, padding):
        return named(solution.conv2d_backward(grad.expand(2, 4, 5, 6), x, w, stride, padding))


class PoolBackward(Check):
    """Each window's gradient goes to its largest element; what lies beyond the last whole window gets 0."""

    part = "max_pool2d_backward"
    calls = POOL

    def cases(self, draw: Draw):
        for label, shape, k in (
            ("k = 2", (2, 3, 4, 6), 2),
            ("k = 3", (1, 2, 6, 9), 3),
            ("a row and a column left over", (2, 3, 5, 7), 2),
            ("k = 1", (2, 2, 3, 4), 1),
            ("one window", (1, 1, 3, 3), 3),
        ):
            b, c, h, w = shape
            yield case(label, grad=draw.normal(b, c, h // k, w // k), x=draw.normal(*shape), k=k)

    def probe(self, solution, grad, x, k):
        return solution.max_pool2d_backward(grad, x, k)


class PoolTies(Check):
    """Among equal values exactly one element of a window gets the gradient: the first in row-major order."""

    part = "max_pool2d_backward"
    calls = POOL

    def cases(self, draw: Draw):
        yield case("a constant image", grad=draw.normal(2, 2, 3, 2), x=torch.full((2, 2, 6, 4), 0.7), k=2)
        yield case(
            "zeros, as relu leaves them", grad=draw.normal(2, 2, 2, 3), x=draw.normal(2, 2, 6, 9).clamp(min=0), k=3
        )
        coarse = draw.integers(0, 2, 1, 2, 6, 6).float()
        yield case("many ties", grad=draw.normal(1, 2, 2, 2), x=coarse, k=3)
        yield case("nothing but -inf", grad=draw.normal(1, 1, 2, 2), x=torch.full((1, 1, 4, 4), -float("inf")), k=2)

    def probe(self, solution, grad, x, k):
        return solution.max_pool2d_backward(grad, x, k)


def single(op, values, options):
    """The output of one operation of the table."""
    x, *others = values
    if op == "conv2d":
        return F.conv2d(x, *others, **options)
    if op == "cross_entropy":
        return F.cross_entropy(x, options["target"])
    if op == "max_pool2d":
        return F.max_pool2d(x, options["k"])
    plain = {"linear": lambda: F.linear(x, *others), "relu": x.relu, "flatten": lambda: x.flatten(1)}
    return plain[op]() if op in plain else x + others[0]


class TapeReplaysOneOperation(Check):
    """A tape recorded by hand gives the gradient of each operation of the table, and lists what was recorded."""

    part = "Tape"
    calls = "tape.record(op, inputs, output, ...), tape.backward(loss)"

    def cases(self, draw: Draw):
        x, w, b = draw.normal(4, 5), draw.normal(3, 5), draw.normal(3)
        yield case("linear", op="linear", values=[x, w, b], options={})
        zero = draw.normal(4, 5)
        zero[1] = 0
        yield case("relu, also at 0", op="relu", values=[zero], options={})
        yield case("add", op="add", values=[x, draw.normal(4, 5)], options={})
        image = draw.normal(2, 3, 5, 4)
        yield case("flatten", op="flatten", values=[image], options={})
        yield case("max_pool2d", op="max_pool2d", values=[image], options={"k": 2})
        kernel = [image, draw.normal(4, 3, 2, 3), draw.normal(4)]
        yield case("conv2d", op="conv2d", values=kernel, options={"stride": 2, "padding": 1})
        yield case("cross_entropy", op="cross_entropy", values=[x], options={"target": draw.integers(0, 5, 4)})
        wild = x + 1e4 * draw.normal(4, 5)
        yield case(
            "cross_entropy, logits of 1e4",
            op="cross_entropy",
            values=[wild],
            options={"target": draw.integers(0, 5, 4)},
        )

    def probe(self, solution, op, values, options):
        with torch.no_grad():
            params = {f"input {number}": value for number, value in enumerate(values)}
            tape = solution.Tape(params)
            loss = tape.record(op, tuple(values), single(op, values, options), **options)
            if loss.dim():  # reduced to a number by what is on the tape already
                flat = loss if loss.dim() == 2 else tape.record("flatten", (loss,), loss.flatten(1))
                target = torch.arange(len(flat)) % flat.shape[1]
                loss = tape.record("cross_entropy", (flat,), F.cross_entropy(flat, target), target=target)
            return {"ops": tape.ops(), **tape.backward(loss)}


class TapeAddsUp(Check):
    """A tensor used several times collects from all its uses; an unused parameter gets zeros; two names get the same."""

    part = "Tape"
    calls = "tape.backward(loss)"

    def cases(self, draw: Draw):
        yield case("a parameter used three times", x=draw.normal(4, 5), w=draw.normal(5, 5), b=draw.normal(5), times=3)
        yield case("used once", x=draw.normal(4, 5), w=draw.normal(5, 5), b=draw.normal(5), times=1)

    def probe(self, solution, x, w, b, times):
        with torch.no_grad():
            unused = torch.ones(2, 3, dtype=x.dtype)
            tape = solution.Tape({"w": w, "b": b, "w again": w, "unused": unused, "x": x})
            h = x
            for _ in range(times):
                h = tape.record("linear", (h, w, b), F.linear(h, w, b))
            h = tape.record("add", (h, h), h + h)
            h = tape.record("add", (h, x), h + x)
            tape.record("relu", (h,), h.relu())  # a branch that the loss does not use
            target = torch.arange(len(x)) % 5
            loss = tape.record("cross_entropy", (h,), F.cross_entropy(h, target), target=target)
            return tape.backward(tape.record("add", (loss, loss), loss + loss))


def cnn_params(draw, classes=3, features=12, kernel=(3, 3), **options):
    """Parameters of the toy CNN: 2 channels in, 3 out."""
    return {
        "conv.w": draw.normal(3, 2, *kernel, std=0.5, **options),
        "conv.b": draw.normal(3, std=0.5, **options),
        "out.w": draw.normal(classes, features, std=0.5, **options),
        "out.b": draw.normal(classes, std=0.5, **options),
    }


def cnn_logits(params, x):
    """What the toy CNN says of x, with stride 1, no padding and windows of 2."""
    h = F.max_pool2d(F.conv2d(x, params["conv.w"], params["conv.b"]).relu(), 2)
    return F.linear(h.flatten(1), params["out.w"], params["out.b"])


def mlp_params(draw):
    """Parameters of the toy MLP: 5 inputs, 7 hidden units, 3 classes."""
    shapes = {"first": (7, 5), "hidden": (7, 7), "out": (3, 7)}
    weights = {f"{name}.w": draw.normal(*shape, std=0.6) for name, shape in shapes.items()}
    return weights | {f"{name}.b": draw.normal(shape[0], std=0.6) for name, shape in shapes.items()}


class TapeOfTheCnn(Check):
    """forward gives the loss and lists the six operations; the tape gives autograd's gradients of all parameters."""

    part = "forward"
    calls = "forward(params, x, y, tape, stride, padding, k), tape.backward(loss)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, batch, size, features, options in (
            ("the defaults", 4, (6, 6), 12, {}),
            ("stride 2, padding 1", 3, (8, 7), 12, {"stride": 2, "padding": 1}),
            ("odd sizes, windows cut off", 3, (7, 7), 12, {}),
            ("one sample", 1, (6, 6), 12, {}),
            ("padding 2, windows of 3", 2, (5, 6), 12, {"padding": 2, "k": 3}),
        ):
            x, y = draw.normal(batch, 2, *size), draw.integers(0, 3, batch)
            yield case(label, params=cnn_params(draw, features=features), x=x, y=y, options=options)

    def probe(self, solution, params, x, y, options):
        tape = solution.Tape(params)
        loss = solution.forward(params, x, y, tape, **options)
        return {"ops": tape.ops(), "loss": loss, **tape.backward(loss)}


class TapeOfTheMlp(Check):
    """mlp gives the loss and lists its ten operations; the shared hidden layer collects from both its uses."""

    part = "mlp"
    calls = "mlp(params, x, y, tape), tape.backward(loss)"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("four samples", params=mlp_params(draw), x=draw.normal(4, 5), y=draw.integers(0, 3, 4))
        yield case("one sample", params=mlp_params(draw), x=draw.normal(1, 5), y=draw.integers(0, 3, 1))

    def probe(self, solution, params, x, y):
        tape = solution.Tape(params)
        loss = solution.mlp(params, x, y, tape)
        return {"ops": tape.ops(), "loss": loss, **tape.backward(loss)}


class LargeLogits(Check):
    """Logits of 1e4 give a finite loss and finite gradients."""

    part = "forward"
    calls = "forward(params, x, y, tape) with large weights"
    tolerance = Tolerance(relative=1e-3, absolute=0.05)  # logits of 3e4 are rounded to steps of 0.002

    def cases(self, draw: Draw):
        while True:  # until no two classes of a sample are so close that the rounding of the logits decides
            params, x = cnn_params(draw), draw.normal(4, 2, 6, 6)
            params["out.w"] *= 1e4
            best = cnn_logits(params, x).topk(2).values
            if bool((best[:, 0] - best[:, 1] > 100).all()):
                break
        yield dict(params=params, x=x, y=draw.integers(0, 3, 4))

    def probe(self, solution, params, x, y):
        tape = solution.Tape(params)
        loss = solution.forward(params, x, y, tape)
        return {"loss": loss, **tape.backward(loss)}


class NoAutogradGraph(Check):
    """forward, mlp and the tape's gradients carry no autograd graph, also when the parameters require grad."""

    part = "forward"
    calls = "forward(params, x, y, tape), params with requires_grad"
    compare = False

    def cases(self, draw: Draw):
        params = cnn_params(draw, requires_grad=True)
        yield case("forward", params=params, x=draw.normal(3, 2, 6, 6), y=draw.integers(0, 3, 3), net="forward")
        params = {name: value.requires_grad_() for name, value in mlp_params(draw).items()}
        yield case("mlp", params=params, x=draw.normal(3, 5), y=draw.integers(0, 3, 3), net="mlp")

    def probe(self, solution, params, x, y, net):
        tape = solution.Tape(params)
        loss = getattr(solution, net)(params, x, y, tape)
        found = {"loss": loss, **tape.backward(loss)}
        return [name for name, value in found.items() if value.grad_fn is not None]

    def verify(self, case, got, want):
        expect(not got, f"with an autograd graph: {', '.join(got)}; the tape is to do without")


class OneNodeForAutograd(Check):
    """taped_loss is a loss whose backward() fills .grad by way of the tape, as a single node, scaled by what arrives."""

    part = "taped_loss"
    calls = "(3 * taped_loss(params, x, y)).backward()"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case(
            "all parameters learn",
            params=cnn_params(draw),
            x=draw.normal(4, 2, 6, 6),
            y=draw.integers(0, 3, 4),
            frozen="",
        )
        yield case(
            "one is frozen",
            params=cnn_params(draw),
            x=draw.normal(4, 2, 6, 6),
            y=draw.integers(0, 3, 4),
            frozen="conv.b",
        )

    def probe(self, solution, params, x, y, frozen):
        leaves = {name: value.clone().requires_grad_(name != frozen) for name, value in params.items()}
        loss = solution.taped_loss(leaves, x, y)
        parents = [type(node).__name__ for node, _ in loss.grad_fn.next_functions if node is not None]
        (3 * loss).backward()
        grads = {name: leaf.grad for name, leaf in leaves.items()}
        return {"loss": loss.detach(), "one node": set(parents) == {"AccumulateGrad"}, **grads}


class ToyStep(Workload):
    """Loss and gradients of the CNN for 16 images of 20 x 20."""

    calls = "forward(params, x, y, tape), tape.backward(loss)"

    def cases(self, draw: Draw, size: int = 20):
        side = (size - 2) // 2
        params = {
            "conv.w": draw.normal(8, 3, 3, 3, std=0.2),
            "conv.b": draw.normal(8),
            "out.w": draw.normal(5, 8 * side * side, std=0.05),
            "out.b": draw.normal(5),
        }
        yield dict(params=params, x=draw.normal(16, 3, size, size), y=draw.integers(0, 5, 16))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=6))

    def probe(self, solution, params, x, y):
        tape = solution.Tape(params)
        return tape.backward(solution.forward(params, x, y, tape))


class LargeImages(Workload):
    """conv2d_backward of 4 images of 16 x 128 x 128 with a kernel of 5 x 5."""

    calls = "conv2d_backward(grad, x, w, 1, 2), images of 16 x 128 x 128"

    def cases(self, draw: Draw, size: int = 128):
        yield conv_inputs(draw, 4, (16, 16), (size, size), (5, 5), 1, 2)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, size=8))

    def probe(self, solution, grad, x, w, stride, padding):
        return solution.conv2d_backward(grad, x, w, stride, padding)
