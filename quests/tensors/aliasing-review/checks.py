"""Hidden checks of tensors/aliasing-review.

That inputs keep their values is checked for every case by itself; `writes` also sees a write that was undone.
"""

import torch

from leveling.checks import Check, Draw, Workload, case, expect, gradients

H = 6


def writes(call, tensor):
    """The result of `call` and how many in-place writes reached `tensor` or a view of it on the way."""
    before = version(tensor)
    result = call()
    return {"result": result, "in-place writes to the argument": version(tensor) - before}


def version(tensor):
    """Autograd's count of the in-place writes to a tensor and its views."""
    return tensor._version  # noqa: SLF001 - torch names it so, and documents no other way to read it


class WindowsAreCentred(Check):
    """moving_window_features gives every window minus its own mean, and writes nothing into series."""

    part = "moving_window_features"
    calls = "moving_window_features(series, w)"

    def cases(self, draw: Draw):
        yield case("windows that overlap", series=draw.normal(9, mean=3.0), w=4)
        yield case("one window", series=draw.normal(5, mean=3.0), w=5)
        yield case("windows of one", series=draw.normal(4, mean=3.0), w=1)
        yield case("float64", series=draw.normal(8, dtype=torch.float64), w=3)

    def probe(self, solution, series, w):
        return writes(lambda: solution.moving_window_features(series, w), series)


class WindowsPassGradients(Check):
    """A series that requires grad can be used, and its gradient matches."""

    part = "moving_window_features"
    calls = "moving_window_features(series, w), then backward"

    def cases(self, draw: Draw):
        yield dict(series=draw.normal(8, requires_grad=True), w=3)

    def probe(self, solution, series, w):
        return gradients(solution.moving_window_features(series, w), series=series)


class NoiseForEveryElement(Check):
    """init_states adds noise of deviation 0.1 to h0, different in every row and column, and writes nothing into h0."""

    part = "init_states"
    calls = "init_states(h0, batch)"
    compare = False

    def cases(self, draw: Draw):
        yield dict(h0=draw.normal(H, mean=2.0), batch=500)

    def probe(self, solution, h0, batch):
        return writes(lambda: solution.init_states(h0, batch), h0)

    def verify(self, case, got, want):
        states, rows = got["result"], case["batch"]
        expect(tuple(states.shape) == (rows, H), f"the shape is {tuple(states.shape)}, expected {(rows, H)}")
        noise = states - case["h0"]
        expect(
            len(states.unique(dim=0)) == rows,
            f"{rows} rows hold {len(states.unique(dim=0))} different states: the noise is shared between rows",
        )
        # 3,000 draws: 6.5 standard errors each way, so that a right solution fails with a chance below 1e-9
        expect(abs(float(noise.mean())) < 0.012, f"the mean of the noise is {float(noise.mean()):.3f}, expected 0")
        expect(
            abs(float(noise.std()) - 0.1) < 0.0085, f"the noise has deviation {float(noise.std()):.3f}, expected 0.1"
        )
        inside = float(noise.std(1).mean())
        expect(inside > 0.05, f"within a row the noise has deviation {inside:.3f}: it is shared between columns")
        count = got["in-place writes to the argument"]
        expect(count == 0, f"{count} in-place writes reached h0, expected none")


class OneState(Check):
    """init_states works for batch = 1 and for batch = 0, and h0 is left as it is there too."""

    part = "init_states"
    calls = "init_states(h0, batch)"
    compare = False

    def cases(self, draw: Draw):
        for batch in (1, 0):
            yield case(f"batch = {batch}", h0=draw.normal(H, mean=2.0), batch=batch)

    def probe(self, solution, h0, batch):
        return writes(lambda: solution.init_states(h0, batch), h0)

    def verify(self, case, got, want):
        states = got["result"]
        expect(
            states.shape == want["result"].shape, f"the shape is {tuple(states.shape)}, expected {(case['batch'], H)}"
        )
        count = got["in-place writes to the argument"]
        expect(
            count == 0,
            f"{count} in-place writes reached h0: with one row, expand and contiguous hand out h0's own memory",
        )
        expect(case["batch"] == 0 or bool((states != case["h0"]).any()), "the single state is h0 itself, without noise")


class StatesKeepTheDtype(Check):
    """init_states returns h0's dtype, for float16 and float64 as well."""

    part = "init_states"
    calls = "init_states(h0, batch)"
    truth = False

    def cases(self, draw: Draw):
        for dtype in (torch.float64, torch.float16, torch.bfloat16):
            yield dict(h0=draw.normal(H, dtype=dtype), batch=3)

    def probe(self, solution, h0, batch):
        return solution.init_states(h0, batch).dtype


