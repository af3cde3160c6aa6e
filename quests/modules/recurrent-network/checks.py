"""Hidden checks: parameters, one step, layers and directions, lengths, gradients, training."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Workload, case, expect, gradients, kind_raised

CELL, RNN = "RNNCell", "RNN"
NETWORKS = (
    ("one layer", 1, False),
    ("two layers", 2, False),
    ("three layers", 3, False),
    ("one layer, both directions", 1, True),
    ("two layers, both directions", 2, True),
    ("three layers, both directions", 3, True),
)


def filled(owner: nn.Module, scale: float = 0.6) -> nn.Module:
    """Fixed values in every parameter, by the order of the names and not of registration."""
    with torch.no_grad():
        for index, (_, value) in enumerate(sorted(owner.named_parameters())):
            numbers = torch.arange(1, value.numel() + 1, dtype=torch.float64)
            value.copy_((torch.sin((1.0 + 0.37 * index) * 1.618 * numbers) * scale).reshape(value.shape))
    return owner


def network(solution, x, hidden, layers=1, both=False):
    """A filled network in the dtype of x; larger weights would make long recurrences chaotic, and rounding visible."""
    return filled(solution.RNN(x.shape[-1], hidden, layers, both).to(x.dtype), hidden**-0.5)


def by_name(outputs, owner, **inputs):
    """Gradients of the inputs and of every parameter, in the order of names."""
    named = dict(sorted(owner.named_parameters()))
    return gradients(outputs, **inputs, **named)


class CellParameters(Check):
    """RNNCell registers weight_ih, weight_hh, bias_ih and bias_hh."""

    part = CELL
    calls = "RNNCell(3, 5).named_parameters()"

    def probe(self, solution):
        return {name: list(value.shape) for name, value in sorted(solution.RNNCell(3, 5).named_parameters())}


class CellStep(Check):
    """One step equals tanh(W_ih x + b_ih + W_hh h + b_hh); nonlinearity='relu' replaces the tanh."""

    part = CELL
    calls = "RNNCell(input_size, hidden_size, nonlinearity)(x, h)"

    def cases(self, draw: Draw):
        for label, batch, width, hidden, kind in (
            ("tanh", 3, 4, 5, "tanh"),
            ("as many inputs as states: no transpose shows by its shape", 2, 4, 4, "tanh"),
            ("relu", 3, 4, 5, "relu"),
            ("one of everything", 1, 1, 1, "tanh"),
            ("no rows", 0, 2, 3, "relu"),
        ):
            x, h = (draw.normal(batch, size, requires_grad=True) for size in (width, hidden))
            yield case(label, x=x, h=h, kind=kind)

    def probe(self, solution, x, h, kind):
        cell = filled(solution.RNNCell(x.shape[1], h.shape[1], kind).to(x.dtype))
        new = cell(x, h)
        return {"h'": new, **by_name(new, cell, x=x, h=h)}


class UnknownNonlinearity(Check):
    """A nonlinearity other than 'tanh' and 'relu' raises ValueError when the cell is built."""

    part = CELL
    calls = "RNNCell(2, 3, 'gelu')"

    def probe(self, solution):
        return kind_raised(ValueError, solution.RNNCell, 2, 3, "gelu")


class InitialRange(Check):
    """All parameters start uniform in +-1 / sqrt(hidden_size)."""

    calls = "RNNCell(3, H), RNN(3, H, num_layers=2): initial parameters"
    compare = False
    confirm = 2

    def cases(self, draw: Draw):
        for hidden in (100, 144):
            yield case(f"H = {hidden}", hidden=hidden, x=draw.normal(1))

    def probe(self, solution, hidden, x):
        built = {"RNNCell": solution.RNNCell(3, hidden), "RNN": solution.RNN(3, hidden, 2)}
        return {
            f"{owner}.{name}": value.detach().to(x.dtype)
            for owner, each in built.items()
            for name, value in each.named_parameters()
        }

    def verify(self, case, got, want):
        bound = case["hidden"] ** -0.5
        for name, value in got.items():
            most = float(value.abs().max())
            expect(most <= bound * 1.0001, f"{name} reaches {most:.4f}, expected at most 1 / sqrt(H) = {bound:.4f}")
            expect(float(value.min()) < 0 < float(value.max()), f"{name} has values of one sign only")
            # the largest of n >= 100 uniform magnitudes lies below 0.8 of the bound with chance 0.8**100 = 2e-10
            expect(most >= 0.8 * bound, f"{name} reaches only {most:.4f}, expected up to 1 / sqrt(H) = {bound:.4f}")


class NetworkParameters(Check):
    """RNN registers the parameters of nn.RNN under its names, so that a state_dict of it loads."""

    part = RNN
    calls = "RNN(3, 5, num_layers, bidirectional).state_dict()"

    def cases(self, draw: Draw):
        for label, layers, both in NETWORKS:
            yield case(label, options=dict(num_layers=layers, bidirectional=both))
        yield case("one layer and one direction by default", options={})

    def probe(self, solution, options):
        state = solution.RNN(3, 5, **options).state_dict()
        return {name: list(state[name].shape) for name in sorted(state)}


class EqualsTorch(Check):
    """Without lengths, outputs and h_n equal nn.RNN (batch_first) with the same weights."""

    part = RNN
    calls = "RNN(I, H, num_layers, bidirectional)(x)"

    def cases(self, draw: Draw):
        for label, layers, both in NETWORKS:
            yield case(label, x=draw.normal(3, 5, 2), hidden=4, layers=layers, both=both)
        yield case("T = 1", x=draw.normal(3, 1, 2), hidden=4, layers=2, both=True)
        yield case("B = 1", x=draw.normal(1, 5, 2), hidden=4, layers=2, both=True)
        yield case("B = 0", x=draw.normal(0, 5, 2), hidden=4, layers=2, both=True)
        yield case("I = H = 1", x=draw.normal(2, 7, 1), hidden=1, layers=2, both=False)

    def probe(self, solution, x, hidden, layers, both):
        outputs, last = network(solution, x, hidden, layers, both)(x)
        return {"outputs": outputs, "h_n": last}


class StartsFromH0(Check):
    """h0 is where each layer and direction starts, and it receives its gradient."""

    part = RNN
    calls = "RNN(I, H, num_layers, bidirectional)(x, h0=h0)"

    def cases(self, draw: Draw):
        for label, layers, both in (NETWORKS[0], NETWORKS[4]):
            h0 = draw.normal(layers * (1 + both), 3, 4, requires_grad=True)
            yield case(label, x=draw.normal(3, 5, 2, requires_grad=True), h0=h0, layers=layers, both=both)

    def probe(self, solution, x, h0, layers, both):
        made = network(solution, x, 4, layers, both)
        outputs, last = made(x, None, h0)
        return {"outputs": outputs, "h_n": last, **by_name((outputs, last), made, x=x, h0=h0)}


class StopsAtTheLength(Check):
    """With lengths, outputs are 0 at padding and h_n is the state after each sequence's last real step."""

    part = RNN
    calls = "RNN(I, H, num_layers, bidirectional)(x, lengths)"

    def cases(self, draw: Draw):
        for label, layers, both in NETWORKS:
            lengths = torch.tensor(draw.shuffled([6, 1, 4, 3]))
            yield case(label, x=draw.normal(4, 6, 2), lengths=lengths, layers=layers, both=both)
        yield case("all of full length", x=draw.normal(2, 3, 2), lengths=torch.tensor([3, 3]), layers=2, both=True)
        yield case("none of full length", x=draw.normal(2, 7, 2), lengths=torch.tensor([2, 5]), layers=2, both=True)

    def probe(self, solution, x, lengths, layers, both):
        outputs, last = network(solution, x, 4, layers, both)(x, lengths)
        return {"outputs": outputs, "h_n": last}


