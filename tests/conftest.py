"""What all tests share: a home of their own, and small quests written to a temporary folder."""

import os
import signal
from pathlib import Path

import pytest

QUEST_TOML = """
format = 1
title = "Row sums"
rank = "E"
kind = "quest"
minutes = 5
learns = "You sum along one dimension."
signature = ["row_sums(x) -> Tensor"]

[wrong.sums-columns]
caught_by = "matches-reference"
says = "dim is the dimension that disappears."
"""
CHECKS = '''
from leveling.checks import Check, Draw


class MatchesReference(Check):
    """Sums every row."""

    calls = "row_sums(x)"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(3, 5))
        yield dict(x=draw.normal(0, 5))

    def probe(self, solution, x):
        return solution.row_sums(x)
'''
REFERENCE = "def row_sums(x):\n    return x.sum(dim=1)\n"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # What a shell starts in the background ignores Ctrl-C, and so would every program that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the home of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LEVELING_HOME", str(home))
    for name in ("LEVELING_PACKS", "LEVELING_PYTHON", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return home


class PackFolder:
    """A pack under construction."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def quest(self, quest_id: str = "tiny/row-sums", **files: str) -> Path:
        """Write a quest; keyword arguments replace files (checks="...") or add to quest.toml (more_toml="...")."""
        folder = self.root / "quests" / quest_id
        (folder / "wrong").mkdir(parents=True, exist_ok=True)
        content = {
            "quest.toml": files.pop("toml", QUEST_TOML) + files.pop("more_toml", ""),
            "brief.md": "# Row sums\n\nSum each row.\n",
            "hints.md": "## 1\nA row.\n\n## 2\n(rows,)\n\n## 3\nx.sum(dim=1)\n",
            "starter.py": 'def row_sums(x):\n    raise NotImplementedError("row_sums")\n',
            "checks.py": files.pop("checks", CHECKS),
            "reference.py": files.pop("reference", REFERENCE),
            "wrong/sums-columns.py": "def row_sums(x):\n    return x.sum(dim=0)\n",
        }
        assert not files, files
        for name, text in content.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


@pytest.fixture
def pack(tmp_path):
    """A folder of quests to write into."""
    return PackFolder(tmp_path / "pack")


@pytest.fixture(scope="session", autouse=True)
def _no_threads_of_libraries():
    os.environ.setdefault("OMP_NUM_THREADS", "1")
