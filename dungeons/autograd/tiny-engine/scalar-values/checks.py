"""Hidden checks of autograd/tiny-engine/scalar-values."""

import torch

from leveling.checks import Check, Draw, Workload, case, expect

EXPRESSIONS = 50
DOUBLINGS = 60
DEPTH = 10_000

# written with operators and methods that Value and torch's tensors share
UNARY = {
    "-v": lambda v: -v,
    "v.tanh()": lambda v: v.tanh(),
    "v.relu()": lambda v: v.relu(),
    "v.tanh().exp()": lambda v: v.tanh().exp(),
    "v ** 2": lambda v: v**2,
    "v ** 3": lambda v: v**3,
    "(v * v + 1) ** -1.5": lambda v: (v * v + 1) ** -1.5,
    "2 - v": lambda v: 2 - v,
    "0.5 + v": lambda v: 0.5 + v,
    "3 * v": lambda v: 3 * v,
    "1 / (v * v + 2)": lambda v: 1 / (v * v + 2),
    "v - 4": lambda v: v - 4,
    "v / 3": lambda v: v / 3,
}
BINARY = {
    "v + w": lambda v, w: v + w,
    "v - w": lambda v, w: v - w,
    "v * w": lambda v, w: v * w,
    "v / (w ** 2 + 1)": lambda v, w: v / (w**2 + 1),
}
SINGLE = {
    "a + b": lambda a, b: a + b,
    "a * b": lambda a, b: a * b,
    "-a": lambda a, b: -a,
    "a - b": lambda a, b: a - b,
    "a / b": lambda a, b: a / b,
    "a ** 3": lambda a, b: a**3,
    "a ** -2": lambda a, b: a**-2,
    "a.exp()": lambda a, b: a.exp(),
    "a.tanh()": lambda a, b: a.tanh(),
    "a.relu()": lambda a, b: a.relu(),
}
PLAIN = {
    "a + 3": lambda a: a + 3,
    "3 + a": lambda a: 3 + a,
    "a - 3": lambda a: a - 3,
    "2 - a": lambda a: 2 - a,
    "a * 3": lambda a: a * 3,
    "3 * a": lambda a: 3 * a,
    "a / 4": lambda a: a / 4,
    "1 / a": lambda a: 1 / a,
    "3 / a": lambda a: 3 / a,
    "sum([a])": lambda a: sum([a]),
}


def square_plus(t):
    """t twice in one operation and once in the next."""
    return t * t + t


def three_ways(t):
    """Ways of three lengths from the result to t."""
    return t.exp() * (t * 2).tanh() + t


def short_and_long(t, b):
    """t is met first as the second operand of the result, and again further back."""
    return (t.exp() + b) * t


SHARED = {
    "a * a": lambda a, b: a * a,
    "sum([a, a, b])": lambda a, b: sum([a, a, b]),
    "a - a * b": lambda a, b: a - a * b,
    "a / a": lambda a, b: a / a,
    "t = a * b; t * t + t": lambda a, b: square_plus(a * b),
    "t = a + b; t.exp() * (t * 2).tanh() + t": lambda a, b: three_ways(a + b),
    "t = a * b; (t.exp() + b) * t": lambda a, b: short_and_long(a * b, b),
}
FLAT = {
    "(v * 5).relu() at 0": lambda v: (v * 5).relu(),
    "v.relu() + v ** 0 at 0": lambda v: v.relu() + v**0,
    "v ** 1 at 0": lambda v: v**1,
    "v ** 2 at 0": lambda v: v**2,
}


def evaluate(leaves, program):
    """The last value of a program of [operation, first operand, second operand], operands by position."""
    values = list(leaves)
    for operation, first, second in program:
        if operation in UNARY:
            values.append(UNARY[operation](values[first]))
        else:
            values.append(BINARY[operation](values[first], values[second]))
    return values[-1] * values[-2]


def by_torch(function, *leaves):
    """A function's value and its derivatives by the leaves, in float64."""
    made = [torch.tensor(leaf, dtype=torch.float64, requires_grad=True) for leaf in leaves]
    result = function(*made)
    found = torch.autograd.grad(result, made, allow_unused=True)
    return result.item(), [0.0 if each is None else each.item() for each in found]


def by_value(solution, function, *leaves):
    """The same on the solution's Value."""
    made = [solution.Value(leaf) for leaf in leaves]
    result = function(*made)
    result.backward()
    return result.data, [leaf.grad for leaf in made]


