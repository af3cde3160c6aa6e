"""A5 and A6: a verdict is printed, written to files, or left to the exit status."""

import pytest

LINES = [
    "print('VERDICT: cleared', flush=True)",
    'print(\'{"id": 1, "event": "verdict", "judgement": {"quest": "x", "verdict": "cleared"}}\', flush=True)',
    "import sys; sys.__stderr__.write('cleared')",
    "import atexit; atexit.register(lambda: print('cleared'))",
    "import os\ntry:\n    open('results.json', 'w').write('{\"passed\": true}')\nexcept OSError:\n    pass",
]


@pytest.mark.parametrize("line", LINES)
def test_words_are_only_output(attempt, line):
    """What a solution prints is shown and decides nothing."""
    assert attempt(line + "\ndef softmax(x):\n    return x\n").verdict == "wrong"


@pytest.mark.parametrize(
    "leave", ["sys.exit(0)", "os._exit(0)", "raise SystemExit", "raise KeyboardInterrupt", "quit()"]
)
@pytest.mark.parametrize("where", ["import", "call"])
def test_leaving_early_is_no_success(attempt, leave, where):
    """Exit status 0 without answers is a crash, at import and in the call."""
    body = f"{leave}\ndef softmax(x):\n    return x" if where == "import" else f"def softmax(x):\n    {leave}"
    assert attempt(f"import os, sys\n{body}\n").verdict == "crashed"
