"""Dungeons are read like quests: lazily, every fault told, found by their names."""

import pytest

from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.catalog.dungeons import references_below
from leveling.catalog.packs import Pack
from leveling.world.words import Kind
from tests.play.dungeons.tower import BASE, build


@pytest.fixture
def catalog(pack):
    pack.quest()
    build(pack.root, ("base", "asked", "top", "told"))
    return Catalog([Pack("p", pack.root / "quests")])


def toml_of(pack):
    return pack.root / "dungeons/tiny/tower/dungeon.toml"


def test_a_dungeon_and_its_floors_are_found(catalog):
    """By the whole id, by the name alone, and each floor by three parts, as the quest that it is to the judge."""
    assert catalog.find("tower") == catalog.find("tiny/tower") == "tiny/tower"
    assert catalog.is_dungeon("tiny/tower") and not catalog.is_dungeon("tiny/row-sums")
    assert catalog.find("tiny/tower/top") == "tiny/tower/top"
    dungeon = catalog.dungeon("tiny/tower")
    assert dungeon.floors == tuple(f"tiny/tower/{name}" for name in ("base", "asked", "top", "told"))
    assert dungeon.boss == "tiny/tower/told" and dungeon.minutes == 20 and dungeon.gate == "tiny"
    assert [catalog.quest(floor).kind for floor in dungeon.floors] == [Kind.QUEST, Kind.QUIZ, Kind.QUEST, Kind.REPORT]
    assert [card.id for card in catalog.cards()] == ["tiny/row-sums"], "floors are not on the board"


def test_references_below_are_lent_under_the_names_that_learners_use(catalog):
    """A quiz lends nothing; the floor itself and those above it stay away."""
    [base] = references_below(catalog.dungeon("tiny/tower"), "tiny/tower/top")
    assert base == ("base", BASE, "base.py (reference)")


def test_what_is_not_there_is_told_with_what_is(catalog):
    """A misspelt dungeon or floor names those that are spelt alike."""
    with pytest.raises(UnknownQuest, match="tiny/tower/top"):
        catalog.quest("tiny/tower/tob")
    with pytest.raises(UnknownQuest):
        catalog.find("towel")
    with pytest.raises(UnknownQuest, match="tiny/tower"):
        catalog.dungeon("tiny/tover")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"base"', '"queue"', "cannot be imported as queue"),
        ('"base"', '"top"', "two floors have the same name"),
        ('"base"', '"cellar"', "is missing"),
        ("builds =", "bulds =", "is no key of this format"),
    ],
)
def test_every_fault_of_a_dungeon_is_told(catalog, pack, old, new, words):
    """A faulty dungeon is named with its file and hides no other; opening it says what is wrong."""
    toml = toml_of(pack)
    toml.write_text(toml.read_text().replace(old, new, 1))
    assert catalog.dungeons() == []
    assert any(words in str(fault) for fault in catalog.faults)
    with pytest.raises(FaultyContent, match=words):
        catalog.dungeon("tiny/tower")


def test_no_quest_calls_itself_a_dungeon(catalog, pack):
    """The kind is for cards on paths alone."""
    file = pack.root / "quests/tiny/row-sums/quest.toml"
    file.write_text(file.read_text().replace('kind = "quest"', 'kind = "dungeon"'))
    with pytest.raises(FaultyContent, match=r"a dungeon has a dungeon\.toml of its own"):
        catalog.quest("tiny/row-sums")