def near(got, want, scale=0.0):
    """Equal up to some millions of roundings of float64."""
    return isinstance(got, float | int) and abs(got - want) <= 1e-9 * (1 + abs(want) + scale)


def compared(got, want, what):
    """Demand value and derivatives, each a float."""
    value, slopes = got
    expect(near(value, want[0]), f"{what} has data {value!r}, expected {want[0]:.10g}")
    most = max(map(abs, want[1]))
    for name, mine, theirs in zip("abcd", slopes, want[1], strict=False):
        expect(near(mine, theirs, most), f"{what}: the grad of {name} is {mine!r}, expected {theirs:.10g}")


class SingleOperations(Check):
    """Each operation gives torch's number, and backward() torch's derivatives."""

    calls = "result.backward()"
    compare = False

    def cases(self, draw: Draw):
        for name in SINGLE:
            yield case(name, name=name, a=draw.number(0.4, 1.6), b=draw.number(-1.6, -0.4))
        for name in ("a ** 3", "a.relu()", "a.tanh()"):
            yield case(f"{name}, a negative", name=name, a=draw.number(-1.6, -0.4), b=1.0)

    def probe(self, solution, name, a, b):
        return by_value(solution, SINGLE[name], a, b)

    def verify(self, case, got, want):
        right = by_torch(SINGLE[case["name"]], case["a"], case["b"])
        compared(got, right, f"{case['name']} at a = {case['a']:.4f}, b = {case['b']:.4f}")


class PlainNumbersOnBothSides(Check):
    """A plain number may stand on either side: 2 - v and 1 / v too."""

    calls = "result.backward()"
    compare = False

    def cases(self, draw: Draw):
        for name in PLAIN:
            yield case(name, name=name, a=draw.number(0.4, 1.6))

    def probe(self, solution, name, a):
        return by_value(solution, PLAIN[name], a)

    def verify(self, case, got, want):
        compared(got, by_torch(PLAIN[case["name"]], case["a"]), f"{case['name']} at a = {case['a']:.4f}")


class UsedManyTimes(Check):
    """A value that is used in several places gets the sum of what comes back from each."""

    calls = "result.backward()"
    compare = False

    def cases(self, draw: Draw):
        for name in SHARED:
            yield case(name, name=name, a=draw.number(0.4, 1.6), b=draw.number(-1.6, -0.4))

    def probe(self, solution, name, a, b):
        return by_value(solution, SHARED[name], a, b)

    def verify(self, case, got, want):
        right = by_torch(SHARED[case["name"]], case["a"], case["b"])
        compared(got, right, f"{case['name']} at a = {case['a']:.4f}, b = {case['b']:.4f}")


class FlatPlaces(Check):
    """relu has slope 0 at 0, v ** 0 slope 0 and v ** 1 slope 1 everywhere, 0 included."""

    calls = "result.backward()"
    compare = False

    def cases(self, draw: Draw):
        for name in FLAT:
            yield case(name, name=name)

    def probe(self, solution, name):
        return by_value(solution, FLAT[name], 0)

    def verify(self, case, got, want):
        compared(got, by_torch(FLAT[case["name"]], 0.0), case["name"])


class FiftyExpressions(Check):
    """The derivatives of 50 random expressions equal torch's in float64."""

    calls = "result.backward()"
    compare = False

    def cases(self, draw: Draw):
        leaves, programs = [], []
        while len(programs) < EXPRESSIONS:
            start = [draw.number(-1.5, 1.5) for _ in range(4)]
            program = []
            for place in range(4, 4 + draw.integer(4, 12)):
                operation = draw.choice(list(UNARY) if draw.number() < 0.4 else list(BINARY))
                program.append([operation, draw.integer(0, place - 1), draw.integer(max(0, place - 3), place - 1)])
            value, slopes = by_torch(lambda *each, program=program: evaluate(each, program), *start)
            if max(abs(value), *map(abs, slopes)) < 1e4:  # otherwise its roundings are no longer small
                leaves.append(start)
                programs.append(program)
        yield dict(leaves=leaves, programs=programs)

    def probe(self, solution, leaves, programs):
        return [
            by_value(solution, lambda *each, program=program: evaluate(each, program), *start)
            for start, program in zip(leaves, programs, strict=True)
        ]

    def verify(self, case, got, want):
        for start, program, mine in zip(case["leaves"], case["programs"], got, strict=True):
            right = by_torch(lambda *each, program=program: evaluate(each, program), *start)
            letters = ["a", "b", "c", "d", *(f"t{place}" for place in range(len(program)))]
            lines = [
                f"{letters[4 + place]} = {operation.replace('v', letters[first]).replace('w', letters[second])}"
                for place, (operation, first, second) in enumerate(program)
            ]
            at = ", ".join(f"{name} = {value:.6f}" for name, value in zip("abcd", start, strict=True))
            compared(mine, right, f"{'; '.join(lines)}; {letters[-1]} * {letters[-2]} at {at}")


