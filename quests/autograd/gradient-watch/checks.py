"""Hidden checks of autograd/gradient-watch."""

import torch
from torch import Tensor, nn

from leveling.checks import Check, Draw, Workload, case, expect, fill_parameters

WATCH = "with GradientWatch(model) as watch: ..."
FIRST = "first_nonfinite(model, x)"


class TwoHeads(nn.Module):
    """One trunk, two heads; a backward reaches only the head that it comes from."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Linear(5, 7)
        self.heads = nn.ModuleDict({"left": nn.Linear(7, 2), "right": nn.Linear(7, 3, bias=False)})

    def forward(self, x, head):
        """x (N, 5) -> (N, 2) or (N, 3)."""
        return self.heads[head](self.trunk(x).tanh())


class Step(nn.Module):
    """One named operation as a module."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, x):
        """x (...) -> (...)."""
        if self.name == "amplify":
            return x * 1e30 * 1e30
        return getattr(torch, self.name)(x)


class InPlace(nn.Module):
    """Writes its result over its input."""

    def forward(self, x):
        """x (...) -> (...), the same tensor."""
        return x.log_()


class Inline(nn.Module):
    """Applies an operation itself, between two modules that are innocent."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.first = nn.Identity()
        self.second = nn.Tanh()

    def forward(self, x):
        """x (...) -> (...)."""
        return self.second(getattr(torch, self.name)(self.first(x)))


class Both(nn.Module):
    """Two modules read the same tensor."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x):
        """x (...) -> (...)."""
        x = x * 1
        return self.first(x) + self.second(x)


class Scale(nn.Module):
    """sqrt(w) * x with a parameter w; x itself gets a clean gradient."""

    def __init__(self, value):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(value))

    def forward(self, x):
        """x (...) -> (...)."""
        return self.w.sqrt() * x


class Packs(nn.Module):
    """Returns its results in a tuple or a dict, with something between that is no tensor."""

    def __init__(self, name, kind):
        super().__init__()
        self.name, self.kind = name, kind

    def forward(self, x):
        """x (...) -> the results packed."""
        y = getattr(torch, self.name)(x)
        return {"y": y, "note": "text"} if self.kind == "dict" else (y, None, [y * 2, x.detach().tanh()])


class Unpacks(nn.Module):
    """Takes what Packs returns."""

    def forward(self, packed):
        """The packed results -> (...)."""
        return packed["y"] * 3 if isinstance(packed, dict) else packed[0] + packed[2][0]


def built(name):
    """The models of the checks by name."""
    plain = {
        "clean": lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        "log": lambda: nn.Sequential(Step("relu"), nn.Sequential(Step("square"), Step("log")), nn.Tanh()),
        "square": lambda: nn.Sequential(nn.Identity(), nn.Sequential(Step("square")), Step("relu")),
        "exp": lambda: nn.Sequential(nn.Identity(), Step("exp"), nn.Tanh()),
        "swallowed": lambda: nn.Sequential(nn.Identity(), Step("exp"), nn.Sigmoid()),
        "inline log": lambda: nn.Sequential(nn.Tanh(), Inline("log"), nn.Tanh()),
        "in place": lambda: nn.Sequential(nn.Tanh(), InPlace(), nn.Tanh()),
        "in place, first": lambda: nn.Sequential(InPlace(), nn.Tanh()),
        "integers": lambda: nn.Sequential(nn.Embedding(5, 3), Step("square"), Step("neg"), Step("log")),
        "alone": lambda: Step("log"),
        "sqrt": lambda: nn.Sequential(Step("relu"), nn.Sequential(Step("sqrt"), nn.Tanh()), nn.Tanh()),
        "first": lambda: nn.Sequential(Step("sqrt"), nn.Tanh()),
        "inline sqrt": lambda: nn.Sequential(Step("relu"), Inline("sqrt"), nn.Tanh()),
        "one of two": lambda: nn.Sequential(Step("relu"), Both(nn.Tanh(), Step("sqrt")), nn.Tanh()),
        "the other of two": lambda: nn.Sequential(Step("relu"), Both(Step("sqrt"), nn.Tanh()), nn.Tanh()),
        "amplify": lambda: nn.Sequential(nn.Identity(), nn.Sequential(Step("amplify"))),
        "detached": lambda: nn.Sequential(Step("sqrt"), Packs("tanh", "tuple")),
        "frozen": lambda: nn.Sequential(
            nn.Linear(3, 2).requires_grad_(requires_grad=False), Step("square"), Step("neg"), Step("log")
        ),
        "parameter": lambda: nn.Sequential(nn.Tanh(), nn.Sequential(Scale(0.0)), nn.Tanh()),
        "tuple, log": lambda: nn.Sequential(Packs("log", "tuple"), Unpacks()),
        "dict, log": lambda: nn.Sequential(Packs("log", "dict"), Unpacks()),
        "tuple, sqrt": lambda: nn.Sequential(Step("relu"), Packs("sqrt", "tuple"), Unpacks()),
        "dict, sqrt": lambda: nn.Sequential(Step("relu"), Packs("sqrt", "dict"), Unpacks()),
        "sqrt before a dict": lambda: nn.Sequential(Step("relu"), Step("sqrt"), Packs("tanh", "dict")),
        "norm": lambda: nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 4), nn.Dropout(0.0)),
    }
    model = plain[name]()
    if name == "clean":
        fill_parameters(model)
    return model


