"""Hidden checks of transformers/multi-head-attention."""

import torch
from torch import nn

from leveling.checks import (
    Check,
    Draw,
    Workload,
    case,
    expect,
    fill_parameters,
    kind_raised,
    parameter_gradients,
    shares_memory,
)

CALL = "MultiHeadAttention(d, n_heads, ...)(x, memory, key_keep, attn_keep)"
NAMES = ("q_proj", "k_proj", "v_proj", "out_proj")


def rows_kept(draw, *shape):
    """A bool mask in which every row keeps at least one key."""
    keep = draw.booleans(*shape, p=0.6)
    return keep | torch.nn.functional.one_hot(draw.integers(0, shape[-1], *shape[:-1]), shape[-1]).bool()


def built(solution, x, n_heads, **options):
    """An object with fixed weights by the projections' names, in the dtype of x."""
    made = solution.MultiHeadAttention(x.shape[-1], n_heads, **options).to(x.dtype)
    for index, name in enumerate(NAMES):
        fill_parameters(getattr(made, name), seed=5 * index)
    return made


class NamesAndSizes(Check):
    """Four projections with the agreed names: 4*d*d + 4*d parameters for self-attention with bias."""

    calls = "MultiHeadAttention(d, n_heads, d_memory, bias).state_dict()"

    def cases(self, draw: Draw):
        yield case("self-attention", d=12, n_heads=3, d_memory=None, bias=True)
        yield case("no bias", d=12, n_heads=4, d_memory=None, bias=False)
        yield case("another width of memory", d=10, n_heads=5, d_memory=7, bias=True)

    def probe(self, solution, d, n_heads, d_memory, bias):
        made = solution.MultiHeadAttention(d, n_heads, d_memory=d_memory, bias=bias)
        shapes = {name: list(value.shape) for name, value in sorted(made.state_dict().items())}
        return {"shapes": shapes, "parameters": sum(value.numel() for value in made.parameters())}


class RefusesUnevenHeads(Check):
    """d not divisible by n_heads raises ValueError."""

    calls = "MultiHeadAttention(d, n_heads)"

    def cases(self, draw: Draw):
        yield dict(d=10, n_heads=3)
        yield dict(d=4, n_heads=8)

    def probe(self, solution, d, n_heads):
        return kind_raised(ValueError, solution.MultiHeadAttention, d, n_heads)


class SelfAttention(Check):
    """Self-attention with 1, 2 and 8 heads gives the reference's values from the same weights."""

    calls = "MultiHeadAttention(d, n_heads)(x)"

    def cases(self, draw: Draw):
        for label, shape, heads in (
            ("one head", (2, 5, 6), 1),
            ("2 heads", (3, 5, 6), 2),
            ("8 heads", (2, 7, 24), 8),
            ("as many heads as features", (2, 3, 4), 4),
            ("one position", (3, 1, 6), 3),
            ("one sequence of one position", (1, 1, 4), 2),
        ):
            yield case(label, x=draw.normal(*shape, std=2.0), n_heads=heads)
        yield case("x is a transposed view", x=draw.normal(5, 3, 8, std=2.0).transpose(0, 1), n_heads=2)

    def probe(self, solution, x, n_heads):
        return built(solution, x, n_heads)(x)


class CrossAttention(Check):
    """Cross-attention: queries come from x, keys and values from memory, and the length follows x."""

    calls = "MultiHeadAttention(d, n_heads, d_memory)(x, memory)"

    def cases(self, draw: Draw):
        for label, length, other, width in (
            ("a longer memory", 3, 7, 8),
            ("a shorter memory of another width", 7, 3, 5),
            ("one query", 1, 6, 8),
            ("one key", 4, 1, 3),
        ):
            yield case(
                label, x=draw.normal(2, length, 8), memory=draw.normal(2, other, width), n_heads=2, d_memory=width
            )

    def probe(self, solution, x, memory, n_heads, d_memory):
        return built(solution, x, n_heads, d_memory=d_memory)(x, memory)


