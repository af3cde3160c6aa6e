"""A24, A29: other streams and a cache kept warm. They need a GPU; without one they are skipped, and say so."""

import importlib.util
import subprocess
import sys

import pytest

HAS_CUDA = importlib.util.find_spec("torch") is not None and (
    subprocess.run(
        [sys.executable, "-c", "import torch, sys; sys.exit(not torch.cuda.is_available())"], check=False
    ).returncode
    == 0
)


@pytest.mark.cuda
@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")
def test_work_on_another_stream_is_waited_for(attempt):
    """A24: the result is read after the whole device has finished, or is wrong."""
    source = """
import torch
HONEST
inner = softmax
def softmax(x):
    out = torch.zeros_like(x)
    with torch.cuda.stream(torch.cuda.Stream()):
        out.copy_(inner(x))
    return out
"""
    assert attempt(source, "plain", device="cuda").verdict in ("cleared", "wrong")


@pytest.mark.cuda
@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device here")
def test_the_honest_solution_clears_on_the_gpu(attempt):
    """The same file, checked on the device."""
    assert attempt("HONEST", "plain", device="cuda").verdict == "cleared"
