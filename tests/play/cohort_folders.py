"""A class of learners on disk, for the tests of cohorts."""

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from tests.judging import RIGHT, WRONG

QUEST = "tiny/row-sums"
CRASHING = "def row_sums(x):\n    return x.no_such_method()\n"


def hand_in(folder, learner, source, place="tiny/row_sums.py"):
    path = folder / learner / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return path


def small_class(folder):
    hand_in(folder, "ada", RIGHT)
    hand_in(folder, "bob", WRONG, "tiny__row_sums.py")
    hand_in(folder, "eve", f"# mine\n{RIGHT}")
    return folder


def catalog_of(pack):
    return Catalog([Pack("p", pack.root / "quests")])
