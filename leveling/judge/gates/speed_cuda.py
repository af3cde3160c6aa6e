"""Throughput on CUDA: the judge's wall clock on requests that end with the results' bytes in its own memory.

Events recorded in the learner's process decide nothing. Reference and learner pay the same copies, take turns on the
device, and are compared by the same sequential test as on the CPU, with larger blocks (JUDGE 2.5).
"""

import time

from leveling.checks.base import Inputs
from leveling.judge.gates import speed
from leveling.judge.gates.bench import Bench, GateTrouble
from leveling.judge.protocol import GateResult
from leveling.judge.room import Room
from leveling.judge.side import LOAD_SECONDS

BLOCK_SECONDS = 0.03
WARM_ROUNDS = 3


def weigh(bench: Bench) -> GateResult:
    """Passed when a block's wall time is at most `limit` times the opponent's."""
    yours, theirs = bench.begin(bench.learner), bench.begin(bench.opponent)
    for side, room in ((bench.learner, yours), (bench.opponent, theirs)):
        with bench.blamed(side):
            room.finish_load(LOAD_SECONDS)
            room.call(bench.probe, bench.small(), 1, bench.workload.seconds)
    full = bench.drawn()
    cost = min(_timed(theirs, bench, full) for _ in range(WARM_ROUNDS))
    for _ in range(WARM_ROUNDS):
        _timed(yours, bench, full)
    calls = max(1, min(speed.MOST_CALLS, round(BLOCK_SECONDS / max(cost, 1e-6))))
    pairs: list[speed.Pair] = []
    lead = gross = 0
    while abs(lead) < speed.AHEAD and len(pairs) < speed.MOST_PAIRS and gross < 2:
        inputs = [each for _ in range(calls) for each in bench.drawn()]
        pair = _pair(bench, yours, theirs, inputs, first=len(pairs) % 2 == bench.seed % 2)
        pairs.append(pair)
        lead += 1 if pair.ratio > bench.spec.limit else -1
        gross = gross + 1 if pair.ratio > bench.spec.limit * speed.GROSS else 0
    return speed.conclude(bench, pairs, speed.AHEAD if gross >= 2 else lead)


def _pair(bench: Bench, yours: Room, theirs: Room, inputs: list[Inputs], *, first: bool) -> speed.Pair:
    texts = {room.pid: room.place_many(inputs) for room in (yours, theirs)}
    took, results = {}, {}
    for room in (yours, theirs) if first else (theirs, yours):
        began = time.perf_counter()
        room.begin_many(bench.probe, texts[room.pid], bench.call_seed)
        results[room.pid] = room.finish_many(bench.workload.seconds + 10)
        took[room.pid] = time.perf_counter() - began
    if len(results[yours.pid]) != len(inputs):
        raise GateTrouble(f"{bench.where} answered {len(results[yours.pid])} of {len(inputs)} calls")
    for mine, other in zip(results[yours.pid][-2:], results[theirs.pid][-2:], strict=True):
        bench.same(yours.decode(mine), theirs.decode(other))
    return speed.Pair(took[yours.pid], took[theirs.pid], took[yours.pid], took[theirs.pid])


def _timed(room: Room, bench: Bench, inputs: list[Inputs]) -> float:
    began = time.perf_counter()
    room.begin_many(bench.probe, room.place_many(inputs), bench.call_seed)
    room.finish_many(bench.workload.seconds + 10)
    return time.perf_counter() - began
