"""Run one check: draw its cases, call both sides on the same inputs, compare, verify, and word the first failure."""

import contextlib
import itertools
import time
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import torch

from leveling.arena import wire
from leveling.checks.base import Case, Check, Inputs, Wrong
from leveling.checks.drawing import Draw
from leveling.checks.tolerance import DEFAULT
from leveling.judge.calling import Called, Sides, call_both, key_of, reference_fails
from leveling.judge.comparing import compare, summary
from leveling.judge.findings import ROOM_TROUBLE, Finding, of_trouble
from leveling.judge.patience import limited
from leveling.judge.seeds import derived
from leveling.judge.suite import JudgeFault
from leveling.world.words import Verdict

MAX_CASES = 400


def run_check(check: type[Check], sides: Sides, seed: int) -> Finding | None:
    """None when the check passes, else why it does not.

    A check with `confirm` > 1 fails only when that many independent seeds fail.

    Raises:
        JudgeFault: when the check itself or the reference breaks.
    """
    found: Finding | None = None
    for round_number in range(max(1, check.confirm)):
        found = _run_once(check(), sides, f"{seed}:{check.name()}:{round_number}")
        if found is None or found.verdict is not Verdict.WRONG:
            return found
    return found


def drawn_cases(check: Check, seed: str) -> Iterator[Case]:
    """The cases of a check under a seed, as the author yields them."""
    try:
        cases = iter(check.cases(Draw(seed)))
        for index in itertools.count():
            with limited(f"drawing the cases of check {check.name()}"):
                drawn = next(cases, None)
            if drawn is None:
                return
            if index >= MAX_CASES:
                raise JudgeFault(f"check {check.name()} draws more than {MAX_CASES} cases")
            yield drawn if isinstance(drawn, Case) else Case("", drawn)
    except JudgeFault:
        raise
    except Exception as error:  # the author's code may raise anything; the blame is ours
        raise JudgeFault(f"check {check.name()} cannot draw its cases: {type(error).__name__}: {error}") from error


def _run_once(check: Check, sides: Sides, seed: str) -> Finding | None:
    cases = ((case, derived("call", seed, index)) for index, case in enumerate(drawn_cases(check, seed)))
    return run_cases(check, sides, cases)


def run_cases(check: Check, sides: Sides, cases: Iterable[tuple[Case, int]]) -> Finding | None:
    """The first of `cases`, each with the seed of its calls, at which the check fails."""
    where = check.calls or "the call"
    for side in (sides.learner, sides.reference):
        side.owner, side.seconds = type(check).__name__, check.seconds
        side.double, side.meter = False, ""
    found = _conducted(check, sides, cases, where) if type(check).conducted() else _compared(check, sides, cases, where)
    with contextlib.closing(found):
        return next((finding for finding in found if finding is not None), None)


def _conducted(
    check: Check, sides: Sides, cases: Iterable[tuple[Case, int]], where: str
) -> Generator[Finding | None, None, None]:
    for case, seed in cases:
        for side in (sides.learner, sides.reference):
            side.call_seed = seed
        want, got = _conduct(check, sides, case, seed, where)
        yield got if isinstance(got, Finding) else _judge(check, Called(case, seed, want, got), where)


def _compared(
    check: Check, sides: Sides, cases: Iterable[tuple[Case, int]], where: str
) -> Generator[Finding | None, None, None]:
    with contextlib.closing(call_both(check, sides, cases)) as every:
        for called in every:
            if called.trouble is None:
                yield _judge(check, called, where)
                continue
            finding = of_trouble(called.trouble, where, called.reference_seconds)
            text = finding.message + _circumstances(called.case)
            yield Finding(finding.verdict, text, None, called.case, called.seed)


def _conduct(check: Check, sides: Sides, case: Case, seed: int, where: str) -> tuple[Any, Any]:
    want, reference_seconds = _conducted_by_reference(check, sides, case, seed)
    try:
        got = check.conduct(sides.learner, **case.inputs)
    except Wrong as wrong:
        return want, Finding(Verdict.WRONG, f"{where}: {wrong}{_circumstances(case)}", None, case)
    except ROOM_TROUBLE as error:
        finding = of_trouble(error, where, reference_seconds)
        return want, Finding(finding.verdict, finding.message + _circumstances(case), None, case)
    return want, got


def _conducted_by_reference(check: Check, sides: Sides, case: Case, seed: int) -> tuple[Any, float]:
    """What the reference makes of it and how long it took; remembered, but for what leaves files behind."""
    memory = None if check.scratch else sides.memory
    key = key_of(check, case, seed, "conduct")
    if memory is not None and key in memory:
        want, seconds = memory.recall(key)
        return want, seconds
    began = time.monotonic()
    try:
        want = check.conduct(sides.reference, **case.inputs)
    except ROOM_TROUBLE as error:
        raise reference_fails(check, case, error) from error
    seconds = time.monotonic() - began
    if memory is not None:
        memory.keep(key, (want, seconds))
    return want, seconds


def _judge(check: Check, called: Called, where: str) -> Finding | None:
    """What is wrong with the learner's answer to one case, if anything."""
    finding = _property_broken(check, called, where)
    if finding is None:
        return None
    return Finding(finding.verdict, finding.message + _circumstances(called.case), called.got, called.case, called.seed)


def _property_broken(check: Check, called: Called, where: str) -> Finding | None:
    got, want = called.got, called.want
    if check.compare:
        mismatch = compare(got, want, called.truth, tolerance=check.tolerance or DEFAULT)
        if mismatch is not None:
            return Finding(Verdict.WRONG, f"{where}\n  {mismatch.message}")
    try:
        with limited(f"the verification of check {check.name()}"):
            check.verify(called.case.inputs, wire.plain(got), wire.plain(want))
    except JudgeFault:
        raise
    except Wrong as wrong:
        return Finding(Verdict.WRONG, f"{where}\n  {wrong}")
    except Exception as error:  # a result of an unexpected kind may break the author's property; see below
        return _broken_verify(check, called, error, where)
    if called.changed:
        names = ", ".join(called.changed)
        return Finding(
            Verdict.WRONG,
            f"{where} changed its input {names}. The caller still needs it: work on a copy, or out of place.",
        )
    return None


def _broken_verify(check: Check, called: Called, error: Exception, where: str) -> Finding:
    """A property that cannot even be evaluated: the learner's result has another form than the reference's, or we erred."""
    mismatch = compare(called.got, called.want, None, tolerance=DEFAULT)
    if mismatch is not None and mismatch.kind in ("structure", "attributes"):
        return Finding(Verdict.WRONG, f"{where}\n  {mismatch.message}")
    try:
        check.verify(called.case.inputs, wire.plain(called.want), wire.plain(called.want))
    except Exception as again:  # not even the reference's own result can be verified: our fault
        raise JudgeFault(f"check {check.name()} cannot verify: {type(again).__name__}: {again}") from error
    text = f"the result cannot be checked ({type(error).__name__}: {error}): {check.says()}"
    return Finding(Verdict.WRONG, f"{where}\n  {text}")


def _circumstances(case: Case) -> str:
    inputs = [f"\n    {line}" for name, value in case.inputs.items() for line in (f"{name}: {summary(value)}",)]
    head = f"\n  with ({case.label})" if case.label else "\n  with"
    return (head + "".join(inputs)) if inputs else (f"\n  ({case.label})" if case.label else "")


def has_float_tensor(inputs: Inputs) -> bool:
    """Whether some input is a floating tensor: what the generic battery needs."""
    return any(isinstance(value, torch.Tensor) and value.is_floating_point() for value in inputs.values())
