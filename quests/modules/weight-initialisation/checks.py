"""Hidden checks: fans, then each distribution by its figures, then reproducibility, then whole models."""

import math

import torch
from torch import nn

from leveling.checks import Check, Draw, case, expect, kind_raised

FANS, XAVIER, KAIMING, ORTHO, TRUNC, MODEL = (
    "fans", "xavier_uniform_", "kaiming_normal_", "orthogonal_", "trunc_normal_", "init_model",
)  # fmt: skip
WEIGHTS = (("linear", (120, 200)), ("convolution", (64, 40, 3, 3)), ("grouped convolution", (96, 24, 5, 2)))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def distance(values, cdf) -> float:
    """Largest gap between the values' distribution and the expected one, in units of 1 / sqrt(n) (Kolmogorov, Smirnov).

    Exceeds 3.2 with chance 2 exp(-2 * 3.2^2) = 3e-9 for the right distribution.
    """
    ordered = values.detach().double().flatten().sort().values
    n = ordered.numel()
    wanted = cdf(ordered)
    steps = torch.arange(n, dtype=torch.float64) / n
    return float(torch.maximum((wanted - steps).abs(), (wanted - steps - 1 / n).abs()).max()) * math.sqrt(n)


def normal_cdf(std):
    return lambda x: torch.special.ndtr(x / std)


def demand_uniform(values, bound, of):
    most = float(values.abs().max())
    expect(most <= bound * 1.0001, f"{of} reaches {most:.5f}, expected values within +-{bound:.5f}")
    gap = distance(values, lambda x: ((x / bound + 1) / 2).clamp(0, 1))
    found, wanted = float(values.std()), bound / math.sqrt(3)
    expect(
        gap < 3.2,
        f"{of} has deviation {found:.5f}, expected a uniform of deviation {wanted:.5f} (reaching {bound:.5f})",
    )


def demand_normal(values, std, of):
    found = float(values.std())
    # the deviation of n numbers strays by std / sqrt(2 n); six of that
    expect(
        abs(found / std - 1) < 6 / math.sqrt(2 * values.numel()),
        f"{of} has deviation {found:.5f}, expected {std:.5f} ({(found / std) ** 2:.3f} times the variance)",
    )
    expect(distance(values, normal_cdf(std)) < 3.2, f"{of} has the right deviation, but is not normal around 0")
    different = values.unique().numel()  # float32 repeats a value of 30 000 a few times, half precision nearly all
    expect(
        different > 0.9 * values.numel(),
        f"{of} has {different} different values among {values.numel()}, expected nearly all of them to differ",
    )


class FansOfShapes(Check):
    """fan_in and fan_out count the kernel area; weights are (O, I / groups, *kernel)."""

    part = FANS
    calls = "fans(shape)"

    def cases(self, draw: Draw):
        for shape in ((7, 5), (8, 3, 3, 3), (6, 2, 1, 5), (4, 3, 7), (2, 3, 2, 3, 5), (1, 1)):
            yield case(f"{shape}", shape=shape)

    def probe(self, solution, shape):
        return list(solution.fans(shape)) + list(solution.fans(torch.empty(shape).shape))


class VectorsHaveNoFans(Check):
    """A shape with fewer than two dimensions raises ValueError."""

    part = FANS
    calls = "fans(shape)"

    def cases(self, draw: Draw):
        for shape in ((5,), ()):
            yield case(f"{shape}", shape=shape)

    def probe(self, solution, shape):
        return kind_raised(ValueError, solution.fans, shape)


class XavierFigures(Check):
    """Xavier values are uniform in +-gain * sqrt(6 / (fan_in + fan_out))."""

    part = XAVIER
    calls = "xavier_uniform_(w, gain, generator)"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        for label, shape in WEIGHTS:
            for gain in (None, 2.5):
                yield case(f"{label}, gain {gain or 'by default'}", shape=shape, gain=gain, seed=draw.seed())

    def probe(self, solution, shape, gain, seed):
        options = {} if gain is None else {"gain": gain}
        return solution.xavier_uniform_(torch.empty(shape), **options, generator=seeded(seed))

    def verify(self, case, got, want):
        shape = case["shape"]
        area = math.prod(shape[2:])
        bound = (case["gain"] or 1.0) * math.sqrt(6 / ((shape[0] + shape[1]) * area))
        demand_uniform(got, bound, f"the weight {tuple(shape)}")


