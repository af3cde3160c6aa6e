"""Hidden checks of tensors/trial-d. Every case is drawn from the seed: no two tries are alike."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients, shares_memory

NAN = float("nan")
FUNCTIONS = ("x^3 - 2x", "sin(3x)", "exp(-x^2)", "sigmoid(x)", "log(1 + x^2)", "x * tanh(x)")


def function(name):
    """The elementwise function that a name stands for."""
    return {
        "x^3 - 2x": lambda x: x**3 - 2 * x,
        "sin(3x)": lambda x: torch.sin(3 * x),
        "exp(-x^2)": lambda x: torch.exp(-(x**2)),
        "sigmoid(x)": torch.sigmoid,
        "log(1 + x^2)": lambda x: torch.log1p(x**2),
        "x * tanh(x)": lambda x: x * torch.tanh(x),
        "relu(x)": torch.relu,
    }[name]


def named_records(draw: Draw, count, keys, missing):
    """`count` records in which each key is missing with probability `missing`, in shuffled order and with extra keys."""
    records = []
    for _ in range(count):
        record = {"unused": 7.5}
        for key in draw.shuffled(keys):
            if draw.number() >= missing:
                # no 0: a 0 that is taken for missing is the matter of TabulatesGaps
                record[key] = draw.choice((draw.integer(1, 99), draw.number(-9.0, 9.0)))
        records.append(record)
    return records


def gaps(draw: Draw, n, d, **options):
    """Numbers (n, d), n >= 2, with a gap and a number in every column, and further gaps."""
    x = draw.normal(n, d, mean=3.0, std=2.0, **options)
    holes = draw.booleans(n, d, p=0.4)
    for column in range(d):
        first, second = draw.distinct(0, n - 1, 2)
        holes[first, column], holes[second, column] = True, False
    x[holes] = NAN
    return x


class Tabulates(Check):
    """tabulate puts every record's values under the asked keys, in the order of the keys, as float32."""

    part = "tabulate"
    calls = "tabulate(records, keys)"
    truth = False

    def cases(self, draw: Draw):
        keys = [draw.word() + str(place) for place in range(4)]
        yield case("all keys present", records=named_records(draw, 3, keys, 0.0), keys=keys)
        yield case(
            "keys in another order, some not asked for", records=named_records(draw, 4, keys, 0.0), keys=keys[2::-1]
        )
        yield case("one record, one key", records=named_records(draw, 1, keys, 0.0), keys=keys[:1])
        yield case("whole numbers only", records=[{"a": draw.integer(2, 9), "b": draw.integer(2, 9)}], keys=["b", "a"])

    def probe(self, solution, records, keys):
        return solution.tabulate(records, keys)


class TabulatesGaps(Check):
    """tabulate writes NaN where a record lacks a key, and a 0 that is there stays 0."""

    part = "tabulate"
    calls = "tabulate(records, keys)"
    truth = False

    def cases(self, draw: Draw):
        keys = [draw.word() + str(place) for place in range(3)]
        records = named_records(draw, 6, keys, 0.4)
        records[draw.integer(0, 5)] = {keys[0]: 0, keys[2]: 0.0}
        records[draw.integer(0, 4)].pop(keys[1], None)
        yield case("some missing", records=records, keys=keys)
        yield case("an empty record", records=[{}, {keys[1]: 2.5}], keys=keys)
        yield case("a key that nobody has", records=named_records(draw, 3, keys, 0.0), keys=[keys[1], "absent"])

    def probe(self, solution, records, keys):
        return solution.tabulate(records, keys)


class TabulatesNothing(Check):
    """tabulate of no records is (0, K), of no keys (N, 0)."""

    part = "tabulate"
    calls = "tabulate(records, keys)"
    truth = False

    def cases(self, draw: Draw):
        keys = [draw.word() + str(place) for place in range(draw.integer(2, 5))]
        yield case("no records", records=[], keys=keys)
        yield case("no keys", records=named_records(draw, draw.integer(2, 5), keys, 0.2), keys=[])

    def probe(self, solution, records, keys):
        return solution.tabulate(records, keys)


