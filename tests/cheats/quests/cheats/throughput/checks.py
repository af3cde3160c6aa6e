"""The quest against which every cheat is tried: softmax over the rows of a matrix."""

from leveling.checks import Check, Draw, Workload


class MatchesTheFormula(Check):
    """Equals exp(x) / sum of exp(x) over every row."""

    calls = "softmax(x)"

    def cases(self, draw: Draw):
        for rows, columns in [(3, 5), (1, 7), (11, 2), (2, 257)]:
            yield dict(x=draw.normal(rows, columns, std=2))

    def probe(self, solution, x):
        return solution.softmax(x)


class LargeValues(Check):
    """Stays right where exp would overflow."""

    calls = "softmax(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.spiked(draw.normal(5, 13), 300.0))

    def probe(self, solution, x):
        return solution.softmax(x)


class Wide(Workload):
    """Many rows at once."""

    calls = "softmax(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2000, 300))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(5, 7))

    def probe(self, solution, x):
        return solution.softmax(x)
