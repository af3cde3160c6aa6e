"""Hidden checks of performance/flash-forward."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect

CALL = "flash_forward(q, k, v, causal, scale, block_q, block_k)"


def drawn(draw, length, keys, heads=2, key_heads=None, width=8, batch=2, **kind):
    """q, k, v of the usual shapes."""
    shape = (batch, key_heads or heads, keys, width)
    return dict(
        q=draw.normal(batch, heads, length, width, std=1.5, **kind),
        k=draw.normal(*shape, std=1.5, **kind),
        v=draw.normal(*shape, mean=1.0, **kind),
    )


class MatchesDense(Check):
    """out equals softmax(q k^T / sqrt(D)) v, whatever the blocks."""

    calls = "flash_forward(q, k, v, block_q=..., block_k=...)[0]"

    def cases(self, draw: Draw):
        for label, length, keys, block_q, block_k in (
            ("blocks fit", 8, 12, 4, 3),
            ("one tile", 5, 7, 64, 64),
            ("neither length is a multiple of its block", 7, 11, 3, 4),
            ("one query", 1, 9, 4, 4),
            ("one key", 6, 1, 4, 4),
            ("blocks of one", 3, 5, 1, 1),
        ):
            yield case(label, **drawn(draw, length, keys), block_q=block_q, block_k=block_k)

    def probe(self, solution, q, k, v, block_q, block_k):
        return solution.flash_forward(q, k, v, block_q=block_q, block_k=block_k)[0]


class LogSumExp(Check):
    """The second result is the log-sum-exp of each row's scaled scores, (B, H, T)."""

    calls = "flash_forward(q, k, v, block_q=..., block_k=...)[1]"

    def cases(self, draw: Draw):
        yield case("one tile of keys", **drawn(draw, 5, 7), block_q=4, block_k=16)
        yield case("several tiles of keys", **drawn(draw, 6, 17), block_q=4, block_k=5)

    def probe(self, solution, q, k, v, block_q, block_k):
        return solution.flash_forward(q, k, v, block_q=block_q, block_k=block_k)[1]


class AnExplicitScale(Check):
    """An explicit scale replaces 1 / sqrt(D), also 0 and a negative one; the default blocks are there."""

    calls = "flash_forward(q, k, v, scale=scale)"

    def cases(self, draw: Draw):
        for scale in (0.31, 0.0, -0.7):
            yield dict(**drawn(draw, 5, 70), scale=scale)

    def probe(self, solution, q, k, v, scale):
        return solution.flash_forward(q, k, v, scale=scale)


class Causal(Check):
    """causal hides later keys; with T < S the last query still meets the last key."""

    calls = "flash_forward(q, k, v, causal=True, block_q=..., block_k=...)"

    def cases(self, draw: Draw):
        for label, length, keys, block_q, block_k in (
            ("T = S", 9, 9, 4, 4),
            ("T = S, blocks of different size", 11, 11, 3, 5),
            ("T < S, as with a cache", 4, 11, 3, 4),
            ("one query: it sees everything", 1, 6, 4, 4),
            ("more queries in a tile than features", 19, 19, 16, 5),
        ):
            yield case(label, **drawn(draw, length, keys), block_q=block_q, block_k=block_k)

    def probe(self, solution, q, k, v, block_q, block_k):
        return solution.flash_forward(q, k, v, causal=True, block_q=block_q, block_k=block_k)


class NothingToSee(Check):
    """A query that sees no key gets zeros and -inf: causal with T > S, and S = 0."""

    calls = CALL

    def cases(self, draw: Draw):
        yield case("causal, T > S, whole tiles see nothing", **drawn(draw, 9, 4), causal=True, block_q=3, block_k=4)
        yield case("causal, T > S, part of a tile sees nothing", **drawn(draw, 7, 5), causal=True, block_q=4, block_k=3)
        yield case("no keys", **drawn(draw, 3, 0, heads=6, key_heads=2), causal=False, block_q=4, block_k=4)
        yield case("no queries", **drawn(draw, 0, 3), causal=False, block_q=4, block_k=4)

    def probe(self, solution, q, k, v, causal, block_q, block_k):
        return solution.flash_forward(q, k, v, causal=causal, block_q=block_q, block_k=block_k)


class FewerKeyHeads(Check):
    """With Hk < H, query head h reads key head h // (H // Hk)."""

    calls = "flash_forward(q, k, v, causal, block_q=4, block_k=4)"

    def cases(self, draw: Draw):
        for label, heads, key_heads, causal in (
            ("6 heads on 2", 6, 2, False),
            ("4 heads on 1, causal", 4, 1, True),
            ("6 heads on 3, causal", 6, 3, True),
        ):
            yield case(label, **drawn(draw, 5, 9, heads=heads, key_heads=key_heads), causal=causal)

    def probe(self, solution, q, k, v, causal):
        return solution.flash_forward(q, k, v, causal=causal, block_q=4, block_k=4)


