"""Hidden checks of training/first-loop."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, shares_memory

CALL = "minimise(f, x0, lr, steps)"
# A pair of hidden units that already leans towards XOR: from here every run falls to zero, whatever the small noise.
XOR_START = (1.1, -0.9, 0.9, -1.1, -0.4, 1.3, 1.0, 1.2, -0.8)


def landscape(kind, **parts):
    """The scalar function that a case names; `parts` are its tensors."""
    if kind == "quadratic":
        return lambda x: 0.5 * x @ (parts["a"] @ x) - parts["b"] @ x
    if kind == "rosenbrock":
        return lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    if kind == "cosine":
        return lambda x: torch.cos(x).sum() + (x * x).sum() * 0.3 + x.flatten()[0] * x.flatten()[-1]
    raise ValueError(kind)


def bowl(draw, size, low=0.5, high=4.0):
    """A symmetric positive definite matrix (size, size) with eigenvalues in [low, high], both attained."""
    turned = draw.orthogonal(size, dtype=torch.float64)
    values = draw.uniform(size, low=low, high=high, dtype=torch.float64)
    values[0] = high
    if size > 1:
        values[-1] = low
    a = turned @ torch.diag(values) @ turned.T
    return ((a + a.T) / 2).float()


def walks(draw):
    """The landscapes on which a walk is followed: (label, inputs)."""
    a = bowl(draw, 5)
    yield "a quadratic bowl", dict(kind="quadratic", a=a, b=draw.normal(5), x0=draw.normal(5, std=2.0), lr=0.31)
    start = torch.tensor([-1.2, 1.0]) + draw.normal(2, std=0.05)
    yield "the Rosenbrock valley", dict(kind="rosenbrock", x0=start, lr=1e-3)
    yield "a matrix of unknowns, each used three times", dict(kind="cosine", x0=draw.normal(2, 3), lr=0.2)
    yield "one unknown", dict(kind="quadratic", a=bowl(draw, 1), b=draw.normal(1), x0=draw.normal(1), lr=0.1)


class FollowsTheGradient(Check):
    """After every number of steps the point is where gradient descent stands, to 1e-5."""

    calls = CALL
    tolerance = Tolerance(absolute=1e-5, relative=1e-5)

    def cases(self, draw: Draw):
        for steps in (1, 2, 25):
            for label, inputs in walks(draw):
                yield case(f"{label}, {steps} step{'s' * (steps > 1)}", **inputs, steps=steps)

    def probe(self, solution, kind, x0, lr, steps, **parts):
        return solution.minimise(landscape(kind, **parts), x0, lr, steps)[0].detach()


class TakesNoSteps(Check):
    """With steps = 0 the point is x0 and the history is empty."""

    calls = "minimise(f, x0, lr, 0)"

    def cases(self, draw: Draw):
        for _, inputs in walks(draw):
            yield inputs

    def probe(self, solution, kind, x0, lr, **parts):
        point, history = solution.minimise(landscape(kind, **parts), x0, lr, 0)
        return point.detach(), list(history)


class LeavesTheStartAlone(Check):
    """x0 keeps its values, its requires_grad and its .grad, and the result lies in other memory."""

    calls = CALL

    def cases(self, draw: Draw):
        for label, wants, steps in (("x0 is plain", False, 4), ("x0 requires grad", True, 4), ("no steps", False, 0)):
            x0 = draw.normal(5).requires_grad_(wants)
            yield case(label, kind="quadratic", a=bowl(draw, 5), b=draw.normal(5), x0=x0, lr=0.2, steps=steps)

    def probe(self, solution, kind, x0, lr, steps, **parts):
        before, wanted = x0.detach().clone(), x0.requires_grad
        point, _ = solution.minimise(landscape(kind, **parts), x0, lr, steps)
        return {
            "x0 moved by": (x0.detach() - before).abs().max(),
            "x0.requires_grad is as before": x0.requires_grad is wanted,
            "x0.grad is None": x0.grad is None,
            "the point shares memory with x0": shares_memory(point, x0),
        }


class ReturnsAPlainPoint(Check):
    """The returned point carries no graph and requires no grad."""

    calls = CALL
    truth = False

    def cases(self, draw: Draw):
        for wants in (False, True):
            for steps in (0, 3):
                x0 = draw.normal(3).requires_grad_(wants)
                label = f"x0 {'requires grad' if wants else 'is plain'}, {steps} steps"
                yield case(label, kind="quadratic", a=bowl(draw, 3), b=draw.normal(3), x0=x0, lr=0.2, steps=steps)

    def probe(self, solution, kind, x0, lr, steps, **parts):
        point, _ = solution.minimise(landscape(kind, **parts), x0, lr, steps)
        return {"requires_grad": point.requires_grad, "has a grad_fn": point.grad_fn is not None}


class RecordsEveryLoss(Check):
    """The history holds exactly `steps` Python floats: the loss before each step."""

    calls = CALL
    tolerance = Tolerance(absolute=1e-5, relative=1e-5)

    def cases(self, draw: Draw):
        for label, inputs in walks(draw):
            yield case(label, **inputs, steps=draw.integer(5, 12))

    def probe(self, solution, kind, x0, lr, steps, **parts):
        _, history = solution.minimise(landscape(kind, **parts), x0, lr, steps)
        kinds = sorted({type(loss).__name__ for loss in history})
        return {"kinds": kinds, "length": len(history), "losses": torch.tensor([float(loss) for loss in history])}


class FallsWhenTheStepIsSmall(Check):
    """With a stable step size the loss falls at every step, down to the known optimum of a bowl."""

    calls = CALL
    compare = False

    def cases(self, draw: Draw):
        a = bowl(draw, 4)  # steepest eigenvalue 4: the loss falls at every step below lr = 0.5
        for lr in (0.2, 0.4):
            yield case(f"lr = {lr}", a=a, b=draw.normal(4), x0=draw.normal(4, mean=5.0), lr=lr)

    def probe(self, solution, a, b, x0, lr):
        early = solution.minimise(landscape("quadratic", a=a, b=b), x0, lr, 12)[1]
        late, _ = solution.minimise(landscape("quadratic", a=a, b=b), x0, lr, 120)
        return {"losses": torch.tensor([float(loss) for loss in early], dtype=torch.float64), "point": late.detach()}

    def verify(self, case, got, want):
        losses = got["losses"]
        rises = (losses.diff() >= 0).nonzero().flatten().tolist()
        first = rises[0] if rises else 0
        expect(not rises, f"the loss does not fall from step {first} to the next: {losses.tolist()}")
        optimum = torch.linalg.solve(case["a"].double(), case["b"].double())
        gap = float((got["point"].double() - optimum).abs().max())
        expect(gap < 1e-4, f"after 120 steps the point is {gap:.3g} away from the optimum, expected less than 0.0001")


class FitsALine(Check):
    """fit_line stands where gradient descent on the mean squared error stands, for any N and any x."""

    calls = "fit_line(x, y, lr, steps)"
    tolerance = Tolerance(absolute=1e-5, relative=1e-4)

    def cases(self, draw: Draw):
        x = draw.uniform(7, low=-2.0, high=2.0)
        yield case("7 points", x=x, y=3.0 * x - 1.0 + draw.normal(7, std=0.3), lr=0.1, steps=9)
        x = draw.uniform(101, low=-1.0, high=3.0)
        yield case("101 points", x=x, y=-0.7 * x + 2.0 + draw.normal(101, std=0.3), lr=0.05, steps=40)
        yield case("one point", x=draw.uniform(1, low=1.0, high=2.0), y=draw.normal(1, mean=3.0), lr=0.1, steps=25)
        x = draw.uniform(11, low=100.0, high=103.0)
        yield case("x far from 0", x=x, y=0.5 * x - 20.0 + draw.normal(11), lr=2e-5, steps=30)
        yield case("no steps", x=draw.normal(5), y=draw.normal(5), lr=0.1, steps=0)

    def probe(self, solution, x, y, lr, steps):
        line = solution.fit_line(x, y, lr, steps)
        kinds = [type(number).__name__ for number in line]
        return {"kinds": kinds, "slope": torch.tensor(line[0]), "intercept": torch.tensor(line[1])}


class FindsTheBestLine(Check):
    """Given enough steps fit_line arrives at the line of least squares."""

    calls = "fit_line(x, y, 0.15, 200)"
    compare = False

    def cases(self, draw: Draw):
        x = draw.uniform(23, low=-2.0, high=2.0)
        yield dict(x=x, y=draw.number(-3, 3) * x + draw.number(-3, 3) + draw.normal(23, std=0.5))

    def probe(self, solution, x, y):
        return list(solution.fit_line(x, y, 0.15, 200))

    def verify(self, case, got, want):
        x, y = case["x"].double(), case["y"].double()
        best = torch.linalg.lstsq(torch.stack([x, torch.ones_like(x)], 1), y[:, None]).solution.flatten().tolist()
        for name, found, wanted in zip(("slope", "intercept"), got, best, strict=True):
            text = f"the {name} is {found:.5f} after 200 steps, least squares has {wanted:.5f}"
            expect(abs(found - wanted) < 1e-3, text)


class ComputesANetwork(Check):
    """network(p, x) is tanh(x W1 + b1) w2 + b2, with its gradient."""

    calls = "network(p, x), then backward"

    def cases(self, draw: Draw):
        for rows in (4, 1, 7, 0):
            yield case(f"{rows} rows", p=draw.normal(9, requires_grad=True), x=draw.normal(rows, 2))

    def probe(self, solution, p, x):
        out = solution.network(p, x)
        (gradient,) = torch.autograd.grad((out * torch.arange(1, len(x) + 1)).sum(), p)
        return {"output": out.detach(), "gradient of p": gradient}


class LearnsXor(Check):
    """minimise trains network on XOR to a mean squared error below 0.001."""

    calls = "minimise(lambda p: (network(p, x) - y).square().mean(), p0, 0.2, 200)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(p0=torch.tensor(XOR_START) + draw.normal(9, std=0.1))

    def probe(self, solution, p0):
        x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=p0.dtype)
        y = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=p0.dtype)
        p, _ = solution.minimise(lambda p: (solution.network(p, x) - y).square().mean(), p0, 0.2, 200)
        return p.detach()

    def verify(self, case, got, want):
        x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        out = torch.tanh(x @ got[:4].reshape(2, 2) + got[4:6]) @ got[6:8] + got[8]  # our own reading of p
        error = float((out - torch.tensor([0.0, 1.0, 1.0, 0.0])).square().mean())
        outputs = ", ".join(f"{each:.3f}" for each in out.tolist())
        expect(error < 1e-3, f"after 200 steps the outputs are {outputs}, expected 0, 1, 1, 0")


class FindsTheEdgeOfStability(Check):
    """At 0.99 of largest_stable_lr(a) the descent on 1/2 x^T a x converges, at 1.01 of it it diverges."""

    calls = "largest_stable_lr(a)"
    compare = False

    def cases(self, draw: Draw):
        yield case("D = 4", a=bowl(draw, 4, 0.3, 3.0))
        yield case("D = 1", a=bowl(draw, 1, 0.3, 7.0))
        yield case("all eigenvalues equal", a=torch.eye(3) * draw.number(0.2, 9.0))
        yield case("eigenvalues from 0.01 to 80", a=bowl(draw, 6, 0.01, 80.0))
        yield case("D = 33", a=bowl(draw, 33, 0.5, 2.0))

    def probe(self, solution, a):
        return solution.largest_stable_lr(a)

    def verify(self, case, got, want):
        expect(isinstance(got, float), f"got a {type(got).__name__}, expected a Python float")
        a = case["a"].double()
        start = torch.linalg.eigh(a).eigenvectors.sum(-1)  # something of every direction
        for share, ends in ((0.99, "converge"), (1.01, "diverge")):
            step = torch.eye(len(a), dtype=torch.float64) - share * got * a
            steepest = float((torch.linalg.matrix_power(step, 2000) @ start).norm() / start.norm())
            # the steepest part is multiplied by 0.98^2000 = 3e-18 or 1.02^2000 = 2e17; flat ones fall more slowly
            held = steepest < 1.0 if share < 1 else steepest > 1.0
            expect(held, f"{got:.6g} x {share} was to {ends}; 2,000 steps multiply the distance by {steepest:.3g}")
        exact = 2.0 / float(torch.linalg.eigvalsh(a)[-1])
        expect(abs(got / exact - 1) < 5e-5, f"got {got:.8g}, expected {exact:.8g}: compute in the precision of a")


class ManySteps(Workload):
    """10 and 300 steps over 32,768 unknowns."""

    calls = "minimise(f, x0, lr, steps) over 32,768 unknowns"

    def cases(self, draw: Draw, size: int = 1 << 15):
        for steps in (10, 300):
            yield dict(x0=draw.normal(size), lr=0.1, steps=steps)

    def warm_up(self, draw: Draw):
        return next(iter(self.cases(draw, size=16)))

    def probe(self, solution, x0, lr, steps):
        return solution.minimise(lambda x: (x * x).mean() + x.square().sum() * 0.1, x0, lr, steps)[0]
