"""Hidden checks of autograd/tiny-engine/array-values."""

import torch

from leveling.checks import Check, Draw, Workload, case, cotangent, expect, kind_raised

ROUNDS = 8

# written with operators and methods that Array and torch's tensors share
ELEMENTWISE = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
}
FUNCTIONS = {
    "-a": lambda a: -a,
    "a.exp()": lambda a: a.exp(),
    "a.tanh()": lambda a: a.tanh(),
    "a.relu()": lambda a: a.relu(),
}
PLAIN = {
    "a + 2": lambda a, t: a + 2,
    "2 + a": lambda a, t: 2 + a,
    "a - 2": lambda a, t: a - 2,
    "2 - a": lambda a, t: 2 - a,
    "a * 3": lambda a, t: a * 3,
    "3 * a": lambda a, t: 3 * a,
    "a / 4": lambda a, t: a / 4,
    "1 / a": lambda a, t: 1 / a,
    "a + tensor": lambda a, t: a + t,
    "tensor - a": lambda a, t: t - a,
    "a * tensor": lambda a, t: a * t,
    "tensor / a": lambda a, t: t / a,
}
REDUCTIONS = {
    "a.sum()": lambda a: a.sum(),
    "a.sum(0)": lambda a: a.sum(0),
    "a.sum(-1)": lambda a: a.sum(-1),
    "a.sum(1, keepdim=True)": lambda a: a.sum(1, keepdim=True),
    "a.mean()": lambda a: a.mean(),
    "a.mean(0)": lambda a: a.mean(0),
    "a.mean(1, keepdim=True)": lambda a: a.mean(1, keepdim=True),
}
SHAPING = {
    "a.reshape(-1)": lambda a: a.reshape(-1),
    "a.reshape(4, 6)": lambda a: a.reshape(4, 6),
    "a.transpose(0, 1)": lambda a: a.transpose(0, 1),
    "a.transpose(0, 2)": lambda a: a.transpose(0, 2),
    "a.transpose(-1, 0).reshape(6, 4)": lambda a: a.transpose(-1, 0).reshape(6, 4),
}
INDICES = {
    "a[1]": lambda a, rows: a[1],
    "a[-1, 2]": lambda a, rows: a[-1, 2],
    "a[1:4]": lambda a, rows: a[1:4],
    "a[:, ::2]": lambda a, rows: a[:, ::2],
    "a[..., None, 1]": lambda a, rows: a[..., None, 1],
    "a[rows]": lambda a, rows: a[rows],
    "a[rows, rows % 3]": lambda a, rows: a[rows, rows % 3],
    "a[torch.arange(3)[:, None], rows[:3] % 3]": lambda a, rows: a[torch.arange(3)[:, None], rows[:3] % 3],
    "a[rows > 1]": lambda a, rows: a[rows[:5] > 1],
    "a[no rows]": lambda a, rows: a[rows[:0]],
}


def answered(solution, function, *tensors, constants=()):
    """A result and the gradients of the Arrays behind it, along a fixed direction."""
    with torch.inference_mode():  # torch keeps no record here, whoever asks it to
        arrays = [solution.Array(each) for each in tensors]
        result = function(*arrays, *constants)
        (result * cotangent(result.data)).sum().backward()
    return {"data": result.data} | {f"{name}.grad": each.grad for name, each in zip("abcd", arrays, strict=False)}


class AddsTwoArrays(Check):
    """a + b of equal shapes: .data is the sum, and backward() of a sum fills .grad."""

    calls = "((a + b) * weights).sum().backward()"

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(3, 4), b=draw.normal(3, 4))

    def probe(self, solution, a, b):
        return answered(solution, ELEMENTWISE["a + b"], a, b)


class Broadcasting(Check):
    """+ - * / broadcast, and each gradient comes back in its operand's own shape."""

    calls = "(result * weights).sum().backward()"

    def cases(self, draw: Draw):
        shapes = [
            ((3, 4), (4,)),
            ((3, 1), (1, 5)),
            ((2, 3, 4), (3, 1)),
            ((), (3,)),
            ((1,), (2, 1)),
            ((2, 0), (1,)),
            ((0, 1), (3,)),
        ]
        for place, (first, second) in enumerate(shapes):
            for name in ELEMENTWISE if place == 0 else (draw.choice(["a - b", "a / b"]), "a * b"):
                b = draw.uniform(*second, low=0.5, high=1.5)
                yield case(f"{name}, shapes {first} and {second}", name=name, a=draw.normal(*first), b=b)

    def probe(self, solution, name, a, b):
        return answered(solution, ELEMENTWISE[name], a, b)


class PlainOperands(Check):
    """Numbers and plain tensors are constants, on either side of an operator."""

    calls = "(result * weights).sum().backward()"

    def cases(self, draw: Draw):
        for name in PLAIN:
            yield case(name, name=name, a=draw.uniform(3, 3, low=0.5, high=1.5), tensor=draw.normal(3, 3))

    def probe(self, solution, name, a, tensor):
        return answered(solution, PLAIN[name], a, constants=(tensor,))


