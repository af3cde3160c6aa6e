"""Hidden checks of modules/first-mlp."""

from itertools import pairwise

import torch
from torch import nn

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    fill_parameters,
    parameter_gradients,
    raised,
    state_values,
)

SHAPES = ([4, 3], [5, 7, 3], [3, 8, 2, 5], [6, 4, 7, 5, 2])


def expected_shapes(sizes):
    """(out, in) of the weight and (out,) of the bias of each layer, from input to output."""
    return [shape for i, o in pairwise(sizes) for shape in ((o, i), (o,))]


def filled(network, x):
    """Fixed weights and biases in the dtype of x; parameters of one number (the slope of PReLU) keep their value."""
    layers = [parameter for parameter in network.parameters() if parameter.numel() > 1]
    fill_parameters(nn.ParameterList(layers))
    return network.to(x.dtype)


class LayersAreRegistered(Check):
    """parameters() holds a weight (o, i) and a bias (o,) for each layer, from input to output."""

    calls = "MLP(sizes).named_parameters()"
    compare = False

    def cases(self, draw: Draw):
        for sizes in SHAPES:
            yield case(f"sizes {sizes}", sizes=sizes)

    def probe(self, solution, sizes):
        network = solution.MLP(sizes)
        return {
            "is": isinstance(network, nn.Module),
            "held": [[name, list(shape)] for name, shape in state_values(network)],
        }

    def verify(self, case, got, want):
        expect(got["is"], "MLP is not an nn.Module")
        held = [tuple(shape) for _, shape in got["held"]]
        wanted = expected_shapes(case["sizes"])
        names = ", ".join(f"{name} {tuple(shape)}" for name, shape in got["held"]) or "no parameter at all"
        expect(
            held == wanted, f"MLP({case['sizes']}) registers {names}; expected the shapes {', '.join(map(str, wanted))}"
        )


class OutputsAgree(Check):
    """With the same weights the output equals the reference MLP's, for two to five sizes and any leading shape."""

    calls = "MLP(sizes)(x)"

    def cases(self, draw: Draw):
        for sizes, lead in (
            (SHAPES[0], (7,)),
            (SHAPES[1], (7,)),
            (SHAPES[2], (2, 3)),
            (SHAPES[3], ()),
            (SHAPES[1], (0,)),
        ):
            yield case(f"sizes {sizes}, x {(*lead, sizes[0])}", sizes=sizes, x=draw.normal(*lead, sizes[0]))

    def probe(self, solution, sizes, x):
        return filled(solution.MLP(sizes), x)(x)


class OutputIsFree(Check):
    """Nothing comes after the last layer: outputs may be negative and, with dropout, none of them is dropped."""

    calls = "MLP(sizes, dropout=0.5)(x) in training mode"
    compare = False

    def cases(self, draw: Draw):
        yield case("one layer", sizes=[5, 64], x=draw.normal(11, 5))
        yield case("two hidden layers", sizes=[5, 32, 32, 64], x=draw.normal(11, 5))

    def probe(self, solution, sizes, x):
        return filled(solution.MLP(sizes, dropout=0.5), x).train()(x)

    def verify(self, case, got, want):
        zeros = int((got == 0).sum())
        expect(
            zeros == 0, f"{zeros} of {got.numel()} outputs are exactly 0; activation and dropout belong between layers"
        )
        expect(bool((got < 0).any()), "no output is negative; a regression target or a logit must be able to be")


class AnyActivation(Check):
    """activation may be a class or a function that makes one; each hidden layer gets an object of its own."""

    calls = "MLP([4, 5, 6, 3], activation)"

    def cases(self, draw: Draw):
        for kind in ("tanh", "softplus with beta 3", "prelu"):
            yield case(kind, kind=kind, x=draw.normal(7, 4))

    def probe(self, solution, kind, x):
        made = []
        makers = {
            "tanh": nn.Tanh,
            "softplus with beta 3": lambda: nn.Softplus(beta=3.0),
            "prelu": lambda: nn.PReLU(init=0.125),
        }

        def activation():
            made.append(makers[kind]())
            return made[-1]

        network = solution.MLP([4, 5, 6, 3], makers[kind] if kind == "tanh" else activation)
        filled(network, x)
        used = [part for part in network.modules() if type(part) is type(makers[kind]())]
        return {"output": network(x), "activations in the network": len({id(part) for part in used})}