class Imputes(Check):
    """impute fills gaps with the mean of the entries that are there, column by column, and keeps those."""

    part = "impute"
    calls = "impute(x)"

    def cases(self, draw: Draw):
        yield case("N = D", x=gaps(draw, 4, 4))
        yield dict(x=gaps(draw, draw.integer(5, 9), 3))
        yield case("one column", x=gaps(draw, 6, 1))
        yield case("nothing missing", x=draw.normal(3, 4))
        yield case("float64", x=gaps(draw, 5, 3, dtype=torch.float64))
        yield case("transposed, not contiguous", x=gaps(draw, 5, 3).t().contiguous().t())

    def probe(self, solution, x):
        return solution.impute(x)


class ImputesEmptyColumns(Check):
    """impute gives 0 for a column without entries, and takes N = 1 and N = 0."""

    part = "impute"
    calls = "impute(x)"

    def cases(self, draw: Draw):
        x = gaps(draw, 5, 4)
        x[:, draw.integer(0, 3)] = NAN
        yield case("a column of NaN", x=x)
        yield case("all NaN", x=torch.full((draw.integer(2, 4), 3), NAN))
        one = draw.normal(1, 4)
        one[0, draw.integer(0, 3)] = NAN
        yield case("N = 1", x=one)
        yield case("N = 0", x=draw.normal(0, 3))

    def probe(self, solution, x):
        return solution.impute(x)


class ImputeGradients(Check):
    """The gradient through impute holds no NaN: an entry gets its own and its share of the gaps it fills."""

    part = "impute"
    calls = "impute(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=gaps(draw, 6, 3).requires_grad_())
        x = gaps(draw, 5, 3)
        x[:, draw.integer(0, 2)] = NAN
        yield case("a column of NaN", x=x.requires_grad_())

    def probe(self, solution, x):
        return gradients(solution.impute(x), x=x)


class PolynomialFeatures(Check):
    """polynomial_features is a 1, then all columns to the first power, then all to the second, and so on."""

    part = "polynomial_features"
    calls = "polynomial_features(x, degree)"

    def cases(self, draw: Draw):
        yield case("D = degree", x=draw.normal(4, 3, std=1.5), degree=3)
        yield dict(x=draw.normal(draw.integer(3, 6), 2, std=1.5), degree=4)
        yield case("degree 1", x=draw.normal(3, 4), degree=1)
        yield case("one column", x=draw.normal(5, 1), degree=3)
        yield case("float64", x=draw.normal(3, 2, dtype=torch.float64), degree=2)
        yield case("zeros", x=draw.normal(3, 2) * torch.tensor([1.0, 0.0]), degree=3)

    def probe(self, solution, x, degree):
        return solution.polynomial_features(x, degree)


class FeaturesOfNothing(Check):
    """polynomial_features of degree 0 is a column of ones; N = 0 and D = 0 work."""

    part = "polynomial_features"
    calls = "polynomial_features(x, degree)"

    def cases(self, draw: Draw):
        yield case("degree 0", x=draw.normal(draw.integer(2, 5), 3), degree=0)
        yield case("N = 0", x=draw.normal(0, 3), degree=2)
        yield case("D = 0", x=draw.normal(draw.integer(2, 5), 0), degree=2)
        yield case("degree 0 in float64", x=draw.normal(2, 3, dtype=torch.float64), degree=0)

    def probe(self, solution, x, degree):
        return solution.polynomial_features(x, degree)


class FeatureGradients(Check):
    """The gradient through polynomial_features matches, at x = 0 and below 0 too."""

    part = "polynomial_features"
    calls = "polynomial_features(x, degree), then backward"

    def cases(self, draw: Draw):
        x = draw.normal(4, 2)
        x[draw.integer(0, 3), 1] = 0
        yield dict(x=x.requires_grad_(), degree=3)

    def probe(self, solution, x, degree):
        return gradients(solution.polynomial_features(x, degree), x=x)


class WeightedMedian(Check):
    """weighted_median is the smallest entry at which half of the weight is reached, for x in any order."""

    part = "weighted_median"
    calls = "weighted_median(x, w)"

    def cases(self, draw: Draw):
        for n in (draw.integer(6, 9), draw.integer(20, 40)):
            yield case(f"N = {n}", x=draw.normal(n)[draw.permutation(n)], w=odd_weights(draw, n))
        heavy = odd_weights(draw, 7)
        heavy[draw.integer(0, 6)] += 1000
        yield case("one entry outweighs the rest", x=draw.normal(7), w=heavy)
        yield case("equal weights, N odd", x=draw.normal(7), w=torch.ones(7))
        yield case("one entry", x=draw.normal(1), w=draw.uniform(1, low=0.5))
        yield case("float64", x=draw.normal(9, dtype=torch.float64), w=odd_weights(draw, 9).double())

    def probe(self, solution, x, w):
        return solution.weighted_median(x, w)


