"""Hidden checks of floor 1 of autograd/logistic-by-hand."""

import torch

from leveling.checks import Check, Draw, Tolerance, case

NEAR = Tolerance(relative=1e-6, absolute=1e-6)
ROUNDED = Tolerance(relative=2e-6, absolute=2e-6)  # what is lost in max(z, 0) - z y in any order, for scores below 10


def labels(draw: Draw, n: int):
    """Zeros and ones, both present, float32 (n,)."""
    return (draw.permutation(n) < (n + 1) // 2).float()


class ProbabilityOfAScore(Check):
    """probability is the logistic function, for any shape, and exactly 0 or 1 where no float lies between."""

    calls = "probability(z)"

    def cases(self, draw: Draw):
        yield case("scores (7,)", z=draw.normal(7, std=2.0))
        yield case("scores (3, 2)", z=draw.normal(3, 2, std=2.0))
        yield case("no scores", z=draw.normal(0))
        yield case("z = 0 and large scores", z=torch.tensor([0.0, 30.0, -30.0, 100.0, -80.0]))
        yield case("z = 1e4 and -1e4", z=torch.tensor([1.0e4, -1.0e4]))

    def probe(self, solution, z):
        return solution.probability(z)


class LossOfEveryRow(Check):
    """losses is -log of the probability that the score gives to the label."""

    calls = "losses(z, y)"
    tolerance = ROUNDED

    def cases(self, draw: Draw):
        for n in (1, 11):
            yield case(f"{n} rows", z=draw.normal(n, std=2.0), y=labels(draw, n))
        yield case("float64", z=draw.normal(5, dtype=torch.float64), y=labels(draw, 5).double())

    def probe(self, solution, z, y):
        return solution.losses(z, y)


class MeanOfTheRows(Check):
    """log_loss is the mean over the rows, of shape ()."""

    calls = "log_loss(z, y)"
    tolerance = ROUNDED

    def cases(self, draw: Draw):
        yield case("13 rows", z=draw.normal(13, std=2.0), y=labels(draw, 13))

    def probe(self, solution, z, y):
        return solution.log_loss(z, y)


class SoftLabels(Check):
    """A label between 0 and 1 weighs the two losses; the entropy of the label stays in."""

    calls = "losses(z, y)"
    tolerance = ROUNDED

    def cases(self, draw: Draw):
        yield case("labels in [0, 1]", z=draw.normal(9, std=2.0), y=draw.uniform(9))
        yield case("labels of 1/2 at z = 0", z=torch.zeros(3), y=torch.full((3,), 0.5))

    def probe(self, solution, z, y):
        return {"losses": solution.losses(z, y), "log_loss": solution.log_loss(z, y)}


class LabelsOfAnyType(Check):
    """int64 and bool labels give the losses that float labels give, in the dtype of z."""

    calls = "losses(z, y)"
    tolerance = ROUNDED
    battery = False

    def cases(self, draw: Draw):
        for dtype in (torch.int64, torch.bool):
            yield case(str(dtype), z=draw.normal(6, std=2.0), y=labels(draw, 6).to(dtype))

    def probe(self, solution, z, y):
        return {"losses": solution.losses(z, y), "log_loss": solution.log_loss(z, y)}


class FarFromZero(Check):
    """Scores up to 1e4 and beyond give finite losses, as large as they really are."""

    calls = "losses(z, y)"
    tolerance = NEAR

    def cases(self, draw: Draw):
        ends = torch.tensor([1.0e4, -1.0e4, 1.0e4, -1.0e4, 90.0, -90.0, 20.0, -20.0])
        yield case("z = +-1e4", z=ends, y=torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]))
        yield case("soft labels", z=ends, y=draw.uniform(8, low=0.1, high=0.9))
        yield case("z = +-1e30", z=torch.tensor([1.0e30, -1.0e30]), y=torch.tensor([0.0, 1.0]))

    def probe(self, solution, z, y):
        return {"losses": solution.losses(z, y), "log_loss": solution.log_loss(z, y)}


class ConfidentAndRight(Check):
    """A row that is right at z = 20 costs e^-20 and not nothing."""

    calls = "losses(z, y)"

    def cases(self, draw: Draw):
        size = draw.uniform(5, low=18.0, high=40.0)
        yield case("label 1", z=size, y=torch.ones(5))
        yield case("label 0", z=-size, y=torch.zeros(5))

    def probe(self, solution, z, y):
        return solution.losses(z, y)
