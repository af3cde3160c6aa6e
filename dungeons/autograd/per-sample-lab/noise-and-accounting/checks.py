"""Hidden checks of autograd/per-sample-lab/noise-and-accounting."""

import math

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, case, expect, fill_parameters


def network(x):
    """Ten inputs, two outputs, fixed weights."""
    return fill_parameters(nn.Linear(10, 2)).to(x.dtype)


def squared(output, target):
    """Half the squared error, summed."""
    return 0.5 * (output - target).square().sum()


def generator(seed):
    """A source of randomness of its own."""
    return torch.Generator().manual_seed(seed)


class PoissonDraws(Check):
    """poisson_sample takes each position with probability rate, on its own: sizes vary, positions ascend."""

    # All bounds are 6 standard deviations of a binomial count: a right sampler fails one of some 60 with probability 1e-7.
    calls = "poisson_sample(n, rate, generator)"
    compare = False
    battery = False
    truth = False
    confirm = 2

    def cases(self, draw: Draw):
        yield case("a rate of 0.2", n=50, rate=0.2, seed=draw.seed())
        yield case("a rate of 0", n=7, rate=0.0, seed=draw.seed())
        yield case("a rate of 1", n=7, rate=1.0, seed=draw.seed())

    def probe(self, solution, n, rate, seed):
        source, before = generator(seed), torch.get_rng_state()
        drawn = [solution.poisson_sample(n, rate, source) for _ in range(2000)]
        return {
            "first": drawn[0],
            "again": solution.poisson_sample(n, rate, generator(seed)),
            "sizes": torch.tensor([len(each) for each in drawn]),
            "how often each": torch.bincount(torch.cat(drawn), minlength=n),
            "ascending": all(bool((each.diff() > 0).all()) for each in drawn),
            "the global generator stays": torch.equal(before, torch.get_rng_state()),
        }

    def verify(self, case, got, want):
        n, rate, first = case["n"], case["rate"], got["first"]
        expect(first.dtype == torch.int64 and first.dim() == 1, f"it gives {first.dtype} of shape {tuple(first.shape)}")
        expect(got["ascending"], "positions do not ascend, or one is taken twice")
        expect(torch.equal(first, got["again"]), "the same generator seed gives another sample")
        expect(got["the global generator stays"], "the global generator was used")
        expect(len(got["how often each"]) == n, f"a position of {n} or more was drawn")
        allowed = 6 * math.sqrt(2000 * rate * (1 - rate)) + 1e-9
        off = float((got["how often each"] - 2000 * rate).abs().max())
        expect(
            off <= allowed,
            f"of 2,000 draws a position is in {2000 * rate:.0f} +- {off:.0f}; a right one is off by {allowed:.0f} at most",
        )
        spread, expected = float(got["sizes"].double().var()), n * rate * (1 - rate)
        expect(
            abs(spread - expected) <= 0.25 * expected + 1e-9,
            f"the variance of the size is {spread:.2f}, expected n rate (1 - rate) = {expected:.2f}",
        )


class WithoutNoise(Check):
    """With sigma 0 the gradient is the clipped sum over the expected batch size, not over the drawn one."""

    calls = "private_gradient(model, loss_fn, x, y, clip=1.0, sigma=0.0, expected=8.0, generator)"

    def cases(self, draw: Draw):
        for count in (5, 8, 13, 0):
            yield case(f"{count} drawn, 8 expected", x=draw.normal(count, 10), y=draw.normal(count, 2))

    def probe(self, solution, x, y):
        return solution.private_gradient(network(x), squared, x, y, 1.0, 0.0, 8.0, generator(1))


