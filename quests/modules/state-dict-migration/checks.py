"""Hidden checks: the fused weights and every form of dict they read, then renaming, then the report."""

from collections import OrderedDict

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, Workload, case, fill_parameters, kind_raised, raised, shares_memory

FUSED, RENAME, REPORT = "FusedAttentionWeights", "rename_keys", "load_report"
EXACT = Tolerance(relative=1e-6, absolute=1e-6)
OLD = ("q_proj", "k_proj", "v_proj", "out_proj")


def old_dict(draw, dim, bias=True, prefix=""):
    state = {f"{prefix}{name}.weight": draw.normal(dim, dim) for name in OLD}
    return state | ({f"{prefix}{name}.bias": draw.normal(dim) for name in OLD} if bias else {})


def values(owner):
    return {name: value.detach() for name, value in sorted(owner.state_dict().items())}


def versioned(state, place, version):
    """A state dict with torch's metadata, as state_dict() of a module at `place` would have it."""
    made = OrderedDict(state)
    made._metadata = OrderedDict({"": {"version": version}, place: {"version": version}})  # noqa: SLF001 - torch's own place
    return made


class Holds(Check):
    """The module registers qkv and out, with biases or without, and its state dict is of version 2."""

    part = FUSED
    calls = "FusedAttentionWeights(dim, bias).state_dict()"

    def cases(self, draw: Draw):
        for options in ({}, {"bias": False}):
            yield case(f"{options}", options=options)

    def probe(self, solution, options):
        state = solution.FusedAttentionWeights(4, **options).state_dict()
        version = state._metadata[""]["version"]  # noqa: SLF001 - torch keeps versions nowhere else
        return {name: list(state[name].shape) for name in sorted(state)} | {"version": version}