def odd_weights(draw: Draw, n):
    """Whole-number weights with an odd sum: half of it is reached by no set of entries exactly, in any precision."""
    w = draw.integers(1, 9, n).float()
    w[0] += 1 - w.sum() % 2
    return w


class MedianOfTies(Check):
    """weighted_median takes the lower entry where half is reached exactly, and counts equal entries together."""

    part = "weighted_median"
    calls = "weighted_median(x, w)"

    def cases(self, draw: Draw):
        for n in (4, 8):
            yield case("equal weights, N even", x=draw.normal(n), w=torch.full((n,), 0.5))
        x = torch.tensor([3.0, 1.0, 2.0, 4.0]) * draw.number(0.5, 2.0)
        yield case("half of the weight on the two smallest", x=x, w=torch.tensor([2.0, 1.0, 3.0, 2.0]))
        values = draw.normal(3).sort().values
        places = torch.tensor([2, 0, 1, 1, 0, 1])[draw.permutation(6)]
        yield case("equal entries", x=values[places], w=torch.ones(6))

    def probe(self, solution, x, w):
        return solution.weighted_median(x, w)


class MedianWithZeroWeights(Check):
    """weighted_median passes over entries of weight 0, at the ends and in the middle."""

    part = "weighted_median"
    calls = "weighted_median(x, w)"

    def cases(self, draw: Draw):
        order = draw.permutation(6)
        x = draw.normal(6).sort().values
        for label, w in (
            ("the smallest weigh nothing", [0.0, 0.0, 1.0, 2.0, 2.0, 2.0]),
            ("the largest weigh nothing", [3.0, 2.0, 2.0, 0.0, 0.0, 0.0]),
            ("half is reached exactly, then zeros", [1.0, 2.0, 0.0, 0.0, 2.0, 1.0]),
            ("one entry has all the weight", [0.0, 0.0, 0.0, 0.0, 2.5, 0.0]),
        ):
            yield case(label, x=x[order], w=torch.tensor(w)[order])

    def probe(self, solution, x, w):
        return solution.weighted_median(x, w)


class Slopes(Check):
    """slope is f'(x) at every entry, in x's shape, for 0-d and empty x too."""

    part = "slope"
    calls = "slope(f, x)"

    def cases(self, draw: Draw):
        for shape in ((3, 4), (5,), (), (2, 3, 2), (0, 3)):
            name = draw.choice(FUNCTIONS)
            yield case(f"f(x) = {name}, x of shape {shape}", name=name, x=draw.normal(*shape))
        yield case("f(x) = relu(x)", name="relu(x)", x=draw.normal(6))
        yield case("float64", name=draw.choice(FUNCTIONS), x=draw.normal(3, dtype=torch.float64))

    def probe(self, solution, name, x):
        return solution.slope(function(name), x).detach()


class SlopesWithAndWithoutGradients(Check):
    """slope works where x requires grad, where x is the result of a computation, and under torch.no_grad."""

    part = "slope"
    calls = "slope(f, x)"

    def cases(self, draw: Draw):
        for kind in ("x requires grad", "x is a result", "under no_grad", "x requires grad, under no_grad"):
            name = draw.choice(FUNCTIONS)
            yield case(f"{kind}, f(x) = {name}", name=name, x=draw.normal(4), kind=kind)

    def probe(self, solution, name, x, kind):
        x = x.requires_grad_("requires grad" in kind or "result" in kind)
        x = x * 2 if "result" in kind else x
        with torch.set_grad_enabled("no_grad" not in kind):
            return solution.slope(function(name), x).detach()


class LeavesNoTrace(Check):
    """slope changes neither x.grad nor x.requires_grad nor the gradients of what f itself holds, and grad mode stays."""

    part = "slope"
    calls = "slope(f, x)"

    def cases(self, draw: Draw):
        for label, wanted in (("x requires grad", True), ("x does not require grad", False)):
            yield case(label, x=draw.normal(4), weight=draw.uniform(1, low=0.5), wanted=wanted)

    def probe(self, solution, x, weight, wanted):
        x, weight = x.requires_grad_(wanted), weight.requires_grad_()
        with torch.set_grad_enabled(wanted):
            slopes = solution.slope(lambda t: weight * t**2, x)
            mode = torch.is_grad_enabled()
        return {
            "slopes": slopes.detach(),
            "x.grad": x.grad,
            "x.requires_grad": x.requires_grad,
            "gradient of f's own weight": weight.grad,
            "grad mode afterwards": mode,
        }


