"""A10: modules of ours and of torch are replaced, on disk and in memory."""

import pytest

SOURCES = [
    "open('torch.py', 'w').write('def softmax(x): pass')",
    "import sys, types\nsys.modules['leveling.arena.wire'] = types.ModuleType('wire')",
    "import sys\nfor name in [n for n in sys.modules if n.startswith('leveling')]:\n    del sys.modules[name]",
    "import sys\nsys.path[:] = []\nsys.meta_path[:] = []",
    "import leveling.arena.wire as w\nw.pack = w.unpack = lambda *a, **k: None",
    "import leveling.arena.worker as w\nfor n in dir(w):\n    if not n.startswith('__'):\n        setattr(w, n, None)",
    "import builtins\nbuiltins.isinstance = lambda *a: True",
]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_broken_in_the_process_stays_there(attempt, source):
    """The worst outcome for the judge is a crashed worker; the next attempt starts clean."""
    guarded = "try:\n" + "\n".join("    " + line for line in source.split("\n")) + "\nexcept OSError:\n    pass\n"
    assert attempt(guarded + "def softmax(x):\n    return x\n").verdict in ("wrong", "crashed")
