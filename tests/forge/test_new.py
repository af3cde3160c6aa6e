"""A new quest runs as it is and lacks nothing but its content."""

import pytest

from leveling.forge.emptiness import PLACEHOLDER
from leveling.forge.new import NewFault, write_quest


@pytest.mark.parametrize("kind", ["quest", "drills", "review", "quiz", "trial"])
def test_a_new_quest_fails_for_its_emptiness_alone(tmp_path, proved, kind):
    """Every fault names a placeholder; everything else holds, mutants and nulls included."""
    proof = proved(write_quest(tmp_path / "quests", "gate/some-quest", kind))
    assert proof.faults
    assert all("is empty" in fault.text for fault in proof.faults), proof.faults
    assert proof.survivors == []


def test_every_file_with_a_placeholder_is_named_until_it_is_filled(tmp_path, proved):
    """Filled in, the same quest is proved."""
    folder = write_quest(tmp_path / "quests", "gate/some-quest", "quest")
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(PLACEHOLDER, "(shifting"), encoding="utf-8")
    assert proved(folder).proved


@pytest.mark.parametrize("name", ["no-slash", "Upper/case", "a/b/c", "../x", "a/b_c"])
def test_an_id_that_is_none_is_refused(tmp_path, name):
    """Nothing is written for it."""
    with pytest.raises(NewFault, match="is no quest id"):
        write_quest(tmp_path, name, "quest")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_never_written_over(tmp_path):
    """The author's work stays."""
    folder = write_quest(tmp_path, "a/b", "quest")
    (folder / "brief.md").write_text("mine", encoding="utf-8")
    with pytest.raises(NewFault, match="exists already"):
        write_quest(tmp_path, "a/b", "quest")
    assert (folder / "brief.md").read_text(encoding="utf-8") == "mine"