def hooks_on(model):
    """How many hooks hang on the modules and parameters of `model`, by place."""
    counts = {}
    for path, module in model.named_modules():
        for attribute, held in vars(module).items():
            if "hooks" in attribute and isinstance(held, dict) and held:
                counts[f"{path}.{attribute}"] = len(held)
    for name, parameter in model.named_parameters():
        for attribute in ("_backward_hooks", "_post_accumulate_grad_hooks"):
            held = getattr(parameter, attribute, None)
            if held:
                counts[f"{name}.{attribute}"] = len(held)
    return counts


def entries(watch):
    """What was noted, without names that have no entry."""
    return {name: values for name, values in sorted(watch.norms().items()) if values}


class NormsOfEveryBackward(Check):
    """norms() holds one number per parameter and backward: the norm of that backward's own gradient, though .grad piles up."""

    part = "GradientWatch"
    calls = f"{WATCH} three backward calls, no zero_grad"

    def cases(self, draw: Draw):
        yield case("three backward calls", xs=[draw.normal(6, 5, std=1.0 + i) for i in range(3)])
        yield case("one backward call", xs=[draw.normal(1, 5)])

    def probe(self, solution, xs):
        model = fill_parameters(TwoHeads()).to(xs[0].dtype)
        with solution.GradientWatch(model) as watch:
            for x in xs:
                model(x, "left").square().sum().backward()
        return entries(watch)


class OnlyWhoGetsAGradient(Check):
    """A parameter that no gradient reaches has no entry for that backward, and a frozen one never has."""

    part = "GradientWatch"
    calls = f"{WATCH} backward from the left head, the right one, the left one"

    def cases(self, draw: Draw):
        yield case("two heads in turn", xs=[draw.normal(4, 5) for _ in range(3)], frozen="")
        yield case("the trunk's weight is frozen", xs=[draw.normal(4, 5) for _ in range(2)], frozen="trunk.weight")

    def probe(self, solution, xs, frozen):
        model = fill_parameters(TwoHeads()).to(xs[0].dtype)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name != frozen)
        with solution.GradientWatch(model) as watch:
            for number, x in enumerate(xs):
                model(x, "right" if number % 2 else "left").square().sum().backward()
        return entries(watch)


class SharedAndHalf(Check):
    """A parameter used twice has one entry per backward; a float16 gradient longer than 65,504 has a finite norm."""

    part = "GradientWatch"
    calls = f"{WATCH} backward"
    battery = False

    def cases(self, draw: Draw):
        yield case("used twice", w=draw.normal(4, 4), x=draw.normal(3, 4), twice=True)
        x = 6e4 * draw.uniform(1, 4, low=0.5, dtype=torch.float16)
        yield case("float16", w=draw.normal(4, 4, dtype=torch.float16), x=x, twice=False)

    def probe(self, solution, w, x, twice):
        model = nn.Linear(4, 4, bias=False, dtype=w.dtype)
        with torch.no_grad():
            model.weight.copy_(w)
        with solution.GradientWatch(model) as watch:
            y = model(x)
            (model(y.tanh()) if twice else y).sum().backward()
        return entries(watch)


class ChangesNothing(Check):
    """The gradients of a watched model are those of an unwatched one, and hooks of others stay and still work."""

    part = "GradientWatch"
    calls = f"{WATCH} backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 5))

    def probe(self, solution, x):
        model = fill_parameters(TwoHeads()).to(x.dtype)
        model.trunk.bias.register_hook(lambda grad: 2 * grad)
        before = hooks_on(model)
        with solution.GradientWatch(model):
            model(x, "left").square().sum().backward()
        kept = hooks_on(model) == before
        model(x, "left").square().sum().backward()
        grads = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
        return {"the hooks of others are still there": kept, **grads}


