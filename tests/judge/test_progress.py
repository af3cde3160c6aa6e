"""What a worker reports of a long run is shown when it has the right form, and dropped otherwise."""

import math
import os

import pytest

from leveling.arena import frames, reporting
from leveling.judge import progress
from leveling.judge.progress import Progress

GOOD = {"at": 3, "of": 10, "name": "loss", "figure": 0.5}


@pytest.fixture
def told(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    found = []
    return Progress(lambda name, facts: found.append((name, facts))), found


def test_a_report_is_passed_on(told):
    """With a text for whoever shows no curve."""
    listener, found = told
    listener.told(GOOD)
    listener.told({"at": 10, "of": 10, "name": ""})
    assert found[0] == ("progress", {"text": "step 3 of 10", **GOOD})
    assert found[1][1]["figure"] is None


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        "3 of 10",
        {**GOOD, "at": 11},
        {**GOOD, "at": -1},
        {**GOOD, "at": True},
        {**GOOD, "of": 10**13},
        {**GOOD, "name": "x" * 25},
        {**GOOD, "name": "\x1b[2J"},
        {**GOOD, "name": 3},
        {**GOOD, "figure": math.inf},
        {**GOOD, "figure": "0.5"},
    ],
)
def test_anything_else_is_dropped(told, bad):
    """A worker that lies about its form cannot draw on the screen or end the judge."""
    listener, found = told
    listener.told(bad)
    assert found == []


def test_a_flood_of_reports_is_thinned(told, monkeypatch):
    """Between two of them some time passes; the last step always comes through."""
    listener, found = told
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 1e9)
    for at in range(11):
        listener.told({**GOOD, "at": at})
    assert [facts["at"] for _, facts in found] == [0, 10]


@pytest.fixture
def channel(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr(reporting, "_last", 0.0)
    monkeypatch.setattr(reporting, "_channel", writing)
    yield reading
    os.close(reading)
    os.close(writing)


def test_a_worker_reports_what_it_is_given(channel):
    """One frame with the first figure; a figure that is no number is left out."""
    reporting.report(2, 5, loss=0.25, accuracy=1.0)
    assert frames.read_frame(channel) == {"report": {"at": 2, "of": 5, "name": "loss", "figure": 0.25}}
    reporting.report(5, 5, loss=float("nan"))
    assert frames.read_frame(channel) == {"report": {"at": 5, "of": 5, "name": "loss"}}


def test_reporting_never_ends_a_run(monkeypatch):
    """Without a channel, with a closed one, and with things that are no numbers it does nothing."""
    monkeypatch.setattr(reporting, "_channel", None)
    reporting.report(1, 2, loss=1.0)
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(reporting, "_channel", writing)
    reporting.report(2, 2, loss=1.0)
    reporting.report("x", 2)  # type: ignore[arg-type]
    reporting.report(2, 2, loss=object())  # type: ignore[arg-type]
    os.close(writing)
