"""Hidden checks of autograd/curvature."""

import torch
from torch import nn
from torch.nn import functional as F

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, fill_parameters

HVP, GGN = "hvp(model, loss_fn, batch, vector)", "ggn_vp(model, loss_fn, batch, vector)"
LANCZOS, TRACE = "lanczos(matvec, dim, steps, seed)", "hessian_trace(matvec, dim, samples, seed)"
DOUBLE = torch.float64
EXACT = Tolerance(relative=1e-8, absolute=1e-10)  # float64; a difference of gradients cannot do better than 1e-7
SINGLE = Tolerance(relative=1e-3, absolute=1e-5)


class Branching(nn.Module):
    """A layer that forward never calls, and a buffer that forward writes."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(5, 3), nn.Linear(5, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return torch.tanh(self.used(x)) * 2


class Tied(nn.Module):
    """The same weight in two places."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(5, 5), nn.Linear(5, 5)
        self.decoder.weight = self.encoder.weight

    def forward(self, x):
        return self.decoder(torch.tanh(self.encoder(x)))


class Sequence(nn.Module):
    """Outputs of shape (B, classes, length), as cross-entropy takes them for sequences."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Conv1d(2, 3, 2)

    def forward(self, x):
        return torch.sin(self.inner(x.view(-1, 1, 5).expand(-1, 2, 5)))


def tanh_net():
    return nn.Sequential(nn.Linear(5, 9), nn.Tanh(), nn.Linear(9, 11), nn.Tanh(), nn.Linear(11, 3))  # 200 parameters


def normalised_net():
    return nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))


MODELS = {
    "a tanh net": tanh_net,
    "BatchNorm": normalised_net,
    "an unused layer": Branching,
    "tied": Tied,
    "a sequence": Sequence,
    "linear": lambda: nn.Linear(5, 3),
}


def linear_loss(output, target):
    """No curvature in the outputs."""
    return (output * (1.0 + target.unsqueeze(-1))).mean()


def constant_loss(output, target):
    """Depends on nothing."""
    return target.double().mean()


def squared_loss(output, target):
    """Mean squared distance from a curve that the class decides."""
    curve = torch.sin(target.unsqueeze(1) + torch.arange(3, device=target.device)).to(output.dtype)
    return (output - curve).square().mean()


def sequence_loss(output, target):
    return F.cross_entropy(output, target.unsqueeze(1).expand(-1, output.shape[-1]))


LOSSES = {
    "cross-entropy": F.cross_entropy,
    "squared": squared_loss,
    "linear": linear_loss,
    "constant": constant_loss,
    "per position": sequence_loss,
}


def built(kind, x):
    """The model of that kind with fixed weights, where and as precise as x."""
    return fill_parameters(MODELS[kind]().to(x.device, x.dtype), scale=0.6)


def vector_for(model, flat):
    """A flat vector, repeated as often as needed, cut into pieces like the trained parameters."""
    named = {name: value for name, value in model.named_parameters() if value.requires_grad}
    count = sum(value.numel() for value in named.values())
    flat = flat.repeat(-(-count // len(flat)))[:count] if count else flat[:0]
    pieces = flat.split([value.numel() for value in named.values()])
    return {name: piece.reshape(value.shape) for (name, value), piece in zip(named.items(), pieces, strict=True)}


def flattened(named):
    return torch.cat([value.reshape(-1) for value in named.values()])


def batch(draw, rows=7, dtype=DOUBLE):
    return dict(x=draw.normal(rows, 5, dtype=dtype), y=draw.integers(0, 3, rows), v=draw.normal(211, dtype=dtype))


def full_hessian(model, loss, x, y):
    """(P, P), a row for each entry of the gradient."""
    parameters = [value for value in model.parameters() if value.requires_grad]
    slopes = torch.autograd.grad(loss(model(x), y), parameters, create_graph=True)
    rows = []
    for entry in torch.cat([slope.reshape(-1) for slope in slopes]):
        row = torch.autograd.grad(entry, parameters, retain_graph=True)
        rows.append(torch.cat([part.reshape(-1) for part in row]))
    return torch.stack(rows)


class HvpIsHessianTimesVector(Check):
    """hvp equals the full Hessian of a 200-parameter net times the vector, to float64 precision."""

    calls = HVP
    compare = False

    def cases(self, draw: Draw):
        yield case("cross-entropy", **batch(draw), loss="cross-entropy")
        yield case("one sample", **batch(draw, 1), loss="squared")

    def probe(self, solution, x, y, v, loss):
        model, loss = built("a tanh net", x), LOSSES[loss]
        vector = vector_for(model, v)
        product = solution.hvp(model, loss, (x, y), vector)
        return {
            "names": list(product),
            "shapes": [tuple(part.shape) for part in product.values()],
            "want shapes": [tuple(part.shape) for part in vector.values()],
            "H v": flattened(product),
            "explicit": full_hessian(model, loss, x, y) @ flattened(vector),
        }

    def verify(self, case, got, want):
        expect(got["names"] == want["names"], f"names are {got['names']}, expected {want['names']}")
        expect(got["shapes"] == got["want shapes"], f"shapes are {got['shapes']}, expected {got['want shapes']}")
        size = float(got["explicit"].abs().max())
        off = float((got["H v"] - got["explicit"]).abs().max()) / size
        expect(
            off <= 1e-12,
            f"the largest error is {off:.2g} of the largest entry, allowed 1e-12; "
            f"{cosine_text(got['H v'], got['explicit'])}",
        )


def cosine_text(got, want):
    """How two vectors lie to each other, in words."""
    cosine = float(got @ want / (got.norm() * want.norm()).clamp_min(1e-300))
    return f"its angle to the right answer has cosine {cosine:.6f}, its length is {float(got.norm() / want.norm()):.6f} of it"


class HvpOfManyNets(Check):
    """hvp is right in float32, with BatchNorm, tied weights and outputs of any shape."""

    calls = HVP
    tolerance = SINGLE
    truth = False

    def cases(self, draw: Draw):
        yield case("float32", **batch(draw, 6, torch.float32), kind="a tanh net", loss="cross-entropy")
        yield case("squared error", **batch(draw, 6), kind="a tanh net", loss="squared")
        yield case("BatchNorm in eval mode", **batch(draw), kind="BatchNorm", loss="cross-entropy")
        yield case("tied weights", **batch(draw), kind="tied", loss="cross-entropy")
        yield case("outputs (B, C, T)", **batch(draw), kind="a sequence", loss="per position")

    def probe(self, solution, x, y, v, kind, loss):
        model = built(kind, x).eval()
        return solution.hvp(model, LOSSES[loss], (x, y), vector_for(model, v))


class HvpIsLinearAndSymmetric(Check):
    """hvp(2 u + v) = 2 hvp(u) + hvp(v), and u . H v = v . H u; a zero or huge vector is no exception."""

    calls = HVP
    compare = False

    def cases(self, draw: Draw):
        yield dict(**batch(draw), u=draw.normal(200, dtype=DOUBLE))

    def probe(self, solution, x, y, v, u):
        model = built("a tanh net", x)

        def product(flat):
            return flattened(solution.hvp(model, F.cross_entropy, (x, y), vector_for(model, flat)))

        v = v[:200]
        first, second = product(u), product(v)
        return {
            "H(2u + v)": product(2 * u + v),
            "2 H u + H v": 2 * first + second,
            "u . H v": float(u @ second),
            "v . H u": float(v @ first),
            "H 0": product(torch.zeros_like(u)),
            "H (1e12 u) / 1e12": product(1e12 * u) / 1e12,
            "H u": first,
        }

    def verify(self, case, got, want):
        size = float(got["H u"].abs().max())
        off = float((got["H(2u + v)"] - got["2 H u + H v"]).abs().max()) / size
        expect(off <= 1e-9, f"H(2u + v) differs from 2 H u + H v by {off:.2g} of its largest entry")
        one, other = got["u . H v"], got["v . H u"]
        expect(abs(one - other) <= 1e-9 * (abs(one) + size), f"u . H v is {one:.12g}, but v . H u is {other:.12g}")
        expect(float(got["H 0"].abs().max()) == 0.0, "H 0 is not 0")
        off = float((got["H (1e12 u) / 1e12"] - got["H u"]).abs().max()) / size
        expect(off <= 1e-9, f"H (1e12 u) / 1e12 differs from H u by {off:.2g} of its largest entry")


class GaussNewtonProduct(Check):
    """ggn_vp equals J^T H_out J v with explicit Jacobians."""

    calls = GGN
    tolerance = EXACT

    def cases(self, draw: Draw):
        yield case("cross-entropy", **batch(draw), kind="a tanh net", loss="cross-entropy")
        yield case("one sample", **batch(draw, 1), kind="a tanh net", loss="cross-entropy")
        yield case("squared error", **batch(draw), kind="a tanh net", loss="squared")
        yield case("tied weights", **batch(draw), kind="tied", loss="cross-entropy")
        yield case("outputs (B, C, T)", **batch(draw), kind="a sequence", loss="per position")
        yield case("BatchNorm in training mode", **batch(draw), kind="BatchNorm", loss="cross-entropy")

    def probe(self, solution, x, y, v, kind, loss):
        model = built(kind, x)
        return solution.ggn_vp(model, LOSSES[loss], (x, y), vector_for(model, v))


class ZerosWhereThereIsNoCurvature(Check):
    """Unused parameters, frozen ones, and losses that are linear or constant: zeros, left out, zeros."""

    calls = f"{HVP} and {GGN}"
    tolerance = EXACT

    def cases(self, draw: Draw):
        yield case("a layer that the loss does not reach", **batch(draw), kind="an unused layer", loss="cross-entropy")
        yield case("the first layer frozen", **batch(draw), kind="a tanh net", loss="cross-entropy", frozen=2)
        yield case("a linear model under a linear loss", **batch(draw), kind="linear", loss="linear")
        yield case("a loss that is constant", **batch(draw), kind="linear", loss="constant")

    def probe(self, solution, x, y, v, kind, loss, frozen=0):
        model = built(kind, x)
        for parameter in list(model.parameters())[:frozen]:
            parameter.requires_grad_(False)
        vector = vector_for(model, v)
        return {
            "hvp": solution.hvp(model, LOSSES[loss], (x, y), vector),
            "ggn_vp": solution.ggn_vp(model, LOSSES[loss], (x, y), vector),
        }


class GaussNewtonIsPositive(Check):
    """v . G v >= 0 for cross-entropy, where the Hessian of a tanh net also has negative directions; for a linear model G = H."""

    calls = f"{HVP} and {GGN}"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(7, 5, dtype=DOUBLE), y=draw.integers(0, 3, 7), v=draw.normal(40, 200, dtype=DOUBLE))

    def probe(self, solution, x, y, v):
        net, linear = built("a tanh net", x), built("linear", x)

        def forms(product, model, rows):
            vectors = [vector_for(model, row) for row in rows]
            products = [product(model, F.cross_entropy, (x, y), vector) for vector in vectors]
            return torch.stack(
                [flattened(vector) @ flattened(found) for vector, found in zip(vectors, products, strict=True)]
            )

        return {
            "G": forms(solution.ggn_vp, net, v),
            "H": forms(solution.hvp, net, v),
            "G of a linear model": forms(solution.ggn_vp, linear, v[:5]),
            "H of a linear model": forms(solution.hvp, linear, v[:5]),
        }

    def verify(self, case, got, want):
        lowest = float(got["G"].min())
        expect(lowest >= -1e-12, f"v . G v is {lowest:.3g} for one of 40 vectors, expected at least 0")
        off = float((got["G"] - got["H"]).abs().max())
        expect(off > 1e-6, "G and H agree on a tanh net; the second derivatives of the net belong to H alone")
        off = float((got["G of a linear model"] - got["H of a linear model"]).abs().max())
        expect(off <= 1e-10, f"on a linear model v . G v and v . H v differ by {off:.2g}; there they are the same")


class LeavesTheModelAlone(Check):
    """Parameters, .grad, buffers and flags stay as they were, results carry no graph, and torch.no_grad() changes nothing."""

    calls = f"{HVP} and {GGN}"
    tolerance = EXACT

    def cases(self, draw: Draw):
        yield case("BatchNorm in training mode", **batch(draw), kind="BatchNorm", enabled=True)
        # no value is compared here: reverse over forward mode through a training BatchNorm is wrong in torch itself
        yield case("a buffer that forward writes", **batch(draw), kind="an unused layer", enabled=True)
        yield case("under torch.no_grad()", **batch(draw), kind="a tanh net", enabled=False)

    def probe(self, solution, x, y, v, kind, enabled):
        seen = {}
        for name in ("hvp", "ggn_vp"):
            model = built(kind, x)
            for number, parameter in enumerate(model.parameters()):
                parameter.grad = None if number % 2 else torch.full_like(parameter, 3.0)
            with torch.set_grad_enabled(enabled):
                product = getattr(solution, name)(model, F.cross_entropy, (x, y), vector_for(model, v))
            seen[name] = {
                "product": {} if kind == "BatchNorm" else product,
                "requires grad": any(part.requires_grad for part in product.values()),
                "state_dict": dict(model.state_dict()),
                ".grad": [parameter.grad for parameter in model.parameters()],
                "flags": [module.training for module in model.modules()]
                + [parameter.requires_grad for parameter in model.parameters()],
            }
        return seen


class Recorder:
    """The product with a matrix, which remembers what it was asked."""

    def __init__(self, matrix):
        self.matrix, self.asked = matrix, []

    def __call__(self, vector):
        self.asked.append(vector.detach().clone())
        return self.matrix @ vector


def ran(solution, matrix, steps, seed):
    """What lanczos gives, and what it asked for."""
    product = Recorder(matrix)
    values, weights = solution.lanczos(product, len(matrix), steps, seed)
    return {
        "values": values,
        "weights": weights,
        "products": len(product.asked),
        "start": product.asked[0],
        "shape": [tuple(vector.shape) for vector in product.asked[:1]],
    }


def shape_faults(got, dim, steps):
    """What is expected of every answer."""
    values, weights = got["values"], got["weights"]
    expect(
        values.dim() == 1 and values.shape == weights.shape, f"shapes {tuple(values.shape)} and {tuple(weights.shape)}"
    )
    expect(values.dtype == weights.dtype == DOUBLE, f"dtypes {values.dtype} and {weights.dtype}, expected float64")
    expect(
        1 <= len(values) <= min(steps, dim), f"{len(values)} values, expected 1 to min(steps, dim) = {min(steps, dim)}"
    )
    finite = bool(values.isfinite().all() and weights.isfinite().all())
    expect(finite, f"not finite: values {values.tolist()[:5]}, weights {weights.tolist()[:5]}")
    expect(bool((values[1:] >= values[:-1]).all()), "the values are not ascending")
    expect(got["products"] <= steps, f"{got['products']} products, allowed {steps}")


def symmetric(draw, eigenvalues):
    """A matrix with these eigenvalues and random eigenvectors."""
    values = torch.as_tensor(eigenvalues, dtype=DOUBLE)
    q = draw.orthogonal(len(values), dtype=DOUBLE)
    matrix = (q * values) @ q.T
    return (matrix + matrix.T) / 2


class LanczosOnASmallMatrix(Check):
    """With as many steps as dimensions lanczos gives all eigenvalues."""

    calls = LANCZOS
    compare = False

    def cases(self, draw: Draw):
        for label, eigenvalues in (
            ("both signs", [-3.0, -1.0, 0.0, 0.5, 2.0, 7.0]),
            ("dim = 2", [1.0, 3.0]),
            ("dim = 1", [-2.5]),
        ):
            yield case(label, matrix=symmetric(draw, eigenvalues), eigenvalues=eigenvalues, steps=20, seed=draw.seed())

    def probe(self, solution, matrix, eigenvalues, steps, seed):
        return ran(solution, matrix, steps, seed)

    def verify(self, case, got, want):
        shape_faults(got, len(case["eigenvalues"]), case["steps"])
        wanted = torch.tensor(case["eigenvalues"], dtype=DOUBLE)
        expect(len(got["values"]) == len(wanted), f"{len(got['values'])} values, expected all {len(wanted)}")
        off = float((got["values"] - wanted).abs().max())
        expect(
            off <= 1e-8, f"values {[round(value, 6) for value in got['values'].tolist()]}, expected {wanted.tolist()}"
        )


class WeightsAreAQuadrature(Check):
    """Weights sum to 1, and sum(weight * value^p) = q . A^p q for the unit vector q with which lanczos starts, p = 1, 2, 3."""

    calls = LANCZOS
    compare = False

    def cases(self, draw: Draw):
        yield case(
            "dim 40, 9 steps",
            matrix=symmetric(draw, draw.uniform(40, low=-1.0, high=2.0, dtype=DOUBLE)),
            steps=9,
            seed=draw.seed(),
        )
        yield case(
            "2 steps",
            matrix=symmetric(draw, draw.uniform(17, low=-1.0, high=2.0, dtype=DOUBLE)),
            steps=2,
            seed=draw.seed(),
        )

    def probe(self, solution, matrix, steps, seed):
        return ran(solution, matrix, steps, seed)

    def verify(self, case, got, want):
        matrix, start = case["matrix"], got["start"].double()
        shape_faults(got, len(matrix), case["steps"])
        expect(len(got["values"]) == case["steps"], f"{len(got['values'])} values after {case['steps']} steps")
        length = float(start.norm())
        expect(abs(length - 1) < 1e-9, f"the first vector has length {length:.6g}, expected 1")
        total = float(got["weights"].sum())
        expect(abs(total - 1) < 1e-9, f"the weights sum to {total:.9g}, expected 1")
        expect(float(got["weights"].min()) >= 0, "a weight is negative")
        image = start
        for power in (1, 2, 3):
            image = matrix @ image
            wanted, found = float(start @ image), float((got["weights"] * got["values"] ** power).sum())
            expect(
                abs(found - wanted) <= 1e-8 * (1 + abs(wanted)),
                f"sum(weight * value^{power}) is {found:.9g}, but q . A^{power} q is {wanted:.9g}",
            )


class TopOfFiveHundred(Check):
    """60 steps find the largest eigenvalue of a 500-dimensional matrix to 1e-3, a repeated one as well."""

    calls = LANCZOS
    compare = False
    # over 1,000 starts the largest relative error of full Lanczos was 4e-8 at these gaps

    def cases(self, draw: Draw):
        spread = torch.arange(1, 501, dtype=DOUBLE)
        for label, top in (("eigenvalues 1 .. 498, 505, 510", (505.0, 510.0)), ("the largest twice", (510.0, 510.0))):
            values = spread.clone()
            values[-2:] = torch.tensor(top, dtype=DOUBLE)
            yield case(label, matrix=symmetric(draw, values), steps=60, seed=draw.seed())

    def probe(self, solution, matrix, steps, seed):
        return ran(solution, matrix, steps, seed)

    def verify(self, case, got, want):
        shape_faults(got, 500, 60)
        top = float(got["values"][-1])
        expect(abs(top / 510 - 1) < 1e-3, f"the largest value is {top:.6g}, expected 510 to 1e-3 relative")
        expect(
            float(got["values"][0]) >= 1 - 1e-6,
            f"the smallest value {float(got['values'][0]):.6g} lies below all eigenvalues",
        )


class NoGhosts(Check):
    """A single eigenvalue far from the others is found once, however many steps follow."""

    calls = LANCZOS
    compare = False

    def cases(self, draw: Draw):
        values = torch.cat([torch.linspace(0, 1, 197, dtype=DOUBLE), torch.tensor([-40.0, 60.0, 100.0], dtype=DOUBLE)])
        yield case(
            "100 steps, eigenvalues in [0, 1] and -40, 60, 100",
            matrix=symmetric(draw, values),
            steps=100,
            seed=draw.seed(),
        )

    def probe(self, solution, matrix, steps, seed):
        return ran(solution, matrix, steps, seed)

    def verify(self, case, got, want):
        shape_faults(got, 200, 100)
        for lone in (-40.0, 60.0, 100.0):
            copies = int(((got["values"] - lone).abs() < 1e-3).sum())
            expect(
                copies == 1,
                f"the eigenvalue {lone:g} is there once and was found {copies} times; the new direction is no longer "
                "orthogonal to the old ones",
            )


class BreakdownStops(Check):
    """When the directions are closed under the matrix, lanczos stops, at any scale of the matrix: 3 eigenvalues, 3 values."""

    calls = LANCZOS
    compare = False

    def cases(self, draw: Draw):
        eigenvalues = [-2.0] * 7 + [1.0] * 5 + [5.0] * 11
        for label, scale in (("eigenvalues -2, 1 and 5", 1.0), ("times 1e10", 1e10), ("times 1e-12", 1e-12)):
            yield case(label, matrix=symmetric(draw, eigenvalues) * scale, scale=scale, seed=draw.seed())
        yield case("the zero matrix", matrix=torch.zeros(5, 5, dtype=DOUBLE), scale=0.0, seed=draw.seed())

    def probe(self, solution, matrix, scale, seed):
        return ran(solution, matrix, 20, seed)

    def verify(self, case, got, want):
        shape_faults(got, len(case["matrix"]), 20)
        wanted = torch.tensor([-2.0, 1.0, 5.0] if case["scale"] else [0.0], dtype=DOUBLE) * case["scale"]
        found = got["values"]
        expect(
            len(found) == len(wanted) and float((found - wanted).abs().max()) <= 1e-6 * case["scale"],
            f"the values are {found.tolist()}, expected {wanted.tolist()}",
        )


class SeedsDecide(Check):
    """The seed alone decides: the same seed repeats, another one does not, and the global generator is left alone."""

    calls = f"{LANCZOS} and {TRACE}"
    compare = False

    def cases(self, draw: Draw):
        first, second = draw.distinct(0, 10_000, 2)
        yield dict(
            matrix=symmetric(draw, draw.uniform(12, low=-1.0, high=2.0, dtype=DOUBLE)), first=first, second=second
        )

    def probe(self, solution, matrix, first, second):
        torch.manual_seed(5)
        before = torch.get_rng_state()
        starts = [ran(solution, matrix, 3, seed)["start"] for seed in (first, first, second)]
        traces = [solution.hessian_trace(Recorder(matrix), 12, 4, seed) for seed in (first, first, second)]
        return {
            "starts": starts,
            "traces": [tuple(float(part) for part in trace) for trace in traces],
            "types": [type(part).__name__ for part in traces[0]],
            "generator left alone": bool(torch.equal(before, torch.get_rng_state())),
        }

    def verify(self, case, got, want):
        one, again, other = got["starts"]
        expect(torch.equal(one, again), "lanczos: the same seed gave two different starts")
        expect(not torch.equal(one, other), "lanczos: two seeds gave the same start")
        one, again, other = got["traces"]
        expect(one == again, f"hessian_trace: the same seed gave {one} and {again}")
        expect(one != other, "hessian_trace: two seeds gave the same estimate")
        expect(got["types"] == ["float", "float"], f"hessian_trace returned {got['types']}, expected two floats")
        expect(got["generator left alone"], "the global generator was used; make a torch.Generator of your own")


class TraceOfADiagonal(Check):
    """With random signs the trace of a diagonal matrix is exact at once, with standard error 0."""

    calls = TRACE
    tolerance = Tolerance(relative=1e-9, absolute=1e-9)

    def cases(self, draw: Draw):
        for dim, samples in ((9, 5), (1, 2)):
            yield case(f"dim {dim}", diagonal=draw.normal(dim, dtype=DOUBLE), samples=samples, seed=draw.seed())

    def probe(self, solution, diagonal, samples, seed):
        product = Recorder(torch.diag(diagonal))
        found = solution.hessian_trace(product, len(diagonal), samples, seed)
        return {"estimate": found[0], "standard error": found[1], "products": len(product.asked)}


class MeanAndStandardError(Check):
    """Estimate and standard error are those of the samples v . A v: their mean, and std / sqrt(n) with n - 1 in std."""

    calls = TRACE
    compare = False

    def cases(self, draw: Draw):
        for samples in (2, 3, 7):
            yield case(
                f"{samples} samples",
                matrix=symmetric(draw, draw.normal(6, dtype=DOUBLE)),
                samples=samples,
                seed=draw.seed(),
            )

    def probe(self, solution, matrix, samples, seed):
        product = Recorder(matrix)
        estimate, error = solution.hessian_trace(product, 6, samples, seed)
        return {"estimate": estimate, "error": error, "asked": product.asked}

    def verify(self, case, got, want):
        if [tuple(vector.shape) for vector in got["asked"]] != [(6,)] * case["samples"]:
            return  # several vectors at once, as under vmap: what they were cannot be told from here
        forms = torch.stack([vector @ case["matrix"] @ vector for vector in got["asked"]])
        mean, error = float(forms.mean()), float(forms.std() / len(forms) ** 0.5)
        expect(
            abs(got["estimate"] - mean) <= 1e-9, f"the estimate is {got['estimate']:.6g}, the samples' mean {mean:.6g}"
        )
        expect(
            abs(got["error"] - error) <= 1e-9 * (1 + error),
            f"the standard error is {got['error']:.6g}, that of the samples {error:.6g}",
        )


class TraceErrorIsHonest(Check):
    """Over 100 seeds the estimate lies within 3 standard errors of the trace, and the errors have the right size."""

    calls = f"{TRACE}, 100 seeds"
    compare = False

    def cases(self, draw: Draw):
        yield dict(matrix=symmetric(draw, draw.normal(24, dtype=DOUBLE) * 2 + 1), seed=draw.integer(0, 10**6))

    def probe(self, solution, matrix, seed):
        return [solution.hessian_trace(lambda v: matrix @ v, 24, 40, seed + k) for k in range(100)]

    def verify(self, case, got, want):
        matrix = case["matrix"]
        trace = float(matrix.trace())
        inside = sum(abs(estimate - trace) <= 3 * error for estimate, error in got)
        # 3 standard errors from 40 samples miss in 0.5 % of all seeds: more than 10 misses of 100 has a chance below 1e-10
        expect(
            inside >= 90, f"{inside} of 100 estimates lie within 3 standard errors of the trace, expected at least 90"
        )
        spread = matrix - torch.diag(matrix.diagonal())
        wanted = float(2 * spread.pow(2).sum() / 40) ** 0.5
        found = (sum(error**2 for _, error in got) / 100) ** 0.5
        # the pooled variance has 3,900 degrees of freedom, so it strays by about 3 % (kurtosis included below 5 %)
        expect(
            0.8 < found / wanted < 1.25, f"the standard errors are {found:.4g} on average, expected about {wanted:.4g}"
        )


class WideNet(Workload):
    """hvp of a net with three hidden layers of 256 units, 512 samples."""

    calls = "hvp of a 256-256-256-256-10 tanh net at B = 512"
    tolerance = Tolerance(relative=1e-2, absolute=1e-4)

    def cases(self, draw: Draw, rows: int = 512):
        yield dict(x=draw.normal(rows, 256), y=draw.integers(0, 10, rows), v=draw.normal(1000))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3))

    def probe(self, solution, x, y, v):
        layers = [layer for _ in range(3) for layer in (nn.Linear(256, 256), nn.Tanh())]
        model = nn.Sequential(*layers, nn.Linear(256, 10)).to(x.device, x.dtype)
        fill_parameters(model, scale=0.08)
        return solution.hvp(model, F.cross_entropy, (x, y), vector_for(model, v))


class LongBatch(Workload):
    """hvp of a deep net of width 64 at B = 16,384: 4 MiB an activation."""

    calls = "hvp of a tanh net with 8 hidden layers of 64 units at B = 16384"
    tolerance = Tolerance(relative=1e-2, absolute=1e-4)

    def cases(self, draw: Draw, rows: int = 16384):
        yield dict(x=draw.normal(rows, 64), y=draw.integers(0, 10, rows), v=draw.normal(1000))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3))

    def probe(self, solution, x, y, v):
        layers = [layer for _ in range(8) for layer in (nn.Linear(64, 64), nn.Tanh())]
        model = nn.Sequential(*layers, nn.Linear(64, 10)).to(x.device, x.dtype)
        fill_parameters(model, scale=0.15)
        return solution.hvp(model, F.cross_entropy, (x, y), vector_for(model, v))