class KeyPadding(Check):
    """key_keep (B, Tk) hides padded keys from every query and head, and True means keep."""

    calls = "MultiHeadAttention(d, n_heads)(x, key_keep=key_keep)"

    def cases(self, draw: Draw):
        for label, batch, length in (
            ("a padded sequence", 3, 5),
            ("as many sequences as positions", 4, 4),
            ("as many sequences as heads", 2, 5),
        ):
            yield case(label, x=draw.normal(batch, length, 6, std=2.0), key_keep=rows_kept(draw, batch, length))

    def probe(self, solution, x, key_keep):
        return built(solution, x, 2)(x, key_keep=key_keep)


class AttentionMask(Check):
    """attn_keep of shape (Tq, Tk), (B, 1, Tq, Tk) and (B, n_heads, Tq, Tk) says which key each query may look at."""

    calls = "MultiHeadAttention(d, n_heads)(x, attn_keep=attn_keep)"

    def cases(self, draw: Draw):
        yield case("causal", x=draw.normal(2, 5, 6), attn_keep=torch.ones(5, 5, dtype=torch.bool).tril())
        for label, shape in (
            ("one mask for all", (5, 5)),
            ("one a sequence", (2, 1, 5, 5)),
            ("one a sequence and head", (2, 3, 5, 5)),
        ):
            yield case(label, x=draw.normal(2, 5, 6, std=2.0), attn_keep=rows_kept(draw, *shape))

    def probe(self, solution, x, attn_keep):
        return built(solution, x, 3)(x, attn_keep=attn_keep)


class BothMasks(Check):
    """With key_keep and attn_keep a key counts where both are True, also when B == Tq == Tk."""

    calls = "MultiHeadAttention(d, n_heads)(x, key_keep=key_keep, attn_keep=attn_keep)"

    def cases(self, draw: Draw):
        for label, batch, length, shape in (
            ("B == Tq == Tk", 4, 4, (4, 4)),
            ("unequal sizes", 3, 5, (5, 5)),
            ("a mask for every head", 2, 5, (2, 3, 5, 5)),
        ):
            key_keep = draw.booleans(batch, length, p=0.6)
            attn_keep = draw.booleans(*shape, p=0.7)
            key_keep[:, 0] = attn_keep[..., 0] = True
            yield case(label, x=draw.normal(batch, length, 6, std=2.0), key_keep=key_keep, attn_keep=attn_keep)

    def probe(self, solution, x, key_keep, attn_keep):
        return built(solution, x, 3)(x, key_keep=key_keep, attn_keep=attn_keep)


class HiddenMemoryIsUnseen(Check):
    """Changing memory at a position that key_keep drops changes nothing."""

    calls = "MultiHeadAttention(d, n_heads)(x, memory, key_keep), before and after memory changes where it is hidden"
    compare = False

    def cases(self, draw: Draw):
        keep = rows_kept(draw, 2, 7)
        keep[:, 3] = False
        keep[:, 5] = True
        memory = draw.normal(2, 7, 8)
        other = torch.where(keep[..., None], memory, draw.normal(2, 7, 8, std=30.0))
        yield dict(x=draw.normal(2, 4, 8), memory=memory, other=other, key_keep=keep)

    def probe(self, solution, x, memory, other, key_keep):
        made = built(solution, x, 4)
        return {"before": made(x, memory, key_keep), "after": made(x, other, key_keep)}

    def verify(self, case, got, want):
        moved = float((got["before"] - got["after"]).abs().max())
        expect(moved < 1e-6, f"the result moved by {moved:.3g}, expected 0")


