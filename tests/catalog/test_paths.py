"""Reading quests/paths/*.toml."""

import pytest

from leveling.catalog import Catalog, FaultyContent
from leveling.catalog.packs import Pack
from leveling.catalog.paths import UnknownPath
from leveling.world.path import EntryKind, Target, TargetKind

GOOD = """
format = 1
title = "A walk"
promise = "You walk."
length = "2 days"
items = ["A.OV.walk"]

[[sections]]
title = "Day 1"
[[sections.parts]]
title = "Morning"
hours = 2
[[sections.parts.entries]]
kind = "lab"
title = "A first lab"
items = ["A.P1.first"]
by = ["tiny/one", "dungeon:tiny/deep", "trial:tiny/trial-d"]
optional = true
"""


@pytest.fixture
def write(pack):
    def write(text=GOOD, name="walk"):
        folder = pack.root / "quests" / "paths"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        return Catalog([Pack("p", pack.root / "quests")])

    return write


def test_a_path_is_read(write):
    """What the author wrote arrives as plain frozen values."""
    path = write().path("walk")
    (entry,) = path.entries()
    assert (path.title, path.length, path.planned_hours, path.pack) == ("A walk", "2 days", 2.0, "p")
    assert path.item_ids() == ["A.OV.walk", "A.P1.first"]
    assert (entry.kind, entry.mandatory) == (EntryKind.LAB, False)
    assert entry.targets == (
        Target("tiny/one"),
        Target("tiny/deep", TargetKind.DUNGEON),
        Target("tiny/trial-d", TargetKind.TRIAL),
    )


def test_every_fault_of_a_path_is_told_at_once(write):
    """Key, what was found and what to do, for all of them together."""
    text = GOOD.replace('kind = "lab"', 'kind = "labor"').replace("tiny/one", "Tiny One").replace("hours", "houres")
    with pytest.raises(FaultyContent) as caught:
        write(text).path("walk")
    told = str(caught.value)
    assert len(caught.value.faults) == 3
    assert all(word in told for word in ("labor", "Tiny One", "houres", "walk.toml"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("A.P1.first", "A.OV.walk"), "twice: A.OV.walk"),
        (("hours = 2", "hours = 2\nchoose = 3"), "choose is 3"),
        (("dungeon:tiny/deep", "tiny/one"), "tiny/one stands there twice"),
        (("optional = true", 'link = "file:///secret"'), "link"),
    ],
)
def test_what_cannot_be_meant_is_a_fault(write, changed, words):
    """An item told twice, a choice of more than there is, a quest named twice, a link that is none."""
    with pytest.raises(FaultyContent) as caught:
        write(GOOD.replace(*changed)).path("walk")
    assert words in str(caught.value)


def test_a_faulty_path_does_not_hide_the_others(write):
    """It is left out and named among the faults."""
    write("format = 1", "broken")
    catalog = write()
    assert [path.id for path in catalog.paths()] == ["walk"]
    assert any("broken.toml" in str(fault.file) for fault in catalog.faults)


def test_an_unknown_path_is_answered_with_what_was_meant(write):
    """A slip of the finger gets the id that is near; anything else the list."""
    with pytest.raises(UnknownPath, match="Did you mean walk"):
        write().path("walks")
    with pytest.raises(UnknownPath, match="There are: walk"):
        write().path("zzz")


def test_the_folder_of_paths_is_no_gate(write, pack):
    """It stands beside the gates and is none."""
    pack.quest("tiny/one")
    assert write().gates() == ["tiny"]


def test_of_two_packs_with_one_path_the_earlier_wins(write, tmp_path):
    """As with quests."""
    other = tmp_path / "other" / "paths"
    other.mkdir(parents=True)
    (other / "walk.toml").write_text(GOOD.replace("A walk", "Another"), encoding="utf-8")
    packs = [Pack("o", other.parent), *write().packs]
    assert [path.title for path in Catalog(packs).paths()] == ["Another"]
    assert Catalog(packs).path("walk").title == "Another"
