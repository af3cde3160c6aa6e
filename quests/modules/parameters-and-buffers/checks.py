"""Hidden checks of modules/parameters-and-buffers."""

import torch
from torch import nn

from leveling.checks import Check, Draw, Tolerance, case, expect, gradients, raised

SCALER, TABLE = "FeatureScaler", "PositionTable"


def scaler(solution, x, gain=None, shift=None):
    """A scaler for the columns of x, in its dtype; gain and shift set when given."""
    made = solution.FeatureScaler(x.shape[-1]).to(x.dtype)
    with torch.no_grad():
        for name, value in (("gain", gain), ("shift", shift)):
            if value is not None:
                getattr(made, name).copy_(value)
    return made


class ScalerNormalises(Check):
    """After fit(data), forward gives (x - mean) / std * gain + shift with the population statistics of data."""

    part = SCALER
    calls = "FeatureScaler(dim): fit(data), then forward(x)"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        for label, rows, lead in (
            ("5 rows", 5, (3,)),
            ("2 rows: 1 / N and 1 / (N - 1) differ most", 2, (4,)),
            ("any leading shape", 7, (2, 3)),
        ):
            columns = torch.tensor([1.0, 30.0, 0.01])
            yield case(
                label,
                data=draw.normal(rows, 3) * columns + columns,
                x=draw.normal(*lead, 3) * columns,
                gain=draw.uniform(3, low=0.5, high=2.0),
                shift=draw.normal(3),
            )

    def probe(self, solution, data, x, gain, shift):
        made = scaler(solution, data, gain, shift)
        made.fit(data)
        return {"forward(x)": made(x), "mean": made.mean, "std": made.std}


class FitAgain(Check):
    """A second fit forgets the first, and eval() or train() make no difference."""

    part = SCALER
    calls = "FeatureScaler(dim): fit(first), fit(second), then forward(x)"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        yield dict(first=draw.normal(9, 4, mean=3.0, std=5.0), second=draw.normal(6, 4), x=draw.normal(3, 4))

    def probe(self, solution, first, second, x):
        made = scaler(solution, first)
        made.fit(first)
        made.fit(second)
        return {"train": made.train()(x), "eval": made.eval()(x)}


class ConstantColumns(Check):
    """A column that is the same in every row is divided by 1, also when its mean cannot be represented exactly."""

    part = SCALER
    calls = "FeatureScaler(dim): fit(data with constant columns), then forward(x)"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        data = draw.normal(7, 5)
        data[:, 1], data[:, 3], data[:, 4] = 0.0, 0.1, draw.number(0.1, 0.9)
        yield case("three constant columns of five", data=data, x=draw.normal(2, 5))
        yield case("a single row", data=draw.normal(1, 3), x=draw.normal(2, 3))

    def probe(self, solution, data, x):
        made = scaler(solution, data)
        made.fit(data)
        return {"forward(x)": made(x), "std": made.std}


class UnfittedIsTheIdentity(Check):
    """Before fit, forward returns x as it is."""

    part = SCALER
    calls = "FeatureScaler(dim)(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 4, mean=2.0))
        yield case("no rows", x=draw.normal(0, 4))

    def probe(self, solution, x):
        return scaler(solution, x)(x)


class WhatTheScalerHolds(Check):
    """gain and shift are the parameters; state_dict holds them, mean, std and the flag fitted, and nothing else."""

    part = SCALER
    calls = "FeatureScaler(3): named_parameters(), named_buffers(), state_dict()"
    compare = False

    def cases(self, draw: Draw):
        yield case("before fit", x=draw.normal(5, 3), fit=False)
        yield case("after fit", x=draw.normal(5, 3), fit=True)

    def probe(self, solution, x, fit):
        made = scaler(solution, x)
        if fit:
            made.fit(x)
        return {
            "parameters": sorted(name for name, _ in made.named_parameters()),
            "buffers": sorted(name for name, _ in made.named_buffers()),
            "saved": sorted(made.state_dict()),
            "flag": bool(made.fitted),
        }

    def verify(self, case, got, want):
        expect(
            got["parameters"] == ["gain", "shift"],
            f"named_parameters() lists {got['parameters']}, expected gain and shift",
        )
        expect(
            got["saved"] == ["fitted", "gain", "mean", "shift", "std"],
            f"state_dict() holds {got['saved']}, expected gain, shift, mean, std and fitted",
        )
        expect(
            got["buffers"] == ["fitted", "mean", "std"],
            f"named_buffers() lists {got['buffers']}, expected fitted, mean, std",
        )
        expect(got["flag"] == case["fit"], f"fitted is {got['flag']} {'after' if case['fit'] else 'before'} fit")


