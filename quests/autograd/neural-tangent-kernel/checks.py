"""Hidden checks of autograd/neural-tangent-kernel."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters

NTK, PRODUCTS = "ntk(model, x1, x2)", "ntk_vector_products(model, x1, x2)"
PREDICT = "linearised_predict(model, x_train, y_train, x_test, lr, steps)"
DOUBLE = torch.float64
CLOSE = Tolerance(relative=1e-4, absolute=2e-5)
EXACT = Tolerance(relative=1e-6, absolute=1e-8)  # float64


class Tied(nn.Module):
    """The same weight in two places, and a buffer that forward writes."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(5, 5), nn.Linear(5, 5)
        self.decoder.weight = self.encoder.weight
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return self.decoder(torch.tanh(self.encoder(x)))


class Wide(nn.Module):
    """tanh(x W1^T) W2^T / sqrt(width): the scaling under which the kernel stands still as the width grows."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = nn.Parameter(first.clone()), nn.Parameter(second.clone())

    def forward(self, x):
        return torch.tanh(x @ self.first.T) @ self.second.T / len(self.first) ** 0.5


MODELS = {
    "an MLP": lambda: nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)),
    "one output": lambda: nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1)),
    "a CNN": lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(3 * 2 * 4, 2)),
    "tied": Tied,
    "no bias": lambda: nn.Sequential(nn.Linear(5, 7, bias=False), nn.Tanh(), nn.Linear(7, 3, bias=False)),
    "BatchNorm": lambda: nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 2)).eval(),
}


def built(kind, x):
    """The model of that kind with fixed weights, where and as precise as x."""
    return fill_parameters(MODELS[kind]().to(x.device, x.dtype), scale=0.5)


def jacobian_rows(model, x):
    """(N, C, P): one backward for each output of each sample."""
    parameters = [value for value in model.parameters() if value.requires_grad]
    rows = []
    for output in model(x).flatten():
        found = torch.autograd.grad(output, parameters, retain_graph=True, materialize_grads=True)
        rows.append(torch.cat([part.flatten() for part in found]))
    return torch.stack(rows).view(len(x), -1, len(rows[0]))


def explicit(model, x1, x2):
    return torch.einsum("nip,mjp->nmij", jacobian_rows(model, x1), jacobian_rows(model, x2))


def flat(kernel):
    n, m, c, _ = kernel.shape
    return kernel.permute(0, 2, 1, 3).reshape(n * c, m * c)


def top(model, x):
    """The largest eigenvalue of the kernel, which bounds the step size."""
    return float(torch.linalg.eigvalsh(flat(explicit(model, x, x)).double())[-1])


def points(draw, *rows, dtype=torch.float32):
    """x1, x2, ... of width 5."""
    return {f"x{place}": draw.normal(count, 5, dtype=dtype) for place, count in enumerate(rows, 1)}


def pictures(draw, *rows):
    return {f"x{place}": draw.normal(count, 2, 4, 6) for place, count in enumerate(rows, 1)}


class KernelOfJacobians(Check):
    """ntk equals the explicit product of Jacobians, for every pair of samples and every pair of outputs."""

    calls = NTK
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("an MLP, N = 3, M = 4, C = 3", **points(draw, 3, 4), kind="an MLP")
        yield case("a CNN, N = 2, M = 3, C = 2", **pictures(draw, 2, 3), kind="a CNN")
        yield case("float64", **points(draw, 2, 3, dtype=DOUBLE), kind="an MLP")

    def probe(self, solution, x1, x2, kind):
        return solution.ntk(built(kind, x1), x1, x2)


class VectorProductsAgree(Check):
    """ntk_vector_products gives the same kernel, the outputs of x1 before those of x2."""

    calls = PRODUCTS
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("an MLP, N = 3, M = 4, C = 3", **points(draw, 3, 4), kind="an MLP")
        yield case("a CNN, N = 2, M = 3, C = 2", **pictures(draw, 2, 3), kind="a CNN")

    def probe(self, solution, x1, x2, kind):
        return solution.ntk_vector_products(built(kind, x1), x1, x2)


class SizesOfOne(Check):
    """N = 1, M = 1 and C = 1 keep their four dimensions."""

    calls = f"{NTK} and {PRODUCTS}"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("N = 1", **points(draw, 1, 3), kind="an MLP")
        yield case("M = 1", **points(draw, 3, 1), kind="an MLP")
        yield case("C = 1", **points(draw, 3, 2), kind="one output")
        yield case("all of them 1", **points(draw, 1, 1), kind="one output")

    def probe(self, solution, x1, x2, kind):
        model = built(kind, x1)
        return {"ntk": solution.ntk(model, x1, x2), "vector products": solution.ntk_vector_products(model, x1, x2)}


class SymmetricAndPositive(Check):
    """ntk(x, x) is symmetric, K[n, m, i, j] = K[m, n, j, i], and has no negative eigenvalue; equal inputs give equal rows."""

    calls = f"{NTK} and {PRODUCTS}"
    compare = False

    def cases(self, draw: Draw):
        x = draw.normal(5, 5, dtype=DOUBLE)
        x[3] = x[1]
        yield dict(x=x)

    def probe(self, solution, x):
        model = built("an MLP", x)
        return {"ntk": solution.ntk(model, x, x), "vector products": solution.ntk_vector_products(model, x, x)}

    def verify(self, case, got, want):
        for name, kernel in got.items():
            expect(
                tuple(kernel.shape) == (5, 5, 3, 3), f"{name} has shape {tuple(kernel.shape)}, expected (5, 5, 3, 3)"
            )
            size = float(kernel.abs().max())
            off = float((kernel - kernel.permute(1, 0, 3, 2)).abs().max()) / size
            expect(off < 1e-10, f"{name}: K[n, m, i, j] and K[m, n, j, i] differ by {off:.2g} of the largest entry")
            lowest = float(torch.linalg.eigvalsh(flat(kernel))[0]) / size
            expect(
                lowest > -1e-10, f"{name}: the lowest eigenvalue is {lowest:.2g} of the largest entry, expected >= 0"
            )
            off = float((kernel[1] - kernel[3]).abs().max()) / size
            expect(
                off < 1e-10, f"{name}: rows 1 and 3 belong to equal inputs and differ by {off:.2g} of the largest entry"
            )


class FrozenAndTied(Check):
    """Frozen parameters are left out, a tied one counts once with the sum of its derivatives, a frozen BatchNorm is a map."""

    calls = f"{NTK} and {PRODUCTS}"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield case("the first layer frozen", **points(draw, 2, 3), kind="an MLP", frozen=["0.weight", "0.bias"])
        yield case(
            "all but one bias frozen", **points(draw, 2, 3), kind="an MLP", frozen=["0.weight", "0.bias", "2.weight"]
        )
        yield case("tied weights", **points(draw, 2, 3), kind="tied", frozen=[])
        yield case("BatchNorm in eval mode", **points(draw, 2, 3), kind="BatchNorm", frozen=[])

    def probe(self, solution, x1, x2, kind, frozen):
        model = built(kind, x1)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in frozen)
        return {"ntk": solution.ntk(model, x1, x2), "vector products": solution.ntk_vector_products(model, x1, x2)}


def training_set(draw, dtype=DOUBLE, rows=4, outputs=3):
    return dict(
        x_train=draw.normal(rows, 5, dtype=dtype),
        y_train=draw.normal(rows, outputs, std=2.0, dtype=dtype),
        x_test=draw.normal(3, 5, dtype=dtype),
    )


class NoStepsNoChange(Check):
    """With steps = 0 the prediction is the network's own output."""

    calls = f"{PREDICT} with steps = 0"
    tolerance = CLOSE

    def cases(self, draw: Draw):
        yield dict(**training_set(draw, torch.float32))

    def probe(self, solution, x_train, y_train, x_test):
        return solution.linearised_predict(built("an MLP", x_train), x_train, y_train, x_test, 0.01, 0)


