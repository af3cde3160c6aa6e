"""The dungeons that are shipped: whole, within their hours, and with what every project asks."""

import re

import pytest

from leveling.catalog import Catalog
from leveling.catalog.dungeons import references_below
from leveling.forge.reading import sections
from leveling.world.dungeon import module_of
from leveling.world.echoes import imports_in
from leveling.world.echoes import module_of as module_of_echo
from leveling.world.words import Kind

CATALOG = Catalog()
DUNGEONS = CATALOG.dungeons()
ids = pytest.mark.parametrize("dungeon", DUNGEONS, ids=lambda dungeon: dungeon.id)


def test_every_dungeon_can_be_read():
    """No faults, and a project of three to twelve hours each."""
    assert CATALOG.faults == [] and DUNGEONS
    assert not [each.id for each in DUNGEONS if not 180 <= each.minutes <= 900]


@ids
def test_a_project_is_a_climb_of_milestones(dungeon):
    """Every floor has a brief and, unless it asks questions, a starter; the brief of the whole names every floor's file."""
    text = (dungeon.folder / "brief.md").read_text(encoding="utf-8")
    assert all(len(body.encode()) <= 2048 for _, body in sections(text))
    for floor in dungeon.floors:
        quest = CATALOG.quest(floor)
        assert (quest.folder / "brief.md").stat().st_size > 500
        assert floor.rpartition("/")[2] in text or f"{module_of(floor)}." in text


@ids
def test_the_folders_beside_the_floors_are_floors(dungeon):
    """Nothing that was written lies there unused."""
    found = {path.parent.name for path in dungeon.folder.glob("*/quest.toml")}
    assert found == {floor.rpartition("/")[2] for floor in dungeon.floors}


@ids
def test_echoes_that_references_use_are_named(dungeon):
    """What a reference imports from echoes stands among the dungeon's echoes, for which learners look."""
    boss = dungeon.boss
    texts = [text for _, text, _ in references_below(dungeon, boss)]
    texts.append((dungeon.folder / boss.rpartition("/")[2] / "reference.py").read_text(encoding="utf-8"))
    known = {module_of_echo(name).removeprefix("echoes.") for name in dungeon.echoes}
    used = {wanted.module for text in texts for wanted in imports_in(text)}
    assert used <= known | {name.partition(".")[0] for name in known}


def test_some_project_asks_the_questions_of_scale():
    """A quiz floor asks for scalability, distribution, memory, latency, serving and online evaluation, in numbers."""
    quizzes = [CATALOG.quest(floor) for each in DUNGEONS for floor in each.floors]
    texts = [(quest.folder / "checks.py").read_text(encoding="utf-8") for quest in quizzes if quest.kind is Kind.QUIZ]
    wanted = {"Scalability", "Distribution", "Memory", "Latency", "Serving", "OnlineEvaluation"}
    assert any(wanted <= set(re.findall(r"^class (\w+)", text, re.MULTILINE)) for text in texts)
