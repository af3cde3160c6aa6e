"""Exact counts: dispatched ops, FLOPs, graph breaks, recompiles, kernel launches, host reads.

The count is made inside the worker. What a solution could hide from it (work in a thread, modes switched off) costs CPU
time, which is read from outside: a count that the clock contradicts does not pass.
"""

from typing import Any

from leveling.checks.base import Inputs
from leveling.judge.findings import ROOM_TROUBLE
from leveling.judge.gates.bench import Bench, GateTrouble
from leveling.judge.protocol import GateResult
from leveling.judge.side import Side
from leveling.world.words import GateStatus

METERS = {
    "ops": "ops",
    "reads": "ops",
    "flops": "flops",
    "graph_breaks": "graphs",
    "recompiles": "graphs",
    "launches": "launches",
}
AUDIT_RATIO = 25.0
AUDIT_SECONDS = 0.05


def weigh(bench: Bench) -> GateResult:
    """Passed when every case's count is within the limit.

    unit "reference": limit x the opponent's count + plus; "same": no case may need more than the first; any other
    unit: the limit itself.
    """
    yours: list[int] = []
    theirs: list[int] = []
    names: list[dict[str, int]] = []
    for inputs in bench.drawn():
        other, other_seconds, _ = _count(bench, bench.opponent, inputs)
        mine, seconds, by_name = _count(bench, bench.learner, inputs)
        _audit(bench, mine, seconds, other_seconds)
        if bench.spec.kind == "flops" and mine == 0 and other > 0:
            raise GateTrouble(
                f"{bench.where}: the FLOP counter sees no work; write the products as matmul, bmm or einsum"
            )
        yours.append(mine)
        theirs.append(other)
        names.append(by_name)
    return _judge(bench, yours, theirs, names)


def _count(bench: Bench, side: Side, inputs: Inputs) -> tuple[int, float, dict[str, int]]:
    room = side.room
    try:
        room.call(bench.probe, bench.small(), 1, bench.workload.seconds)
        began = room.cpu_seconds()
        answer = room.call(bench.probe, inputs, bench.call_seed, bench.workload.seconds, meter=METERS[bench.spec.kind])
        seconds = room.cpu_seconds() - began
    except ROOM_TROUBLE as error:
        if side is not bench.learner:
            raise bench.fault(error) from error
        raise
    count: Any = answer.figures.get(bench.spec.kind)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise GateTrouble(f"{bench.where}: its {bench.spec.kind} could not be counted")
    by_name = answer.figures.get("names")
    return count, seconds, by_name if isinstance(by_name, dict) else {}


def _audit(bench: Bench, count: int, seconds: float, other_seconds: float) -> None:
    if seconds > AUDIT_RATIO * other_seconds + AUDIT_SECONDS:
        raise GateTrouble(
            f"{bench.where}: {count} {bench.spec.kind} were counted, but the call took {seconds / other_seconds:.0f} x the "
            "reference's CPU time: work was done where the counter does not look (a Python loop, a thread)"
        )


def _judge(bench: Bench, yours: list[int], theirs: list[int], names: list[dict[str, int]]) -> GateResult:
    spec = bench.spec
    worst = max(range(len(yours)), key=lambda index: yours[index] / max(1.0, _allowed(bench, index, yours, theirs)))
    allowed = _allowed(bench, worst, yours, theirs)
    passed = yours[worst] <= allowed
    text = f"{yours[worst]} {spec.kind}, allowed {allowed:g}; {bench.opponent_name} takes {theirs[worst]}"
    if spec.unit == "same":
        text = f"{spec.kind} per case: {', '.join(map(str, yours))}; the count must not grow with the size"
    if not passed and names[worst]:
        most = ", ".join(f"{name} x{count}" for name, count in list(names[worst].items())[:4])
        text += f". Most frequent: {most}"
    measured = yours[worst] / max(1, theirs[worst]) if spec.unit == "reference" else float(yours[worst])
    limit = spec.limit if spec.unit == "reference" else float(allowed)
    return bench.result(
        GateStatus.PASSED if passed else GateStatus.FAILED,
        measured,
        message=text,
        limit=limit,
        unit="x reference" if spec.unit == "reference" else spec.kind,
        yours=float(yours[worst]),
        theirs=float(theirs[worst]),
    )


def _allowed(bench: Bench, index: int, yours: list[int], theirs: list[int]) -> float:
    match bench.spec.unit:
        case "reference":
            return bench.spec.limit * theirs[index] + bench.spec.plus
        case "same":
            return float(yours[0]) + bench.spec.plus
    return bench.spec.limit + bench.spec.plus