class StatesPassGradients(Check):
    """The gradient of init_states reaches h0 from every row."""

    part = "init_states"
    calls = "init_states(h0, batch), then backward"

    def cases(self, draw: Draw):
        yield dict(h0=draw.normal(H, requires_grad=True), batch=4)

    def probe(self, solution, h0, batch):
        return gradients(solution.init_states(h0, batch), h0=h0)


class RepeatedIds(Check):
    """histogram counts an id as often as it occurs, in int64."""

    part = "histogram"
    calls = "histogram(ids, n)"

    def cases(self, draw: Draw):
        yield dict(ids=draw.integers(0, 5, 40), n=5)
        yield case("one id, many times", ids=torch.full((17,), 3), n=6)
        yield case("ids that never occur", ids=draw.integers(2, 5, 12), n=9)

    def probe(self, solution, ids, n):
        return solution.histogram(ids, n)


class NoIds(Check):
    """histogram of no ids is n zeros."""

    part = "histogram"
    calls = "histogram(ids, n)"

    def cases(self, draw: Draw):
        yield dict(ids=draw.integers(0, 4, 0), n=4)

    def probe(self, solution, ids, n):
        return solution.histogram(ids, n)


class TablesOfIds(Check):
    """histogram takes ids of any shape, as the code under review does."""

    part = "histogram"
    calls = "histogram(ids, n)"

    def cases(self, draw: Draw):
        yield case("a table", ids=draw.integers(0, 4, 5, 6), n=4)
        yield case("0-d", ids=draw.integers(0, 4), n=4)
        yield case("a table without columns", ids=draw.integers(0, 4, 3, 0), n=4)

    def probe(self, solution, ids, n):
        return solution.histogram(ids, n)


class ClipsAndLogs(Check):
    """clip_and_log returns the clamped values and the share that lay outside."""

    part = "clip_and_log"
    calls = "clip_and_log(batch, limit)"

    def cases(self, draw: Draw):
        yield case("some lie outside", values=draw.normal(5, 4, std=2.0), limit=1.5)
        yield case("all inside", values=draw.uniform(7), limit=1.0)
        yield case("values on the limit are inside", values=torch.tensor([-2.0, 2.0, 3.0, 1.0]), limit=2.0)
        yield case("float64", values=draw.normal(6, std=2.0, dtype=torch.float64), limit=1.0)

    def probe(self, solution, values, limit):
        got = solution.clip_and_log({"values": values.clone(), "label": 3}, limit)
        return {key: got[key] for key in ("values", "share_clipped", "label")}


class TheBatchIsLeftAlone(Check):
    """After clip_and_log the caller's dict has its own keys and its own values, and other entries are handed on uncopied."""

    part = "clip_and_log"
    calls = "clip_and_log(batch, limit)"

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(6, std=3.0), weights=draw.normal(6), limit=1.0)

    def probe(self, solution, values, weights, limit):
        batch = {"values": values, "weights": weights, "step": [7]}
        seen = writes(lambda: solution.clip_and_log(batch, limit), values)
        result = seen["result"]
        return {
            "in-place writes to batch['values']": seen["in-place writes to the argument"],
            "keys of batch": sorted(batch),
            "batch['values'] is still the caller's tensor": batch["values"] is values,
            "keys of the result": sorted(result),
            "other entries are the same objects": result["weights"] is weights and result["step"] is batch["step"],
        }


class ThePastIsKept(Check):
    """Entries of history do not change when state is updated in place afterwards."""

    part = "snapshot"
    calls = "snapshot(history, state) three times, with state += 1 in between"

    def cases(self, draw: Draw):
        yield dict(state=draw.normal(2, 3))
        yield case("float64", state=draw.normal(4, dtype=torch.float64))

    def probe(self, solution, state):
        history, own = [], state.clone()
        for _ in range(3):
            solution.snapshot(history, own)
            own += 1
        return history


class NoGraphIsKept(Check):
    """The snapshot of a state with an autograd graph has no graph and requires no grad; state itself keeps its own."""

    part = "snapshot"
    calls = "snapshot(history, state) with a state that requires grad"

    def cases(self, draw: Draw):
        yield dict(weights=draw.normal(3, requires_grad=True))

    def probe(self, solution, weights):
        history, leaf = [], weights * 1
        solution.snapshot(history, weights)
        solution.snapshot(history, leaf)
        return {
            "requires_grad of the snapshots": [entry.requires_grad for entry in history],
            "snapshots with a graph": sum(entry.grad_fn is not None for entry in history),
            "state keeps its graph": leaf.requires_grad and weights.requires_grad,
            "values": [entry.detach() for entry in history],
        }