class LengthZero(Check):
    """A sequence of length 0 gives zero outputs and keeps its initial state."""

    part = RNN
    calls = "RNN(I, H, 2, True)(x, lengths with a 0, h0)"

    def cases(self, draw: Draw):
        for label, values in (("among others", [0, 4, 2]), ("nothing else", [0, 0, 0])):
            yield case(label, x=draw.normal(3, 4, 2), lengths=torch.tensor(values), h0=draw.normal(4, 3, 5))

    def probe(self, solution, x, lengths, h0):
        outputs, last = network(solution, x, 5, 2, both=True)(x, lengths, h0)
        return {"outputs": outputs, "h_n": last}


class GradientsStopAtTheLength(Check):
    """Gradients of input, h0 and all parameters match when the loss sums over real positions and h_n."""

    part = RNN
    calls = "RNN(I, H, num_layers, bidirectional)(x, lengths, h0), then backward"

    def cases(self, draw: Draw):
        for label, layers, both in (NETWORKS[0], NETWORKS[1], NETWORKS[4]):
            yield case(
                label,
                x=draw.normal(4, 5, 3, requires_grad=True),
                lengths=torch.tensor(draw.shuffled([5, 1, 3, 0])),
                h0=draw.normal(layers * (1 + both), 4, 2, requires_grad=True),
                layers=layers,
                both=both,
            )

    def probe(self, solution, x, lengths, h0, layers, both):
        made = network(solution, x, 2, layers, both)
        return by_name(made(x, lengths, h0), made, x=x, h0=h0)


