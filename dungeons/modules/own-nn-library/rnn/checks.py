"""Hidden checks of floor 4 of modules/own-nn-library: torch.nn.RNN is the measure."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients, report
from leveling.data import parity

DOUBLE = torch.float64
LONGEST = 8


def filled(module):
    """The module with fixed values in its parameters, by order and shape."""
    for index, each in enumerate(module.parameters()):
        numbers = torch.arange(1.0, each.data.numel() + 1, dtype=DOUBLE)
        values = 0.5 * torch.sin((1.0 + 0.37 * index) * 1.618 * numbers)
        each.data.detach().copy_(values.reshape(each.data.shape))
    return module


def gradients_of(net):
    """Name -> gradient, where there is one."""
    return {name: each.grad for name, each in net.named_parameters() if each.grad is not None}


class Recurrence(Check):
    """Full lengths: outputs, last states and gradients are those of h' = tanh(W_ih x + b_ih + W_hh h + b_hh) from h = 0."""

    calls = "RNN(input_size, hidden_size)(x, lengths)"
    battery = False

    def cases(self, draw: Draw):
        for label, shape in (("one step", (2, 1, 3)), ("five steps", (4, 5, 3)), ("one sequence", (1, 4, 2))):
            yield case(label, x=draw.normal(*shape, requires_grad=True), lengths=torch.full(shape[:1], shape[1]))
        yield case("no sequences", x=draw.normal(0, 4, 3), lengths=torch.zeros(0, dtype=torch.int64))

    def probe(self, solution, x, lengths):
        net = filled(solution.RNN(x.shape[2], 5).to(x.dtype))
        outputs, last = net(x, lengths)
        found = gradients([outputs, last], keep=True, x=x) if x.requires_grad else {}
        (outputs.square().sum() + last.sum()).backward()
        return {"outputs": outputs, "last": last, **found, **gradients_of(net), "state": net.state_dict()}


def padded(draw: Draw, lengths, width=3):
    """x (B, T, width) and lengths."""
    return dict(x=draw.normal(len(lengths), max(lengths) + 1, width), lengths=torch.tensor(lengths))


class LastRealStep(Check):
    """With lengths, outputs beyond the end are 0, and the last state is that of the last real step; length 0 gives zeros."""

    calls = "RNN(3, 5)(x, lengths)"
    battery = False

    def cases(self, draw: Draw):
        yield case("lengths 4, 1, 3", **padded(draw, [4, 1, 3]))
        yield case("lengths 2, 0", **padded(draw, [2, 0]))

    def probe(self, solution, x, lengths):
        outputs, last = filled(solution.RNN(3, 5).to(x.dtype))(x, lengths)
        return {"outputs": outputs, "last": last}


class PaddingDoesNotMatter(Check):
    """Values beyond the end, NaN too, change neither the results nor any gradient, and get the gradient 0."""

    calls = "RNN(3, 5)(x with a value in the padding, lengths), then backward"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for value in (100.0, float("inf"), float("nan")):
            yield case(f"{value} in the padding", **padded(draw, [4, 1, 3, 0]), value=value)

    def probe(self, solution, x, lengths, value):
        net = filled(solution.RNN(3, 5).to(x.dtype))
        beyond = (torch.arange(x.shape[1]) >= lengths[:, None])[:, :, None]
        found = []
        for filling in (0.0, value):
            given = x.masked_fill(beyond, filling).requires_grad_()
            outputs, last = net(given, lengths)
            (outputs.square().sum() + last.sum()).backward()
            found.append({"outputs": outputs, "last": last, "gradient of x": given.grad, **gradients_of(net)})
            found[-1] = {name: each.detach().clone() for name, each in found[-1].items()}
            for each in net.parameters():
                each.data.grad = None
        return found

    def verify(self, case, got, want):
        for name, plain in got[0].items():
            expect(torch.allclose(got[1][name], plain, atol=1e-6), f"{name} changed with the values in the padding")


