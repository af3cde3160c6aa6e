"""The format is a promise: every version that ever landed can be read, and what is published about it is true."""

import json
from pathlib import Path

import pytest

from leveling.saving.migrations import NoWayUp, migrated
from leveling.saving.reading import read
from leveling.saving.schema import SaveFile
from leveling.saving.schema_version import FORMAT

SAVES = Path(__file__).resolve().parents[2] / "saves"


@pytest.mark.parametrize("path", sorted((SAVES / "golden").glob("*.toml")), ids=lambda path: path.stem)
def test_golden_saves_are_read(path):
    """A save of every format that ever landed still tells its story."""
    record, _ = read(path)
    assert record.hunter and any(quest.is_cleared for quest in record.quests.values())
    assert record.trials and record.drills and record.days and record.promotions


def test_there_is_a_golden_save_of_every_format():
    """A new format brings its own."""
    there = {path.stem for path in (SAVES / "golden").glob("*.toml")}
    assert {f"format-{version}" for version in range(1, FORMAT + 1)} <= there


def test_the_published_schema_is_that_of_the_program():
    """saves/save.schema.json; to write it anew: python -m leveling.saving.publish."""
    published = json.loads((SAVES / "save.schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(SaveFile.model_json_schema()))


def test_migrations_go_step_by_step():
    """From any older format through each one between."""
    steps = {
        1: lambda t: {**t, "format": 2, "path": ["1>2"]},
        2: lambda t: {**t, "format": 3, "path": [*t["path"], "2>3"]},
    }
    assert migrated({"format": 1}, steps, target=3)["path"] == ["1>2", "2>3"]
    with pytest.raises(NoWayUp):
        migrated({"format": 0}, steps, target=3)
    with pytest.raises(NoWayUp):
        migrated({"format": True}, steps, target=3)
