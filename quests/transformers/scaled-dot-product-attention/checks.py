"""Hidden checks of transformers/scaled-dot-product-attention."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, gradients

CALL = "attention(q, k, v, keep, scale)"


def rows_kept(draw, *shape):
    """A bool mask in which every row keeps at least one key."""
    keep = draw.booleans(*shape, p=0.6)
    return keep | torch.nn.functional.one_hot(draw.integers(0, shape[-1], *shape[:-1]), shape[-1]).bool()


class MatchesTheFormula(Check):
    """out and weights equal softmax(q k^T / sqrt(D)) v for any leading shape, Tq != Tk and Dv != D."""

    calls = "attention(q, k, v)"

    def cases(self, draw: Draw):
        for label, lead, queries, keys, width, values in (
            ("no leading dimension", (), 3, 5, 4, 7),
            ("a batch", (2,), 5, 3, 8, 2),
            ("batch and heads", (2, 3), 7, 11, 5, 3),
            ("one query", (2, 3), 1, 11, 16, 5),
            ("one key", (2,), 5, 1, 3, 2),
            ("width 1", (3,), 4, 6, 1, 1),
        ):
            yield case(
                label,
                q=draw.normal(*lead, queries, width),
                k=draw.normal(*lead, keys, width),
                v=draw.normal(*lead, keys, values, mean=1.0),
            )

    def probe(self, solution, q, k, v):
        return solution.attention(q, k, v)


class AnExplicitScale(Check):
    """An explicit scale replaces 1 / sqrt(D)."""

    calls = "attention(q, k, v, scale=scale)"

    def cases(self, draw: Draw):
        for scale in (0.37, 1.0, 0.0):
            yield dict(q=draw.normal(2, 3, 5), k=draw.normal(2, 4, 5), v=draw.normal(2, 4, 6), scale=scale)

    def probe(self, solution, q, k, v, scale):
        return solution.attention(q, k, v, scale=scale)


class RowsSumToOne(Check):
    """The weights of a row sum to 1 over the kept keys and are exactly 0 where keep is False."""

    calls = "attention(q, k, v, keep)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(
            q=draw.normal(2, 5, 8), k=draw.normal(2, 7, 8), v=draw.normal(2, 7, 3), keep=rows_kept(draw, 2, 5, 7)
        )

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)[1]

    def verify(self, case, got, want):
        sums = got.sum(-1)
        expect(
            bool(((sums - 1).abs() < 1e-5).all()),
            f"the weights of a row sum to {float(sums.flatten()[(sums - 1).abs().argmax()]):.4f}, expected 1",
        )
        hidden = got[~case["keep"].expand_as(got)]
        expect(
            bool((hidden == 0).all()),
            f"a hidden key has the weight {float(hidden.abs().max()):.3g}, expected exactly 0",
        )


class MasksOfEveryShape(Check):
    """keep of shape (Tq, Tk), (B, 1, 1, Tk) and (B, H, Tq, Tk) all broadcast."""

    calls = "attention(q, k, v, keep)"

    def cases(self, draw: Draw):
        for label, shape in (
            ("one mask for all", (5, 6)),
            ("padding, one row a sequence", (3, 1, 1, 6)),
            ("a mask for every head", (3, 2, 5, 6)),
            ("one row for everything", (6,)),
        ):
            yield case(
                label,
                q=draw.normal(3, 2, 5, 4),
                k=draw.normal(3, 2, 6, 4),
                v=draw.normal(3, 2, 6, 4),
                keep=rows_kept(draw, *shape),
            )

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)


class EmptyRowsAreZero(Check):
    """A row with no kept key gives a zero row in out and weights."""

    calls = "attention(q, k, v, keep)"

    def cases(self, draw: Draw):
        keep = rows_kept(draw, 2, 4, 6)
        keep[0, 2] = False
        keep[1, 0] = False
        yield dict(q=draw.normal(2, 4, 5), k=draw.normal(2, 6, 5), v=draw.normal(2, 6, 3, mean=2.0), keep=keep)
        yield case(
            "nothing is kept at all",
            q=draw.normal(3, 5),
            k=draw.normal(4, 5),
            v=draw.normal(4, 2),
            keep=torch.zeros(3, 4, dtype=torch.bool),
        )

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)


class GradientsMatch(Check):
    """Gradients of q, k and v match, also through the returned weights."""

    calls = "attention(q, k, v, keep), then backward through out and weights"

    def cases(self, draw: Draw):
        yield dict(
            q=draw.normal(2, 3, 5, requires_grad=True),
            k=draw.normal(2, 4, 5, requires_grad=True),
            v=draw.normal(2, 4, 6, requires_grad=True),
            keep=rows_kept(draw, 2, 3, 4),
        )

    def probe(self, solution, q, k, v, keep):
        out, weights = solution.attention(q, k, v, keep)
        return {"by out": gradients(out, keep=True, q=q, k=k, v=v), "by weights": gradients(weights, q=q, k=k)}


class GradientsStayFinite(Check):
    """With an empty row the gradients of q, k and v stay finite, and are zero for that row of q."""

    calls = "attention(q, k, v, keep), then backward"

    def cases(self, draw: Draw):
        keep = rows_kept(draw, 2, 4, 6)
        keep[0, 1] = False
        keep[1, 3] = False
        yield dict(
            q=draw.normal(2, 4, 5, requires_grad=True),
            k=draw.normal(2, 6, 5, requires_grad=True),
            v=draw.normal(2, 6, 3, requires_grad=True),
            keep=keep,
        )

    def probe(self, solution, q, k, v, keep):
        return gradients(solution.attention(q, k, v, keep), q=q, k=k, v=v)


class NoKeysNoQueries(Check):
    """Tk = 0 gives zeros of shape (..., Tq, Dv); Tq = 0 gives an empty tensor."""

    calls = CALL

    def cases(self, draw: Draw):
        yield case("no keys", q=draw.normal(2, 3, 4), k=draw.normal(2, 0, 4), v=draw.normal(2, 0, 5), keep=None)
        yield case("no queries", q=draw.normal(2, 0, 4), k=draw.normal(2, 3, 4), v=draw.normal(2, 3, 5), keep=None)
        yield case(
            "no keys, with a mask",
            q=draw.normal(3, 4),
            k=draw.normal(0, 4),
            v=draw.normal(0, 5),
            keep=torch.zeros(3, 0, dtype=torch.bool),
        )

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)


class HalfPrecision(Check):
    """bfloat16 and float16 inputs with scores near 200 give finite results in their dtype, exact to 2e-2."""

    calls = CALL
    tolerance = Tolerance(absolute=2e-2, relative=2e-2)

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            keep = rows_kept(draw, 5, 9)
            keep[3] = False
            # every dot product is near 200 x 8, so that scaled scores lie near 200 x 8 / 8
            q = draw.normal(2, 5, 64, mean=5.0, std=0.6)
            k = draw.normal(2, 9, 64, mean=5.0, std=0.6)
            yield case(str(dtype), q=q.to(dtype), k=k.to(dtype), v=draw.normal(2, 9, 8, dtype=dtype), keep=keep)

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)


class KeysInAnyOrder(Check):
    """Permuting keys, values and mask together leaves out unchanged."""

    calls = CALL

    def cases(self, draw: Draw):
        yield dict(
            q=draw.normal(2, 3, 5),
            k=draw.normal(2, 7, 5),
            v=draw.normal(2, 7, 4),
            keep=rows_kept(draw, 2, 3, 7),
            order=draw.permutation(7),
        )

    def probe(self, solution, q, k, v, keep, order):
        return solution.attention(q, k[:, order], v[:, order], keep[..., order])[0]


class ManyHeads(Workload):
    """The same count of ops for one head and for sixteen."""

    calls = "attention(q, k, v, keep)"

    def cases(self, draw: Draw):
        for batch, heads, length in ((1, 1, 8), (4, 16, 33)):
            yield dict(
                q=draw.normal(batch, heads, length, 8),
                k=draw.normal(batch, heads, length, 8),
                v=draw.normal(batch, heads, length, 8),
                keep=rows_kept(draw, batch, 1, length, length),
            )

    def probe(self, solution, q, k, v, keep):
        return solution.attention(q, k, v, keep)


class LongSequence(Workload):
    """One sequence of 1,024 tokens, 8 heads of width 64, under no_grad."""

    calls = "attention(q, k, v, keep) at B=1, H=8, T=1024"

    def cases(self, draw: Draw, length: int = 1024):
        yield dict(
            q=draw.normal(1, 8, length, 64),
            k=draw.normal(1, 8, length, 64),
            v=draw.normal(1, 8, length, 64),
            keep=torch.ones(length, length, dtype=torch.bool).tril(),
        )

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=16))

    def probe(self, solution, q, k, v, keep):
        with torch.no_grad():
            return solution.attention(q, k, v, keep)[0]