class LoadsTorch(Check):
    """load_torch makes it equal to nn.MultiheadAttention, packed or with kdim = vdim, with padding and with a mask."""

    calls = "load_torch(m, ref), then m(x, memory, key_keep, attn_keep) against ref"

    def cases(self, draw: Draw):
        for label, heads, width, bias, masked in (
            ("packed weights, 1 head", 1, 8, True, ""),
            ("packed weights, 2 heads, padding", 2, 8, True, "keys"),
            ("packed weights, 8 heads, a mask", 8, 8, True, "mask"),
            ("packed weights without bias", 2, 8, False, "both"),
            ("separate weights: kdim = vdim = 5", 2, 5, True, "both"),
            ("separate weights without bias", 4, 5, False, ""),
        ):
            keys = rows_kept(draw, 2, 6) if masked in ("keys", "both") else None
            mask = torch.ones(4, 6, dtype=torch.bool).triu(1) if masked in ("mask", "both") else None
            if keys is not None:
                keys[:, -1] = True  # nn.MultiheadAttention says NaN where no key is left
            yield case(
                label,
                x=draw.normal(2, 4, 8),
                memory=draw.normal(2, 6, width),
                n_heads=heads,
                bias=bias,
                key_keep=keys,
                attn_keep=mask,
            )

    def probe(self, solution, x, memory, n_heads, bias, key_keep, attn_keep):
        width = memory.shape[-1]
        theirs = nn.MultiheadAttention(8, n_heads, bias=bias, kdim=width, vdim=width, batch_first=True).to(x.dtype)
        fill_parameters(theirs)
        mine = solution.MultiHeadAttention(8, n_heads, d_memory=width, bias=bias).to(x.dtype)
        solution.load_torch(mine, theirs)
        hidden = {  # PyTorch's sense: True hides
            "key_padding_mask": None if key_keep is None else ~key_keep,
            "attn_mask": None if attn_keep is None else ~attn_keep,
        }
        return {
            "MultiHeadAttention": mine(x, memory, key_keep, attn_keep),
            "nn.MultiheadAttention": theirs(x, memory, memory, need_weights=False, **hidden)[0],
        }

    def verify(self, case, got, want):
        apart = float((got["MultiHeadAttention"] - got["nn.MultiheadAttention"]).abs().max())
        expect(apart < 1e-4, f"the two modules differ by {apart:.3g} after load_torch")


class LoadCopies(Check):
    """load_torch copies: the two modules share no memory and all parameters of m can still learn."""

    calls = "load_torch(m, ref), then a look at their parameters"

    def cases(self, draw: Draw):
        yield case("packed weights", width=6)
        yield case("separate weights", width=5)

    def probe(self, solution, width):
        theirs = fill_parameters(nn.MultiheadAttention(6, 2, kdim=width, vdim=width))
        mine = solution.MultiHeadAttention(6, 2, d_memory=width)
        solution.load_torch(mine, theirs)
        return {
            "parameters in common": sorted(
                name
                for name, value in mine.named_parameters()
                if any(shares_memory(value, other) for other in theirs.parameters())
            ),
            "parameters of m that learn": sorted(
                n for n, p in mine.named_parameters() if p.requires_grad and p.is_leaf
            ),
        }


class TimeHasNoOrder(Check):
    """Without a mask, permuting the positions of x permutes the result and changes nothing else."""

    calls = "MultiHeadAttention(d, n_heads)(x) and (x[:, order])"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 7, 6), order=draw.permutation(7))

    def probe(self, solution, x, order):
        made = built(solution, x, 3)
        return {"permuted after": made(x)[:, order], "permuted before": made(x[:, order])}

    def verify(self, case, got, want):
        apart = float((got["permuted after"] - got["permuted before"]).abs().max())
        expect(apart < 1e-5, f"permuting before or after makes a difference of {apart:.3g}, expected 0")


class NoKeyIsLeft(Check):
    """A query without any kept key gets out_proj.bias."""

    calls = CALL

    def cases(self, draw: Draw):
        keep = rows_kept(draw, 3, 5)
        keep[1] = False
        yield case("a sequence of padding alone", x=draw.normal(3, 5, 6), key_keep=keep, attn_keep=None)
        causal = torch.ones(5, 5, dtype=torch.bool).tril()
        keep = torch.ones(3, 5, dtype=torch.bool)
        keep[:, 0] = False
        yield case("causal and left padding", x=draw.normal(3, 5, 6), key_keep=keep, attn_keep=causal)

    def probe(self, solution, x, key_keep, attn_keep):
        return built(solution, x, 2)(x, key_keep=key_keep, attn_keep=attn_keep)


