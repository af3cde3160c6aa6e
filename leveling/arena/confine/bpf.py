"""A small assembler for seccomp filters: a search tree over system call numbers whose leaves test arguments."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

# Operation codes of the classic Berkeley packet filter, and where the kernel puts what a filter may look at.
LOAD, AND, EQUAL, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16

KILL = 0x80000000
ALLOW = 0x7FFF0000
ERRNO = 0x00050000
WHOLE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Test:
    """Whether one 32-bit half of an argument, under `mask`, equals `value` (or, with `differs`, does not)."""

    argument: int
    value: int
    mask: int = WHOLE
    differs: bool = False
    high: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: jumps count the instructions to skip."""

    code: int
    if_true: int
    if_false: int
    value: int


Branch = tuple[tuple[Test, ...], int]  # when every test holds: this action
Rule = int | tuple[Branch, ...]  # an action, or branches tried in order of which the last has no test
Program = tuple[Instruction, ...]


def assemble(architecture: int, rules: Mapping[int, Rule], limits: Mapping[int, int]) -> Program:
    """A filter that allows every system call but those in `rules`.

    Args:
        architecture: the kernel's audit number of the machine; a call made in another mode ends the process.
        rules: what to answer, by system call number.
        limits: from this number upwards (to the next limit) every call gets that action.
    """
    tree = _tree(_intervals(rules, limits))
    guard = (
        Instruction(LOAD, 0, 0, ARCHITECTURE_OFFSET),
        Instruction(EQUAL, 1, 0, architecture),
        Instruction(RETURN, 0, 0, KILL),
        Instruction(LOAD, 0, 0, NUMBER_OFFSET),
    )
    return guard + tree


def encode(program: Iterable[Instruction]) -> bytes:
    """The bytes the kernel reads, 8 for each instruction."""
    return b"".join(struct.pack("<HBBI", step.code, step.if_true, step.if_false, step.value) for step in program)


def _intervals(rules: Mapping[int, Rule], limits: Mapping[int, int]) -> list[tuple[int, Rule]]:
    """(first number, rule) for each run of neighbours with the same rule, covering all numbers from 0."""
    ceiling = min(limits)
    every = [(number, rules.get(number, ALLOW)) for number in range(ceiling)]
    every += sorted(limits.items())
    return [next(run) for _, run in groupby(every, key=lambda pair: pair[1])]


def _tree(intervals: Sequence[tuple[int, Rule]]) -> Program:
    if len(intervals) == 1:
        return _leaf(intervals[0][1])
    middle = len(intervals) // 2
    low, high = _tree(intervals[:middle]), _tree(intervals[middle:])
    return (Instruction(AT_LEAST, len(low), 0, intervals[middle][0]), *low, *high)


def _leaf(rule: Rule) -> Program:
    if isinstance(rule, int):
        return (Instruction(RETURN, 0, 0, rule),)
    return tuple(step for tests, action in rule for step in _branch(tests, action))


def _branch(tests: Sequence[Test], action: int) -> Program:
    steps: Program = (Instruction(RETURN, 0, 0, action),)
    for test in reversed(tests):
        miss = len(steps)  # a test that fails skips the rest of this branch
        jumps = (miss, 0) if test.differs else (0, miss)
        offset = ARGUMENTS_OFFSET + 8 * test.argument + 4 * test.high
        load = (Instruction(LOAD, 0, 0, offset),)
        masked = () if test.mask == WHOLE else (Instruction(AND, 0, 0, test.mask),)
        steps = (*load, *masked, Instruction(EQUAL, *jumps, test.value), *steps)
    return steps
