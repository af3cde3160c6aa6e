"""Hidden checks of the report of autograd/logistic-by-hand: every figure is computed again with the learner's project."""

import math

import torch
from torch.nn import functional

from leveling.checks import Check, Draw, expect
from leveling.data import gaussians, gaussians_bayes_accuracy, gaussians_bayes_log_loss, gaussians_truth

SHAPE = {"features": 3, "distance": 2.0, "correlation": 0.2, "prior": 0.3}
NAMES = (
    "bayes_accuracy",
    "bayes_log_loss",
    "newton_steps",
    "accuracy",
    "log_loss",
    "angle",
    "descent_steps",
    "descent_log_loss",
)


def rows(count: int, seed: int):
    """The stated rows: x float64 (N, 3), y int64 (N,)."""
    x, y = gaussians(count, **SHAPE, seed=seed)
    return x.double(), y


def expect_figure(report, name: str, true: float, most: float) -> None:
    """The report's figure is that of the run, to the digits that it was asked for. Which it is, nobody is told."""
    said = report[name]
    side = "too high" if said > true else "too low"
    expect(abs(said - true) <= most, f"the report says {name} = {said:g}; for your project's run that is {side}")


class Run:
    """Newton's fit of the training rows, by the learner's floor 3, and the figures that were written."""

    compare = False
    battery = False
    calls = "newton(x, y) of your two_optimisers, on the stated rows,"

    def cases(self, draw: Draw):
        x, y = rows(2000, 1)
        yield dict(x=x, y=y)

    def probe(self, solution, x, y):
        from two_optimisers import newton

        fit = newton(x, y)
        return {"w": fit["w"], "b": fit["b"], "steps": fit["steps"], "report": dict(solution.FIGURES)}


class EveryFigureIsThere(Check):
    """The report holds all eight figures, each as inline code: a name, an equals sign, a number."""

    compare = False
    battery = False
    calls = "the report"

    def probe(self, solution):
        return dict(solution.FIGURES)

    def verify(self, case, got, want):
        missing = [name for name in NAMES if not isinstance(got.get(name), int | float)]
        expect(not missing, f"no number stands for: {', '.join(missing)}")
        steps = got["descent_steps"]
        expect(steps == round(steps) and 5 <= steps <= 30, f"descent_steps is {steps:g}; a whole number from 5 to 30")


class KnownOptimum(Check):
    """bayes_accuracy and bayes_log_loss are the data's own, to 0.0001."""

    after = EveryFigureIsThere
    compare = False
    battery = False
    calls = "the report"

    def probe(self, solution):
        return dict(solution.FIGURES)

    def verify(self, case, got, want):
        best = {
            "bayes_accuracy": gaussians_bayes_accuracy(2.0, prior=0.3),
            "bayes_log_loss": gaussians_bayes_log_loss(2.0, prior=0.3),
        }
        for name, true in best.items():
            gap = abs(got[name] - true)
            expect(gap <= 1e-4, f"the report says {name} = {got[name]:g}, which is not that of these data")


class StepsOfNewton(Run, Check):
    """newton_steps is how many steps your newton made."""

    after = EveryFigureIsThere

    def verify(self, case, got, want):
        said, true = got["report"]["newton_steps"], got["steps"]
        expect(said == true, f"the report says newton_steps = {said:g}; your newton made another number of them")


class AccuracyOfYourRun(Run, Check):
    """accuracy is the share of test rows that your fit puts into the right class, to 0.0002."""

    after = EveryFigureIsThere

    def verify(self, case, got, want):
        x, y = rows(20_000, 2)
        right = (x @ got["w"] + got["b"] > 0) == (y == 1)
        expect_figure(got["report"], "accuracy", float(right.double().mean()), 2e-4)


class LogLossOfYourRun(Run, Check):
    """log_loss is the mean loss of your fit on the test rows, in nats, to 0.0001."""

    after = EveryFigureIsThere

    def verify(self, case, got, want):
        x, y = rows(20_000, 2)
        loss = functional.binary_cross_entropy_with_logits(x @ got["w"] + got["b"], y.double())
        expect_figure(got["report"], "log_loss", float(loss), 1e-4)


class AngleOfYourRun(Run, Check):
    """angle is that between your weights and the true ones, in degrees, to 0.01."""

    after = EveryFigureIsThere

    def verify(self, case, got, want):
        true, _ = gaussians_truth(SHAPE["distance"], features=3, correlation=SHAPE["correlation"], prior=SHAPE["prior"])
        cosine = float(functional.cosine_similarity(got["w"], true, dim=0))
        expect_figure(got["report"], "angle", math.degrees(math.acos(min(1.0, cosine))), 0.01)


class DescentOfYourRun(Run, Check):
    """descent_log_loss is that of your gradient_descent after descent_steps steps, on the test rows, to 0.0001."""

    after = EveryFigureIsThere
    calls = "gradient_descent(x, y, max_iter=descent_steps, tol=0) of your two_optimisers, on the stated rows,"

    def probe(self, solution, x, y):
        from two_optimisers import gradient_descent

        fit = gradient_descent(x, y, max_iter=int(solution.FIGURES["descent_steps"]), tol=0.0)
        return {"w": fit["w"], "b": fit["b"], "report": dict(solution.FIGURES)}

    def verify(self, case, got, want):
        x, y = rows(20_000, 2)
        loss = functional.binary_cross_entropy_with_logits(x @ got["w"] + got["b"], y.double())
        expect_figure(got["report"], "descent_log_loss", float(torch.as_tensor(loss)), 1e-4)
