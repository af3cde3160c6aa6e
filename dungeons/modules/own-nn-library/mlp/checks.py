"""Hidden checks of floor 2 of modules/own-nn-library: twins built of torch.nn are the measure."""

import math

import torch
from torch import nn
from torch.nn import functional

from leveling.checks import Check, Draw, Workload, case, expect, gradients, kind_raised, report
from leveling.data import mixture, mixture_posterior

SHAPE = {"classes": 4, "clusters": 2, "features": 6, "apart": 1.5}
SIZES = [6, 64, 64, 4]
DOUBLE = torch.float64


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


class LinearLayer(Check):
    """Linear computes x W^T + b for x of any rank, with gradients; bias=False has no bias."""

    calls = "Linear(in_features, out_features, bias)(x)"

    def cases(self, draw: Draw):
        for shape in ((5, 3), (3,), (2, 4, 3), (0, 3)):
            yield case(f"x {shape}", x=draw.normal(*shape, requires_grad=True), outputs=2, bias=True)
        yield case("as many outputs as inputs", x=draw.normal(4, 3, requires_grad=True), outputs=3, bias=True)
        yield case("without bias", x=draw.normal(4, 3, requires_grad=True), outputs=5, bias=False)

    def probe(self, solution, x, outputs, bias):
        layer = filled(solution.Linear(3, outputs, bias=bias).to(x.dtype))
        y = layer(x)
        found = gradients(y, keep=True, x=x)
        y.square().sum().backward()
        return {"output": y, **found, **gradients_of(layer), "state": layer.state_dict()}


class InitialRange(Check):
    """The numbers of a new Linear are uniform within 1 / sqrt(in_features), and every layer has its own."""

    calls = "Linear(300, 200)"
    compare = False
    battery = False

    def probe(self, solution):
        first, second = solution.Linear(300, 200), solution.Linear(300, 200)
        return {"weight": first.weight.data.detach(), "bias": first.bias.data.detach(), "other": second.weight.data}

    def verify(self, case, got, want):
        bound = 1 / math.sqrt(300)
        for name, least in (("weight", 0.99), ("bias", 0.85)):  # 0.85: 200 numbers all below, chance 1e-14
            largest = float(got[name].abs().max()) / bound
            expect(least < largest <= 1.00001, f"the largest {name} is {largest:.4f} times 1 / sqrt(300)")
            middle = float(got[name].mean()) / bound
            expect(abs(middle) < 0.4, f"the mean of the {name} is {middle:.2f} times the bound, expected near 0")
        ratio = float(got["weight"].var()) / (bound**2 / 3)
        expect(abs(ratio - 1) < 0.02, f"the variance of the weights is {ratio:.3f} times that of the uniform one")
        expect(not got["weight"].equal(got["other"]), "two layers began with the same weights")


class ReluOfAnything(Check):
    """ReLU is the larger of x and 0."""

    calls = "ReLU()(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 5, requires_grad=True))

    def probe(self, solution, x):
        y = solution.ReLU()(x)
        return {"output": y, **gradients(y, x=x)}


class DropoutByMode(Check):
    """Dropout zeroes the share p in training and divides the rest by 1 - p; in eval mode, or at p = 0, x stays.

    Share of zeros over 40,000: standard deviation 0.0023; 6 of them are allowed.
    """

    calls = "Dropout(p)(x), in training and in eval mode"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for p in (0.3, 0.8, 0.0):
            yield case(f"p = {p}", x=draw.uniform(200, 200, low=1.0, high=2.0), p=p)

    def probe(self, solution, x, p):
        layer = solution.Dropout(p)
        found = {"first": layer(x), "second": layer(x), "eval": layer.eval()(x)}
        found["default"] = solution.Dropout()(x)
        found["refused"] = [kind_raised(ValueError, solution.Dropout, bad) for bad in (-0.1, 1.0, 1.5)]
        return found

    def verify(self, case, got, want):
        x, p = case["x"], case["p"]
        expect(got["eval"].equal(x), "in eval mode x does not come out as it went in")
        for name, share in (("first", p), ("default", 0.5)):
            gone = got[name] == 0
            expect(abs(float(gone.double().mean()) - share) < 0.015, f"{float(gone.double().mean()):.3f} are zero")
            kept = torch.where(gone, 0.0, x / (1 - share))
            expect(torch.allclose(got[name], kept, rtol=1e-5), "what stays is not divided by 1 - p")
        expect(p == 0 or not got["first"].equal(got["second"]), "two calls dropped the same entries")
        expect(got["refused"] == ["ValueError"] * 3, f"p = -0.1, 1 and 1.5 raised {got['refused']}")


class CrossEntropy(Check):
    """cross_entropy is the mean of -log softmax at the labels, with gradients, for logits of any size."""

    calls = "cross_entropy(logits, labels)"

    def cases(self, draw: Draw):
        for label, size in (("small logits", 1.0), ("logits of 10,000", 1e4)):
            logits = draw.normal(7, 4, std=size, requires_grad=True)
            yield case(label, logits=logits, labels=draw.integers(0, 4, 7))
        yield case("one row", logits=draw.normal(1, 3, requires_grad=True), labels=draw.integers(0, 3, 1))

    def probe(self, solution, logits, labels):
        loss = solution.cross_entropy(logits, labels)
        return {"loss": loss, **gradients(loss, logits=logits)}


