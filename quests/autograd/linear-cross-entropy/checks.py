"""Hidden checks of autograd/linear-cross-entropy."""

from typing import ClassVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised

CALL = "linear_cross_entropy(x, w, target, b, ...)"
CLOSE = Tolerance(relative=1e-4, absolute=1e-5)
INF = float("inf")


def problem(draw, n, d, v, bias=True, scale=1.0, **options):
    """x (N, D), w (V, D), b (V,) or None and targets; logits have about the spread of `scale`."""
    return dict(
        x=draw.normal(n, d, requires_grad=True, **options),
        w=draw.normal(v, d, std=scale * d**-0.5, requires_grad=True, **options),
        b=draw.normal(v, std=0.5, requires_grad=True, **options) if bias else None,
        target=draw.integers(0, v, n),
    )


def loss_and_gradients(solution, x, w, target, b, factor=1.0, **options):
    """The loss, and the gradients of factor * loss by all that there is."""
    loss = solution.linear_cross_entropy(x, w, target, b, **options)
    wanted = {"x": x, "w": w} | ({} if b is None else {"b": b})
    found = torch.autograd.grad(loss * factor, list(wanted.values()))
    gradients = {f"gradient of {name}": each for name, each in zip(wanted, found, strict=True)}
    return {"loss": loss.detach(), "shape": list(loss.shape), **gradients}


class MatchesTheComposite(Check):
    """The loss is that of cross_entropy(x w^T + b, target), with and without bias, as mean and as sum."""

    calls = CALL
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("with bias", **problem(draw, 7, 5, 11), reduction="mean")
        yield case("without bias", **problem(draw, 7, 5, 11, bias=False), reduction="mean")
        yield case("sum", **problem(draw, 5, 3, 7), reduction="sum")
        yield case("more rows than classes", **problem(draw, 23, 3, 5), reduction="mean")

    def probe(self, solution, x, w, target, b, reduction):
        loss = solution.linear_cross_entropy(x, w, target, b, reduction=reduction)
        return {"loss": loss.detach(), "shape": list(loss.shape), "requires grad": loss.requires_grad}


class GradientsMatchTheComposite(Check):
    """Gradients of x, w and b are those of the composite, and the gradient that arrives scales them."""

    calls = f"(factor * {CALL}), then backward"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("with bias", **problem(draw, 7, 5, 11), factor=1.0, reduction="mean")
        yield case("without bias, sum", **problem(draw, 5, 3, 7, bias=False), factor=1.0, reduction="sum")
        yield case("3 * loss", **problem(draw, 5, 3, 7), factor=3.0, reduction="mean")
        yield case("0 * loss", **problem(draw, 5, 3, 7), factor=0.0, reduction="sum")

    def probe(self, solution, x, w, target, b, factor, reduction):
        return loss_and_gradients(solution, x, w, target, b, factor, reduction=reduction)


class IgnoredRows(Check):
    """Rows whose target is ignore_index count neither in the sum nor in the mean, and have no gradient."""

    calls = f"{CALL} with ignored targets"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, ignore_index, places in (
            ("-100, the first and others", -100, [0, 3, 4]),
            ("-100, all but one", -100, [0, 1, 2, 3, 4, 6, 7]),
            ("class 2 is the padding", 2, [1, 5]),
            ("-1, the last", -1, [7]),
        ):
            for reduction in ("mean", "sum"):
                made = problem(draw, 8, 5, 7)
                made["target"][places] = ignore_index
                yield case(f"{label}, {reduction}", **made, ignore_index=ignore_index, reduction=reduction)

    def probe(self, solution, x, w, target, b, ignore_index, reduction):
        return loss_and_gradients(solution, x, w, target, b, ignore_index=ignore_index, reduction=reduction)


class NothingCounts(Check):
    """With every row ignored, or none there, the mean is NaN, the sum 0, and all gradients are 0."""

    calls = f"{CALL}, all targets ignored"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for reduction in ("mean", "sum"):
            made = problem(draw, 4, 3, 5)
            made["target"].fill_(-100)
            yield case(f"all ignored, {reduction}", **made, reduction=reduction)
            yield case(f"N = 0, {reduction}", **problem(draw, 0, 3, 5), reduction=reduction)

    def probe(self, solution, x, w, target, b, reduction):
        return loss_and_gradients(solution, x, w, target, b, reduction=reduction)


