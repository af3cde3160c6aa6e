"""One judge and one inspector for all tests of the forge, and tiny quests to prove."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leveling.catalog.reading import read_quest
from leveling.forge.facts import Inspector
from leveling.forge.judges import Judges
from leveling.forge.proof import Proof
from leveling.forge.proving import prove

Prove = Callable[..., Proof]

FILES = {
    "quest.toml": """format = 1
title = "Clipped"
rank = "D"
kind = "quest"
minutes = 5
learns = "You clip."
signature = ["clipped(x, top) -> Tensor"]

[wrong.does-not-clip]
caught_by = "nothing-is-above-top"
says = "The values are returned as they are."
""",
    "brief.md": "# Clip\n\n## Task\nWrite `clipped`.\n",
    "hints.md": "## 1\nCompare.\n\n## 2\nKeep the shape.\n\n## 3\nUse clamp.\n",
    "starter.py": 'def clipped(x, top):\n    """x (...) -> (...)."""\n    raise NotImplementedError("clipped")\n',
    "reference.py": 'import torch\n\n\ndef clipped(x, top):\n    """x (...) -> (...)."""\n    return torch.clamp(x * 2, max=top)\n',
    "wrong/does-not-clip.py": "def clipped(x, top):\n    return x * 2\n",
    "checks.py": '''from leveling.checks import Check


class NothingIsAboveTop(Check):
    """No value is above top, and the others are twice what they were."""

    def cases(self, draw):
        yield dict(x=draw.normal(5, 7), top=0.25)

    def probe(self, solution, x, top):
        return solution.clipped(x, top)
''',
}
# The check with a hole: it looks at the largest value alone, so that a mutant with another factor passes.
HOLED = '''from leveling.checks import Check, expect


class NothingIsAboveTop(Check):
    """No value is above top."""

    compare = False
    battery = False

    def cases(self, draw):
        yield dict(x=draw.normal(5, 7, mean=3.0), top=0.25)

    def probe(self, solution, x, top):
        return solution.clipped(x, top)

    def verify(self, case, got, want):
        expect(got.max() <= case["top"], "a value is above top")
'''


def write(folder: Path, **changed: str) -> Path:
    """Write the tiny quest; `changed` replaces files by the stem of their name."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, text), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def judges() -> Iterator[Judges]:
    with Judges(1) as several:
        yield several


@pytest.fixture(scope="session")
def inspector() -> Iterator[Inspector]:
    with Inspector() as process:
        yield process


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """Writes the tiny quest and returns its folder."""
    return lambda **changed: write(tmp_path / "quests" / "gate" / "clipped", **changed)


@pytest.fixture
def proved(judges: Judges, inspector: Inspector) -> Prove:
    """Proves the quest in a folder."""

    def run(folder: Path, *, full: bool = False) -> Proof:
        quest = read_quest(folder, f"{folder.parent.name}/{folder.name}")
        return prove(quest, judges, inspector, full=full)

    return run


@pytest.fixture
def holed_check() -> str:
    return HOLED


@pytest.fixture
def sound_check() -> str:
    return FILES["checks.py"]


@pytest.fixture
def toml() -> str:
    return FILES["quest.toml"]