class GradientsMatch(Check):
    """Gradients of x, memory and every parameter match, and stay finite where no key is left."""

    calls = f"{CALL}, then backward"

    def cases(self, draw: Draw):
        for label, empty in (("every query has a key", False), ("one sequence of padding alone", True)):
            keep = rows_kept(draw, 3, 5)
            keep[1] &= not empty
            yield case(
                label,
                x=draw.normal(3, 4, 6, requires_grad=True),
                memory=draw.normal(3, 5, 7, requires_grad=True),
                key_keep=keep,
            )

    def probe(self, solution, x, memory, key_keep):
        made = built(solution, x, 2, d_memory=7)
        found = parameter_gradients(made(x, memory, key_keep), made, x=x, memory=memory)
        return {name: found[name] for name in sorted(found)}


class DropoutOnWeights(Check):
    """Dropout falls on the attention weights, scaled by 1 / (1 - p), and in training only."""

    calls = "MultiHeadAttention(d, n_heads, dropout=p)(x, memory) with one key and identity projections"
    compare = False

    def cases(self, draw: Draw):
        # One key: each of the 2 * 9 * 4 weights is 1, so every head's block is 0 or v / (1 - p) as a whole.
        # That all 72 fall on one side has a chance of at most 0.7 ** 72 < 1e-11.
        yield dict(x=draw.normal(2, 9, 12), memory=draw.uniform(2, 1, 12, low=0.5, high=2.0), p=draw.number(0.3, 0.6))

    def probe(self, solution, x, memory, p):
        made = solution.MultiHeadAttention(12, 4, bias=False, dropout=p).to(x.dtype)
        with torch.no_grad():
            for name in NAMES:
                getattr(made, name).weight.copy_(torch.eye(12))
        made.train()
        trained = made(x, memory)
        made.eval()
        return {"training": trained, "eval": made(x, memory), "eval again": made(x, memory)}

    def verify(self, case, got, want):
        values, p = case["memory"].expand(2, 9, 12), case["p"]
        off = max(float((got[name] - values).abs().max()) for name in ("eval", "eval again"))
        expect(off < 1e-5, f"in eval the result is off by {off:.3g}: dropout must rest there")
        factors = (got["training"] / values).reshape(-1, 3)  # one row a head
        spread = float((factors.amax(-1) - factors.amin(-1)).max())
        expect(spread < 1e-4, "features of one head were dropped apart: dropout belongs on the weights, not on values")
        kept = factors[factors[:, 0].abs() > 1e-6]
        expect(len(kept) < len(factors), "in training nothing was dropped")
        expect(len(kept) > 0, "in training everything was dropped")
        expect(
            bool(((kept - 1 / (1 - p)).abs() < 1e-3).all()),
            f"a kept weight was scaled by {float(kept.flatten()[0]):.3f}, expected 1 / (1 - p) = {1 / (1 - p):.3f}",
        )


class ManyHeads(Workload):
    """The same work for two heads and for sixteen (for a single one even a transpose is free)."""

    calls = "MultiHeadAttention(d, n_heads)(x, key_keep=..., attn_keep=...) with 2 and with 16 heads"

    def cases(self, draw: Draw):
        for heads in (2, 16):
            yield dict(
                x=draw.normal(4, 33, 64),
                n_heads=heads,
                key_keep=rows_kept(draw, 4, 33),
                attn_keep=torch.ones(33, 33, dtype=torch.bool).tril(),
            )

    def probe(self, solution, x, n_heads, key_keep, attn_keep):
        with torch.no_grad():
            made = solution.MultiHeadAttention(64, n_heads).eval()
            for index, name in enumerate(NAMES):
                getattr(made, name).weight.copy_(torch.eye(64).roll(index, 0))
                getattr(made, name).bias.zero_()
            return made(x, key_keep=key_keep, attn_keep=attn_keep)
