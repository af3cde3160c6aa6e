"""The ledger holds what was proved, for exactly that content."""

import pytest

from leveling.catalog import Catalog, find_packs
from leveling.forge import ledger
from leveling.forge.commands import changed_ids

ENTRY = ledger.Entry("0123", "4567", 60, 3, 1.0)


def test_what_is_recorded_is_read_back_sorted(tmp_path):
    """Entries survive the file, in the order of their ids, whatever the order of recording."""
    ledger.record(tmp_path, "b/two", ENTRY)
    ledger.record(tmp_path, "a/one", ENTRY)
    assert ledger.read(tmp_path) == {"a/one": ENTRY, "b/two": ENTRY}
    text = (tmp_path / ledger.NAME).read_text(encoding="utf-8")
    assert text.index("a/one") < text.index("b/two")
    assert [path.name for path in tmp_path.iterdir()] == [ledger.NAME]


def test_a_hash_changes_with_any_byte_and_any_name_but_not_with_line_ends(tmp_path):
    """Content is names and bytes; caches and the line ends of a checkout are none."""
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    before = ledger.content_hash(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"cache")
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    assert ledger.content_hash(tmp_path) == before
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    renamed = ledger.content_hash(tmp_path)
    (tmp_path / "b.py").write_bytes(b"x = 2\n")
    assert len({before, renamed, ledger.content_hash(tmp_path)}) == 3


@pytest.mark.parametrize("text", ["format = 2\n", "not toml at all [", 'format = 1\n[quests."a/b"]\ncontent = "1"\n'])
def test_a_ledger_that_is_none_is_refused_with_its_path(tmp_path, text):
    """A torn or foreign file is never taken for an empty one, so it is never overwritten."""
    (tmp_path / ledger.NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ledger.LedgerFault, match=ledger.NAME):
        ledger.record(tmp_path, "a/one", ENTRY)
    assert (tmp_path / ledger.NAME).read_text(encoding="utf-8") == text


def test_changed_names_what_has_no_proof_of_its_content(tmp_path, tiny):
    """A quest is due without an entry and after any edit; proved ones come back as a sample only."""
    folder = tiny()
    quests = folder.parent.parent
    catalog = Catalog(find_packs([quests.parent], installed=False)[:1])
    assert changed_ids(catalog, sample=0) == ["gate/clipped"]
    ledger.record(quests, "gate/clipped", ledger.Entry(ledger.content_hash(folder), ledger.engine_hash(), 1, 0, 1.0))
    assert changed_ids(catalog, sample=0) == []
    assert changed_ids(catalog, sample=3) == ["gate/clipped"]
    (folder / "brief.md").write_text("other", encoding="utf-8")
    assert changed_ids(catalog, sample=0) == ["gate/clipped"]