class Functions(Check):
    """-a, exp, tanh and relu; relu is flat at 0."""

    calls = "(result * weights).sum().backward()"

    def cases(self, draw: Draw):
        for name in FUNCTIONS:
            a = draw.normal(3, 5)
            a[1, 2] = 0.0
            yield case(name, name=name, a=a)
            yield case(f"{name}, no element", name=name, a=draw.normal(0, 3))

    def probe(self, solution, name, a):
        return answered(solution, FUNCTIONS[name], a)


class MatrixProducts(Check):
    """a @ b for matrices and stacks of matrices, whose leading dimensions broadcast."""

    calls = "((a @ b) * weights).sum().backward()"

    def cases(self, draw: Draw):
        for first, second in (
            ((3, 4), (4, 5)),
            ((2, 3, 4), (2, 4, 5)),
            ((2, 3, 4), (4, 5)),
            ((3, 4), (2, 4, 5)),
            ((2, 1, 3, 4), (3, 4, 2)),
            ((1, 4), (4, 1)),
            ((0, 4), (4, 5)),
            ((3, 0), (0, 5)),
        ):
            yield case(f"shapes {first} and {second}", a=draw.normal(*first), b=draw.normal(*second))
        for plain in ("left", "right"):
            yield case(f"a plain tensor on the {plain}", a=draw.normal(2, 3), b=draw.normal(3, 5), plain=plain)

    def probe(self, solution, a, b, plain=""):
        if plain == "left":
            return answered(solution, lambda b, a: a @ b, b, constants=(a,))
        if plain == "right":
            return answered(solution, lambda a, b: a @ b, a, constants=(b,))
        return answered(solution, lambda a, b: a @ b, a, b)


class Reductions(Check):
    """sum and mean, of all or along one dimension, with and without keepdim."""

    calls = "(result * weights).sum().backward()"

    def cases(self, draw: Draw):
        for name in REDUCTIONS:
            yield case(name, name=name, a=draw.normal(3, 4))
        for name in ("a.sum()", "a.sum(0)", "a.sum(1, keepdim=True)", "a.mean(1, keepdim=True)"):
            yield case(f"{name}, no rows", name=name, a=draw.normal(0, 4))
        for name in ("a.sum(-1)", "a.mean(0)"):
            yield case(f"{name}, rank 3", name=name, a=draw.normal(2, 3, 5))

    def probe(self, solution, name, a):
        return answered(solution, REDUCTIONS[name], a)


class Shaping(Check):
    """reshape and transpose, and one behind the other."""

    calls = "(result * weights).sum().backward()"

    def cases(self, draw: Draw):
        for name in SHAPING:
            yield case(name, name=name, a=draw.normal(2, 3, 4))

    def probe(self, solution, name, a):
        return answered(solution, SHAPING[name], a)


class Indexing(Check):
    """a[index] for whatever index a tensor takes; a row that is taken twice gets both gradients."""

    calls = "(a[index] * weights).sum().backward()"

    def cases(self, draw: Draw):
        for name in INDICES:
            rows = torch.tensor([0, 3, 3, 1, 3, 0])[draw.permutation(6)]
            yield case(name, name=name, a=draw.normal(5, 3), rows=rows)

    def probe(self, solution, name, a, rows):
        return answered(solution, INDICES[name], a, constants=(rows,))


class LogSoftmax(Check):
    """log_softmax(dim) and its gradient, for any dim and for logits of 10,000."""

    calls = "(a.log_softmax(dim) * weights).sum().backward()"

    def cases(self, draw: Draw):
        for label, shape, dim in (
            ("the last of two", (3, 5), -1),
            ("the first of two", (3, 5), 0),
            ("the middle", (2, 4, 3), 1),
        ):
            yield case(f"dim {dim}, {label}", a=draw.normal(*shape, std=2.0), dim=dim)
        yield case("one class", a=draw.normal(4, 1), dim=1)
        yield case("no rows", a=draw.normal(0, 3), dim=1)
        for top in (1e4, -1e4):
            yield case(f"logits about {top:.0f}", a=draw.normal(4, 5, mean=top, std=3.0), dim=1)
        far = draw.normal(4, 5)
        far[:, 2] += 1e4
        yield case("one logit of 10,000", a=far, dim=1)

    def probe(self, solution, a, dim):
        return answered(solution, lambda a: a.log_softmax(dim), a)


class UsedInManyPlaces(Check):
    """Gradients of one Array from several places add up, and no gradient is changed while another still needs it."""

    calls = "root.backward()"

    def cases(self, draw: Draw):
        for kind in ("twice in one operation", "a sum and its parts", "a result in three places"):
            yield case(kind, kind=kind, a=draw.normal(3, 4), b=draw.normal(3, 4))

    def probe(self, solution, kind, a, b):
        functions = {
            "twice in one operation": lambda a, b: a * a - a / (b * b + 1) + a,
            # the sum hands one and the same gradient to a and to b
            "a sum and its parts": lambda a, b: (a + b) + a.tanh() + (a + b) * b,
            "a result in three places": three_places,
        }
        return answered(solution, functions[kind], a, b)