class HooksAreGone(Check):
    """After the block no hook is left, also when an exception ended it; nothing more is noted, and a second block goes on."""

    part = "GradientWatch"
    calls = f"{WATCH} and what comes after it"

    def cases(self, draw: Draw):
        for stops in (False, True):
            yield case("an exception ends the block" if stops else "a plain block", x=draw.normal(4, 5), stops=stops)

    def probe(self, solution, x, stops):
        model = fill_parameters(TwoHeads()).to(x.dtype)
        watch = solution.GradientWatch(model)
        before_entering = hooks_on(model)
        came_out = "nothing"
        try:
            with watch:
                model(x, "left").sum().backward()
                if stops:
                    raise KeyError("the training loop failed")
        except KeyError:
            came_out = "KeyError"
        left = hooks_on(model)
        model(x, "left").sum().backward()
        noted = {name: len(values) for name, values in entries(watch).items()}
        with watch:
            model(2 * x, "left").sum().backward()
        return {
            "hooks before the block": before_entering,
            "hooks after the block": left,
            "what came out": came_out,
            "entries after a backward outside": noted,
            "all entries": entries(watch),
        }


class NamesTheForward(Check):
    """The innermost module that makes NaN or inf from finite numbers is named, with "forward"."""

    part = "first_nonfinite"
    calls = FIRST
    battery = False

    def cases(self, draw: Draw):
        negative = draw.normal(4, 3).abs().neg()
        yield case("all is finite", name="clean", x=draw.normal(4, 3))
        zero = draw.normal(4, 3)
        zero[2, 1] = 0
        yield case("log of 0, two levels down", name="log", x=zero)
        yield case("log of a negative number, the model alone", name="alone", x=negative)
        yield case("float16 overflows in a square", name="square", x=300 * draw.uniform(2, 3, low=1.0, high=2.0).half())
        yield case("exp overflows: inf, not NaN", name="exp", x=draw.normal(3, mean=100.0))
        yield case("inf that a later sigmoid swallows", name="swallowed", x=draw.normal(3, mean=100.0))
        yield case("the module's own code, between two innocent children", name="inline log", x=negative)
        yield case("a module that works in place", name="in place", x=negative)
        yield case("the first module works in place", name="in place, first", x=negative)
        yield case("an input of integers", name="integers", x=draw.integers(0, 5, 4))
        yield case("frozen parameters", name="frozen", x=draw.normal(4, 3))

    def probe(self, solution, name, x):
        return solution.first_nonfinite(built(name), x)


class InputIsNotFinite(Check):
    """An input that already holds NaN or inf gives ("input", "forward")."""

    part = "first_nonfinite"
    calls = FIRST
    battery = False

    def cases(self, draw: Draw):
        for value in ("nan", "inf"):
            yield case(value, x=draw.spiked(draw.normal(4, 3), float(value)))

    def probe(self, solution, x):
        return solution.first_nonfinite(built("clean"), x)


class NamesTheBackward(Check):
    """A finite forward whose gradient is not finite: the innermost module whose backward makes it, with "backward"."""

    part = "first_nonfinite"
    calls = FIRST
    battery = False

    def cases(self, draw: Draw):
        for label, name in (
            ("sqrt at 0, one level down", "sqrt"),
            ("sqrt at 0 in the first module", "first"),
            ("the module's own code, between two innocent children", "inline sqrt"),
            ("the second of two modules that read the same tensor", "one of two"),
            ("the first of two modules that read the same tensor", "the other of two"),
            ("only a parameter's gradient is bad", "parameter"),
        ):
            x = draw.normal(4, 3).abs()
            x[1, 2] = 0
            yield case(label, name=name, x=x, recording=True)
        yield case("called under torch.no_grad", name="sqrt", x=x, recording=False)
        yield case("one of the results has no graph", name="detached", x=x, recording=True)
        yield case("a gradient of 1 that overflows", name="amplify", x=draw.normal(4, 3) * 1e-37, recording=True)

    def probe(self, solution, name, x, recording):
        with torch.set_grad_enabled(recording):
            return solution.first_nonfinite(built(name), x)