class KaimingFigures(Check):
    """Kaiming values are normal with deviation gain / sqrt(fan), for both modes and every nonlinearity."""

    part = KAIMING
    calls = "kaiming_normal_(w, mode, nonlinearity, slope, generator)"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        for label, shape in WEIGHTS:
            yield case(f"{label}, all by default", shape=shape, options={}, gain=2**0.5, seed=draw.seed())
        plain = dict(nonlinearity="leaky_relu")
        yield case("leaky_relu, slope 0 by default", shape=(64, 40, 3, 3), options=plain, gain=2**0.5, seed=draw.seed())
        for mode in ("fan_in", "fan_out"):
            for kind, slope, gain in (
                ("relu", 0.0, 2**0.5),
                ("relu", 0.7, 2**0.5),
                ("leaky_relu", 0.7, (2 / 1.49) ** 0.5),
                ("tanh", 0.0, 5 / 3),
                ("linear", 0.0, 1.0),
            ):
                options = dict(mode=mode, nonlinearity=kind, slope=slope)
                yield case(
                    f"{mode}, {kind}, slope {slope}", shape=(64, 40, 3, 3), options=options, gain=gain, seed=draw.seed()
                )

    def probe(self, solution, shape, options, gain, seed):
        return solution.kaiming_normal_(torch.empty(shape), **options, generator=seeded(seed))

    def verify(self, case, got, want):
        shape = case["shape"]
        outwards = case["options"].get("mode") == "fan_out"
        fan = shape[0 if outwards else 1] * math.prod(shape[2:])
        demand_normal(got, case["gain"] / math.sqrt(fan), f"the weight {tuple(shape)}")


class KaimingRefuses(Check):
    """An unknown mode or nonlinearity raises ValueError."""

    part = KAIMING
    calls = "kaiming_normal_(w, mode, nonlinearity)"

    def cases(self, draw: Draw):
        for mode, kind in (("fan_avg", "relu"), ("fan_in", "softsign"), ("fan_out", "ReLU")):
            yield case(f"{mode}, {kind}", mode=mode, kind=kind)

    def probe(self, solution, mode, kind):
        return kind_raised(ValueError, solution.kaiming_normal_, torch.zeros(3, 4), mode, kind)


class OrthogonalProducts(Check):
    """Rows or columns, whichever are fewer, are orthonormal times gain, to 1e-5; kernels are flattened from dim 1."""

    part = ORTHO
    calls = "orthogonal_(w, gain, generator)"
    compare, truth, battery = False, False, False

    def cases(self, draw: Draw):
        for label, shape in (
            ("tall", (20, 6)), ("wide", (6, 20)), ("square", (9, 9)), ("wide kernel", (8, 3, 3, 3)),
            ("tall kernel", (30, 2, 2, 2)), ("one row", (1, 5)), ("one number", (1, 1)),
        ):  # fmt: skip
            for gain in (None, 3.0):
                yield case(f"{label}, gain {gain or 'by default'}", shape=shape, gain=gain, seed=draw.seed())

    def probe(self, solution, shape, gain, seed):
        options = {} if gain is None else {"gain": gain}
        return solution.orthogonal_(torch.empty(shape), **options, generator=seeded(seed))

    def verify(self, case, got, want):
        expect(
            list(got.shape) == list(case["shape"]), f"the shape is {tuple(got.shape)}, expected {tuple(case['shape'])}"
        )
        matrix = got.double().flatten(1)
        few = "rows" if matrix.shape[0] <= matrix.shape[1] else "columns"
        product = matrix @ matrix.T if few == "rows" else matrix.T @ matrix
        gain = case["gain"] or 1.0
        error = float((product / gain**2 - torch.eye(len(product), dtype=torch.float64)).abs().max())
        expect(
            error < 1e-5,
            f"products of {few}, divided by gain^2, differ from the identity by up to {error:.2g}, allowed 1e-5",
        )


class OrthogonalRefuses(Check):
    """A vector raises ValueError."""

    part = ORTHO
    calls = "orthogonal_(w) of one dimension"

    def probe(self, solution):
        return kind_raised(ValueError, solution.orthogonal_, torch.zeros(5))


