"""A14 and A15: results are remembered from one call and given again in the timed ones; later calls are skipped."""

import pytest

CACHES = {
    "by shape": "key = tuple(x.shape)",
    "by address": "key = x.data_ptr()",
    "by identity": "key = id(x)",
    "by version": "key = x._version",
    "by a corner": "key = (tuple(x.shape), float(x.sum() * 0))",
}


@pytest.mark.parametrize("kind", CACHES)
def test_yesterdays_result_is_wrong_today(attempt, kind):
    """Every timed call has fresh inputs, and its result is compared."""
    source = f"""
HONEST
inner, kept = softmax, {{}}
def softmax(x):
    if x.numel() < 4000:
        return inner(x)
    {CACHES[kind]}
    if key not in kept:
        kept[key] = inner(x)
    return kept[key]
"""
    verdict = attempt(source, "throughput")
    if verdict.verdict == "cleared":  # a key that never repeats is an honest, if useless, cache
        assert kind in ("by identity", "by address")
    else:
        assert verdict.verdict == "wrong", verdict.cause


def test_skipping_after_the_checks_is_noticed(attempt):
    """Right for the first forty calls, then nothing but the shape is right."""
    source = """
HONEST
inner, calls = softmax, 0
def softmax(x):
    global calls
    calls += 1
    return inner(x) if calls < 40 and x.numel() < 4000 else x.clone()
"""
    assert attempt(source, "throughput").verdict == "wrong"


def test_one_call_that_does_the_work_of_many_is_noticed(attempt):
    """Every second large call returns what the first returned."""
    source = """
HONEST
inner, last, calls = softmax, None, 0
def softmax(x):
    global last, calls
    if x.numel() < 4000:
        return inner(x)
    calls += 1
    if calls % 2:
        last = inner(x)
    return last
"""
    assert attempt(source, "throughput").verdict == "wrong"
