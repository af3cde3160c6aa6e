"""A quest on disk with brief, hints and reference."""

import pytest

from leveling.judge.client import JudgeClient
from leveling.world.quest import GateSpec, Quest
from leveling.world.words import Kind, Rank
from tests.coach.judgements import BRIEF, REFERENCE


@pytest.fixture
def quest(tmp_path):
    folder = tmp_path / "tensors" / "row-shares"
    folder.mkdir(parents=True)
    (folder / "brief.md").write_text(BRIEF, encoding="utf-8")
    (folder / "hints.md").write_text("## 1\nLook at rows.\n\n## 2\nUse softmax.\n", encoding="utf-8")
    (folder / "reference.py").write_text(REFERENCE, encoding="utf-8")
    gates = (GateSpec("ops", "cpu", "ManyRows", 2, "ops", why="one call for all rows"),)
    return Quest("tensors/row-shares", "Row shares", Rank.E, Kind.QUEST, 10, folder, gates=gates)


@pytest.fixture
def client():
    with JudgeClient() as judge:
        yield judge