class SizesOfOne(Check):
    """N = 1, D = 1 and V = 1 work; with a single class the loss is 0."""

    calls = CALL
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for n, d, v in ((1, 5, 7), (4, 1, 7), (4, 5, 1), (1, 1, 1), (3, 5, 2)):
            yield case(f"N = {n}, D = {d}, V = {v}", **problem(draw, n, d, v))
        ignored = problem(draw, 3, 5, 1)
        ignored["target"][1] = -100
        yield case("V = 1, a row ignored", **ignored)

    def probe(self, solution, x, w, target, b):
        return loss_and_gradients(solution, x, w, target, b)


class SmoothingAndZLoss(Check):
    """label_smoothing and z_loss (times the squared log-normaliser of each row) match the composite, ignored rows included."""

    calls = f"{CALL} with label_smoothing, z_loss"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, smoothing, z_loss, reduction in (
            ("label_smoothing = 0.1", 0.1, 0.0, "mean"),
            ("z_loss = 0.01", 0.0, 0.01, "mean"),
            ("both, sum", 0.3, 0.05, "sum"),
            ("label_smoothing = 1", 1.0, 0.0, "mean"),
        ):
            made = problem(draw, 8, 5, 7)
            made["target"][torch.tensor([2, 6])] = -100
            yield case(label, **made, label_smoothing=smoothing, z_loss=z_loss, reduction=reduction)

    def probe(self, solution, x, w, target, b, label_smoothing, z_loss, reduction):
        options = dict(label_smoothing=label_smoothing, z_loss=z_loss, reduction=reduction)
        return loss_and_gradients(solution, x, w, target, b, **options)


class ManyChunks(Check):
    """Over a million logits, in sizes that no chunk divides, with most ignored rows in front: as if they were all there at once."""

    calls = CALL
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)  # sums of 20,000 terms in float32; gradients are of order 1
    battery = False

    def cases(self, draw: Draw):
        for n, d, v, reduction in (
            (67, 5, 20011, "mean"),
            (67, 5, 20011, "sum"),
            (1511, 3, 1009, "mean"),
        ):
            made = problem(draw, n, d, v)
            made["target"][: n // 3] = -100
            yield case(f"N = {n}, V = {v}, {reduction}", **made, reduction=reduction)

    def probe(self, solution, x, w, target, b, reduction):
        factor = len(target) if reduction == "mean" else 1.0
        return loss_and_gradients(solution, x, w, target, b, factor, reduction=reduction)


class AMillionClasses(Check):
    """A vocabulary of 1,100,003 classes, larger than any chunk may be, gives the loss and the gradients of w and b."""

    calls = CALL
    tolerance = Tolerance(relative=1e-3, absolute=1e-6)  # probabilities are of order 1e-6
    battery = False

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 3, 2, 1100003))

    def probe(self, solution, x, w, target, b):
        found = loss_and_gradients(solution, x, w, target, b, reduction="sum")
        del found["gradient of x"]  # a sum of a million terms: how exact it is is up to the matrix product
        return found


class LargeLogits(Check):
    """Logits near +-10,000 give a finite loss and finite gradients."""

    calls = CALL
    # a logit near 1e4 is rounded to steps of 0.001, and with it every exponent
    tolerance = Tolerance(relative=2e-2, absolute=1e-2)

    def cases(self, draw: Draw):
        for label, shift in (("all near 1e4", 1e4), ("all near -1e4", -1e4)):
            made = problem(draw, 5, 4, 7)
            made["b"] = (made["b"].detach() + shift).requires_grad_()
            yield case(label, **made)
        made = problem(draw, 5, 4, 7)
        made["b"] = (made["b"].detach() + torch.tensor([1e4, -1e4, 0.0, 1e4, 0.0, 1e4, 90.0])).requires_grad_()
        yield case("far apart", **made)

    def probe(self, solution, x, w, target, b):
        return loss_and_gradients(solution, x, w, target, b)


class ClassesTakenOut(Check):
    """A bias of -inf takes a class out, be it the whole end of the vocabulary: its gradient is 0, nothing is NaN."""

    calls = f"{CALL}, b with -inf"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        for label, v, first, last in (
            ("the last two of 7", 7, 0, 5),
            ("all beyond 9,000 of 20,011", 20011, 0, 9000),
            ("the first 11,000 of 20,011", 20011, 11000, 20011),
        ):
            made = problem(draw, 5, 4, v)
            b = torch.full((v,), -INF)
            b[first:last] = made["b"].detach()[first:last]
            yield case(label, **(made | {"b": b.requires_grad_(), "target": draw.integers(first, last, 5)}))

    def probe(self, solution, x, w, target, b):
        return loss_and_gradients(solution, x, w, target, b, reduction="sum")