class LoadingRestores(Check):
    """A fitted state_dict, loaded into a fresh scaler, brings statistics, flag and outputs back."""

    part = SCALER
    calls = "fresh.load_state_dict(fitted.state_dict()), then forward(x)"

    def cases(self, draw: Draw):
        yield dict(data=draw.normal(6, 4, mean=2.0, std=3.0), x=draw.normal(3, 4))

    def probe(self, solution, data, x):
        first, fresh = scaler(solution, data), scaler(solution, data)
        first.fit(data)
        saved = {name: value.clone() for name, value in first.state_dict().items()}
        keys = fresh.load_state_dict(saved)
        return {
            "missing": list(keys.missing_keys),
            "fitted": bool(fresh.fitted),
            "forward(x)": fresh(x),
            "the same": bool(fresh(x).equal(first(x))),
        }


class StatisticsLearnNothing(Check):
    """fit leaves no graph behind: statistics are constants, though the data came out of a network."""

    part = SCALER
    calls = "FeatureScaler(dim): fit(data that requires grad), forward(data), backward"
    tolerance = Tolerance(relative=1e-4, absolute=1e-5)

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, mean=1.0, std=2.0, requires_grad=True))

    def probe(self, solution, x):
        made = scaler(solution, x)
        hidden = x * 2
        made.fit(hidden)
        wanted = {"x": x, "gain": made.gain, "shift": made.shift}
        return {
            "statistics require grad": made.mean.requires_grad or made.std.requires_grad,
            **gradients(made(hidden), **wanted),
        }


class ScalerMoves(Check):
    """Statistics follow .double(), .half() and .to('meta') like parameters; the flag stays an integer or bool."""

    part = SCALER
    calls = "FeatureScaler(3): fit, then .double(), .half() or .to('meta')"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3))

    def probe(self, solution, x):
        found = {}
        for name in ("double", "half", "meta"):
            made = solution.FeatureScaler(3)
            made.fit(x.float())
            made = made.to("meta") if name == "meta" else getattr(made, name)()
            held = {part: getattr(made, part) for part in ("mean", "std", "fitted")}
            found[name] = {part: [str(value.dtype), value.device.type] for part, value in held.items()}
        return found

    def verify(self, case, got, want):
        for name, dtype in (("double", "torch.float64"), ("half", "torch.float16")):
            for part in ("mean", "std"):
                found = got[name][part][0]
                expect(found == dtype, f"after .{name}() {part} is {found}, expected {dtype}")
            flag = got[name]["fitted"][0]
            expect(
                "float" not in flag, f"after .{name}() the flag fitted is {flag}; a flag should be bool or an integer"
            )
        for part, (_, device) in got["meta"].items():
            expect(device == "meta", f"after .to('meta') {part} is still on {device}")


class TableAddsSinusoids(Check):
    """PositionTable adds sin and cos, interleaved, with frequencies 10000^(-2i / dim), to the first T positions."""

    part = TABLE
    calls = "PositionTable(max_len, dim)(x)"
    tolerance = Tolerance(relative=1e-4, absolute=3e-5)

    def cases(self, draw: Draw):
        for label, most, dim, shape in (
            ("as long as the table", 6, 4, (2, 6)),
            ("shorter than the table", 11, 6, (3, 5)),
            ("an odd width", 7, 5, (2, 7)),
            ("width 1", 4, 1, (2, 3)),
            ("one position", 9, 4, (2, 1)),
            ("no position", 9, 4, (2, 0)),
            ("late positions", 60, 8, (1, 60)),
        ):
            yield case(label, max_len=most, dim=dim, x=draw.normal(*shape, dim))

    def probe(self, solution, max_len, dim, x):
        return solution.PositionTable(max_len, dim).to(x.dtype)(x)


class TableIsNotSaved(Check):
    """The table is a buffer, is absent from state_dict, and an old state_dict loads strictly under another max_len."""

    part = TABLE
    calls = "nn.Sequential(nn.Linear(4, 4), PositionTable(max_len, 4))"
    compare = False

    def cases(self, draw: Draw):
        yield dict(old=10, new=25)

    def probe(self, solution, old, new):
        before, after = (nn.Sequential(nn.Linear(4, 4), solution.PositionTable(size, 4)) for size in (old, new))
        return {
            "parameters": [name for name, _ in before[1].named_parameters()],
            "buffers": [[name, list(value.shape)] for name, value in before[1].named_buffers()],
            "saved": sorted(before[1].state_dict()),
            "loaded": raised(after.load_state_dict, before.state_dict()),
        }

    def verify(self, case, got, want):
        expect(not got["parameters"], f"named_parameters() of the table lists {got['parameters']}; it is not trained")
        shown = ", ".join(f"{name} {tuple(shape)}" for name, shape in got["buffers"]) or "nothing"
        expect(
            [case["old"], 4] in [shape for _, shape in got["buffers"]],
            f"named_buffers() lists {shown}, expected the table (10, 4)",
        )
        expect(
            not got["saved"],
            f"state_dict() of the table holds {got['saved']}, expected nothing: __init__ makes it anew",
        )
        trouble = got["loaded"]
        expect(
            trouble["raised"] == "nothing",
            f"loading the state_dict of max_len 10 into max_len 25: {trouble['message']}",
        )


