"""A31: memory taken outside of torch."""

import pytest

HIDERS = {
    "numpy": "import numpy\ntake = lambda n: numpy.ones(n // 8)",
    "bytearray": "take = lambda n: bytearray(n)",
    "lists": "take = lambda n: [0.5 + i for i in range(n // 32)]",
    "mmap": "import mmap\ndef take(n):\n    m = mmap.mmap(-1, n)\n    m.write(b'1' * n)\n    return m",
    "ctypes": "import ctypes\ntake = lambda n: ctypes.create_string_buffer(n)",
}


@pytest.mark.parametrize("kind", HIDERS)
def test_memory_counts_wherever_it_is(attempt, kind):
    """The limit is on the process, not on the tensor allocator."""
    source = (
        HIDERS[kind]
        + "\nHONEST\ninner = softmax\ndef softmax(x):\n    kept = take(200 << 20) if x.numel() > 100000 else None\n    return inner(x)\n"
    )
    assert attempt(source, "memory").verdict == "too_hungry"


def test_copies_count(attempt):
    """Eight copies of the input are eight copies too many."""
    assert attempt("HUNGRY", "memory").verdict == "too_hungry"


def test_raising_the_limit_is_refused(attempt):
    """A process cannot give itself more."""
    source = (
        "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nexcept (OSError, ValueError):\n    pass\n"
        "HUNGRY"
    )
    assert attempt(source, "memory").verdict == "too_hungry"


def test_freeing_later_does_not_help(attempt):
    """The peak counts, not what is left."""
    source = "HONEST\ninner = softmax\ndef softmax(x):\n    kept = bytearray(200 << 20) if x.numel() > 100000 else b''\n    del kept\n    return inner(x)\n"
    assert attempt(source, "memory").verdict == "too_hungry"


def test_what_is_saved_for_backward_counts_when_it_hides(attempt):
    """Tensors kept as plain attributes are no saved tensors but stay alive all the same."""
    source = """
import torch
class Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(x - x.max(dim=1, keepdim=True).values)
        y = e / e.sum(dim=1, keepdim=True)
        ctx.hidden = [y.clone() for _ in range(6)]
        ctx.y = y
        return y
    @staticmethod
    def backward(ctx, g):
        return ctx.y * (g - (g * ctx.y).sum(1, keepdim=True))
def softmax(x):
    return Softmax.apply(x)
"""
    assert attempt(source, "saved").verdict == "too_hungry"