class DoublePrecision(Check):
    """float64 stays float64 all the way: loss and gradients are right to ten digits."""

    calls = f"{CALL} in float64"
    tolerance = Tolerance(relative=1e-9, absolute=1e-11)

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 7, 5, 11, dtype=torch.float64))

    def probe(self, solution, x, w, target, b):
        return loss_and_gradients(solution, x, w, target, b, label_smoothing=0.1, z_loss=0.01)


class HalfPrecision(Check):
    """With bfloat16 inputs the loss is float32 and gradients are bfloat16, right to 2 percent."""

    calls = f"{CALL} in bfloat16"
    tolerance = Tolerance(relative=2e-2, absolute=1e-2)
    battery = False

    def cases(self, draw: Draw):
        yield case("7 rows", **problem(draw, 7, 5, 11, dtype=torch.bfloat16))
        yield case("7 rows, without bias", **problem(draw, 7, 5, 11, bias=False, dtype=torch.bfloat16))

    def probe(self, solution, x, w, target, b):
        return loss_and_gradients(solution, x, w, target, b)


class SoftmaxInFloat32(Check):
    """In bfloat16 the softmax is taken in float32: a row that is 99.7 % sure keeps its loss and its slope, to 2 percent."""

    calls = f"{CALL} in bfloat16, one confident row"
    tolerance = Tolerance(relative=2e-2, absolute=1e-6)
    battery = False

    def cases(self, draw: Draw):
        half = torch.bfloat16
        for _ in range(3):  # logits are small whole numbers, exact in bfloat16: 8 for the target, -1 to 1 for 7 others
            place = draw.integer(0, 7)
            w = draw.integers(-1, 2, 8, 2).to(half)
            w[:, 1] = 0
            w[place] = torch.tensor([4.0, 4.0])
            x = torch.ones(1, 2, dtype=half)
            yield dict(x=x, w=w.requires_grad_(), target=torch.tensor([place]), b=torch.zeros(8, dtype=half))

    def probe(self, solution, x, w, target, b):
        b = b.clone().requires_grad_()
        loss = solution.linear_cross_entropy(x, w, target, b, reduction="sum")
        slopes = torch.autograd.grad(loss, (w, b))
        return {"loss": loss.detach(), "gradient of w": slopes[0], "gradient of b": slopes[1]}


class SumsInFloat32(Check):
    """In bfloat16 sums over chunks are kept in float32: 2,048 rows of the same token, 2,053 classes."""

    calls = f"{CALL} in bfloat16, reduction='sum'"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        row = draw.uniform(13, low=0.5, high=1.5, dtype=torch.bfloat16)
        made = problem(draw, 2048, 13, 2053, dtype=torch.bfloat16)
        target = made["target"].clone().fill_(draw.integer(0, 2052))
        yield dict(x=row.expand(2048, 13).contiguous().requires_grad_(), w=made["w"], target=target)

    def probe(self, solution, x, w, target):
        found = loss_and_gradients(solution, x, w, target, None, reduction="sum")
        logits = x.detach()[0].double() @ w.detach().double().T  # of every row the same
        slope = torch.softmax(logits, 0)[target[0]] - 1
        return {
            "loss": float(found["loss"].detach()),
            "true loss": float(len(x) * (logits.logsumexp(0) - logits[target[0]])),
            "slope": found["gradient of w"][target[0]].double(),
            "true slope": len(x) * slope * x.detach()[0].double(),
        }

    def verify(self, case, got, want):
        off = abs(got["loss"] / got["true loss"] - 1)
        expect(off < 1e-2, f"the loss is off by {off:.2%}, expected less than 1%")
        worst = float((got["slope"] / got["true slope"] - 1).abs().max())
        expect(
            worst < 2e-2,
            f"the gradient of w at the target's row is off by {worst:.2%}, expected less than 2%: sum it up in float32",
        )


