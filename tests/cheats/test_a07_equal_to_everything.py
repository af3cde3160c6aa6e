"""A7: results that claim to be equal, and comparison functions that always agree."""

import pytest

SOURCES = {
    "an object with its own ==": """
class Equal:
    def __eq__(self, other): return True
    def __len__(self): return 3
def softmax(x): return Equal()
""",
    "a tensor subclass": """
import torch
class Equal(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return True
def softmax(x): return x.as_subclass(Equal)
""",
    "patched comparisons": """
import torch
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.__eq__ = lambda *a: True
torch.testing.assert_close = lambda *a, **k: None
def softmax(x): return x
""",
    "an attribute on the tensor": """
def softmax(x):
    y = x.clone()
    y.__dict__["tensor"] = y.__dict__["want"] = 1
    return y
""",
    "patched copying": """
import torch
torch.Tensor.copy_ = lambda self, other, **k: self
torch.Tensor.numpy = lambda self: None
def softmax(x): return x
""",
    "a float like no other": """
class Any(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
def softmax(x): return Any(1.0)
""",
}


@pytest.mark.parametrize("name", SOURCES)
def test_equality_is_decided_by_the_judge(attempt, name):
    """Bytes are compared in another process; what the object says about itself is not asked."""
    assert attempt(SOURCES[name]).verdict in ("wrong", "crashed")
