"""What the filter answers on both machines, by running its instructions here: no kernel needed."""

import errno
import itertools
import struct

import pytest

from leveling.arena.confine import bpf, seccomp, syscalls
from leveling.arena.confine.seccomp import Shape

MACHINES = tuple(seccomp.AUDIT_ARCHITECTURE)
SHAPES = tuple(Shape(*switches) for switches in itertools.product((False, True), repeat=4))
OWN = 4242
KILLED, ALLOWED, REFUSED, ABSENT, PRETENDED = bpf.KILL, bpf.ALLOW, seccomp.REFUSED, seccomp.ABSENT, seccomp.PRETENDED


def answer(machine: str, shape: Shape, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the kernel would be told about one call, with our process id being 4242."""
    template, places = seccomp.compiled(machine, shape)
    code = bytearray(template)
    for place in places:
        struct.pack_into("<I", code, place, OWN)
    padded = [argument & (1 << 64) - 1 for argument in (*arguments, 0, 0, 0, 0, 0, 0)][:6]
    data = struct.pack("<IIQ6Q", number, architecture or seccomp.AUDIT_ARCHITECTURE[machine], 0, *padded)
    steps = list(struct.iter_unpack("<HBBI", code))
    at = register = 0
    while True:
        operation, if_true, if_false, value = steps[at]
        at += 1
        if operation == bpf.RETURN:
            return int(value)
        if operation == bpf.LOAD:
            (register,) = struct.unpack_from("<I", data, value)
        elif operation == bpf.AND:
            register &= value
        else:
            holds = register == value if operation == bpf.EQUAL else register >= value
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_simple_rule_is_what_the_filter_answers(machine, shape):
    """The search tree finds each number's own rule, and allows every number without one."""
    table = syscalls.numbers(machine)
    rules = {table[name]: rule for name, rule in seccomp.rules(shape).items() if name in table}
    for number in range(syscalls.FIRST_UNKNOWN):
        rule = rules.get(number, ALLOWED)
        if isinstance(rule, int):
            assert answer(machine, shape, number) == rule, number


@pytest.mark.parametrize("machine", MACHINES)
def test_every_named_rule_has_a_number_somewhere(machine):
    """A call that is spelled wrong would be allowed in silence."""
    named = set(seccomp.rules(Shape()))
    assert named <= set(syscalls.numbers("x86_64")) | set(syscalls.numbers("aarch64"))
    numbers = list(syscalls.numbers(machine).values())
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_machine_or_of_the_future_are_not_answered(machine):
    """Another mode ends the process; unknown numbers are absent; x32 is refused."""
    assert answer(machine, Shape(), 0, architecture=0x40000003) == KILLED
    for number in (syscalls.FIRST_UNKNOWN, 547, 100_000):
        assert answer(machine, Shape(), number) == ABSENT
    beyond = answer(machine, Shape(), syscalls.X32_BIT | 1)
    assert beyond == (REFUSED if machine == "x86_64" else ABSENT)


CASES = [
    ("clone", Shape(), (0x3D0F00,), ALLOWED),  # what the C library asks for a thread
    ("clone", Shape(), (0x1200011,), REFUSED),  # what it asks for a fork
    ("clone", Shape(processes=True), (0x1200011,), ALLOWED),
    ("clone", Shape(processes=True), (0x10000011,), REFUSED),  # with a new user namespace
    ("clone", Shape(processes=True), (0x8011,), REFUSED),  # as a child of the zygote
    ("clone3", Shape(processes=True), (), ABSENT),
    ("kill", Shape(), (OWN, 9), ALLOWED),
    ("kill", Shape(), (OWN + 1, 9), REFUSED),
    ("kill", Shape(), (-1, 9), REFUSED),
    ("kill", Shape(), (0, 9), REFUSED),
    ("kill", Shape(processes=True), (OWN + 1, 9), REFUSED),
    ("kill", Shape(processes=True, scoped=True), (OWN + 1, 9), ALLOWED),
    ("tgkill", Shape(), (OWN, OWN + 5, 6), ALLOWED),
    ("tgkill", Shape(), (1, 1, 6), REFUSED),
    ("pidfd_send_signal", Shape(), (3, 9), REFUSED),
    ("socket", Shape(), (1, 1, 0), REFUSED),
    ("socket", Shape(), (2, 1, 0), REFUSED),
    ("socket", Shape(processes=True), (1, 1, 0), ALLOWED),
    ("socket", Shape(loopback=True), (2, 1 | 0o2000000, 6), ALLOWED),  # close-on-exec is a flag beside the kind
    ("socket", Shape(loopback=True), (10, 1, 0), ALLOWED),
    ("socket", Shape(loopback=True), (2, 1, 262), REFUSED),
    ("socket", Shape(loopback=True), (2, 2, 0), REFUSED),
    ("socket", Shape(loopback=True), (17, 3, 0), REFUSED),
    ("socketpair", Shape(), (1, 1, 0), ALLOWED),
    ("socketpair", Shape(), (1, 2, 0), REFUSED),
    ("connect", Shape(), (3, 0, 0), REFUSED),
    ("connect", Shape(loopback=True), (3, 0, 0), ALLOWED),
    ("sendto", Shape(loopback=True), (3, 0, 0, 0x20000000), REFUSED),
    ("sendmsg", Shape(loopback=True), (3, 0, 0x4000), ALLOWED),
    ("prlimit64", Shape(), (0, 9, 0, 1 << 40), ALLOWED),
    ("prlimit64", Shape(), (0, 9, 1, 0), REFUSED),
    ("prlimit64", Shape(), (0, 9, 1 << 32, 0), REFUSED),  # an address whose lower half is zero
    ("prctl", Shape(), (15, 1), ALLOWED),
    ("prctl", Shape(), (1, 9), ALLOWED),
    ("prctl", Shape(), (1, 0), PRETENDED),
    ("fcntl", Shape(), (3, 1), ALLOWED),
    ("fcntl", Shape(), (3, 8), REFUSED),
    ("ioctl", Shape(), (0, 0x5401), ALLOWED),
    ("ioctl", Shape(), (0, 0x5412), REFUSED),
    ("fchmodat", Shape(), (), REFUSED),
    ("fchmodat", Shape(scratch=True), (), PRETENDED),
    ("execve", Shape(True, True, True, True), (), REFUSED),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "shape", "arguments", "expected"), CASES)
def test_rules_that_look_at_arguments(machine, name, shape, arguments, expected):
    """One row for each side of each condition."""
    assert answer(machine, shape, syscalls.numbers(machine)[name], *arguments) == expected


def test_answers_are_the_errors_they_claim():
    """The lower half of an action is the error number."""
    assert (REFUSED & 0xFFFF, ABSENT & 0xFFFF, PRETENDED & 0xFFFF) == (errno.EPERM, errno.ENOSYS, 0)