class Products(TorchDispatchMode):
    """Counts the multiplications of matrix products, those in place included."""

    OPERANDS: ClassVar = {"mm": 0, "bmm": 0, "mv": 0, "addmm": 1, "baddbmm": 1, "addmv": 1, "addbmm": 1}

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__.rstrip("_")
        if name in self.OPERANDS:
            first, second = args[self.OPERANDS[name] :][:2]
            self.count += first.numel() * (second.shape[-1] if second.dim() == first.dim() else 1)
        elif name in ("addr", "ger"):
            first, second = args[-2:]
            self.count += first.numel() * second.numel()
        return func(*args, **(kwargs or {}))


class OnlyWhatIsWanted(Check):
    """A frozen x or w gets no gradient and costs no product for one; with nothing wanted, or no_grad, the loss is all the work."""

    calls = f"{CALL}, then backward, with some inputs frozen"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        made = problem(draw, 13, 16, 37)
        for frozen in ("x", "w", "b", "xw", "xwb", "no_grad"):
            yield case(f"frozen: {frozen}" if frozen != "no_grad" else frozen, **made, frozen=frozen)

    def probe(self, solution, x, w, target, b, frozen):
        def run(frozen):
            leaves = {"x": x, "w": w, "b": b}
            leaves = {name: each.detach().clone().requires_grad_(name not in frozen) for name, each in leaves.items()}
            with Products() as products, torch.set_grad_enabled(frozen != "no_grad"):
                loss = solution.linear_cross_entropy(leaves["x"], leaves["w"], target, leaves["b"])
                if loss.requires_grad:
                    loss.backward()
            filled = [name for name, each in leaves.items() if each.grad is not None]
            return products.count, filled, loss.requires_grad

        (everything, _, _), (part, filled, graph) = run(""), run(frozen)
        return {"everything": everything, "part": part, "filled": filled, "graph": graph}

    def verify(self, case, got, want):
        frozen = "xwb" if case["frozen"] == "no_grad" else case["frozen"]
        wanted = [name for name in "xwb" if name not in frozen]
        expect(got["graph"] == bool(wanted), f"the loss requires grad: {got['graph']}, expected {bool(wanted)}")
        expect(got["filled"] == wanted, f"gradients arrived at {got['filled']}, expected {wanted}")
        expect(got["everything"] > 0, "no matrix product was seen; write the products as matmul")
        # products: logits, dx, dw, and with recomputation the logits once more
        share = {"x": 0.8, "w": 0.8, "b": 1.0, "xw": 0.6, "xwb": 0.4}[frozen]
        cost = got["part"] / got["everything"]
        expect(cost <= share, f"it takes {cost:.2f} of the multiplications of all gradients, expected at most {share}")


class SecondBackward(Check):
    """With retain_graph a second backward gives the same gradients, whatever became of the first ones."""

    calls = f"{CALL}, then torch.autograd.grad twice"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 7, 5, 11))

    def probe(self, solution, x, w, target, b):
        loss = solution.linear_cross_entropy(x, w, target, b)
        first = torch.autograd.grad(3 * loss, (x, w, b), retain_graph=True)
        kept = [each.clone() for each in first]
        for each in first:
            each.zero_()  # as optimizer.zero_grad(set_to_none=False) does
        second = torch.autograd.grad(3 * loss, (x, w, b), retain_graph=True)
        third = torch.autograd.grad(loss, (x, w, b))
        return {"first": kept, "second": list(second), "third, of the loss alone": list(third)}


class InputsAreSafe(Check):
    """An x that is changed in place after the loss either makes backward raise or does no harm."""

    calls = f"{CALL}; x.mul_(2); backward"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 7, 5, 11))

    def probe(self, solution, x, w, target, b):
        wanted = torch.autograd.grad(solution.linear_cross_entropy(x, w, target, b), (x, w))
        hidden = x * 1.0
        loss = solution.linear_cross_entropy(hidden, w, target, b)
        with torch.no_grad():
            hidden.mul_(2)
        try:
            found = torch.autograd.grad(loss, (x, w))
        except RuntimeError:
            return {"off": 0.0}
        return {"off": max(float((one - two).abs().max()) for one, two in zip(found, wanted, strict=True))}

    def verify(self, case, got, want):
        expect(
            got["off"] < 1e-4,
            f"x was changed after the loss, and backward gave gradients that are off by {got['off']:.2g}: neither the old "
            "ones nor an error",
        )