class ReadsOldAndNew(Check):
    """Old keys, new keys and prefixed ones load with strict=True and give the same weights, q before k before v."""

    part = FUSED
    calls = "FusedAttentionWeights(dim, bias).load_state_dict(state, strict=True)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        for bias in (True, False):
            for prefix in ("", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."):
                state = old_dict(draw, 4, bias, prefix)
                yield case(f"old keys after {prefix!r}, bias={bias}", state=state, bias=bias)
            new = {f"module.{k}.weight": draw.normal(n * 4, 4) for k, n in (("qkv", 3), ("out", 1))}
            new |= {f"module.{k}.bias": draw.normal(n * 4) for k, n in (("qkv", 3), ("out", 1))} if bias else {}
            yield case(f"new keys after 'module.', bias={bias}", state=new, bias=bias)
            yield case(
                f"new keys, bias={bias}", state={k.removeprefix("module."): v for k, v in new.items()}, bias=bias
            )

    def probe(self, solution, state, bias):
        dtype = next(iter(state.values())).dtype
        made = fill_parameters(solution.FusedAttentionWeights(4, bias).to(dtype))
        keys = list(state)
        made.load_state_dict(state)
        return {**values(made), "keys of the caller's dict": keys == list(state)}


class ReadsAtAnyDepth(Check):
    """Nested at any depth, several times, the conversion happens where the module is, prefixes around it included."""

    part = FUSED
    calls = "nn.Sequential(..., FusedAttentionWeights(3), ...).load_state_dict(state)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        state = old_dict(draw, 3, prefix="0.") | old_dict(draw, 3, prefix="1.attention._orig_mod.")
        yield dict(state=state | {"2.weight": draw.normal(2, 3), "2.bias": draw.normal(2)})

    def probe(self, solution, state):
        inner = nn.ModuleDict({"attention": solution.FusedAttentionWeights(3)})
        model = nn.Sequential(solution.FusedAttentionWeights(3), inner, nn.Linear(3, 2)).to(state["2.weight"].dtype)
        model.load_state_dict(state)
        return values(model)


class HalfADictIsMissing(Check):
    """With q and k but no v, nothing is made up: strict loading fails and names qkv.weight, and the weights stay."""

    part = FUSED
    calls = "FusedAttentionWeights(4).load_state_dict(state without v_proj)"

    def cases(self, draw: Draw):
        for label, gone in (
            ("no v at all", ("weight", "bias")),
            ("no weight of v", ("weight",)),
            ("no bias of v", ("bias",)),
        ):
            state = {k: v for k, v in old_dict(draw, 4).items() if k not in [f"v_proj.{kind}" for kind in gone]}
            yield case(label, state=state)

    def probe(self, solution, state):
        made = fill_parameters(solution.FusedAttentionWeights(4))
        before = {name: value.clone() for name, value in made.state_dict().items()}
        keys = made.load_state_dict(state, strict=False)
        kept = [name for name in keys.missing_keys if torch.equal(before[name], made.state_dict()[name])]
        return {
            "missing": sorted(keys.missing_keys),
            "unexpected": sorted(keys.unexpected_keys),
            "left as they were": sorted(kept),
            "strict": kind_raised(RuntimeError, made.load_state_dict, state),
        }


class ForeignKeysAreReported(Check):
    """Keys that belong to nobody are unexpected, old keys beside new ones too."""

    part = FUSED
    calls = "FusedAttentionWeights(4).load_state_dict(state with more keys, strict=False)"

    def cases(self, draw: Draw):
        extra = {"rotary.table": draw.normal(3), "q_norm.weight": draw.normal(4)}
        new = {"qkv.weight": draw.normal(12, 4), "qkv.bias": draw.normal(12)}
        yield case("strangers", state=old_dict(draw, 4) | extra)
        yield case("old keys beside new ones", state=old_dict(draw, 4) | new)
        yield case(
            "a prefixed key beside a plain one", state=old_dict(draw, 4) | {"module.qkv.bias": draw.normal(12)} | new
        )

    def probe(self, solution, state):
        made = fill_parameters(solution.FusedAttentionWeights(4))
        keys = made.load_state_dict(state, strict=False)
        nested = nn.Sequential(made).load_state_dict(
            {f"0.{name}": value for name, value in state.items()}, strict=False
        )
        return {
            "missing": sorted(keys.missing_keys),
            "unexpected": sorted(keys.unexpected_keys),
            "unexpected when nested": sorted(nested.unexpected_keys),
        }


class VersionsDiffer(Check):
    """Metadata of version 1 says that old weights are (in, out) and get transposed; version 2, or none, that they are not."""

    part = FUSED
    calls = "nn.Sequential(FusedAttentionWeights(4)).load_state_dict(state with _metadata)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        for version in (1, 2, None):
            yield case(f"version {version}", state=old_dict(draw, 4, prefix="0."), version=version)

    def probe(self, solution, state, version):
        given = state if version is None else versioned(state, "0", version)
        dtype = state["0.q_proj.weight"].dtype
        made = fill_parameters(nn.Sequential(solution.FusedAttentionWeights(4)).to(dtype))
        before = {name: value.clone() for name, value in given.items()}
        made.load_state_dict(given)
        untouched = all(torch.equal(value, before[name]) for name, value in given.items())
        round_trip = fill_parameters(nn.Sequential(solution.FusedAttentionWeights(4)).to(dtype), seed=3)
        round_trip.load_state_dict(made.state_dict())
        return {
            **values(made),
            "the caller's tensors are untouched": untouched,
            "after its own round trip": values(round_trip),
        }


class AssignAndIdentity(Check):
    """assign=True keeps the given tensors; without it the parameters stay the objects that an optimiser holds."""

    part = FUSED
    calls = "FusedAttentionWeights(4).load_state_dict(state, assign=...)"

    def cases(self, draw: Draw):
        yield case("old", state=old_dict(draw, 4))
        new = {"qkv.weight": draw.normal(12, 4), "qkv.bias": draw.normal(12)}
        yield case("new", state=new | {"out.weight": draw.normal(4, 4), "out.bias": draw.normal(4)})

    def probe(self, solution, state):
        kept, taken = (
            solution.FusedAttentionWeights(4).to(next(iter(state.values())).dtype),
            solution.FusedAttentionWeights(4),
        )
        before = dict(kept.named_parameters())
        kept.load_state_dict(state)
        taken.load_state_dict(state, assign=True)
        given = {name.replace("out_proj", "out"): value for name, value in state.items()}
        return {
            "same parameter objects": all(value is before[name] for name, value in kept.named_parameters()),
            "shares storage with the given": sorted(
                name for name, value in taken.named_parameters() if name in given and shares_memory(value, given[name])
            ),
            **values(taken),
        }


class Renames(Check):
    """The first rule found in a key rewrites it; other keys stay, order and values too, and the dict is a new one."""

    part = RENAME
    calls = "rename_keys(state, rules)"

    def cases(self, draw: Draw):
        state = {name: draw.normal(2) for name in ("enc.layer.0.w", "enc.layer.11.w", "dec.w", "layer.norm", "bias")}
        for label, rules in (
            ("groups", [(r"^enc\.layer\.(\d+)\.", r"blocks.\1.")]),
            ("first match wins", [(r"layer", "block"), (r"^enc\.", "encoder."), (r"w$", "weight")]),
            ("found anywhere, all of it", [(r"e", "E")]),
            ("no rule", []),
            ("a rule that fits nothing", [("^nobody", "somebody")]),
        ):
            yield case(label, state=state, rules=[list(rule) for rule in rules])

    def probe(self, solution, state, rules):
        keys = list(state)
        made = solution.rename_keys(state, [tuple(rule) for rule in rules])
        return {
            "keys": list(made),
            "same tensors": all(new is old for new, old in zip(made.values(), state.values(), strict=True)),
            "a new dict, the old one as it was": made is not state and list(state) == keys,
        }


class Collisions(Check):
    """Two keys that would become one raise ValueError naming what they would become, renamed onto a kept one as well."""

    part = RENAME
    calls = "rename_keys(state, rules)"

    def cases(self, draw: Draw):
        yield case("two renamed", keys=["a.0", "a.1"], rules=[[r"\d", "x"]])
        yield case("renamed onto a kept one", keys=["new", "old"], rules=[["old", "new"]])
        yield case("kept after a renamed one", keys=["old", "new"], rules=[["old", "new"]])
        yield case("a swap is none", keys=["a", "b"], rules=[["^a$", "b"], ["^b$", "a"]])

    def probe(self, solution, keys, rules):
        state = {key: torch.zeros(1) for key in keys}
        told = raised(solution.rename_keys, state, [tuple(rule) for rule in rules])
        return {
            "raised": told["raised"],
            "both are named": told["raised"] == "nothing" or all(k in told["message"] for k in keys),
        }


class Reports(Check):
    """Everything that fits is loaded, and each name is reported where it belongs, in order."""

    part = REPORT
    calls = "load_report(nn.Sequential(Linear(3, 4), BatchNorm1d(4), Linear(4, 1)), state)"
    tolerance = EXACT

    def cases(self, draw: Draw):
        full = {
            "0.weight": draw.normal(4, 3), "0.bias": draw.normal(4), "1.weight": draw.normal(4), "1.bias": draw.normal(4),
            "1.running_mean": draw.normal(4), "1.running_var": draw.uniform(4), "1.num_batches_tracked": torch.tensor(7),
            "2.weight": draw.normal(1, 4), "2.bias": draw.normal(1),
        }  # fmt: skip
        yield case("all of it", state=full)
        yield case("nothing", state={})
        odd = {k: v for k, v in full.items() if k not in ("1.bias", "2.bias")}
        odd |= {"zebra": draw.normal(2), "0.extra": draw.normal(1), "1.weight": draw.normal(4).half()}
        yield case("some missing, some foreign, one in float16", state=odd)
        shapes = full | {"0.weight": draw.normal(3, 4), "0.bias": draw.normal(1), "2.weight": draw.normal(4)}
        yield case("transposed, broadcastable, of other rank", state=shapes)
        yield case("bfloat16", state={k: v.bfloat16() if v.is_floating_point() else v for k, v in full.items()})

    def probe(self, solution, state):
        model = fill_parameters(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
        before = dict(model.named_parameters())
        report = solution.load_report(model, state)
        return {
            "report": {kind: list(names) for kind, names in report.items()},
            "values": values(model),
            "dtypes": sorted({str(value.dtype) for value in model.state_dict().values()}),
            "same parameter objects": all(value is before[name] for name, value in model.named_parameters()),
            "gradients still wanted": all(value.requires_grad for value in model.parameters()),
        }


class LargeWeights(Workload):
    """Old weights of width 1,024 into a new module."""

    calls = "FusedAttentionWeights(1024).load_state_dict(16 MiB of old weights)"

    def cases(self, draw: Draw, dim: int = 1024):
        yield dict(state=old_dict(draw, dim, bias=False))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, dim=8))

    def probe(self, solution, state):
        dim = state["q_proj.weight"].shape[0]
        made = solution.FusedAttentionWeights(dim, bias=False)
        made.load_state_dict(state)
        return made.qkv.weight[::dim, :4].detach()
