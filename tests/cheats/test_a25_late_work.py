"""A25 to A28: work in threads, in lazy results, in other processes, in the warm-up."""

import pytest

SOURCES = {
    "A25 a thread fills the result later": """
import threading, torch
HONEST
inner = softmax
def softmax(x):
    out = torch.zeros_like(x)
    def work():
        out.copy_(inner(x))
    threading.Timer(0.05, work).start()
    return out
""",
    "A26 a lazy tensor": """
import torch
HONEST
inner = softmax
class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        args = [inner(a.as_subclass(torch.Tensor)) if isinstance(a, Lazy) else a for a in args]
        return func(*args, **(kwargs or {}))
def softmax(x):
    return x.as_subclass(Lazy)
""",
    "A27 a forked helper": """
import os, torch
HONEST
inner = softmax
def softmax(x):
    out = torch.zeros_like(x).share_memory_()
    if os.fork() == 0:
        out.copy_(inner(x))
        os._exit(0)
    os.wait()
    return out
""",
}


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_not_there_at_the_reply_is_not_there(attempt, name):
    """Results are read when the call answers; no process but this one works for it."""
    assert attempt(SOURCES[name], "throughput").verdict in ("wrong", "crashed", "too_slow")


def test_threads_are_counted(attempt):
    """CPU time is that of the whole process: a loop in a thread is as slow as a loop."""
    source = (
        "SLOW"
        """
import threading
inner = softmax
def softmax(x):
    box = []
    thread = threading.Thread(target=lambda: box.append(inner(x)))
    thread.start()
    thread.join()
    return box[0]
"""
    )
    assert attempt(source, "throughput").verdict == "too_slow"


def test_a_slow_warm_up_buys_nothing(attempt):
    """The number of measurements is fixed by the judge."""
    source = "import time\ntime.sleep(0.3)\n" + "SLOW"
    assert attempt(source, "throughput").verdict == "too_slow"


def test_waiting_instead_of_computing_is_noticed(attempt):
    """Sleeping costs no CPU time; the wall clock stands beside it."""
    source = "import time\nHONEST\ninner = softmax\ndef softmax(x):\n    time.sleep(0.2 if x.numel() > 4000 else 0)\n    return inner(x)\n"
    assert attempt(source, "throughput").verdict == "too_slow"