class GradientsReachEveryLayer(Check):
    """Gradients of the input and of every weight and bias equal the reference MLP's."""

    calls = "MLP(sizes)(x), then backward"

    def cases(self, draw: Draw):
        for sizes in SHAPES:
            yield case(f"sizes {sizes}", sizes=sizes, x=draw.normal(6, sizes[0], requires_grad=True))

    def probe(self, solution, sizes, x):
        network = filled(solution.MLP(sizes, nn.Tanh), x)
        found = parameter_gradients(network(x), network, x=x)
        return list(found.values())


class TrainAndEval(Check):
    """train() drops hidden units at the given rate and scales the rest by 1 / (1 - p); eval() drops none."""

    calls = "MLP([1, 500, 500], dropout=p)(x), where output j shows hidden unit j"
    compare = False

    def cases(self, draw: Draw):
        for p in (0.5, 0.2):
            yield case(f"p = {p}", x=torch.ones(1, 1), p=p)

    def probe(self, solution, x, p):
        network = solution.MLP([1, 500, 500], dropout=p)
        first, _, last, _ = network.parameters()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
            first.fill_(1.0)
            last.copy_(torch.eye(500))
            units = torch.cat([network.train()(x) for _ in range(4)])
            return {"train": units, "eval": network.eval()(x)}

    def verify(self, case, got, want):
        changed = int((got["eval"] != 1).sum())
        expect(changed == 0, f"eval() changes {changed} of 500 hidden units; dropout must be off")
        kept = got["train"][got["train"] != 0]
        share = 1 - kept.numel() / got["train"].numel()
        # 2,000 units: a standard deviation of at most 0.0112, so 0.08 is 7 of them, a chance below 1e-11
        expect(
            abs(share - case["p"]) < 0.08,
            f"train() drops {share:.1%} of the hidden units, expected about {case['p']:.0%}",
        )
        scale = 1 / (1 - case["p"])
        far = float((kept - scale).abs().max())
        expect(
            far < 1e-5, f"a unit that stays is multiplied by {float(kept[0]):.4f}, expected 1 / (1 - p) = {scale:.4f}"
        )


class SameWeightsAgain(Check):
    """The layers are made once, in __init__: two calls of forward agree and a state_dict brings the outputs back."""

    calls = "MLP([4, 6, 3]): forward twice, then load_state_dict into a second one"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 4))

    def probe(self, solution, x):
        first, second = (solution.MLP([4, 6, 3]).to(x.dtype) for _ in range(2))
        once, again = first(x), first(x)
        fresh = second(x)
        loaded = raised(second.load_state_dict, first.state_dict())
        return {
            "again": once.equal(again),
            "differ": not once.equal(fresh),
            "loaded": loaded,
            "back": second(x).equal(once),
        }

    def verify(self, case, got, want):
        expect(got["again"], "two calls on the same x give different outputs: are layers made inside forward?")
        expect(got["differ"], "two networks start with the same weights; initial weights must be random")
        expect(got["loaded"]["raised"] == "nothing", f"load_state_dict raised {got['loaded']['message']}")
        expect(got["back"], "after loading the first network's state_dict the second gives other outputs")


def tied(frozen):
    """A tied weight (16) and a bias (4), a norm (8, and 9 more in buffers), and a layer (15) that may be frozen."""
    network = nn.Module()
    network.first, network.second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4)
    network.second.weight = network.first.weight
    network.norm = nn.BatchNorm1d(4)
    network.last = nn.Linear(4, 3)
    network.last.requires_grad_(not frozen)
    return network


class CountsParameters(Check):
    """count_parameters counts every number once: not buffers, a tied weight once, frozen ones only when asked."""

    part = "count_parameters"
    calls = "count_parameters(model, trainable_only)"

    def cases(self, draw: Draw):
        for sizes in SHAPES:
            yield case(f"nn.Linear layers of {sizes}", sizes=sizes, frozen=False)
        parts = "a weight (4, 4) in two places, a bias (4,), a batch norm of 4, a layer from 4 to 3"
        yield case(parts, sizes=None, frozen=False)
        yield case(f"{parts}, which is frozen", sizes=None, frozen=True)

    def probe(self, solution, sizes, frozen):
        model = nn.Sequential(*(nn.Linear(i, o) for i, o in pairwise(sizes))) if sizes else tied(frozen)
        return {
            "trainable": solution.count_parameters(model),
            "all": solution.count_parameters(model, trainable_only=False),
        }


class Parameters(Workload):
    """MLP([17, 64, 32, 10]): the numbers it holds as parameters."""

    calls = "MLP([17, 64, 32, 10])"

    def cases(self, draw: Draw):
        yield dict(sizes=[17, 64, 32, 10])

    def probe(self, solution, sizes):
        network = solution.MLP(sizes)
        network(torch.zeros(2, sizes[0]))
        return sum({id(p): p.numel() for p in network.parameters()}.values())
