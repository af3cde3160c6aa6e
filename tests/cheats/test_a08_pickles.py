"""A8: a result that would run code when unpickled."""


def test_nothing_is_unpickled(attempt, tmp_path):
    """The object is refused as a result and its code never runs in the judge."""
    flag = tmp_path / "flag"
    source = f"""
import os
class Bomb:
    def __reduce__(self):
        return (open, ({str(flag)!r}, "w"))
    def __getstate__(self):
        return {{}}
def softmax(x):
    return Bomb()
"""
    assert attempt(source).verdict == "wrong"
    assert not flag.exists()