class TableMoves(Check):
    """The table follows .double(), .bfloat16() and .to('meta')."""

    part = TABLE
    calls = "PositionTable(6, 4), moved, then forward"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 5, 4))

    def probe(self, solution, x):
        moved = {name: getattr(solution.PositionTable(6, 4), name)() for name in ("double", "bfloat16")}
        found = {
            name: str(made(x.to(getattr(torch, {"double": "float64"}.get(name, name)))).dtype)
            for name, made in moved.items()
        }
        away = solution.PositionTable(6, 4).to("meta")
        return {"dtypes": found, "devices": [value.device.type for _, value in away.named_buffers()]}

    def verify(self, case, got, want):
        for name, dtype in (("double", "torch.float64"), ("bfloat16", "torch.bfloat16")):
            found = got["dtypes"][name]
            expect(found == dtype, f"after .{name}() an input of {dtype} gives {found}: the table stayed behind")
        expect(
            got["devices"] and set(got["devices"]) == {"meta"}, f"after .to('meta') the buffers are on {got['devices']}"
        )


class TooLongASequence(Check):
    """T > max_len raises ValueError."""

    part = TABLE
    calls = "PositionTable(5, 4)(x) with 6 positions"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 6, 4))
        yield case("a table of one row would even broadcast", x=draw.normal(2, 6, 4), most=1)

    def probe(self, solution, x, most=5):
        return raised(solution.PositionTable(most, 4).to(x.dtype), x)

    def verify(self, case, got, want):
        expect(got["raised"] == "ValueError", f"raised {got['raised']}, expected ValueError")


def tensors_in(value, depth=0):
    """How many tensors lie in plain containers."""
    if isinstance(value, torch.Tensor):
        return 1
    if depth < 3 and isinstance(value, dict):
        return sum(tensors_in(item, depth + 1) for item in value.values())
    if depth < 3 and isinstance(value, list | tuple | set):
        return sum(tensors_in(item, depth + 1) for item in value)
    return 0


class NoPlainTensors(Check):
    """No tensor is a plain attribute, where neither .to() nor state_dict() would find it."""

    calls = "vars(FeatureScaler(3)), vars(PositionTable(6, 4))"
    compare = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3), positions=draw.normal(1, 6, 4))

    def probe(self, solution, x, positions):
        made, table = scaler(solution, x), solution.PositionTable(6, 4).to(x.dtype)
        made.fit(x)
        made(x)
        table(positions)
        known = ("_parameters", "_buffers", "_modules")
        return {
            type(each).__name__: [name for name, value in vars(each).items() if name not in known and tensors_in(value)]
            for each in (made, table)
        }

    def verify(self, case, got, want):
        for name, plain in got.items():
            expect(not plain, f"{name} keeps {', '.join(plain)} as a plain attribute; register it as a buffer")


def house():
    """A nest with a tied parameter, frozen ones, and buffers of both kinds at two depths."""
    top = nn.Module()
    top.body = nn.Sequential(nn.Linear(3, 3, bias=False), nn.BatchNorm1d(3), nn.Sequential(nn.Linear(3, 3)))
    top.head = nn.Linear(3, 3)
    top.head.weight = top.body[0].weight
    top.head.bias.requires_grad = False
    top.register_buffer("seen", torch.zeros(()))
    top.register_buffer("mask", torch.ones(3), persistent=False)
    top.body[2].register_buffer("cache", torch.zeros(2), persistent=False)
    top.body[2][0].register_buffer("scale", torch.ones(1))
    top.body[2][0].register_buffer("nothing", None)
    top.plain = torch.zeros(3)
    return top


class Describes(Check):
    """describe lists trained, frozen, saved and temporary tensors of all parts by dotted name, a tied one once."""

    part = "describe"
    calls = "describe(module)"
    battery = False
    compare = False

    def cases(self, draw: Draw):
        for kind in ("a linear layer", "a batch norm", "nested, tied and frozen", "nothing inside"):
            yield case(kind, kind=kind)

    def probe(self, solution, kind):
        made = {
            "a linear layer": lambda: nn.Linear(2, 3),
            "a batch norm": lambda: nn.BatchNorm1d(3),
            "nested, tied and frozen": house,
            "nothing inside": nn.Identity,
        }
        return solution.describe(made[kind]())

    def verify(self, case, got, want):
        kinds = ", ".join(want)
        expect(isinstance(got, dict) and set(got) == set(want), f"the result is {got!r}, expected a dict of {kinds}")
        for kind, names in want.items():
            expect(got[kind] == names, f"{kind!r} is {got[kind]!r}, expected {names!r}")