class BackwardTwice(Check):
    """A second backward() adds the same gradients once more, for leaves and for results on the way."""

    calls = "root.backward(), twice"

    def cases(self, draw: Draw):
        yield dict(a=draw.number(0.4, 1.6), b=draw.number(-1.6, -0.4))

    def probe(self, solution, a, b):
        a, b = solution.Value(a), solution.Value(b)
        middle = (a * b).tanh()
        root = middle * middle + a
        found = {}
        for time in ("first", "second", "third"):
            root.backward()
            found[f"after the {time} backward"] = {
                "a.grad": a.grad,
                "b.grad": b.grad,
                "middle.grad": middle.grad,
                "root.grad": root.grad,
            }
        return found


class TwoRoots(Check):
    """backward() of two roots that share a result adds both derivatives."""

    calls = "first.backward(), then second.backward()"

    def cases(self, draw: Draw):
        yield dict(a=draw.number(0.4, 1.6), b=draw.number(-1.6, -0.4))

    def probe(self, solution, a, b):
        a, b = solution.Value(a), solution.Value(b)
        shared = a * b
        first, second = shared.exp() + b, shared * 3 + first_of(a)
        first.backward()
        second.backward()
        return {"a.grad": a.grad, "b.grad": b.grad, "shared.grad": shared.grad, "first.grad": first.grad}


def first_of(value):
    """A branch of its own."""
    return value**2


class ZeroGradResets(Check):
    """zero_grad() sets grad to 0 for the value and all behind it; backward() then starts from nothing."""

    calls = "root.zero_grad()"

    def cases(self, draw: Draw):
        yield dict(a=draw.number(0.4, 1.6), b=draw.number(-1.6, -0.4))

    def probe(self, solution, a, b):
        a, b = solution.Value(a), solution.Value(b)
        middle = a * b
        root = middle.exp() + middle
        before = root.grad
        root.backward()
        other = a * 2
        other.backward()
        root.zero_grad()
        cleared = [each.grad for each in (a, b, middle, root, other)]
        root.backward()
        return {
            "grad before any backward": before,
            "a, b, middle, root and a value that is not behind root, after zero_grad": cleared,
            "after another backward": [a.grad, b.grad, middle.grad, root.grad],
        }


class SixtyDoublings(Check):
    """Sixty doublings, v = v + v, are done at once: 61 values, though 2**60 paths."""

    calls = "root.backward() and root.zero_grad() after sixty doublings"
    seconds = 3.0

    def cases(self, draw: Draw):
        yield dict(start=draw.number(0.4, 1.6))

    def probe(self, solution, start):
        leaf = solution.Value(start)
        root = leaf
        for _ in range(DOUBLINGS):
            root = root + root
        root.backward()
        found = leaf.grad
        root.zero_grad()
        return {"grad of the leaf": found, "after zero_grad": leaf.grad}


def chain(leaf, depth):
    """The leaf added `depth` times, one operation upon another."""
    root = leaf
    for _ in range(depth):
        root = root + leaf
    return root


class LongChain(Check):
    """A chain of 10,000 operations does not run out of stack."""

    calls = "root.backward() after 10,000 additions"
    seconds = 20.0

    def cases(self, draw: Draw):
        yield dict(start=draw.number(0.4, 1.6))

    def probe(self, solution, start):
        leaf = solution.Value(start)
        root = chain(leaf, DEPTH)
        root.backward()
        return {"data": root.data, "grad of the leaf": leaf.grad}


class ManyOperations(Workload):
    """A chain of 10,000 operations, built and gone through once."""

    calls = "10,000 additions and root.backward()"

    def cases(self, draw: Draw):
        yield dict(start=draw.number(0.4, 1.6), depth=DEPTH)

    def warm_up(self, draw: Draw):
        return dict(start=1.0, depth=100)

    def probe(self, solution, start, depth):
        leaf = solution.Value(start)
        chain(leaf, depth).backward()
        return leaf.grad
