"""A3: an answer is written to every open descriptor, in the judge's own language, before an early exit."""

import pytest

FORGE = """
import json, os, struct
def forge(*frames):
    for fd in range(3, 64):
        for frame in frames:
            try:
                os.write(fd, frame)
            except OSError:
                pass
MESSAGES = [json.dumps(m).encode() for m in (
    {"ok": True}, {"done": True, "value": None}, {"event": "verdict", "verdict": "cleared"}, {"value": ["none"]})]
FRAMES = [struct.pack("<I", len(m)) + m for m in MESSAGES] + [struct.pack(">Q", len(m)) + m for m in MESSAGES] + MESSAGES
"""


@pytest.mark.parametrize("end", ["os._exit(0)", "raise SystemExit(0)", "return x"])
def test_a_forged_answer_is_no_answer(attempt, end):
    """Whatever is written to the channel, only right results pass."""
    verdict = attempt(FORGE + f"\ndef softmax(x):\n    forge(*FRAMES)\n    {end}\n")
    assert verdict.verdict in ("crashed", "wrong")


def test_a_forged_answer_at_import(attempt):
    """The same while the file is loaded."""
    verdict = attempt(FORGE + "\nforge(*FRAMES)\nos._exit(0)\n")
    assert verdict.verdict == "crashed"


def test_garbage_on_the_channel_is_a_crash_of_the_solution(attempt):
    """A length of four gigabytes does not make the judge wait or allocate."""
    source = """
import os
def softmax(x):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\\xff" * 64)
        except OSError:
            pass
    return x
"""
    assert attempt(source).verdict in ("crashed", "wrong")
