import os
import sys

import pytest

from leveling.catalog import Catalog, FaultyContent, UnknownQuest, find_packs
from leveling.catalog.index import cards_of
from leveling.catalog.packs import Pack


def only(pack):
    return Catalog([Pack("p", pack.root / "quests")])


def test_a_list_survives_faulty_quests(pack):
    """The others are shown; the faulty one is named among the faults."""
    pack.quest("tiny/good")
    pack.quest("tiny/bad", toml="format = 2")
    catalog = only(pack)
    assert [card.id for card in catalog.cards()] == ["tiny/good"]
    assert any("tiny/bad" in str(fault.file) for fault in catalog.faults)


def test_the_index_notices_changes(pack):
    """A second list reads the cache; an edit of quest.toml is seen at once."""
    folder = pack.quest("tiny/one")
    catalog = only(pack)
    assert next(catalog.cards()).title == "Row sums"
    text = (folder / "quest.toml").read_text()
    (folder / "quest.toml").write_text(text.replace("Row sums", "Sums of rows"))
    assert next(catalog.cards()).title == "Sums of rows"
    assert next(catalog.cards("tiny")).title == "Sums of rows"


def test_a_torn_index_is_rebuilt(pack, own_home):
    """A cache is no truth: garbage in it changes nothing that is shown."""
    pack.quest("tiny/one")
    source = Pack("p", pack.root / "quests")
    cards_of(source, "tiny")
    (cached,) = (own_home / "cache" / "index").iterdir()
    cached.write_text('{"version": 1, "quests": {"one": 3')
    cards, faults = cards_of(source, "tiny")
    assert [card.id for card in cards] == ["tiny/one"] and not faults


def test_a_list_works_where_no_cache_can_be_written(pack, monkeypatch, tmp_path):
    """A home that is a file costs only time."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEVELING_HOME", str(tmp_path / "file"))
    pack.quest("tiny/one")
    assert [card.id for card in only(pack).cards()] == ["tiny/one"]


def test_an_unknown_id_is_answered_with_what_was_meant(pack):
    """A slip of the finger gets the id that is near; a bare name finds its quest."""
    pack.quest("tiny/row-sums")
    catalog = only(pack)
    assert catalog.find("row-sums") == "tiny/row-sums"
    with pytest.raises(UnknownQuest, match="tiny/row-sums"):
        catalog.quest("tiny/row-sum")
    with pytest.raises(UnknownQuest):
        catalog.quest("tiny/../tiny/row-sums")


def test_packs_come_from_folders_and_the_environment(pack, monkeypatch):
    """--pack, LEVELING_PACKS and the built-in pack are all found, in this order."""
    pack.quest("tiny/one")
    monkeypatch.setenv("LEVELING_PACKS", os.pathsep.join([str(pack.root / "quests"), ""]))
    names = [each.name for each in find_packs([pack.root], installed=False)]
    assert names == ["pack", "quests", "leveling"]
    with pytest.raises(FaultyContent, match="is no folder"):
        find_packs(["/no/such/folder"])


def test_an_installed_distribution_offers_a_pack_without_being_imported(pack, tmp_path, monkeypatch):
    """The entry point names the package; its code never runs."""
    pack.quest("tiny/one")
    site = tmp_path / "site"
    package = site / "their_pack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not run')")
    (pack.root / "quests").rename(package / "quests")
    meta = site / "their_pack-1.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: their-pack\nVersion: 1\n")
    (meta / "entry_points.txt").write_text("[leveling.packs]\ntheirs = their_pack\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    assert "theirs" in [each.name for each in find_packs()]
    assert "tiny/one" in [card.id for card in Catalog().cards("tiny")]