class PaddingIsNeverRead(Check):
    """Whatever stands at padding, 1e4, infinity or NaN, outputs, states and gradients stay the same."""

    part = RNN
    calls = "RNN(I, H, 2, bidirectional)(x with rubbish at padding, lengths), then backward"

    def cases(self, draw: Draw):
        for label, value in (("1e4", 1e4), ("inf", float("inf")), ("NaN", float("nan"))):
            for both in (False, True):
                lengths = torch.tensor(draw.shuffled([5, 2, 1]))
                x = draw.normal(3, 5, 2)
                x[torch.arange(5) >= lengths[:, None]] = value
                yield case(label + ", both directions" * both, x=x, lengths=lengths, both=both)

    def probe(self, solution, x, lengths, both):
        made = network(solution, x, 3, 2, both)
        outputs, last = made(x, lengths)
        return {"outputs": outputs, "h_n": last, **by_name((outputs, last), made)}


class FollowsTheDtype(Check):
    """In float64 and bfloat16, weights and input alike, results come in that dtype: zeros for h0 included."""

    part = RNN
    calls = "RNN(2, 3, 2, True).to(dtype)(x of that dtype, lengths)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.float64, torch.bfloat16):
            x = draw.normal(2, 4, 2, dtype=dtype)
            yield case(str(dtype), x=x, lengths=torch.tensor([4, 1]), dtype=str(dtype))

    def probe(self, solution, x, lengths, dtype):
        outputs, last = network(solution, x, 3, 2, both=True)(x, lengths)
        return {"outputs": str(outputs.dtype), "h_n": str(last.dtype)}

    def verify(self, case, got, want):
        for name, found in got.items():
            expect(found == case["dtype"], f"{name} is {found}, expected {case['dtype']}")


class Remembers(Check):
    """It trains: 100 steps of SGD teach it to say the sign of the first number of a sequence at its end."""

    part = RNN
    calls = "RNN(1, 8) with a linear head, trained on sequences of 2 to 5 numbers"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        x = draw.normal(24, 5, 1)
        yield dict(x=x, lengths=draw.integers(2, 6, 24), target=(x[:, 0, 0] > 0).to(x.dtype))

    def probe(self, solution, x, lengths, target):
        made = network(solution, x, 8)
        head = filled(nn.Linear(8, 1).to(x.dtype))
        wanted = [*made.parameters(), *head.parameters()]
        losses = []
        for _ in range(100):
            _, last = made(x, lengths)
            loss = nn.functional.binary_cross_entropy_with_logits(head(last[-1])[:, 0], target)
            losses.append(loss.item())
            with torch.no_grad():
                for value, slope in zip(wanted, torch.autograd.grad(loss, wanted), strict=True):
                    value.sub_(slope, alpha=0.3)
        return {"loss at first": losses[0], "loss after 100 steps": losses[-1]}

    def verify(self, case, got, want):
        loss = got["loss after 100 steps"]
        expect(loss < 0.55, f"after 100 steps the loss is {loss:.3f}; guessing gives 0.693")


class TwoLayersBothWays(Workload):
    """Two layers in two directions over 40 steps of padded sequences."""

    calls = "RNN(8, 16, 2, True)(x, lengths) at B = 12, T = 40"

    def cases(self, draw: Draw, batch: int = 12, time: int = 40):
        lengths = torch.cat([torch.tensor([time]), draw.integers(1, time + 1, batch - 1)])
        yield dict(x=draw.normal(batch, time, 8), lengths=lengths)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2, time=3))

    def probe(self, solution, x, lengths):
        with torch.no_grad():
            return network(solution, x, 16, 2, both=True)(x, lengths)


class LongSequences(Workload):
    """Forward and backward of one layer of width 64 over 16 sequences of 60 steps."""

    calls = "RNN(64, 64)(x, lengths), forward and backward, at B = 16, T = 60"

    def cases(self, draw: Draw, batch: int = 16, time: int = 60):
        lengths = torch.cat([torch.tensor([time]), draw.integers(1, time + 1, batch - 1)])
        yield dict(x=draw.normal(batch, time, 64), lengths=lengths)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, batch=2, time=3))

    def probe(self, solution, x, lengths):
        made = network(solution, x, 64)
        for _ in range(3):
            found = by_name(made(x, lengths), made)
        return found
