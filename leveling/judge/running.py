"""Run one check: draw its cases, call both sides on the same inputs, compare, verify, and word the first failure."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from leveling.arena import wire
from leveling.checks.base import Case, Check, Inputs, Wrong
from leveling.checks.drawing import Draw
from leveling.checks.tolerance import DEFAULT
from leveling.judge.comparing import compare, summary
from leveling.judge.findings import ROOM_TROUBLE, Finding, of_trouble
from leveling.judge.patience import limited
from leveling.judge.seeds import derived
from leveling.judge.side import Side
from leveling.judge.suite import JudgeFault
from leveling.world.words import Verdict

MAX_CASES = 400


@dataclass(slots=True)
class Sides:
    """The learner's side and the reference's."""

    learner: Side
    reference: Side


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
    for index, case in enumerate(drawn_cases(check, seed)):
        call_seed = derived("call", seed, index)
        found = run_case(check, sides, case, call_seed)
        if found is not None:
            return found
    return None


def run_case(check: Check, sides: Sides, case: Case, call_seed: int) -> Finding | None:
    """One set of inputs on both sides."""
    where = check.calls or "the call"
    for side in (sides.learner, sides.reference):
        side.owner, side.seconds, side.call_seed = type(check).__name__, check.seconds, call_seed
        side.double, side.meter = False, ""
    if type(check).conducted():
        want, truth, got = _conduct(check, sides, case, where)
        changed: list[str] = []
    else:
        want, truth, got, changed = _call_both(check, sides, case, call_seed, where)
    if isinstance(got, Finding):
        return got
    finding = _judge(check, case, got, want, truth, changed, where)
    if finding is None:
        return None
    return Finding(finding.verdict, finding.message, got, case, call_seed)


def _call_both(check: Check, sides: Sides, case: Case, seed: int, where: str) -> tuple[Any, Any, Any, list[str]]:
    probe = f"{type(check).__name__}.probe"
    began = time.monotonic()
    sent, got, trouble = None, None, None
    try:
        sent = sides.learner.begin(probe, case.inputs, seed)
    except ROOM_TROUBLE as error:
        trouble = error
    want = _of_reference(check, sides, case, seed, where)
    reference_seconds = time.monotonic() - began
    try:
        if trouble is not None:
            raise trouble
        got = sides.learner.finish(check.seconds).value
        changed = sides.learner.room.changed_inputs(sent) if sent else []
    except ROOM_TROUBLE as error:
        finding = of_trouble(error, where, reference_seconds)
        return want, None, Finding(finding.verdict, finding.message + _circumstances(case), None, case, seed), []
    truth: Any = None
    if check.truth and check.compare and _has_floats(want) and not _identical(got, want):
        truth = _of_reference(check, sides, case, seed, where, double=True)
    return want, truth, got, [name for name in changed if name not in check.changes]


def _of_reference(check: Check, sides: Sides, case: Case, seed: int, where: str, *, double: bool = False) -> Any:
    """What the reference answers; with `double` on the inputs in float64, where nothing is lost to rounding: the truth.

    The truth is asked for only when the learner's result is not, bit for bit, the reference's: that needs no budget.
    """
    probe = f"{type(check).__name__}.probe"
    try:
        sides.reference.begin(probe, upcast(case.inputs) if double else case.inputs, seed, double=double)
        return sides.reference.finish(check.seconds * (4 if double else 2)).value
    except ROOM_TROUBLE as error:
        text = of_trouble(error, where).message
        raise JudgeFault(f"the reference fails check {check.name()} {_labelled(case)}: {text}") from error


def _identical(got: Any, want: Any) -> bool:
    """Whether two results are the same, bit for bit. NaN counts as different: what it means is for the comparison to say."""
    if isinstance(want, wire.TensorValue):
        return (
            isinstance(got, wire.TensorValue)
            and got.tensor.dtype == want.tensor.dtype
            and torch.equal(got.tensor, want.tensor)
        )
    if isinstance(want, dict):
        return (
            isinstance(got, dict) and got.keys() == want.keys() and all(_identical(got[key], want[key]) for key in want)
        )
    if isinstance(want, list | tuple):
        return isinstance(got, list | tuple) and len(got) == len(want) and all(map(_identical, got, want))
    return type(got) is type(want) and bool(got == want)


def _conduct(check: Check, sides: Sides, case: Case, where: str) -> tuple[Any, Any, Any]:
    began = time.monotonic()
    try:
        want = check.conduct(sides.reference, **case.inputs)
    except ROOM_TROUBLE as error:
        text = of_trouble(error, where).message
        raise JudgeFault(f"the reference fails check {check.name()} {_labelled(case)}: {text}") from error
    reference_seconds = time.monotonic() - began
    try:
        got = check.conduct(sides.learner, **case.inputs)
    except Wrong as wrong:
        return want, None, Finding(Verdict.WRONG, f"{where}: {wrong}{_circumstances(case)}", None, case)
    except ROOM_TROUBLE as error:
        finding = of_trouble(error, where, reference_seconds)
        return want, None, Finding(finding.verdict, finding.message + _circumstances(case), None, case)
    return want, None, got


def _judge(check: Check, case: Case, got: Any, want: Any, truth: Any, changed: list[str], where: str) -> Finding | None:
    if check.compare:
        mismatch = compare(got, want, truth, tolerance=check.tolerance or DEFAULT)
        if mismatch is not None:
            return Finding(Verdict.WRONG, f"{where}\n  {mismatch.message}{_circumstances(case)}")
    try:
        with limited(f"the verification of check {check.name()}"):
            check.verify(case.inputs, wire.plain(got), wire.plain(want))
    except JudgeFault:
        raise
    except Wrong as wrong:
        return Finding(Verdict.WRONG, f"{where}\n  {wrong}{_circumstances(case)}")
    except Exception as error:  # a result of an unexpected kind may break the author's property; see below
        return _broken_verify(check, case, got, want, error, where)
    if changed:
        names = ", ".join(changed)
        return Finding(
            Verdict.WRONG,
            f"{where} changed its input {names}. The caller still needs it: work on a copy, or out of place."
            + _circumstances(case),
        )
    return None


def _broken_verify(check: Check, case: Case, got: Any, want: Any, error: Exception, where: str) -> Finding:
    """A property that cannot even be evaluated: the learner's result has another form than the reference's, or we erred."""
    mismatch = compare(got, want, None, tolerance=DEFAULT)
    if mismatch is not None and mismatch.kind in ("structure", "attributes"):
        return Finding(Verdict.WRONG, f"{where}\n  {mismatch.message}{_circumstances(case)}")
    try:
        check.verify(case.inputs, wire.plain(want), wire.plain(want))
    except Exception as again:  # not even the reference's own result can be verified: our fault
        raise JudgeFault(f"check {check.name()} cannot verify: {type(again).__name__}: {again}") from error
    return Finding(
        Verdict.WRONG,
        f"{where}\n  the result cannot be checked ({type(error).__name__}: {error}): {check.says()}{_circumstances(case)}",
    )


def _circumstances(case: Case) -> str:
    inputs = [f"\n    {line}" for name, value in case.inputs.items() for line in (f"{name}: {summary(value)}",)]
    head = f"\n  with ({case.label})" if case.label else "\n  with"
    return (head + "".join(inputs)) if inputs else (f"\n  ({case.label})" if case.label else "")


def _labelled(case: Case) -> str:
    return f"({case.label})" if case.label else ""


def upcast(value: Any) -> Any:
    """`value` with every floating tensor in float64 and every complex one in complex128; leaves stay leaves."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            return value.detach().to(torch.float64).requires_grad_(value.requires_grad)
        return value.detach().to(torch.complex128).requires_grad_(value.requires_grad) if value.is_complex() else value
    if isinstance(value, dict):
        return {key: upcast(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(upcast(item) for item in value)
    return value


def _has_floats(value: Any) -> bool:
    if isinstance(value, wire.TensorValue):
        return value.tensor.is_floating_point() or value.tensor.is_complex()
    if isinstance(value, dict):
        return any(_has_floats(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_floats(item) for item in value)
    return isinstance(value, float | complex)


def has_float_tensor(inputs: Inputs) -> bool:
    """Whether some input is a floating tensor: what the generic battery needs."""
    return any(isinstance(value, torch.Tensor) and value.is_floating_point() for value in inputs.values())