def three_places(a, b):
    """`hidden` is met first through the shortest of three ways."""
    hidden = (a * b).tanh()
    return hidden + (hidden * hidden).exp() + hidden.sum(1, keepdim=True)


class LeavesKeepGradients(Check):
    """grad is None at first and for results; a second backward() adds to it; an Array that took no part keeps None."""

    calls = "root.backward()"

    def cases(self, draw: Draw):
        yield dict(a=draw.normal(3, 4), b=draw.normal(3, 4), weights=draw.normal(3, 4))

    def probe(self, solution, a, b, weights):
        a, b, bystander = solution.Array(a), solution.Array(b), solution.Array(b.clone())
        before = a.grad is None
        middle = a + b  # one gradient for both
        root = (middle * weights).sum()
        root.backward()
        once = {"a.grad": a.grad.clone(), "b.grad": b.grad.clone()}
        root.backward()
        return {
            "grad is None before": before,
            "grad of results is None": middle.grad is None and root.grad is None,
            "grad of a bystander is None": bystander.grad is None,
            "after one backward": once,
            "after two": {"a.grad": a.grad, "b.grad": b.grad},
        }


class StartsFromOneNumber(Check):
    """backward() of an Array with more than one element, or none, raises ValueError; shape (1, 1) is one number."""

    calls = "array.backward()"
    battery = False

    def cases(self, draw: Draw):
        for shape in ((3,), (0,), (1, 1), ()):
            yield case(f"shape {shape}", a=draw.normal(*shape))

    def probe(self, solution, a):
        a = solution.Array(a)
        result = a * a
        found = kind_raised(ValueError, result.backward)
        return {"raised": found, "a.grad": a.grad}


def network(x, w1, b1, w2, rows):
    """Two layers with an embedding-like lookup and a loss; works on Arrays and on torch's tensors."""
    hidden = (x[rows] @ w1 + b1).tanh()
    centred = hidden - hidden.mean(1, keepdim=True)
    scores = (centred.relu() @ w2.transpose(0, 1)).log_softmax(1)
    return (scores * scores.exp()).sum() / 3 - (centred / (1 + hidden.exp())).reshape(-1).mean()


class AgreesWithTorch(Check):
    """The gradients of a small network equal torch.autograd's in float64, at sizes 1 to 5."""

    calls = "root.backward()"
    compare = False
    battery = False

    def cases(self, draw: Draw):
        for _ in range(ROUNDS):
            n, inside, hidden, out, count = (draw.integer(1, 5) for _ in range(5))
            values = [
                draw.normal(*shape, dtype=torch.float64)
                for shape in ((n, inside), (inside, hidden), (hidden,), (out, hidden))
            ]
            yield case(f"sizes {n}, {inside}, {hidden}, {out}", leaves=values, rows=draw.integers(0, n, count))

    def probe(self, solution, leaves, rows):
        arrays = [solution.Array(each) for each in leaves]
        root = network(*arrays, rows)
        root.backward()
        return [root.data, *(each.grad for each in arrays)]

    def verify(self, case, got, want):
        leaves = [each.clone().requires_grad_() for each in case["leaves"]]
        root = network(*leaves, case["rows"])
        right = [root.detach(), *torch.autograd.grad(root, leaves)]
        for name, mine, theirs in zip(("the loss", "x.grad", "w1.grad", "b1.grad", "w2.grad"), got, right, strict=True):
            same = mine is not None and mine.shape == theirs.shape and mine.dtype == theirs.dtype
            expect(same, f"{name} is {described(mine)}, torch's {described(theirs)}")
            off = float((mine - theirs).abs().max())
            expect(off <= 1e-10 * (1 + float(theirs.abs().max())), f"{name} differs from torch's by up to {off:.2g}")


def described(value):
    """Shape and dtype in words."""
    return "None" if value is None else f"of shape {tuple(value.shape)} and {value.dtype}"


def worked(x, w, rows, layers):
    """1 + 3 * layers + 2 operations."""
    hidden = x[rows]
    for _ in range(layers):
        hidden = (hidden @ w).tanh() + w[0]
    return (hidden * hidden).sum()


class SixOpsANode(Workload):
    """A graph of 27 operations: at most 6 dispatched ops for each, forward and backward together."""

    calls = "a network of 27 operations and its backward()"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(50, 8), w=draw.normal(8, 8, std=0.3), rows=draw.integers(0, 50, 40), layers=6)

    def probe(self, solution, x, w, rows, layers):
        x, w = solution.Array(x), solution.Array(w)
        worked(x, w, rows, layers).backward()
        return [x.grad, w.grad]
