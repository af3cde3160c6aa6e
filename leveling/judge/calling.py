"""Call both sides on the same inputs, several cases under way at once, so that no process waits for the judge in between."""

import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from leveling.arena import wire
from leveling.checks.base import Case, Check
from leveling.judge.findings import ROOM_TROUBLE, of_trouble
from leveling.judge.handed import Sent
from leveling.judge.remembered import Key, Remembered
from leveling.judge.side import Side
from leveling.judge.sizes import bytes_of
from leveling.judge.suite import JudgeFault
from leveling.judge.troubles import TooLarge

GROUP = 8  # cases under way at once
GROUP_BYTES = 1 << 20  # of their inputs: large cases go alone, so that nothing has to be thrown away
DRAIN_SECONDS = 0.05  # what is still under way after a failure is waited for so long; a new worker takes less


@dataclass(slots=True)
class Sides:
    """The learner's side and the reference's; what that one answered before, if somebody keeps it."""

    learner: Side
    reference: Side
    memory: Remembered | None = None


@dataclass(slots=True)
class Called:
    """What both sides made of one case: a value and the names of changed inputs, or the trouble that was met."""

    case: Case
    seed: int
    want: Any
    got: Any = None
    changed: tuple[str, ...] = ()
    truth: Any = None
    trouble: BaseException | None = None
    reference_seconds: float = 0.0


def call_both(check: Check, sides: Sides, cases: Iterable[tuple[Case, int]]) -> Generator[Called, None, None]:
    """The answers to `cases`, each with the seed of its call, in their order. May be left at any of them.

    Raises:
        JudgeFault: when the reference fails.
    """
    for group in grouped(cases):
        yield from _call_group(check, sides, group)


def grouped(cases: Iterable[tuple[Case, int]]) -> Iterator[list[tuple[Case, int]]]:
    """Neighbours together, as many as are small enough; drawn no further ahead than that."""
    group: list[tuple[Case, int]] = []
    total = 0
    for case, seed in cases:
        size = bytes_of(case.inputs)
        if group and (len(group) == GROUP or total + size > GROUP_BYTES):
            yield group
            group, total = [], 0
        group.append((case, seed))
        total += size
    if group:
        yield group


def _call_group(check: Check, sides: Sides, group: list[tuple[Case, int]]) -> Iterator[Called]:
    sent, lost = _begin(check, sides.learner, group)
    left = len(sent)
    try:
        wants = wanted(check, sides, group)
        for index, (case, seed) in enumerate(group):
            want, seconds = wants[index]
            called = Called(case, seed, want, reference_seconds=seconds)
            try:
                if index >= len(sent):
                    raise lost or AssertionError("a call that was not begun")
                left -= 1
                called.got = sides.learner.finish(check.seconds).value
                changed = sides.learner.room.changed_inputs(sent[index])
                called.changed = tuple(name for name in changed if name not in check.changes)
            except ROOM_TROUBLE as error:
                called.trouble = error
            if isinstance(called.trouble, TooLarge) and index > 0:
                raise _NoRoomLeft(index)
            if called.trouble is None and check.truth and check.compare:
                called.truth = _truth(check, sides, called)
            yield called
            if called.trouble is not None:
                return
    except _NoRoomLeft as reason:
        sides.learner.drain(left, DRAIN_SECONDS)
        left = 0
        for pair in group[reason.index :]:
            yield from _call_group(check, sides, [pair])
    finally:
        sides.learner.drain(left, DRAIN_SECONDS)


class _NoRoomLeft(Exception):
    """The results of earlier calls took the shared memory that this one needs: it has to be called alone."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def _begin(check: Check, side: Side, group: list[tuple[Case, int]]) -> tuple[list[Sent], BaseException | None]:
    """What was sent; less than the group, with the reason, where the worker ended under it."""
    sent: list[Sent] = []
    try:
        for case, seed in group:
            sent.append(side.begin(f"{type(check).__name__}.probe", case.inputs, seed, follow=bool(sent)))
    except ROOM_TROUBLE as error:  # the answers given before are still to be read
        return sent, error
    return sent, None


def wanted(check: Check, sides: Sides, group: list[tuple[Case, int]]) -> list[tuple[Any, float]]:
    """What the reference answers to each, and how long it took: remembered where all of them are."""
    keys = [key_of(check, case, seed) for case, seed in group]
    memory = sides.memory
    if memory is not None and all(key in memory for key in keys):
        return [memory.recall(key) for key in keys]
    answers = _of_reference(check, sides.reference, group)
    if memory is not None:
        for key, answer in zip(keys, answers, strict=True):
            memory.keep(key, answer)
    return answers


def key_of(check: Check, case: Case, seed: int, way: str = "call") -> Key:
    """What tells one case from all others under one seed of an attempt."""
    return (way, type(check).__name__, case.label, str(seed))


def _of_reference(check: Check, side: Side, group: list[tuple[Case, int]]) -> list[tuple[Any, float]]:
    """What the reference answers to each, and how long it took."""
    sent, lost = _begin(check, side, group)
    answers: list[tuple[Any, float]] = []
    try:
        for _ in sent:
            began = time.monotonic()
            answers.append((side.finish(check.seconds * 2).value, time.monotonic() - began))
        if lost is not None:
            raise lost
    except ROOM_TROUBLE as error:
        side.drain(len(sent) - len(answers) - 1, DRAIN_SECONDS)
        if isinstance(error, TooLarge) and answers:
            raise _NoRoomLeft(0) from error
        raise reference_fails(check, group[len(answers)][0], error) from error
    return answers


def _truth(check: Check, sides: Sides, called: Called) -> Any:
    """The reference's answer in float64, where nothing is lost to rounding.

    Asked for only when the learner's result is not, bit for bit, the reference's: that needs no error budget.
    """
    if not _has_floats(called.want) or _identical(called.got, called.want):
        return None
    key = key_of(check, called.case, called.seed, "double")
    if sides.memory is not None and key in sides.memory:
        return sides.memory.recall(key)
    try:
        probe = f"{type(check).__name__}.probe"
        sides.reference.begin(probe, upcast(called.case.inputs), called.seed, double=True)
        truth = sides.reference.finish(check.seconds * 4).value
    except ROOM_TROUBLE as error:
        raise reference_fails(check, called.case, error) from error
    if sides.memory is not None:
        sides.memory.keep(key, truth)
    return truth


def reference_fails(check: Check, case: Case, error: BaseException) -> JudgeFault:
    """The fault to raise when the reference met trouble."""
    text = of_trouble(error, check.calls or "the call").message
    label = f"({case.label})" if case.label else ""
    return JudgeFault(f"the reference fails check {check.name()} {label}: {text}")


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


def _has_floats(value: Any) -> bool:
    if isinstance(value, wire.TensorValue):
        return value.tensor.is_floating_point() or value.tensor.is_complex()
    if isinstance(value, dict):
        return any(_has_floats(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_floats(item) for item in value)
    return isinstance(value, float | complex)