class RowsOfUnequalHeight(Check):
    """Rows whose scores lie near 1e4 and near -1e4 share a tile, and later tiles outgrow earlier ones."""

    calls = "flash_forward(q, k, v, scale=1.0, block_q=4, block_k=4)"
    tolerance = Tolerance(
        absolute=5e-3, relative=5e-3
    )  # float32 rounds scores near 1e4 to 1e-3, and with them the shares

    def cases(self, draw: Draw):
        inputs = drawn(draw, 6, 14, width=4)
        heights = torch.tensor([1e4, -1e4, 1.0, 300.0, -300.0, 0.0])
        inputs["q"][..., 0] = heights  # with k[..., 0] = 1 every score of a row is shifted by its height
        inputs["k"][..., 0] = 1.0
        yield case("every row has a height of its own", **inputs)
        inputs = drawn(draw, 6, 14, width=4)
        inputs["q"][..., 0] = 1.0
        inputs["k"][..., 0] = torch.arange(14) * 40.0
        yield case("scores grow from tile to tile", **inputs)
        inputs = {name: value.clone() for name, value in inputs.items()}
        inputs["k"][..., 0] = torch.arange(14) * -40.0
        yield case("scores fall from tile to tile", **inputs)

    def probe(self, solution, q, k, v):
        return solution.flash_forward(q, k, v, scale=1.0, block_q=4, block_k=4)


class HalfPrecision(Check):
    """float16 and bfloat16 inputs are accumulated in float32: out in their dtype, log-sum-exp in float32."""

    calls = "flash_forward(q, k, v, block_q=4, block_k=4)"

    def cases(self, draw: Draw):
        for dtype in (torch.bfloat16, torch.float16):
            inputs = drawn(draw, 5, 97, width=16, dtype=dtype)
            inputs["v"] = inputs["v"] + 8  # sums of shares near 97 x 8 x 1: beyond half precision's whole numbers
            yield case(str(dtype), **inputs)
        inputs = drawn(draw, 5, 9, width=16, dtype=torch.float16)
        inputs["q"], inputs["k"] = inputs["q"] * 60, inputs["k"] * 60
        yield case("scores beyond float16's largest number", **inputs)

    def probe(self, solution, q, k, v):
        return solution.flash_forward(q, k, v, block_q=4, block_k=4)


class PartsMerge(Check):
    """Results over two parts of the keys merge, by their log-sum-exps, into the result over all."""

    calls = "flash_forward over k[:a], k[a:] and over all of k"
    compare = False

    def cases(self, draw: Draw):
        yield dict(**drawn(draw, 5, 13), cut=draw.integer(3, 9))

    def probe(self, solution, q, k, v, cut):
        parts = [
            solution.flash_forward(q, k[:, :, part], v[:, :, part], block_q=4, block_k=4)
            for part in (slice(0, cut), slice(cut, None))
        ]
        lse = torch.logaddexp(parts[0][1], parts[1][1])
        merged = sum(out * torch.exp(each - lse)[..., None] for out, each in parts)
        return {"merged": merged, "whole": solution.flash_forward(q, k, v, block_q=4, block_k=4)[0]}

    def verify(self, case, got, want):
        apart = float((got["merged"] - got["whole"]).abs().max())
        expect(apart < 1e-4, f"merged parts differ from the whole by {apart:.3g}")


class OtherLayouts(Check):
    """q, k and v may be (B, T, H, D) storage seen as (B, H, T, D)."""

    calls = "flash_forward(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), causal, block_q=4, block_k=4)"

    def cases(self, draw: Draw):
        for causal in (False, True):
            yield dict(q=draw.normal(2, 6, 4, 8), k=draw.normal(2, 9, 2, 8), v=draw.normal(2, 9, 2, 8), causal=causal)

    def probe(self, solution, q, k, v, causal):
        q, k, v = (each.transpose(1, 2) for each in (q, k, v))
        return solution.flash_forward(q, k, v, causal=causal, block_q=4, block_k=4)


class LongSequence(Workload):
    """4 heads, 2,048 queries and keys of width 64."""

    calls = "flash_forward(q, k, v) at (1, 4, 2048, 64)"

    def cases(self, draw: Draw, length: int = 2048):
        yield drawn(draw, length, length, heads=4, width=64, batch=1)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=130))

    def probe(self, solution, q, k, v):
        return solution.flash_forward(q, k, v)


class MiddleSequence(LongSequence):
    """4 heads, 1,536 queries and keys of width 64."""

    # A score matrix above 32 MiB is always fresh memory. Below, the C library may or may not keep it between calls, and
    # what the dense formula costs is a matter of chance.
    calls = "flash_forward(q, k, v) at (1, 4, 1536, 64)"

    def cases(self, draw: Draw, length: int = 1536):
        yield from super().cases(draw, length)


class CausalSequence(Workload):
    """2 heads, 1,024 queries and keys of width 32, causal."""

    calls = "flash_forward(q, k, v, causal=True) at (1, 2, 1024, 32)"

    def cases(self, draw: Draw, length: int = 1024):
        yield drawn(draw, length, length, heads=2, width=32, batch=1)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, length=16))

    def probe(self, solution, q, k, v):
        return solution.flash_forward(q, k, v, causal=True)
