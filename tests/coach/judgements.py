"""Judgements and their parts for tests of the coach, and the files of a small quest."""

from leveling.judge.protocol import CheckResult, GateResult, Judgement
from leveling.world.words import CheckStatus, GateStatus, Verdict

BRIEF = """# Row shares

## The idea

Turn scores into shares.

```python
## no heading: a comment in code
shares(x)
```

## Your task

* shares of a row sum to one, whatever its scores;
* half precision is computed in float32;
* scores may be negative infinity.

## Pitfalls people really hit

* Large scores overflow the exponential: subtract the largest score of the row first.
* Dividing by the sum over columns instead of rows.

## At scale

One call for all rows costs the same ops as one row; a loop over rows pays for every row.
"""
REFERENCE = "import torch\n\n\ndef shares(x):\n    return torch.softmax(x, -1)\n"


def check(name, says, message="", status=CheckStatus.FAILED):
    return CheckResult(name, status, says, message)


def gate(kind="ops", status=GateStatus.PASSED, yours=None, theirs=None, **facts):
    values = {"device": "cpu", "measured": yours, "limit": 2.0, "unit": "ops", "on": "ManyRows", **facts}
    return GateResult(kind, status=status, yours=yours, theirs=theirs, **values)


def judgement(verdict=Verdict.WRONG, cause="it differs", **facts):
    return Judgement("tensors/row-shares", verdict, cause, **facts)