class OrthogonalIsUniform(Check):
    """Over many draws every entry is 0 on average and both signs of the determinant are equally frequent."""

    part = ORTHO
    calls = "orthogonal_(w, generator=generator), 2000 times for (3, 3)"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        for label, shape in (("square", (3, 3)), ("tall", (4, 2)), ("wide", (2, 4))):
            yield case(label, shape=shape, seed=draw.seed(), n=2000 if shape == (3, 3) else 500)

    def probe(self, solution, shape, seed, n):
        generator, w = seeded(seed), torch.empty(shape)
        return torch.stack([solution.orthogonal_(w, generator=generator).clone() for _ in range(n)])

    def verify(self, case, got, want):
        n, longest = len(got), max(case["shape"])
        # an entry has variance 1 / longest, and its mean over n draws strays by sqrt(1 / (longest n)): six of that
        means = got.double().mean(0).abs()
        bound = 6 / math.sqrt(longest * n)
        expect(
            float(means.max()) < bound,
            f"an entry is {float(means.max()):.3f} on average over {n} draws, expected 0 within {bound:.3f}",
        )
        if case["shape"] == (3, 3):
            together = float((got[:, 0, 0] * got[:, 1, 1]).double().mean())  # strays by at most 1 / (2 sqrt(n)): five
            expect(
                abs(together) < 2.5 / math.sqrt(n),
                f"entries (0, 0) and (1, 1) have the product {together:.3f} on average, expected 0: columns lean the same way",
            )
            share = float((torch.linalg.det(got.double()) > 0).double().mean())
            expect(
                abs(share - 0.5) < 3 / math.sqrt(n),
                f"the determinant is positive in {share:.0%} of the draws, expected half",
            )


class TruncatedFigures(Check):
    """Truncated normal values lie in [a, b] and have the mean and distribution of a normal that happens to lie there."""

    part = TRUNC
    calls = "trunc_normal_(w, std, a, b, generator)"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        for label, std, a, b in (
            ("two deviations each way", 1.0, -2.0, 2.0),
            ("asymmetric", 1.0, -0.5, 2.0),
            ("one tail", 0.5, 0.7, 1.5),
            ("the other tail", 2.0, -6.0, -2.5),
            ("narrow: nearly uniform", 1.0, -0.1, 0.2),
            ("small", 0.02, -0.04, 0.04),
            ("wide: nearly normal", 1.0, -9.0, 9.0),
        ):
            yield case(label, std=std, a=a, b=b, seed=draw.seed())

    def probe(self, solution, std, a, b, seed):
        return solution.trunc_normal_(torch.empty(150, 100), std, a, b, generator=seeded(seed))

    def verify(self, case, got, want):
        std, a, b = case["std"], case["a"], case["b"]
        low, high = float(got.min()), float(got.max())
        slack = 1e-6 * max(abs(a), abs(b))
        expect(
            a - slack <= low and high <= b + slack,
            f"values reach from {low:.5f} to {high:.5f}, expected within [{a}, {b}]",
        )
        piled = int(((got <= a + slack) | (got >= b - slack)).sum())
        expect(
            piled <= 8,
            f"{piled} of {got.numel()} values lie exactly on a bound; values outside are to be drawn again, not moved",
        )
        below, above = (float(torch.special.ndtr(torch.tensor(edge / std, dtype=torch.float64))) for edge in (a, b))
        gap = distance(got, lambda x: (torch.special.ndtr(x / std) - below) / (above - below))
        mean = std * (pdf(a / std) - pdf(b / std)) / (above - below)
        expect(
            gap < 3.2,
            f"the mean is {float(got.double().mean()):.4f}, of the truncated normal {mean:.4f}; or another shape",
        )