class HistoryItselfIsReturned(Check):
    """snapshot appends to the list it was given and returns that list."""

    part = "snapshot"
    calls = "snapshot(history, state)"

    def cases(self, draw: Draw):
        yield dict(state=draw.normal(2))

    def probe(self, solution, state):
        history = ["before"]
        same = solution.snapshot(history, state) is history
        return {"the returned list is history": same, "entries": len(history), "first entry": history[0]}


class BadRowsWeighNothing(Check):
    """zero_bad_rows returns x with 0 in column 0 of the bad rows and writes nothing into x."""

    part = "zero_bad_rows"
    calls = "zero_bad_rows(x, bad)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, mean=2.0), bad=draw.permutation(5) < 2)
        yield case("no bad row", x=draw.normal(4, 2), bad=torch.zeros(4, dtype=torch.bool))
        yield case("only bad rows", x=draw.normal(3, 4), bad=torch.ones(3, dtype=torch.bool))
        yield case("N = 0", x=draw.normal(0, 3), bad=torch.zeros(0, dtype=torch.bool))

    def probe(self, solution, x, bad):
        return writes(lambda: solution.zero_bad_rows(x, bad), x)


class BadWeightsMayBeNan(Check):
    """A bad row's weight becomes 0 also where it is NaN or infinite, and its other entries stay what they are."""

    part = "zero_bad_rows"
    calls = "zero_bad_rows(x, bad)"

    def cases(self, draw: Draw):
        for value in (float("nan"), float("inf")):
            x = draw.normal(4, 3)
            x[1, 0] = x[2, 2] = value
            yield dict(x=x, bad=torch.tensor([False, True, True, False]))

    def probe(self, solution, x, bad):
        return solution.zero_bad_rows(x, bad)


class RowsPassGradients(Check):
    """The gradient of zero_bad_rows reaches every entry but the weights that were set to 0."""

    part = "zero_bad_rows"
    calls = "zero_bad_rows(x, bad), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, requires_grad=True), bad=draw.permutation(5) < 2)

    def probe(self, solution, x, bad):
        return gradients(solution.zero_bad_rows(x, bad), x=x)


class GreyInThreeChannels(Check):
    """to_colour returns (H, W, 3), darker by amount and not below 0, and writes nothing into grey."""

    part = "to_colour"
    calls = "to_colour(grey, amount)"

    def cases(self, draw: Draw):
        yield dict(grey=draw.uniform(1, 1, 4, 5), amount=0.3)
        yield case("one row", grey=draw.uniform(1, 1, 1, 3), amount=0.1)
        yield case("nothing is taken away", grey=draw.uniform(1, 1, 2, 3), amount=0.0)

    def probe(self, solution, grey, amount):
        return writes(lambda: solution.to_colour(grey, amount), grey)


class PixelsCanBePaintedOn(Check):
    """Writing the red channel of what to_colour returned changes neither green and blue nor grey."""

    part = "to_colour"
    calls = "pixels = to_colour(grey, amount), then pixels[..., 0] = 9"

    def cases(self, draw: Draw):
        yield dict(grey=draw.uniform(1, 1, 3, 4), amount=0.2)
        yield case("grey's own values", grey=draw.uniform(1, 1, 3, 4), amount=0.0)

    def probe(self, solution, grey, amount):
        pixels = solution.to_colour(grey, amount)
        pixels[..., 0] = 9
        return {"green": pixels[..., 1], "blue": pixels[..., 2]}


class TheInnocentStaysRight(Check):
    """standardised does what it did before the review: values, dtype, constant columns, gradients."""

    part = "standardised"
    calls = "standardised(x)"

    def cases(self, draw: Draw):
        x = draw.normal(6, 4, mean=3.0)
        x[:, 1] = 2.5
        yield case("column 1 is constant", x=x)
        yield case("float64", x=draw.normal(5, 2, dtype=torch.float64))

    def probe(self, solution, x):
        return writes(lambda: solution.standardised(x), x)


class TheInnocentPassesGradients(Check):
    """The gradient of standardised is what it was before the review."""

    part = "standardised"
    calls = "standardised(x), then backward"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(5, 3, requires_grad=True))

    def probe(self, solution, x):
        return gradients(solution.standardised(x), x=x)


class TenThousandIds(Workload):
    """histogram of 10,000 ids."""

    calls = "histogram(ids, n) of 10,000 ids"

    def cases(self, draw: Draw, count: int = 10_000):
        yield dict(ids=draw.integers(0, 50, count), n=50)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=10))

    def probe(self, solution, ids, n):
        return solution.histogram(ids, n)
