"""A22: the function that is to be written is called."""

import pytest

SOURCES = {
    "by name": "import torch\ndef softmax(x): return torch.softmax(x, 1)",
    "by alias": "import torch.nn.functional as f\ndef softmax(x): return f.softmax(x, 1)",
    "by import": "from torch.nn.functional import softmax as s\ndef softmax(x): return s(x, dim=1)",
    "as a method": "def softmax(x): return x.softmax(1)",
    "by getattr": "import torch\ndef softmax(x): return getattr(torch, 'soft' + 'max')(x, 1)",
    "by operator": "import torch\ndef softmax(x): return torch.ops.aten._softmax(x, 1, False)",
    "by another layer": "import torch\ndef softmax(x): return torch.nn.Softmax(1)(x)",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_forbidden_name_is_refused_with_its_reason(attempt, name):
    """Found in the text or while it runs."""
    verdict = attempt(SOURCES[name])
    assert verdict.verdict == "forbidden", verdict.cause
    assert "forbidden in this quest" in verdict.cause
