"""A quick proof is heard twice only where a clock spoke against it."""

import pytest

from leveling.forge.commands import rests_on_a_clock
from leveling.forge.proof import Proof


def proof(*faults):
    made = Proof("tensors/einsum", full=False)
    for where, text in faults:
        made.fault(where, text)
    return made


@pytest.mark.parametrize(
    "faults",
    [
        [("reference.py", "does not clear: too_slow: throughput(cpu) on Long: 1.50 x the reference (limit 1.4 x)")],
        [
            ("slow/loop.py", "throughput(cpu): 1.3 x the limit, not 1.5 x"),
            ("quest.toml", "throughput(cpu) on Long: ..."),
        ],
    ],
)
def test_a_clock_is_heard_twice(faults):
    """A machine that was busy for a moment does not spoil a proof."""
    assert rests_on_a_clock(proof(*faults))


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [("wrong/sums-columns.py", "is caught first by shapes, not by values")],
        [("right/loops.py", "fails values: row_sums(x): expected 3.0, got 3.1")],
        [("slow/loop.py", "throughput(cpu): 1.3 x"), ("starter.py", "clears the quest as it is")],
    ],
)
def test_everything_else_is_heard_once(faults):
    """A false verdict that comes only under some seeds must turn the run red, not be drawn again."""
    assert not rests_on_a_clock(proof(*faults))