class EqualsExplicitDescent(Check):
    """The prediction equals gradient descent on the first-order Taylor model, step by step, also when a step overshoots."""

    calls = PREDICT
    compare = False

    def cases(self, draw: Draw):
        for label, share, steps in (
            ("one step", 0.5, 1),
            ("30 steps", 0.7, 30),
            ("31 steps that overshoot, lr = 1.7 / largest eigenvalue", 1.7, 31),
        ):
            yield case(label, **training_set(draw), share=share, steps=steps, kind="an MLP")
        yield case("C = 1", **training_set(draw, outputs=1), share=0.9, steps=12, kind="one output")
        yield case("a single sample", **training_set(draw, rows=1), share=0.9, steps=12, kind="an MLP")

    def probe(self, solution, x_train, y_train, x_test, share, steps, kind):
        model = built(kind, x_train)
        lr = share / top(model, x_train)
        with torch.no_grad():
            out, test = model(x_train), model(x_test)
        slopes, test_slopes = jacobian_rows(model, x_train), jacobian_rows(model, x_test)
        moved = torch.zeros(slopes.shape[-1], dtype=slopes.dtype)
        for _ in range(steps):
            error = out + slopes @ moved - y_train  # (N, C)
            moved = moved - lr * torch.einsum("nc,ncp->p", error, slopes)
        return {
            "prediction": solution.linearised_predict(model, x_train, y_train, x_test, lr, steps),
            "descent": test + test_slopes @ moved,
            "start": test,
        }

    def verify(self, case, got, want):
        shape, wanted = tuple(got["prediction"].shape), tuple(got["descent"].shape)
        expect(shape == wanted, f"the prediction has shape {shape}, expected {wanted}")
        off = float((got["prediction"] - got["descent"]).abs().max())
        change = float((got["descent"] - got["start"]).abs().max())
        expect(
            off <= 1e-6 * change,
            f"the prediction is {off:.3g} away from explicit descent on the Taylor model, which moved the outputs by {change:.3g}",
        )


