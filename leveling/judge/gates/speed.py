"""Throughput on the CPU: the worker's CPU clock read from outside, both workers on one core, pairs in random order.

The sequential sign test, its constants and their measured error rates are those of JUDGE 2.3.
"""

import os
import random
import statistics
import time
from dataclasses import dataclass

from leveling.checks.base import Inputs
from leveling.judge.gates.bench import Bench, GateTrouble
from leveling.judge.protocol import GateResult
from leveling.judge.room import Room
from leveling.judge.side import LOAD_SECONDS
from leveling.judge.troubles import TimeUp
from leveling.world.words import GateStatus

AHEAD = 7  # stop once one answer leads by so many pairs
MOST_PAIRS = 40
BLOCK_SECONDS = 0.006  # CPU time of the reference in one block: IPC stays below half a percent
MOST_CALLS = 256
GROSS = 5.0  # so far over the limit twice in a row decides at once
SUSPICIOUS = 0.05  # faster than this against the reference: every output of the block is compared
WAITING = 4.0  # wall clock this far over the limit although the CPU clock is not: the solution sleeps


@dataclass(frozen=True, slots=True)
class Pair:
    """CPU seconds and wall seconds of one block on both sides."""

    yours: float
    theirs: float
    your_wall: float
    their_wall: float

    @property
    def ratio(self) -> float:
        """Yours over theirs."""
        return self.yours / self.theirs


def weigh(bench: Bench) -> GateResult:
    """Passed when the solution's CPU time is at most `limit` times its opponent's."""
    core = max(os.sched_getaffinity(0))
    yours, theirs = bench.begin(bench.learner), bench.begin(bench.opponent)
    for side, room in ((bench.learner, yours), (bench.opponent, theirs)):
        with bench.blamed(side):
            room.finish_load(LOAD_SECONDS)
        room.pin(core)
    calls = _prepare(bench, yours, theirs)
    pairs, lead = _compete(bench, yours, theirs, calls)
    return conclude(bench, pairs, lead)


def _prepare(bench: Bench, yours: Room, theirs: Room) -> int:
    """Warm both sides up; how many calls make a block."""
    small = bench.small()
    for side, room in ((bench.learner, yours), (bench.opponent, theirs)):
        with bench.blamed(side):
            room.call(bench.probe, small, 1, bench.workload.seconds)
    full = bench.drawn()
    began = theirs.cpu_seconds()
    with bench.blamed(bench.opponent):
        want = _block(theirs, bench, full, 60.0)
    cost = max(theirs.cpu_seconds() - began, 1e-6)
    allowed = max(2.0, cost * bench.spec.limit * 20)
    try:
        got = _block(yours, bench, full, allowed)
    except TimeUp:
        raise GateTrouble(
            f"{bench.where} at full size did not return in {allowed:.1f} s; the reference took {cost * 1000:.0f} ms"
        ) from None
    for mine, other in zip(got, want, strict=True):
        bench.same(yours.decode(mine), theirs.decode(other))
    return max(1, min(MOST_CALLS, round(BLOCK_SECONDS / cost)))


def _block(room: Room, bench: Bench, inputs: list[Inputs], seconds: float) -> list[str]:
    room.begin_many(bench.probe, room.place_many(inputs), bench.call_seed)
    return room.finish_many(seconds)


def _compete(bench: Bench, yours: Room, theirs: Room, calls: int) -> tuple[list[Pair], int]:
    order = random.Random(bench.seed)  # noqa: S311 - the order of a pair only needs to be even
    pairs: list[Pair] = []
    lead = gross = 0
    while abs(lead) < AHEAD and len(pairs) < MOST_PAIRS and gross < 2:
        inputs = [each for _ in range(calls) for each in bench.drawn()]
        pair = _pair(bench, yours, theirs, inputs, order)
        pairs.append(pair)
        lead += 1 if pair.ratio > bench.spec.limit else -1
        gross = gross + 1 if pair.ratio > bench.spec.limit * GROSS else 0
    return pairs, (AHEAD if gross >= 2 else lead)


def _pair(bench: Bench, yours: Room, theirs: Room, inputs: list[Inputs], order: random.Random) -> Pair:
    texts = {room.pid: room.place_many(inputs) for room in (yours, theirs)}
    both = [(bench.learner, yours), (bench.opponent, theirs)]
    order.shuffle(both)
    cpu, wall, results = {}, {}, {}
    for side, room in both:
        began, wall_began = room.cpu_seconds(), time.monotonic()
        with bench.blamed(side):
            room.begin_many(bench.probe, texts[room.pid], bench.call_seed)
            results[room.pid] = room.finish_many(bench.workload.seconds + 10)
        cpu[room.pid] = max(room.cpu_seconds() - began, 1e-7)
        wall[room.pid] = time.monotonic() - wall_began
    pair = Pair(cpu[yours.pid], cpu[theirs.pid], wall[yours.pid], wall[theirs.pid])
    chosen = range(len(inputs)) if pair.ratio < SUSPICIOUS else [order.randrange(len(inputs))]
    if len(results[yours.pid]) != len(inputs):
        raise GateTrouble(f"{bench.where} answered {len(results[yours.pid])} of {len(inputs)} calls")
    for index in chosen:
        bench.same(yours.decode(results[yours.pid][index]), theirs.decode(results[theirs.pid][index]))
    return pair


def conclude(bench: Bench, pairs: list[Pair], lead: int) -> GateResult:
    """The result after the sequential test: `lead` is how far the slower pairs are ahead (negative: the faster)."""
    ratio = statistics.median(pair.ratio for pair in pairs)
    yours = statistics.median(pair.yours for pair in pairs)
    theirs = statistics.median(pair.theirs for pair in pairs)
    limit = bench.spec.limit
    who = bench.spec.against or "the reference"
    figures = f"{ratio:.2f} x {who} (limit {limit:g} x), medians {_ms(yours)} and {_ms(theirs)} of CPU time a block, {len(pairs)} pairs"
    status = GateStatus.PASSED
    wall = statistics.median(pair.your_wall / pair.their_wall for pair in pairs)
    if lead >= AHEAD or (len(pairs) >= MOST_PAIRS and ratio > limit * 1.25):
        status = GateStatus.FAILED
    elif wall > limit * WAITING and lead <= -AHEAD:
        status, figures = GateStatus.FAILED, f"waits instead of computing: wall clock {wall:.1f} x {who}; {figures}"
    elif abs(lead) < AHEAD:
        status, figures = _undecided(pairs, figures)
    return bench.result(status, ratio, message=figures, yours=yours, theirs=theirs)


def _undecided(pairs: list[Pair], figures: str) -> tuple[GateStatus, str]:
    """At the cap: too much spread is not judged; a steady ratio beside the limit is passed, and said so."""
    ratios = sorted(pair.ratio for pair in pairs)
    spread = (ratios[3 * len(ratios) // 4] - ratios[len(ratios) // 4]) / statistics.median(ratios)
    if spread > 0.6:
        return GateStatus.NOISY, f"not judged: this machine is too busy to tell; {figures}"
    return GateStatus.PASSED, f"borderline, passed; {figures}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