def twin_of(sizes, dropout=0.0):
    """The same network of torch.nn."""
    layers = []
    for k in range(len(sizes) - 2):
        layers += [nn.Linear(sizes[k], sizes[k + 1]), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


class LoadsIntoTheTwin(Check):
    """The state of mlp loads into torch's Linear-ReLU-Dropout chain, and outputs and gradients are equal there."""

    calls = "mlp(sizes).state_dict(), loaded into nn.Sequential(nn.Linear, nn.ReLU, nn.Dropout, ...)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for sizes in ([5, 7, 6, 3], [4, 3], [3, 9, 2]):
            x, labels = draw.normal(11, sizes[0], dtype=DOUBLE), draw.integers(0, sizes[-1], 11)
            yield case(f"sizes {sizes}", sizes=sizes, x=x, labels=labels)

    def probe(self, solution, sizes, x, labels):
        net = solution.mlp(sizes).to(DOUBLE)
        twin = twin_of(sizes).to(DOUBLE)
        keys = {"ours": list(net.state_dict()), "twin": list(twin.state_dict())}
        if keys["ours"] != keys["twin"]:
            return {"keys": keys}
        twin.load_state_dict(net.state_dict())
        solution.cross_entropy(net(x), labels).backward()
        functional.cross_entropy(twin(x), labels).backward()
        return {
            "keys": keys,
            "ours": [net(x), *gradients_of(net).values()],
            "twin": [twin(x), *gradients_of(twin).values()],
        }

    def verify(self, case, got, want):
        keys = got["keys"]
        expect(keys["ours"] == keys["twin"], f"the keys are {keys['ours']}; torch's chain has {keys['twin']}")
        for name, ours, twin in zip(("outputs", *keys["ours"]), got["ours"], got["twin"], strict=True):
            gap = float((ours - twin).abs().max())
            what = "the outputs" if name == "outputs" else f"the gradients of {name}"
            expect(gap <= 1e-9, f"{what} differ from the twin's by {gap:.2g}")


class DropoutInTheMlp(Check):
    """mlp(sizes, dropout) drops after each hidden layer in training, and not at all in eval mode."""

    calls = "mlp([3, 50, 40, 2], dropout=0.6), in both modes"
    compare = False
    battery = False

    def probe(self, solution):
        net = solution.mlp([3, 50, 40, 2], dropout=0.6)
        x = torch.ones(1, 3)
        return {
            "rates": [part.p for _, part in net.named_modules() if isinstance(part, solution.Dropout)],
            "training": bool(net(x).equal(net(x))),
            "eval": bool(net.eval()(x).equal(net(x))),
        }

    def verify(self, case, got, want):
        expect(
            got["rates"] == [0.6, 0.6], f"the dropout rates are {got['rates']}, expected 0.6 after both hidden layers"
        )
        expect(not got["training"], "two calls in training mode gave the same output")
        expect(got["eval"], "two calls in eval mode gave different outputs")


class EveryRowOnceAnEpoch(Check):
    """Each epoch uses every row once, in a new order, with all its inputs and its label, `batch` rows at a time."""

    calls = "fit(net, [x, more], labels, epochs=2, batch=..., report=report)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("64 rows, 20 at a time", rows=64, options={"batch": 20}, sizes=[20, 20, 20, 4] * 2)
        yield case("150 rows, no batch given", rows=150, options={}, sizes=[100, 50] * 2)

    def probe(self, solution, rows, options, sizes):
        seen, told = [], []

        class Spy(solution.Module):
            def __init__(self):
                super().__init__()
                self.gain = solution.Parameter(torch.ones(2))

            def forward(self, x, more):
                seen.append({"x": x.clone(), "more": more.clone(), "training": self.training})
                return 1e4 * torch.stack([x % 2, 1 - x % 2], 1) * self.gain.data  # wrong wherever labels are x % 2

        x = torch.arange(float(rows))
        solution.fit(
            Spy().eval(),
            [x, x + 1000],
            (1 - x % 2).long(),
            epochs=2,
            report=lambda *at, **figures: told.append([*at, figures.get("loss")]),
            **options,
        )
        return {"seen": seen, "told": told}

    def verify(self, case, got, want):
        seen, sizes = got["seen"], case["sizes"]
        found = [len(each["x"]) for each in seen]
        expect(found == sizes, f"the mini-batches have {found} rows, expected {sizes}")
        expect(all(each["training"] for each in seen), "the net was not in training mode")
        expect(
            all((each["more"] - each["x"] == 1000).all() for each in seen), "the two inputs are not of the same rows"
        )
        half = len(sizes) // 2
        orders = [torch.cat([each["x"] for each in part]) for part in (seen[:half], seen[half:])]
        for order in orders:
            expect(order.sort().values.equal(torch.arange(float(case["rows"]))), "an epoch did not use every row once")
        expect(not orders[0].equal(orders[1]), "both epochs had the same order")
        told = [each[:2] for each in got["told"]]
        expect(
            told == [[k + 1, len(sizes)] for k in range(len(sizes))], f"report was told {told}, not every step of all"
        )
        expect(isinstance(got["told"][0][2], float), "the loss that report is told is not a float")
        expect(
            got["told"][0][2] < 1e-3,
            f"the first loss told is {got['told'][0][2]}; inputs and labels are not of the same rows",
        )


class StepsLikeAdam(Check):
    """Three epochs of one mini-batch move the parameters as torch's Adam with a falling rate does; frozen ones stay."""

    calls = "fit(mlp([3, 5, 4]), [x], labels, epochs=3, batch=20, rate=0.03)"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for label, options in (("rate=0.03", {"rate": 0.03}), ("no rate given", {})):
            yield case(label, x=draw.normal(13, 3, dtype=DOUBLE), labels=draw.integers(0, 4, 13), options=options)

    def probe(self, solution, x, labels, options):
        net, twin = solution.mlp([3, 5, 4]).to(DOUBLE), twin_of([3, 5, 4]).to(DOUBLE)
        net.state_dict()["3.bias"].fill_(0.25)
        twin.load_state_dict(net.state_dict())
        frozen = dict(net.named_parameters())["3.bias"].data
        frozen.requires_grad = False
        twin[3].bias.requires_grad = False
        returned = solution.fit(net, [x], labels, epochs=3, batch=20, **options)
        optimiser, rate = torch.optim.Adam(twin.parameters()), options.get("rate", 0.005)
        for number in range(3):
            optimiser.param_groups[0]["lr"] = rate * (1 - number / 3)
            optimiser.zero_grad()
            functional.cross_entropy(twin(x), labels).backward()
            optimiser.step()
        twins = {name: value.detach() for name, value in twin.state_dict().items()}
        return {"ours": net.state_dict(), "twin": twins, "returned": returned is net, "training": net.training}

    def verify(self, case, got, want):
        expect(got["returned"] and not got["training"], "fit is to return the net it was given, in eval mode")
        for name, twin in got["twin"].items():
            gap = float((got["ours"][name] - twin).abs().max())
            expect(gap <= 1e-7, f"{name} differs by {gap:.2g} from where three steps of torch's Adam take it")


class Predicts(Check):
    """predict gives the classes of net(*inputs) in eval mode, int64 (N,), without a graph, for no rows too."""

    calls = "predict(net, [x])"
    battery = False

    def cases(self, draw: Draw):
        for n in (9, 1, 0):
            yield case(f"{n} rows", x=draw.normal(n, 3))

    def probe(self, solution, x):
        net = filled(solution.mlp([3, 30, 5], dropout=0.9).to(x.dtype))
        grads = []

        class Watched(solution.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x, shift):
                logits = self.net(x) + shift
                grads.append(logits.requires_grad)
                return logits

        return {"classes": solution.predict(Watched(), [x, torch.zeros(5)]), "a graph was built": grads}


class NearTheBayesRule(Check):
    """Trained on 6,000 rows, mlp is at most 0.015 below the true posterior on 20,000 fresh ones.

    Both are measured on the same rows. Over 12 seeds the reference lies 0.007 below, 0.009 at worst.
    """

    calls = "fit(mlp([6, 64, 64, 4], dropout=0.05), [x], labels, epochs=4, rate=0.01)"
    compare = False
    battery = False
    confirm = 2
    seconds = 120.0

    def cases(self, draw: Draw):
        x, labels = mixture(6000, **SHAPE, seed=draw.seed())
        unseen, answers = mixture(20_000, **SHAPE, seed=draw.seed())
        yield dict(x=x, labels=labels, unseen=unseen, answers=answers)

    def probe(self, solution, x, labels, unseen, answers):
        net = solution.fit(solution.mlp(SIZES, dropout=0.05), [x], labels, epochs=4, rate=0.01, report=report)
        return solution.predict(net, [unseen])

    def verify(self, case, got, want):
        shape = {name: value for name, value in SHAPE.items() if name != "features"}
        answers = case["answers"]
        best = float((mixture_posterior(case["unseen"], **shape).argmax(1) == answers).double().mean())
        mine = float((got == answers).double().mean())
        expect(mine >= best - 0.015, f"the accuracy is {mine:.4f}; the Bayes rule has {best:.4f} on these rows")


class SixtyBatches(Workload):
    """Two epochs over 3,000 rows."""

    calls = "fit(mlp([6, 64, 64, 4], dropout=0.05), [x], labels, epochs=2) at N = 3,000"
    compare = False

    def cases(self, draw: Draw, n: int = 3000):
        x, labels = mixture(n, **SHAPE, seed=draw.seed())
        yield dict(x=x, labels=labels)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, n=200))

    def probe(self, solution, x, labels):
        return solution.predict(solution.fit(solution.mlp(SIZES, dropout=0.05), [x], labels, epochs=2), [x])
