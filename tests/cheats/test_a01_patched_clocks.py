"""A1: timers replaced by ones that stand still."""

import pytest

PATCHES = """
import time, torch
frozen = lambda *a, **k: 0.0
for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time", "clock_gettime"):
    setattr(time, name, frozen)
time.perf_counter_ns = time.time_ns = time.monotonic_ns = lambda: 0
torch.cuda.Event.elapsed_time = frozen
torch.cuda.synchronize = frozen
"""


def test_a_stopped_clock_does_not_make_a_loop_fast(attempt):
    """The clock is read from outside the process."""
    verdict = attempt(PATCHES + "SLOW", "throughput")
    assert verdict.verdict == "too_slow"


@pytest.mark.parametrize("patch", ["torch.utils._python_dispatch.TorchDispatchMode.__enter__ = lambda self: self"])
def test_a_disabled_counter_counts_nothing_and_passes_nothing(attempt, patch):
    """Switching off the counting of operations is noticed: nothing counted is not few."""
    verdict = attempt("import torch.utils._python_dispatch\n" + patch + "SLOW", "ops")
    assert verdict.verdict in ("too_slow", "crashed", "wrong")
