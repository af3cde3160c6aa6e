"""Floors are proved like quests: with the references below lent to every solution, and recorded beside the dungeons."""

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.forge import commands, ledger
from leveling.forge.commands import all_ids, changed_ids, prove_quests
from tests.play.dungeons.tower import build

WRONG = """
[wrong.doubles-once]
caught_by = "quadruples"
says = "Twice is not four times."
"""


INVENTED = WRONG.replace("quadruples", "figures-are-true")


@pytest.fixture
def catalog(tmp_path):
    build(tmp_path, ("base", "top", "told"))
    (tmp_path / "quests").mkdir()
    tower = tmp_path / "dungeons/tiny/tower"
    once = "from base import double\n\n\ndef quadruple(x):\n    return double(x)\n"
    for floor, text, table in (("top", once, WRONG), ("told", "FIGURES = {'total': 13.0}\n", INVENTED)):
        (tower / floor / "wrong").mkdir()
        (tower / floor / "wrong/doubles-once.py").write_text(text)
        (tower / floor / "quest.toml").write_text((tower / floor / "quest.toml").read_text() + table)
    return Catalog([Pack("p", tmp_path / "quests")])


def test_a_floor_is_proved_with_the_floors_below(catalog, tmp_path):
    """Reference and wrong solutions import the reference below; the proof is kept, and void when that one changes."""
    assert all_ids(catalog) == ["tiny/tower/base", "tiny/tower/told", "tiny/tower/top"]
    [proof] = prove_quests(catalog, ["tiny/tower/top"], full=True)
    assert proof.proved, (proof.faults, proof.survivors)
    assert list(ledger.read(tmp_path / "dungeons")) == ["tiny/tower/top"]
    assert "tiny/tower/top" not in changed_ids(catalog, sample=0)
    below = tmp_path / "dungeons/tiny/tower/base/reference.py"
    below.write_text(below.read_text().replace("x + x", "2 * x"))
    assert "tiny/tower/top" in changed_ids(catalog, sample=0)


def test_a_report_is_proved_by_its_figures(catalog):
    """The starter in Markdown is judged and does not clear; another figure in the reference is a mutant that is caught."""
    [proof] = prove_quests(catalog, ["tiny/tower/told"])
    assert proof.proved, (proof.faults, proof.survivors)


def test_a_dungeon_that_cannot_be_read_is_no_proof(catalog, tmp_path):
    """Its floors count as changed, and proving one says what is wrong instead of failing."""
    toml = tmp_path / "dungeons/tiny/tower/dungeon.toml"
    toml.write_text(toml.read_text().replace("floors", "flors"))
    assert commands.changed_ids(catalog, sample=0) == ["tiny/tower/base", "tiny/tower/told", "tiny/tower/top"]
