"""Gates on one number: what the workload's `conduct` returns, from the judge's own observation or from the call.

Parameters, file size, bytes on the wire, a metric against the data's known optimum.
"""

from typing import Any

from leveling.arena import wire
from leveling.checks.base import Inputs
from leveling.judge.findings import ROOM_TROUBLE
from leveling.judge.gates.bench import Bench, GateTrouble, sealed
from leveling.judge.loopback import Unobservable
from leveling.judge.protocol import GateResult
from leveling.judge.side import Side
from leveling.world.words import GateStatus


def weigh(bench: Bench) -> GateResult:
    """Passed when the figure of every case keeps the limit.

    unit "reference": figure <= limit x reference + plus; "at_least_reference": figure >= limit x reference - plus;
    "at_least": figure >= limit; any other unit: figure <= limit.
    """
    results = []
    try:
        for inputs in bench.drawn():
            theirs = _figure(bench, bench.opponent, inputs)
            yours = _figure(bench, bench.learner, inputs)
            results.append(_judge(bench, yours, theirs))
    except Unobservable as reason:
        return sealed(bench.spec, str(reason))
    return next((each for each in results if each.status is GateStatus.FAILED), results[-1])


def _figure(bench: Bench, side: Side, inputs: Inputs) -> float:
    side.owner, side.seconds, side.call_seed = type(bench.workload).__name__, bench.workload.seconds, bench.call_seed
    side.double, side.meter = False, ""
    try:
        value: Any = bench.workload.conduct(side, **inputs)
    except ROOM_TROUBLE as error:
        if side is not bench.learner:
            raise bench.fault(error) from error
        raise
    value = wire.plain(value)
    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, int | float) or value != value:
        raise GateTrouble(f"{bench.where} gave no number to weigh but {value!r}")
    return float(value)


def _judge(bench: Bench, yours: float, theirs: float) -> GateResult:
    spec = bench.spec
    match spec.unit:
        case "reference":
            bound, passed = spec.limit * theirs + spec.plus, yours <= spec.limit * theirs + spec.plus
        case "at_least_reference":
            bound, passed = spec.limit * theirs - spec.plus, yours >= spec.limit * theirs - spec.plus
        case "at_least":
            bound, passed = spec.limit, yours >= spec.limit
        case _:
            bound, passed = spec.limit + spec.plus, yours <= spec.limit + spec.plus
    side = "at least" if spec.unit.startswith("at_least") else "at most"
    text = f"{spec.kind}: {yours:g}, wanted {side} {bound:g}; the reference has {theirs:g}"
    return bench.result(
        GateStatus.PASSED if passed else GateStatus.FAILED,
        yours,
        message=text,
        limit=bound,
        unit=spec.kind,
        yours=None,
        theirs=None,
    )
