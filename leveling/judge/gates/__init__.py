"""Weigh the gates of a quest: one file per way of measuring. `judge_gates` is the door."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leveling.judge.calling import Sides
from leveling.judge.findings import ROOM_TROUBLE, of_trouble
from leveling.judge.gates import counting, figures, memory, speed, speed_cuda
from leveling.judge.gates.bench import Bench, GateTrouble, WrongAtScale, sealed
from leveling.judge.house import House
from leveling.judge.protocol import GateResult, Job
from leveling.judge.suite import JudgeFault, Suite
from leveling.world.quest import GateSpec
from leveling.world.words import GateStatus, Verdict

Weigh = Callable[[Bench], GateResult]

COUNTED = frozenset(("ops", "flops", "graph_breaks", "recompiles", "launches", "reads"))
FIGURES = frozenset(("params", "quality", "file_size", "comm", "collectives", "lines", "calls", "figure"))


def judge_gates(
    house: House,
    job: Job,
    suite: Suite,
    sides: Sides,
    seed: int,
    told: Callable[[GateResult], None],
    tell: Callable[[str, dict[str, Any]], None],
) -> None:
    """Weigh every gate in the quest's order; each result goes to `told` as it falls.

    With `job.gates` "counted" only exact counts are weighed, with "first" none after the first that refuses. A gate whose
    measuring shows the solution failing in another way (a crash, a wrong result at scale, no end) fails with that message
    and that word, whatever its kind.

    Raises:
        JudgeFault: when the reference fails or a gate names an unknown workload.
    """
    for spec in job.quest.gates:
        if job.gates == "counted" and spec.kind not in COUNTED | FIGURES:
            continue
        tell("progress", {"text": f"weighing {spec.kind} on {spec.device}"})
        result = _weigh(Bench(house, job, suite, sides, spec, seed))
        told(result)
        if job.gates == "first" and result.status is GateStatus.FAILED and result.required:
            return


def _weigh(bench: Bench) -> GateResult:
    spec = bench.spec
    reason = why_sealed(spec, bench.job)
    if reason:
        return sealed(spec, reason)
    try:
        return _method(spec)(bench)
    except GateTrouble as trouble:
        word = Verdict.WRONG if isinstance(trouble, WrongAtScale) else None
        return replace(bench.result(GateStatus.FAILED, None, message=str(trouble)), word=word)
    except ROOM_TROUBLE as error:
        finding = of_trouble(error, bench.where)
        return replace(bench.result(GateStatus.FAILED, None, message=finding.message), word=finding.verdict)
    finally:
        bench.close()


def _method(spec: GateSpec) -> Weigh:
    if spec.kind == "throughput":
        return speed_cuda.weigh if spec.device == "cuda" else speed.weigh
    if spec.kind == "memory":
        return memory.weigh_cuda if spec.device == "cuda" else memory.weigh
    if spec.kind == "saved":
        return memory.weigh_saved
    if spec.kind in COUNTED:
        return counting.weigh
    if spec.kind in FIGURES:
        return figures.weigh
    raise JudgeFault(f"gate kind {spec.kind!r} is unknown")


def why_sealed(spec: GateSpec, job: Job) -> str:
    """Why this gate cannot be measured here; empty when it can."""
    if spec.device == "cuda":
        import torch

        if torch.version.cuda is None:
            return "this PyTorch is built without CUDA"
        if not torch.cuda.is_available():
            return "no CUDA device was found"
        if job.device == "cpu":
            return "judged on the CPU only; attempt it with --device auto or --device cuda"
    if spec.kind == "launches" and spec.device != "cuda":
        return "kernel launches are counted on a GPU only"
    if spec.kind in ("throughput", "memory") and spec.device == "cpu" and sys.platform != "linux":
        return "measured from outside the process, which this system does not offer yet"
    if spec.kind == "throughput" and not hasattr(os, "sched_setaffinity"):
        return "processes cannot be kept on one core here"
    return ""
