"""Memory: address space read from outside on the CPU, the allocator's peak on CUDA, and what backward keeps alive."""

import math

from leveling.arena import wire
from leveling.checks.base import Inputs
from leveling.judge.gates.bench import Bench, GateTrouble
from leveling.judge.protocol import GateResult
from leveling.judge.room import Room
from leveling.judge.side import LOAD_SECONDS, Side
from leveling.judge.troubles import Raised
from leveling.world.words import GateStatus

SLACK = 1 << 20  # page tables, heap growth and the glue of a call; measured below 0.6 MiB
SAVED_SLACK = 256 << 10
STOPPED = 100.0  # shown, in limits, for a call that was stopped by the attempt's own memory limit


def weigh(bench: Bench) -> GateResult:
    """Passed when the call's peak is within the budget.

    unit "reference": limit x the opponent's peak + plus; "bytes": the limit itself; "same": the last case's peak within
    limit x the first case's.
    """
    cases = bench.drawn()
    if bench.spec.unit == "same":
        first, last = (_peaks(bench, [bench.learner], inputs)[0] for inputs in (cases[0], cases[-1]))
        return _compare(bench, last, first * bench.spec.limit + SLACK, first)
    worst: GateResult | None = None
    for inputs in cases:
        yours, theirs = _peaks(bench, [bench.learner, bench.opponent], inputs)
        base = 1.0 if bench.spec.unit == "bytes" else theirs
        budget = bench.spec.limit * base + bench.spec.plus + SLACK
        result = _compare(bench, yours, budget, theirs)
        if worst is None or (result.measured or 0) > (worst.measured or 0):
            worst = result
    assert worst is not None
    return worst


def _peaks(bench: Bench, sides: list[Side], inputs: Inputs) -> list[float]:
    """Bytes of address space that one call takes at its highest, in a fresh worker a side; the sides run at once."""
    rooms = [bench.begin(side, lean_memory=True) for side in sides]
    small = bench.small()
    before = []
    for side, room in zip(sides, rooms, strict=True):
        with bench.blamed(side):
            room.finish_load(LOAD_SECONDS)
            room.call(bench.probe, small, 1, bench.workload.seconds)
            before.append(room.address_space())
            room.begin(bench.probe, room.place(inputs, bench.call_seed))
    return [_finish(bench, *each) for each in zip(sides, rooms, before, strict=True)]


def _finish(bench: Bench, side: Side, room: Room, before: tuple[int, int]) -> float:
    try:
        with bench.blamed(side):
            room.finish(bench.workload.seconds)
            _, highest = room.address_space()
    except Raised as error:
        if _out_of_memory(error):
            return math.inf
        raise
    finally:
        room.close()
    size, highest_before = before
    return float(highest - size) if highest > highest_before else 0.0


def _out_of_memory(error: Raised) -> bool:
    text = str(error.facts.get("message", ""))
    return error.facts.get("type") == "MemoryError" or "allocate memory" in text


def _compare(bench: Bench, yours: float, budget: float, theirs: float) -> GateResult:
    passed = yours <= budget
    relative = yours / theirs if theirs and bench.spec.unit != "bytes" else yours
    shown = "more than the attempt may take" if math.isinf(yours) else mib(yours)
    text = f"peak {shown}, the budget is {mib(budget)}; {bench.opponent_name} needs {mib(theirs)}"
    if bench.spec.unit == "same":
        text = f"peak {shown} at the larger size, {mib(theirs)} at the smaller; allowed {mib(budget)}"
    if math.isinf(yours):
        relative = STOPPED * bench.spec.limit
    return bench.result(
        GateStatus.PASSED if passed else GateStatus.FAILED,
        relative,
        message=text,
        yours=None if math.isinf(yours) else yours,
        theirs=theirs,
    )


def weigh_saved(bench: Bench) -> GateResult:
    """Bytes kept for backward: what autograd's hooks see, or what stays alive after the call, whichever is more.

    The second figure is read from outside and sees what a solution hides in `ctx` attributes or globals.
    """
    inputs = bench.drawn()[0]
    theirs, _ = _saved(bench, bench.opponent, inputs)
    yours, alive = _saved(bench, bench.learner, inputs)
    base = 1.0 if bench.spec.unit == "bytes" else theirs
    budget = bench.spec.limit * base + bench.spec.plus
    most = max(yours, alive)
    text = f"keeps {mib(most)} for backward, allowed {mib(budget)}; {bench.opponent_name} keeps {mib(theirs)}"
    if alive > yours + SAVED_SLACK and alive > budget + SAVED_SLACK:
        text += " (seen from outside: tensors kept alive beyond ctx.save_for_backward)"
    passed = yours <= budget and alive <= budget + SAVED_SLACK
    measured = most / theirs if bench.spec.unit == "reference" and theirs else most
    return bench.result(
        GateStatus.PASSED if passed else GateStatus.FAILED, measured, message=text, yours=most, theirs=theirs
    )


def _saved(bench: Bench, side: Side, inputs: Inputs) -> tuple[float, float]:
    """(bytes seen by saved-tensor hooks, bytes alive after the call beyond its results)."""
    with bench.blamed(side):
        room = bench.begin(side, lean_memory=True)
        room.finish_load(LOAD_SECONDS)
        room.call(bench.probe, bench.small(), 1, bench.workload.seconds)
        counted = room.call(bench.probe, inputs, bench.call_seed, bench.workload.seconds, meter="saved")
        before, _ = room.address_space()
        room.begin(bench.probe, room.place(inputs, bench.call_seed), hold=True)
        held = room.finish(bench.workload.seconds)
        after, _ = room.address_space()
    saved = counted.figures.get("saved")
    if not isinstance(saved, int):
        raise GateTrouble("the bytes saved for backward could not be counted")
    return float(saved), float(max(0, after - before - _result_bytes(held.value)))


def _result_bytes(value: object) -> int:
    if isinstance(value, wire.TensorValue):
        return value.tensor.numel() * value.tensor.element_size()
    if isinstance(value, dict):
        return sum(_result_bytes(item) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(_result_bytes(item) for item in value)
    return 0


def weigh_cuda(bench: Bench) -> GateResult:
    """The caching allocator's peak during the call, as the worker reports it, bounded by its own memory fraction."""
    inputs = bench.drawn()[0]
    figures = []
    for side in (bench.opponent, bench.learner):
        with bench.blamed(side):
            room = bench.begin(side)
            room.finish_load(LOAD_SECONDS)
            room.call(bench.probe, bench.small(), 1, bench.workload.seconds)
            answer = room.call(bench.probe, inputs, bench.call_seed, bench.workload.seconds, meter="cuda_memory")
            figures.append(answer.figures)
    theirs, yours = (float(each.get("peak", math.inf)) for each in figures)
    budget = bench.spec.limit * (1.0 if bench.spec.unit == "bytes" else theirs) + bench.spec.plus + SLACK
    return _compare(bench, yours, budget, theirs)


def mib(size: float) -> str:
    """Bytes for people."""
    if math.isinf(size):
        return "no end of memory"
    return f"{size / (1 << 20):.1f} MiB" if size >= 1 << 19 else f"{size / 1024:.1f} KiB"
