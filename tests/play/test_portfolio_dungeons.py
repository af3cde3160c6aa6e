"""A portfolio shows a dungeon as a project: its files as they cleared last, and nothing that is ours."""

from datetime import UTC, date, datetime

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.play.dungeons.project import bundled
from leveling.play.game import Game
from leveling.play.portfolio import export
from leveling.saving import solutions as kept
from leveling.world import changes
from leveling.world.record import Clear, Measured
from leveling.world.words import Grade, Rank
from tests.play.dungeons.tower import BASE, TOP, build

HELPER = "def twice(x):\n    return 2 * x\n"
NEWER = "from helper import twice\n\n\ndef double(x):\n    return twice(x)\n"
TIMED = (Measured("throughput", "cpu", "passed", 0.87, 1.5, "x reference"),)


@pytest.fixture
def game(pack):
    pack.quest()
    build(pack.root, ("base", "top", "told"))
    return Game(Catalog([Pack("p", pack.root / "quests")]))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "portfolio"


def clear(game, floor, bundle):
    """As the judge's verdict would: what is kept is the floor's file with all that it imports."""
    solution = kept.keep(game.store.folder, bundle)
    known = Clear(
        grade=Grade.A, rank=Rank.D, at=datetime(2026, 11, 1, tzinfo=UTC), day=date(2026, 11, 1), gates=TIMED,
        solution=solution,
    )  # fmt: skip
    game.change(lambda record: changes.cleared(record, f"tiny/tower/{floor}", known))


def climbed(game):
    clear(game, "base", bundled(("base.py", BASE), ()))
    clear(game, "top", bundled(("top.py", TOP), [("base", NEWER, "base.py"), ("helper", HELPER, "helper.py")]))


def test_a_project_is_shown_as_the_highest_floor_cleared_with_it(game, folder):
    """A file that changed on the way up is the newer one; what the floors import is there too, so the folder runs."""
    climbed(game)
    contents, _ = export(game, folder)
    tower = folder / "dungeons/tiny/tower"
    assert {path.name: path.read_text() for path in tower.glob("*.py")} == {
        "base.py": NEWER,
        "helper.py": HELPER,
        "top.py": TOP,
    }
    page = (tower / "README.md").read_text()
    assert "[Floor top](top.py) | A | throughput 0.87 x reference" in page
    assert "1 floor not cleared yet" in page
    readme = (folder / "README.md").read_text()
    assert "[A tower](dungeons/tiny/tower/README.md)" in readme and "2 floors of 1 dungeon" in readme
    assert [climb.id for climb in contents.climbs] == ["tiny/tower"] and not contents.works


def test_every_link_of_a_project_leads_somewhere(game, folder):
    """Floors with a note have a post, and each figure has its picture."""
    climbed(game)
    game.write_note("tiny/tower/top", "doubling twice", learnt=True)
    export(game, folder, "mit")
    from tests.play.test_portfolio import _links

    pages = list(folder.rglob("*.md"))
    links = [(page, link) for page in pages for link in _links(page.read_text())]
    assert len(links) > 12
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).is_file()] == []
    assert "Floor `tiny/tower/top`" in (folder / "posts/tiny-tower-top.md").read_text()


def test_a_report_lies_beside_the_code(game, folder):
    """It is Markdown, and stays so."""
    climbed(game)
    clear(game, "told", bundled(("told.md", "# Report\n\nThe total was `total = 12`.\n"), [("top", TOP, "top.py")]))
    export(game, folder)
    assert (folder / "dungeons/tiny/tower/told.md").read_text().startswith("# Report")


def test_a_floor_cleared_beside_the_reference_is_not_shown(game, folder):
    """Its file may be ours, also where the floor above was cleared with it."""
    game.reveal(game.catalog.quest("tiny/tower/base"))
    climbed(game)
    contents, _ = export(game, folder)
    assert sorted(path.name for path in (folder / "dungeons/tiny/tower").iterdir()) == [
        "README.md",
        "helper.py",
        "top.py",
    ]
    assert contents.aided == 1


@pytest.mark.parametrize("name", ["../outside.py", "/tmp/outside.py", "a/b.py", ".hidden.py"])
def test_a_save_edited_by_hand_writes_nothing_elsewhere(name, game, folder, tmp_path):
    """A bundle that names a file outside the project is cut down to what is inside."""
    clear(game, "base", bundled(("base.py", BASE), [("x", "x = 1\n", name)]))
    export(game, folder)
    assert [path.name for path in (folder / "dungeons/tiny/tower").glob("*.py")] == ["base.py"]
    assert not list(tmp_path.glob("*.py"))