def pdf(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


class TruncatedRefuses(Check):
    """std <= 0 or a >= b raise ValueError."""

    part = TRUNC
    calls = "trunc_normal_(w, std, a, b)"

    def cases(self, draw: Draw):
        for std, a, b in ((0.0, -1.0, 1.0), (-1.0, -1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 1.0, 1.0)):
            yield case(f"std {std}, a {a}, b {b}", std=std, a=a, b=b)

    def probe(self, solution, std, a, b):
        return kind_raised(ValueError, solution.trunc_normal_, torch.zeros(3, 4), std, a, b)


def fillers(solution):
    return {
        XAVIER: solution.xavier_uniform_,
        KAIMING: solution.kaiming_normal_,
        ORTHO: solution.orthogonal_,
        TRUNC: lambda w, **options: solution.trunc_normal_(w, 1.0, -2.0, 2.0, **options),
    }


class FillsInPlace(Check):
    """Each filler writes into w, whatever its dtype and strides, leaves no graph and returns w itself."""

    calls = "NAME(w), w a Parameter, a bfloat16 tensor, a transposed view"
    compare, truth, battery = False, False, False

    def probe(self, solution):
        found = {}
        for name, fill in fillers(solution).items():
            leaf, half, base = (
                nn.Parameter(torch.zeros(6, 4)),
                torch.zeros(6, 4, dtype=torch.bfloat16),
                torch.zeros(4, 6),
            )
            found[name] = {
                "returns w": fill(leaf) is leaf,
                "w stays a leaf that requires gradients": leaf.requires_grad and leaf.is_leaf,
                "w is filled": bool((leaf != 0).any()),
                "bfloat16 w is filled": bool((fill(half) != 0).any()) and half.dtype == torch.bfloat16,
                "a transposed w is filled": bool((fill(base.T) != 0).any()) and bool((base != 0).any()),
            }
        return found

    def verify(self, case, got, want):
        for name, found in got.items():
            for what, holds in found.items():
                expect(holds, f"{name}: it does not hold that {what}")


class OnlyTheGenerator(Check):
    """A generator alone decides the values, and the global one is not touched; without it, the global one decides."""

    calls = "NAME(w, generator=generator), twice with one seed, once with another"
    compare, truth, battery = False, False, False

    def cases(self, draw: Draw):
        yield dict(seed=draw.seed())

    def probe(self, solution, seed):
        found = {}
        for name, fill in fillers(solution).items():
            before = torch.get_rng_state()
            first, again, other = (fill(torch.zeros(6, 4), generator=seeded(seed + extra)) for extra in (0, 0, 1))
            untouched = torch.equal(before, torch.get_rng_state())
            torch.manual_seed(seed)
            free = fill(torch.zeros(6, 4))
            torch.manual_seed(seed)
            found[name] = {
                "one seed gives the same values twice": bool(torch.equal(first, again)),
                "another seed gives others": not torch.equal(first, other),
                "the global generator is left alone": untouched,
                "torch.manual_seed decides when no generator is given": bool(
                    torch.equal(free, fill(torch.zeros(6, 4)))
                ),
            }
        return found

    def verify(self, case, got, want):
        for name, found in got.items():
            for what, holds in found.items():
                expect(holds, f"{name}: it does not hold that {what}")


def house(kind=nn.Linear):
    """A nest of everything; all values start at 7 so that what was not visited shows."""
    shared_part = nn.Linear(60, 60)
    made = nn.ModuleDict(
        {
            "table": nn.Embedding(90, 50, padding_idx=3),
            "plain table": nn.Embedding(90, 50),
            "body": nn.Sequential(
                nn.Conv2d(20, 40, 3, groups=2), nn.BatchNorm2d(40), nn.ModuleList([nn.Linear(50, 60, bias=False)]),
                nn.GroupNorm(2, 40), nn.LayerNorm(60), nn.LayerNorm(60, bias=False), nn.BatchNorm1d(4, affine=False),
            ),
            "twice": nn.ModuleList([shared_part, nn.ReLU(), shared_part]),
            "head": kind(60, 80),
        }
    )  # fmt: skip
    with torch.no_grad():
        for value in made.parameters():
            value.fill_(7.0)
    return made


class WholeModel(Check):
    """init_model fills every Linear and Conv2d by the scheme, biases with 0, norms with 1 and 0, embeddings from N(0, 0.02)."""

    part = MODEL
    calls = "init_model(model, scheme, generator)"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        for scheme in ("xavier", "kaiming", "orthogonal"):
            yield case(scheme, scheme=scheme, seed=draw.seed())

    def probe(self, solution, scheme, seed):
        model = house(type("Special", (nn.Linear,), {}))
        solution.init_model(model, scheme, seeded(seed))
        return {name: value.detach() for name, value in model.named_parameters()}

    def verify(self, case, got, want):
        for name, value in got.items():
            if name.endswith("bias"):
                expect(bool((value == 0).all()), f"{name} is not 0 everywhere")
            elif value.dim() == 1:
                expect(bool((value == 1).all()), f"{name}, of a norm, is not 1 everywhere")
            elif "table" in name:
                padded = name == "table.weight"
                expect(not padded or bool((value[3] == 0).all()), f"{name}: the padding row 3 is not 0")
                demand_normal(torch.cat([value[:3], value[4:]]), 0.02, name)
            else:
                self.weight(case["scheme"], name, value)

    def weight(self, scheme, name, value):
        area = math.prod(value.shape[2:])
        fan_in, fan_out = value.shape[1] * area, value.shape[0] * area
        if scheme == "xavier":
            demand_uniform(value, math.sqrt(6 / (fan_in + fan_out)), name)
        elif scheme == "kaiming":
            demand_normal(value, math.sqrt(2 / fan_in), name)
        else:
            matrix = value.double().flatten(1)
            matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
            error = float((matrix @ matrix.T - torch.eye(len(matrix), dtype=torch.float64)).abs().max())
            expect(error < 1e-5, f"{name}: products of rows or columns differ from the identity by up to {error:.2g}")


class EachPartOnce(Check):
    """Equal-shaped layers get different draws, a shared layer is drawn once, and the generator alone decides."""

    part = MODEL
    calls = "init_model(model, scheme, generator)"
    compare, truth, battery = False, False, False

    def cases(self, draw: Draw):
        for scheme in ("xavier", "kaiming", "orthogonal"):
            yield case(scheme, scheme=scheme, seed=draw.seed())

    def probe(self, solution, scheme, seed):
        def made(times):
            part = nn.Linear(5, 5)
            model = nn.Sequential(*[part] * times, nn.Linear(5, 5), nn.Embedding(3, 4))
            solution.init_model(model, scheme, seeded(seed))
            return model

        once, twice, again = made(1), made(2), made(1)
        return {
            "equal-shaped layers get different values": not torch.equal(once[0].weight, once[1].weight),
            "a layer that appears twice is drawn once": bool(torch.equal(once[1].weight, twice[2].weight)),
            "the same generator gives the same model": all(
                torch.equal(a, b) for a, b in zip(once.parameters(), again.parameters(), strict=True)
            ),
            "gradients are still wanted": all(value.requires_grad and value.is_leaf for value in once.parameters()),
        }

    def verify(self, case, got, want):
        for what, holds in got.items():
            expect(holds, f"it does not hold that {what}")


class ModelLeavesGlobalsAlone(Check):
    """init_model with a generator does not touch the global one, and an unknown scheme raises ValueError."""

    part = MODEL
    calls = "init_model(model, scheme, generator)"

    def probe(self, solution):
        model = house()
        before = torch.get_rng_state()
        for scheme in ("xavier", "kaiming", "orthogonal"):
            solution.init_model(model, scheme, seeded(1))
        return {
            "global generator untouched": bool(torch.equal(before, torch.get_rng_state())),
            "scheme 'he'": kind_raised(ValueError, solution.init_model, model, "he", seeded(1)),
        }


class FiftyLayers(Check):
    """Through 50 relu layers of width 512 a kaiming-initialised network keeps the second moment of its activations."""

    part = MODEL
    calls = "init_model(fifty Linear(512, 512), 'kaiming', generator), then a forward through relus"
    compare, truth, battery, confirm = False, False, False, 2

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4, 512), seed=draw.seed())

    def probe(self, solution, x, seed):
        layers = nn.ModuleList([nn.Linear(512, 512) for _ in range(50)])
        solution.init_model(layers, "kaiming", seeded(seed))
        with torch.no_grad():
            for layer in layers:
                before = layer(x)
                x = torch.relu(before)
        return math.log(max(float(before.square().mean() / 2), 1e-300))

    def verify(self, case, got, want):
        # each layer's factor strays by sqrt(5 / 512), so the logarithm of fifty is -0.25 +- 0.7: almost six of that
        moment = math.exp(got)
        expect(abs(got) < math.log(64), f"the second moment has changed by a factor of {moment:.3g}, expected near 1")
