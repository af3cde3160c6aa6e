"""A16 to A21: stale memory, damaged inputs, low precision, constants, samples, special cases."""

import pytest

SOURCES = {
    "A16 empty memory": "import torch\ndef softmax(x): return torch.empty_like(x)",
    "A16 untouched output": "import torch\ndef softmax(x): return torch.empty(x.shape).resize_(x.shape)",
    "A17 input changed": "HONEST\ninner = softmax\ndef softmax(x):\n    y = inner(x)\n    x.copy_(y)\n    return y",
    "A17 input zeroed": "HONEST\ninner = softmax\ndef softmax(x):\n    x.zero_()\n    return inner(x)",
    "A18 bfloat16 inside": "HONEST\ninner = softmax\ndef softmax(x): return inner(x.bfloat16()).float()",
    "A18 float16 inside": "HONEST\ninner = softmax\ndef softmax(x): return inner(x.half()).float()",
    "A19 zeros": "import torch\ndef softmax(x): return torch.zeros_like(x)",
    "A19 uniform": "import torch\ndef softmax(x): return torch.full_like(x, 1 / x.shape[1])",
    "A19 NaN": "import torch\ndef softmax(x): return torch.full_like(x, float('nan'))",
    "A19 input": "def softmax(x): return x",
    "A20 sampled sum": "import torch\ndef softmax(x):\n    e = torch.exp(x - x.max(1, keepdim=True).values)\n    half = e[:, ::2]\n    return e / (half.mean(1, keepdim=True) * x.shape[1])",
    "A21 one shape only": "HONEST\ninner = softmax\ndef softmax(x): return inner(x) if x.shape == (3, 5) else x.clone()",
    "A21 never the large": "HONEST\ninner = softmax\ndef softmax(x): return inner(x) if x.shape[1] < 100 else inner(x.flip(1))",
}


@pytest.mark.parametrize("name", SOURCES)
def test_only_the_right_answer_is_right(attempt, name):
    """Each is refused as wrong."""
    assert attempt(SOURCES[name]).verdict == "wrong"