class TuplesAndDicts(Check):
    """Modules that take and give tuples or dicts, with other things in them, are looked into."""

    part = "first_nonfinite"
    calls = FIRST
    battery = False

    def cases(self, draw: Draw):
        x = draw.normal(4, 3).abs()
        x[1, 2] = 0
        for name in ("tuple, log", "dict, log", "tuple, sqrt", "dict, sqrt", "sqrt before a dict"):
            yield case(name, name=name, x=x)

    def probe(self, solution, name, x):
        return solution.first_nonfinite(built(name), x)


class LeftAsFound(Check):
    """first_nonfinite leaves modes, .grad, buffers and hooks as they were, also when the model raises."""

    part = "first_nonfinite"
    calls = f"{FIRST}, and the model before and after"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        yield case("training", x=draw.normal(4, 3), training=True)
        yield case("evaluation", x=draw.normal(4, 3), training=False)
        yield case("the model raises", x=draw.normal(4, 2), training=True)

    def probe(self, solution, x, training):
        model = built("norm").train(training)
        model[2].train(not training)
        model(torch.ones(2, 3)).sum().backward()
        model[1].bias.grad = None
        model[1].weight.register_hook(lambda grad: grad)
        before, grads = state(model), [p.grad for p in model.parameters()]
        values = [None if g is None else g.clone() for g in grads]
        try:
            solution.first_nonfinite(model, x)
        except RuntimeError:
            if x.shape[1] == 3:
                raise
        after = state(model)
        before["requires_grad of the input"], after["requires_grad of the input"] = False, x.requires_grad
        changed = [key for key, value in before.items() if not equal(value, after[key])]
        for parameter, grad, value in zip(model.named_parameters(), grads, values, strict=True):
            if not equal(parameter[1].grad, value) or not equal(grad, value):
                changed.append(f"{parameter[0]}.grad")
        return changed

    def verify(self, case, got, want):
        expect(not got, f"changed by the call: {', '.join(got)}")


def state(model):
    """Modes, hooks, buffers and parameters by name, copied."""
    modes = {f"training mode of {path or 'the model'}": module.training for path, module in model.named_modules()}
    values = {name: value.detach().clone() for name, value in model.state_dict().items()}
    return {**modes, "hooks": hooks_on(model), **values}


def equal(first, second):
    """Equality that knows tensors."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return torch.equal(first, second)
    return type(first) is type(second) and first == second


class RatioReport(Check):
    """ratio_report gives |lr * grad| / |parameter|, inf for a parameter of norm 0, nothing for one without a gradient."""

    part = "ratio_report"
    calls = "ratio_report(model, lr)"

    def cases(self, draw: Draw):
        w, b = draw.normal(7, 5), draw.normal(7)
        yield case("plain", w=w, b=b, gw=draw.normal(7, 5), gb=draw.normal(7), lr=0.01)
        yield case("bias of zeros", w=w, b=b * 0, gw=draw.normal(7, 5), gb=draw.normal(7), lr=0.3)
        yield case("zeros with a gradient of zeros", w=w, b=b * 0, gw=draw.normal(7, 5), gb=b * 0, lr=0.3)
        yield case("bias without a gradient", w=w, b=b, gw=draw.normal(7, 5), gb=None, lr=1.0)
        big = 6e4 * draw.uniform(7, 5, low=0.5).half()
        yield case("float16, norms above 65,504", w=big, b=b.half(), gw=big.flip(0), gb=b.half(), lr=0.5)

    def probe(self, solution, w, b, gw, gb, lr):
        model = nn.Linear(5, 7, dtype=w.dtype)
        with torch.no_grad():
            model.weight.copy_(w)
            model.bias.copy_(b)
        model.weight.grad, model.bias.grad = gw.clone(), None if gb is None else gb.clone()
        return dict(sorted(solution.ratio_report(model, lr).items()))


class WatchedStep(Workload):
    """A training step of a watched MLP with 8 layers of 256 units."""

    calls = "with GradientWatch(model): forward, backward, update"

    def cases(self, draw: Draw, width: int = 256):
        yield dict(x=draw.normal(256, width), width=width)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, width=4))

    def probe(self, solution, x, width):
        layers = [nn.Linear(width, width) for _ in range(8)]
        model = fill_parameters(nn.Sequential(*layers), scale=0.05)
        with solution.GradientWatch(model) as watch:
            for _ in range(3):
                model(x).square().mean().backward()
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter.sub_(0.01 * parameter.grad)
                        parameter.grad = None
        return len(watch.norms()) >= 0