class AMillionSteps(Check):
    """10**6 steps are answered at once and finitely, also for a kernel with eigenvalues that are exactly or nearly zero."""

    calls = f"{PREDICT} with steps = 10**6"
    tolerance = EXACT
    seconds = 4.0

    def cases(self, draw: Draw):
        yield case("a regular kernel", **training_set(draw), kind="an MLP")
        twice = training_set(draw, rows=5)
        twice["x_train"][4] = twice["x_train"][2]
        yield case("the same input with two different targets", **twice, kind="an MLP")
        zero = training_set(draw)
        zero["x_train"][1] = 0.0
        yield case("an input of zeros in a net without biases", **zero, kind="no bias")
        zero = training_set(draw, rows=2)
        zero["x_train"].zero_()
        yield case("nothing but zeros in a net without biases: K = 0", **zero, kind="no bias")
        tiny = training_set(draw)
        tiny["x_train"] *= 1e-9
        yield case("inputs of 1e-9 in a net without biases: K of 1e-18", **tiny, kind="no bias")

    def probe(self, solution, x_train, y_train, x_test, kind):
        model = built(kind, x_train)
        lr = 1 / (top(model, x_train) or 1.0)
        return {
            "on x_test": solution.linearised_predict(model, x_train, y_train, x_test, lr, 10**6),
            "on two of x_train": solution.linearised_predict(model, x_train, y_train, x_train[:2], lr, 10**6),
        }


def really_trained(model, x, y, x_test, lr, steps):
    """Outputs on x_test after gradient descent on the model itself."""
    parameters = list(model.parameters())
    for _ in range(steps):
        found = torch.autograd.grad(((model(x) - y) ** 2).sum() / 2, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, found, strict=True):
                parameter.sub_(lr * slope)
    return model(x_test).detach()


