"""A worker is given up when its time is over, and not because others had the cores."""

import subprocess
import sys
import time

import pytest

from leveling.judge import starving
from leveling.judge.starving import Patience


@pytest.fixture
def clock(monkeypatch):
    """A clock and a scheduler that the test moves."""

    class Clock:
        now = 100.0
        waited = 0.0

    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    monkeypatch.setattr(starving, "starved", lambda _pid: Clock.waited)
    return Clock


def passes(clock, patience, seconds, waited=0.0):
    clock.now += seconds
    clock.waited += waited
    return patience.is_over()


def test_a_limit_is_a_limit_on_a_quiet_machine(clock):
    """Who computes or sleeps all the time is given up at the limit."""
    patience = Patience(1, 110.0, 10.0)
    assert patience.left() == starving.SOON and not passes(clock, patience, 0.5)
    assert patience.left() == 9.5 and passes(clock, patience, 9.5)


def test_time_without_a_core_is_given_back(clock):
    """A worker that waited 6 of 10 seconds for a core gets 6 more, and of these again what it waited."""
    patience = Patience(1, 110.0, 10.0)
    assert not passes(clock, patience, 0.5)
    assert not passes(clock, patience, 9.5, waited=6.0)
    assert patience.left() == 6.0
    assert not passes(clock, patience, 6.0, waited=2.0)
    assert passes(clock, patience, 2.0)


def test_there_is_an_end_on_the_busiest_machine(clock):
    """Patience has a last moment, eight times the limit."""
    patience = Patience(1, 110.0, 10.0)
    assert not passes(clock, patience, 0.5)
    for _ in range(100):
        if passes(clock, patience, max(patience.left(), 0.1), waited=50.0):
            break
    assert clock.now == pytest.approx(100 + starving.MOST * 10, abs=0.2)


def test_a_limit_shorter_than_the_first_look_holds(clock):
    """Limits below half a second are limits too."""
    patience = Patience(1, 100.2, 0.2)
    assert patience.left() == pytest.approx(0.2) and passes(clock, patience, 0.2)


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_scheduler_tells_who_waited():
    """A sleeping process waits for no core; a process that is gone tells 0."""
    with subprocess.Popen(["sleep", "60"]) as process:
        before = starving.starved(process.pid)
        assert 0.0 <= before < 60.0 and starving.starved(process.pid) == pytest.approx(before)
        process.kill()
    assert starving.starved(process.pid) == 0.0