class StateOfTheTwin(Check):
    """The state loads into torch.nn.RNN, whose outputs are the same; the first numbers are uniform within 1 / sqrt(H)."""

    calls = "RNN(3, 400).state_dict(), loaded into nn.RNN(3, 400, batch_first=True)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 4, 3, dtype=DOUBLE))

    def probe(self, solution, x):
        net = solution.RNN(3, 400)
        state = {name: value.clone() for name, value in net.state_dict().items()}
        twin = nn.RNN(3, 400, batch_first=True)
        shapes = [{name: tuple(value.shape) for name, value in each.state_dict().items()} for each in (net, twin)]
        if shapes[0] != shapes[1]:
            return {"shapes": shapes}
        twin.load_state_dict(state)
        outputs = [net.to(DOUBLE)(x, torch.tensor([4, 4]))[0], twin.to(DOUBLE)(x)[0]]
        return {"shapes": shapes, "state": state, "outputs": outputs}

    def verify(self, case, got, want):
        ours, twins = got["shapes"]
        expect(ours == twins, f"the state is {ours}; that of torch.nn.RNN {twins}")
        gap = float((got["outputs"][0] - got["outputs"][1]).abs().max())
        expect(gap <= 1e-9, f"the outputs differ from the twin's by {gap:.2g}")
        for name, values in got["state"].items():
            largest, ratio = float(values.abs().max()) * 20, float(values.double().var()) * 400 * 3
            expect(0.85 < largest <= 1.00001, f"the largest number of {name} is {largest:.3f} / sqrt(400)")
            expect(0.6 < ratio < 1.4, f"the variance of {name} is {ratio:.3f} times that of the uniform one")


class NetOnBits(Check):
    """ParityNet reads bits as -10 and 10, looks at nothing beyond a string's end, and gives the head's logits."""

    calls = "ParityNet(hidden)(bits, lengths)"
    battery = False
    truth = False
    tolerance = Tolerance(relative=1e-4, absolute=1e-4)  # float32; logits are near 1

    def cases(self, draw: Draw):
        bits, lengths, _ = parity(9, longest=6, seed=draw.seed())
        for beyond in (2, -1, 77):
            ended = torch.arange(6) >= lengths[:, None]
            yield case(f"{beyond} beyond the end", bits=bits.masked_fill(ended, beyond), lengths=lengths, hidden=7)
        yield case("no size given", bits=bits, lengths=lengths, hidden=0)
        whole = dict(bits=draw.integers(0, 2, 4, 5), lengths=torch.full((4,), 5), hidden=3)
        yield case("strings without padding", **whole)
        yield case("parameters in float64", **whole, double=True)

    def probe(self, solution, bits, lengths, hidden, double=False):
        net = filled(solution.ParityNet(hidden) if hidden else solution.ParityNet()).to(
            DOUBLE if double else torch.float32
        )
        logits = net(bits, lengths)
        logits.square().sum().backward()
        return {"logits": logits, **gradients_of(net), "state": net.state_dict()}


class TellsTheParity(Check):
    """Trained on 2,000 strings of 1 to 8 bits, the error on 4,000 fresh ones is at most 0.02.

    The label is a function of the bits, so the optimum is 0. Over 62 trainings the error ended at 0 nearly
    always, at 0.011 at worst; three draws of data have to fail.
    """

    calls = "fit(ParityNet(), [bits, lengths], labels, epochs=20, batch=50, rate=0.01)"
    compare = False
    battery = False
    confirm = 3
    seconds = 180.0

    def cases(self, draw: Draw):
        bits, lengths, labels = parity(2000, longest=LONGEST, seed=draw.seed())
        unseen, ends, answers = parity(4000, longest=LONGEST, seed=draw.seed())
        yield dict(bits=bits, lengths=lengths, labels=labels, unseen=unseen, ends=ends, answers=answers)

    def probe(self, solution, bits, lengths, labels, unseen, ends, answers):
        from mlp import fit, predict

        net = fit(solution.ParityNet(), [bits, lengths], labels, epochs=20, batch=50, rate=0.01, report=report)
        return float((predict(net, [unseen, ends]) != answers).double().mean())

    def verify(self, case, got, want):
        expect(got <= 0.02, f"the error is {got:.4f}, at most 0.02 expected")


class FortyBatches(Workload):
    """Two epochs over 2,000 strings of up to 16 bits."""

    calls = "fit(ParityNet(), [bits, lengths], labels, epochs=2) at N = 2,000"
    compare = False

    def cases(self, draw: Draw, n: int = 2000):
        bits, lengths, labels = parity(n, longest=16, seed=draw.seed())
        yield dict(bits=bits, lengths=lengths, labels=labels)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=100))

    def probe(self, solution, bits, lengths, labels):
        from mlp import fit, predict

        return predict(fit(solution.ParityNet(), [bits, lengths], labels, epochs=2), [bits, lengths])