class DifferentiatedTwice(Check):
    """A gradient penalty raises RuntimeError, or is right; it is never left out in silence."""

    calls = f"g = grad({CALL}, x, create_graph=True); (loss + (g * g).sum()).backward()"
    compare = False
    truth = False

    def cases(self, draw: Draw):
        yield dict(**problem(draw, 3, 4, 5, dtype=torch.float64))

    def probe(self, solution, x, w, target, b):
        def slope(point):
            leaf = point.detach().clone().requires_grad_()
            return torch.autograd.grad(solution.linear_cross_entropy(leaf, w, target, b, reduction="sum"), leaf)[0]

        leaf = x.detach().clone().requires_grad_()
        try:
            loss = solution.linear_cross_entropy(leaf, w, target, b, reduction="sum")
            (g,) = torch.autograd.grad(loss, leaf, create_graph=True)
            (loss + (g * g).sum()).backward()
        except RuntimeError as error:
            return {"raised": "RuntimeError", "message": str(error)}
        along = torch.cos(torch.arange(leaf.numel(), dtype=leaf.dtype)).view_as(leaf)
        ends = [slope(x + step * along).square().sum() for step in (1e-5, -1e-5)]
        wanted = (slope(x) * along).sum() + (ends[0] - ends[1]) / 2e-5
        return {"raised": "nothing", "off": float(((leaf.grad * along).sum() - wanted) / wanted.abs())}

    def verify(self, case, got, want):
        if got["raised"] == "nothing":
            expect(
                abs(got["off"]) < 1e-4,
                "backward went through without an error, and what it gave is not the gradient of loss + (g * g).sum(): off "
                f"by {abs(got['off']):.0%}. The term of the second derivative is missing",
            )
        else:
            expect(len(got["message"]) > 10, f"the RuntimeError says {got['message']!r}; say what cannot be done")


class OtherReductions(Check):
    """A reduction other than 'mean' and 'sum' raises ValueError."""

    calls = f"{CALL} with reduction='none'"

    def cases(self, draw: Draw):
        for reduction in ("none", "batchmean"):
            yield case(reduction, **problem(draw, 3, 4, 5), reduction=reduction)

    def probe(self, solution, x, w, target, b, reduction):
        return kind_raised(ValueError, solution.linear_cross_entropy, x, w, target, b, reduction=reduction)


class LargeVocabulary(Workload):
    """N = 1,024, D = 256, V = 16,384, forward and backward: the logits would have 64 MiB."""

    calls = "linear_cross_entropy(x (1024, 256), w (16384, 256), target, b), then backward"
    tolerance = Tolerance(relative=1e-2, absolute=1e-3)

    def cases(self, draw: Draw, n: int = 1024, v: int = 16384):
        yield problem(draw, n, 256, v)

    def warm_up(self, draw: Draw):
        return next(iter(self.cases(draw, n=3, v=64)))

    def probe(self, solution, x, w, target, b):
        x, w, b = (each.detach().requires_grad_() for each in (x, w, b))
        solution.linear_cross_entropy(x, w, target, b).backward()
        return x.grad


class KeptForBackward(Workload):
    """The same sizes, forward only."""

    calls = "linear_cross_entropy(x (1024, 256), w (16384, 256), target, b)"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw, n: int = 1024, v: int = 16384):
        yield problem(draw, n, 256, v)

    def warm_up(self, draw: Draw):
        return next(iter(self.cases(draw, n=3, v=64)))

    def probe(self, solution, x, w, target, b):
        return solution.linear_cross_entropy(x, w, target, b)


class Work(Workload):
    """256 rows, 64 features, 2,048 classes: the multiplications of forward and backward."""

    calls = "linear_cross_entropy(x (256, 64), w (2048, 64), target, b), then backward"
    tolerance = Tolerance(relative=1e-2, absolute=1e-3)

    def cases(self, draw: Draw, n: int = 256, v: int = 2048):
        yield problem(draw, n, 64, v)

    def probe(self, solution, x, w, target, b):
        x, w, b = (each.detach().requires_grad_() for each in (x, w, b))
        solution.linear_cross_entropy(x, w, target, b).backward()
        return x.grad


class Time(Work):
    """1,024 rows, 64 features, 2,048 classes: the time of forward and backward."""

    calls = "linear_cross_entropy(x (1024, 64), w (2048, 64), target, b), then backward"

    def cases(self, draw: Draw, n: int = 1024, v: int = 2048):
        yield problem(draw, n, 64, v)

    def warm_up(self, draw: Draw):
        return next(iter(self.cases(draw, n=3, v=64)))
