"""1.4: floods, bombs, hangs, crashes; each ends as a word with a cause and leaves nothing behind."""

import pytest

SOURCES = {
    "stdout flood": ("def softmax(x):\n    while True:\n        print('x' * 65536)\n", {"crashed"}),
    "stderr flood": (
        "import sys\ndef softmax(x):\n    while True:\n        sys.stderr.write('x' * 65536)\n",
        {"crashed"},
    ),
    "fork bomb": ("import os\ndef softmax(x):\n    while True:\n        os.fork()\n", {"crashed"}),
    "subprocess": ("import subprocess\ndef softmax(x):\n    subprocess.run(['true'])\n    return x\n", {"crashed"}),
    "memory bomb": (
        "def softmax(x):\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 26))\n",
        {"crashed"},
    ),
    "address space bomb": ("import mmap\ndef softmax(x):\n    return [mmap.mmap(-1, 1 << 40)]\n", {"crashed"}),
    "segfault": ("import ctypes\ndef softmax(x):\n    ctypes.string_at(0)\n", {"crashed"}),
    "abort": ("import os\ndef softmax(x):\n    os.abort()\n", {"crashed"}),
    "recursion": ("def softmax(x):\n    return softmax(x)\n", {"crashed"}),
    "deep recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef softmax(x):\n    return softmax(x)\n",
        {"crashed", "too_slow"},
    ),
    "thread bomb": (
        "import threading, time\ndef softmax(x):\n    while True:\n        threading.Thread(target=time.sleep, args=(99,)).start()\n",
        {"crashed"},
    ),
    "stops itself": (
        "import os, signal\ndef softmax(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return x\n",
        {"too_slow", "crashed", "wrong"},
    ),
    "hangs at import": ("while True:\n    pass\n", {"too_slow"}),
    "crashes at import": ("import ctypes\nctypes.string_at(0)\n", {"crashed"}),
    "raises at import": ("raise ValueError('no')\n", {"crashed"}),
    "a result without end": (
        "class Endless(list):\n    def __iter__(self):\n        while True:\n            yield 1\ndef softmax(x):\n    return Endless()\n",
        {"wrong", "crashed", "too_slow"},
    ),
    "a result too deep": (
        "def softmax(x):\n    y = x\n    for _ in range(100000):\n        y = [y]\n    return y\n",
        {"wrong", "crashed"},
    ),
    "a result that contains itself": (
        "def softmax(x):\n    y = []\n    y.append(y)\n    return y\n",
        {"wrong", "crashed"},
    ),
    "a result of a terabyte": (
        "import torch\ndef softmax(x):\n    return torch.zeros(1).expand(1 << 38)\n",
        {"wrong", "crashed"},
    ),
    "a closed channel": ("import os\ndef softmax(x):\n    os.closerange(3, 1000)\n    return x\n", {"crashed"}),
    "hangs, deaf to signals": (
        "import signal\nfor s in range(1, 32):\n    try:\n        signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n"
        "def softmax(x):\n    while True:\n        pass\n",
        {"too_slow"},
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_it_ends_as_a_word(attempt, name):
    """The verdict is the solution's, never a fault of ours, and has a cause that can be read."""
    source, words = SOURCES[name]
    verdict = attempt(source)
    assert verdict.verdict in words, (verdict.verdict, verdict.cause)
    assert verdict.cause and "Traceback" not in verdict.cause