class TopLeftBlocks(Check):
    """top_left_blocks keeps the leading sizes[b] rows and columns of each matrix and zeroes the rest."""

    part = "top_left_blocks"
    calls = "top_left_blocks(x, sizes)"

    def cases(self, draw: Draw):
        yield case("B = N", x=draw.normal(4, 4, 4, mean=2.0), sizes=torch.tensor([1, 3, 2, 3])[draw.permutation(4)])
        yield dict(x=draw.normal(3, 6, 6, mean=2.0), sizes=torch.tensor(draw.distinct(1, 5, 3)))
        yield case("int32 sizes", x=draw.normal(2, 5, 5), sizes=draw.integers(1, 5, 2, dtype=torch.int32))
        yield case("integers", x=draw.integers(1, 99, 3, 4, 4), sizes=draw.integers(1, 4, 3))
        yield case("transposed, not contiguous", x=draw.normal(3, 5, 5).transpose(1, 2), sizes=draw.integers(1, 5, 3))

    def probe(self, solution, x, sizes):
        return solution.top_left_blocks(x, sizes)


class BlocksOfNothingAndAll(Check):
    """top_left_blocks accepts size 0 and size N, B = 0, N = 1 and N = 0."""

    part = "top_left_blocks"
    calls = "top_left_blocks(x, sizes)"

    def cases(self, draw: Draw):
        n = draw.integer(3, 6)
        yield case(
            "sizes 0 and N", x=draw.normal(3, n, n, mean=2.0), sizes=torch.tensor([0, n, n - 1])[draw.permutation(3)]
        )
        yield case("N = 1", x=draw.normal(2, 1, 1, mean=2.0), sizes=torch.tensor([0, 1]))
        yield case("no matrices", x=draw.normal(0, n, n), sizes=torch.zeros(0, dtype=torch.int64))
        yield case("N = 0", x=draw.normal(2, 0, 0), sizes=torch.zeros(2, dtype=torch.int64))

    def probe(self, solution, x, sizes):
        return solution.top_left_blocks(x, sizes)


class BlocksAreCopies(Check):
    """top_left_blocks leaves x alone, returns memory of its own, erases NaN and infinity outside, and passes gradients."""

    part = "top_left_blocks"
    calls = "top_left_blocks(x, sizes)"

    def cases(self, draw: Draw):
        sizes = torch.tensor([1, 3, 4])[draw.permutation(3)]
        yield case("all finite", x=draw.normal(3, 4, 4).requires_grad_(), sizes=sizes)
        yield case("nothing to zero", x=draw.normal(2, 4, 4).requires_grad_(), sizes=torch.tensor([4, 4]))
        x = draw.normal(3, 4, 4)
        x[sizes == 1, 2, 0], x[sizes == 3, 1, 3] = NAN, float("inf")
        yield case("NaN and inf outside", x=x.requires_grad_(), sizes=sizes)

    def probe(self, solution, x, sizes):
        out = solution.top_left_blocks(x, sizes)
        return {"blocks": out.detach(), "shares memory with x": shares_memory(out, x), **gradients(out, x=x)}


class AtSize(Workload):
    """Each function but tabulate at sizes at which a loop shows."""

    calls = "each function at size"

    def cases(self, draw: Draw):
        for name, arguments in (
            ("impute", [gaps(draw, 60, 50)]),
            ("polynomial_features", [draw.normal(60, 40), 3]),
            ("weighted_median", [draw.normal(101), odd_weights(draw, 101)]),
            ("slope", ["sigmoid(x)", draw.normal(60)]),
            ("top_left_blocks", [draw.normal(50, 20, 20), draw.integers(0, 21, 50)]),
        ):
            yield case(name, name=name, arguments=arguments)

    def probe(self, solution, name, arguments):
        if name == "slope":
            return solution.slope(function(arguments[0]), arguments[1]).detach()
        return getattr(solution, name)(*arguments)