class WideNetsAreNearlyLinear(Check):
    """50 real steps of a net of width 4096 stay within 2 percent of the prediction; a net of width 8 goes its own way."""

    calls = PREDICT
    tolerance = Tolerance(relative=1e-3, absolute=1e-4)
    confirm = 2

    def cases(self, draw: Draw):
        for width, far in ((4096, 0.1), (8, 2.0)):
            yield case(
                f"width {width}",
                x_train=draw.normal(7, 3),
                noise=draw.normal(7, 1, std=far),
                x_test=draw.normal(11, 3),
                first=draw.normal(width, 3),
                second=draw.normal(1, width),
            )

    def probe(self, solution, x_train, noise, x_test, first, second):
        model = Wide(first, second)
        lr = 0.8 / top(model, x_train)
        with torch.no_grad():
            target, start = model(x_train) + noise, model(x_test)
        prediction = solution.linearised_predict(model, x_train, target, x_test, lr, 50)
        trained = really_trained(Wide(first, second), x_train, target, x_test, lr, 50)
        return {"prediction": prediction, "trained": trained, "start": start}

    def verify(self, case, got, want):
        off = float((got["trained"] - got["prediction"]).norm() / (got["trained"] - got["start"]).norm())
        # over 300 draws the distance of the reference at width 4096 was at most 0.8 percent, in all but two below 0.4
        expect(
            len(case["first"]) < 4096 or off < 0.02,
            f"prediction and training differ by {off:.1%} of the change, expected < 2%",
        )


class LeavesTheModelAlone(Check):
    """Parameters, .grad, buffers and flags stay as they were; results carry no graph, with gradients on or off."""

    calls = "all three functions"
    tolerance = EXACT

    def cases(self, draw: Draw):
        for enabled in (True, False):
            yield case(f"gradients {'on' if enabled else 'off'}", x=draw.normal(3, 5, dtype=DOUBLE), enabled=enabled)

    def probe(self, solution, x, enabled):
        seen = {}
        calls = {
            "ntk": lambda model: solution.ntk(model, x, x),
            "vector products": lambda model: solution.ntk_vector_products(model, x, x),
            "prediction": lambda model: solution.linearised_predict(model, x, torch.cos(x), x, 0.01, 3),
        }
        for name, call in calls.items():
            model = built("tied", x)
            for number, parameter in enumerate(model.parameters()):
                parameter.grad = None if number % 2 else torch.full_like(parameter, 3.0)
            with torch.set_grad_enabled(enabled):
                result = call(model)
            seen[name] = {
                "result": result.detach(),
                "requires grad": result.requires_grad,
                "state_dict": dict(model.state_dict()),
                ".grad": [parameter.grad for parameter in model.parameters()],
                "flags": [parameter.requires_grad for parameter in model.parameters()],
            }
        return seen


class ManyOutputs(Workload):
    """ntk of 16 x 16 samples with 5 outputs, an MLP of 2,000 parameters."""

    calls = "ntk of an MLP with 2,300 parameters, N = M = 16, C = 5"
    tolerance = Tolerance(relative=1e-3, absolute=1e-3)

    def cases(self, draw: Draw, rows: int = 16):
        yield dict(x1=draw.normal(rows, 32), x2=draw.normal(rows, 32))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x1, x2):
        model = nn.Sequential(nn.Linear(32, 60), nn.Tanh(), nn.Linear(60, 5)).to(x1.device, x1.dtype)
        return solution.ntk(fill_parameters(model, scale=0.2), x1, x2)


class LargeNet(Workload):
    """ntk_vector_products of 32 x 32 samples with 10 outputs, an MLP of 50,000 parameters: 61 MiB a Jacobian."""

    calls = "ntk_vector_products of an MLP with 50,000 parameters, N = M = 32, C = 10"
    tolerance = Tolerance(relative=1e-3, absolute=1e-2)

    def cases(self, draw: Draw, rows: int = 32):
        yield dict(x1=draw.normal(rows, 190), x2=draw.normal(rows, 190))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2))

    def probe(self, solution, x1, x2):
        model = nn.Sequential(nn.Linear(190, 249), nn.Tanh(), nn.Linear(249, 10)).to(x1.device, x1.dtype)
        return solution.ntk_vector_products(fill_parameters(model, scale=0.1), x1, x2)