class NoiseAsPromised(Check):
    """The noise has deviation sigma * clip / expected, in every number independently, anew at each call; an empty draw gets it too."""

    # 2,000 draws of 22 numbers: a variance has the relative standard deviation sqrt(2 / 44000) = 0.0067, a correlation of two
    # numbers 1 / sqrt(2000) = 0.022. The bounds are 5 and 6 of these, and two seeds have to break them: below 1e-9.
    calls = "private_gradient(model, loss_fn, x, y, clip, sigma, expected, generator)"
    compare = False
    battery = False
    truth = False
    confirm = 2
    seconds = 40.0

    def cases(self, draw: Draw):
        for label, count, clip, sigma, expected in (
            ("an empty draw", 0, 2.0, 1.5, 5.0),
            ("three samples", 3, 0.5, 4.0, 2.0),
        ):
            x, y = draw.normal(count, 10), draw.normal(count, 2)
            yield case(label, x=x, y=y, clip=clip, sigma=sigma, expected=expected, seed=draw.seed())

    def probe(self, solution, x, y, clip, sigma, expected, seed):
        model, source, before = network(x), generator(seed), torch.get_rng_state()
        draws = 2000 if len(x) == 0 else 200

        def flat(noise, source):
            found = solution.private_gradient(model, squared, x, y, clip, noise, expected, source)
            return torch.cat([each.flatten() for each in found.values()])

        clean = flat(0.0, generator(1))
        return {
            "noise": torch.stack([flat(sigma, source) - clean for _ in range(draws)]),
            "same seed, same noise": torch.equal(flat(sigma, generator(seed)), flat(sigma, generator(seed))),
            "the global generator stays": torch.equal(before, torch.get_rng_state()),
        }

    def verify(self, case, got, want):
        noise = got["noise"].double() * case["expected"] / (case["sigma"] * case["clip"])
        expect(noise.shape[1] == 22, f"{noise.shape[1]} numbers came back for 22 parameters")
        expect(got["same seed, same noise"], "a generator with the same seed gives other noise")
        expect(got["the global generator stays"], "the global generator was used")
        slack = 5 * math.sqrt(2 / noise.numel())
        variance = float(noise.square().mean())
        expect(
            abs(variance - 1) <= slack,
            f"the noise's variance is {variance:.3f} of (sigma clip / expected)^2, expected 1 +- {slack:.3f}",
        )
        mean = float(noise.mean())
        expect(abs(mean) <= 5 / math.sqrt(noise.numel()), f"the mean of the noise is {mean:.3f} deviations, expected 0")
        shared = (noise.T @ noise / len(noise)).fill_diagonal_(0).abs().max()
        expect(
            float(shared) <= 6 / math.sqrt(len(noise)),
            f"two numbers' noises have correlation {float(shared):.2f}, expected 0",
        )
        again = float((noise[1:] * noise[:-1]).mean().abs())
        expect(
            again <= 5 / math.sqrt(noise[1:].numel()),
            f"one call's noise has correlation {again:.2f} with the last one's",
        )


class AccountsForTheSteps(Check):
    """epsilon agrees within 2 percent over rates, sigmas, deltas and numbers of steps, a rate of 1 included."""

    calls = "epsilon(steps, rate, sigma, delta)"
    tolerance = Tolerance(relative=0.02, absolute=1e-6)
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for steps, rate, sigma, delta in (
            (1000, 0.01, 1.0, 1e-5),
            (1, 0.05, 2.0, 1e-5),
            (500, 0.05, 1.2, 1e-3),
            (20_000, 0.002, 0.8, 1e-6),
            (10, 1.0, 6.0, 1e-5),
            (200, 0.2, 8.0, 1e-4),
            (300, 0.03, 0.5, 1e-5),
            (1000, 0.01, 1.0, 0.3),
        ):
            yield case(
                f"{steps} steps, rate {rate}, sigma {sigma}, delta {delta}",
                steps=steps,
                rate=rate,
                sigma=sigma,
                delta=delta,
            )
        yield dict(steps=draw.integer(50, 3000), rate=draw.number(0.005, 0.1), sigma=draw.number(0.8, 3.0), delta=1e-5)

    def probe(self, solution, steps, rate, sigma, delta):
        return float(solution.epsilon(steps, rate, sigma, delta))
