"""What authors write for the judge's own process must come to an end."""

import pytest

from leveling.judge.patience import limited
from leveling.judge.suite import JudgeFault


def forever():
    while True:
        pass


def test_endless_author_code_is_a_fault_of_ours():
    """Stopped, named, and the timer is off afterwards."""
    with pytest.raises(JudgeFault, match="drawing takes longer"), limited("drawing", 0.05):
        forever()
    with limited("drawing", 0.01):
        pass
