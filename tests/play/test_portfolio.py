"""A portfolio shows what was cleared, and never touches what the learner added to it."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.judge.client import JudgeClient
from leveling.play.game import Game
from leveling.play.portfolio import LICENCES, export, manifest
from leveling.play.portfolio.drawing import Bar, badge, bars
from leveling.play.portfolio.markup import md
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world import changes
from leveling.world.record import Clear, Measured
from leveling.world.words import Grade, Rank
from tests.judging import RIGHT

GATES = (
    Measured("throughput", "cpu", "passed", 0.87, 1.5, "x reference"),
    Measured("memory", "cuda", "sealed", None, 1.2, "x reference"),
    Measured("quality", "cpu", "passed", 0.93, 0.9, "at_least"),
)


@pytest.fixture
def game(pack):
    pack.quest()
    pack.quest("other/column-sums", more_toml="\n")
    return Game(Catalog([Pack("p", pack.root / "quests")]))


def clear(game, quest="tiny/row-sums", source=RIGHT, **facts):
    known = Clear(
        grade=Grade.S, rank=Rank.D, at=datetime(2026, 11, 1, tzinfo=UTC), day=date(2026, 11, 1), gates=GATES,
        solution=kept.keep(game.store.folder, source),
    )  # fmt: skip
    game.change(lambda record: changes.cleared(record, quest, replace(known, **facts)))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "portfolio"


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_real_clear_becomes_a_page(game, folder, tmp_path):
    """From the judge's verdict to the gallery: the code that cleared, its quest, its post."""
    quest = game.catalog.quest("tiny/row-sums")
    mine = tmp_path / "mine.py"
    mine.write_text(RIGHT)
    with JudgeClient() as client:
        list(game.attempt(quest, mine, client))
    game.write_note(quest.id, "dim is the one that goes", learnt=True)
    contents, written = export(game, folder, "mit")
    assert (folder / "solutions/tiny/row_sums.py").read_text() == RIGHT
    assert "dim is the one that goes" in (folder / "posts/tiny-row-sums.md").read_text()
    readme = (folder / "README.md").read_text()
    assert "[Row sums](solutions/tiny/row_sums.py)" in readme and "[post](posts/tiny-row-sums.md)" in readme
    assert len(contents.works) == 1 and "README.md" in written.new


def test_every_link_of_every_page_leads_somewhere(game, folder):
    """A repository with dead links is not ready."""
    clear(game)
    game.write_note("tiny/row-sums", "a thought")
    export(game, folder, "mit")
    pages = list(folder.rglob("*.md"))
    links = [(page, link) for page in pages for link in _links(page.read_text())]
    assert len(links) > 8
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).is_file()] == []


def _links(text):
    import re

    return [found.strip("<>") for found in re.findall(r"\]\((<[^>]*>|[^)]*)\)", text)]


def test_a_second_export_changes_nothing(game, folder):
    """The same save makes the same bytes: no diff in the learner's repository."""
    clear(game)
    export(game, folder, "mit")
    before = files_of(folder)
    _, written = export(game, folder)
    assert files_of(folder) == before
    assert not (written.new or written.changed or written.removed or written.edited or written.foreign)


def test_what_the_learner_added_or_edited_stays(game, folder):
    """Own files, edited files, own files where a generated one would go: the same bytes afterwards, and said so."""
    folder.mkdir()
    (folder / "LICENSE").write_text("my own terms")
    clear(game)
    export(game, folder, "mit")
    own = {
        "ABOUT.md": "# Me",
        "posts/mine.md": "# On strides",
        "projects/x/README.md": "# My project",
        "RUBRIC.md": "edited",
    }
    for name, text in own.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    clear(game, "other/column-sums", "def row_sums(x):\n    return x.sum(dim=1)\n")
    _, written = export(game, folder)
    assert {name: (folder / name).read_text() for name in own} == own
    assert (folder / "LICENSE").read_text() == "my own terms"
    assert written.edited == ["RUBRIC.md"] and written.foreign == ["LICENSE"]
    readme = (folder / "README.md").read_text()
    assert "[On strides](<posts/mine.md>)" in readme and "[My project](<projects/x>)" in readme and "ABOUT.md" in readme
    _, third = export(game, folder)
    assert third.edited == ["RUBRIC.md"] and third.foreign == ["LICENSE"]


def test_a_file_edited_back_is_ours_again(game, folder):
    """Undoing an edit lets the next export bring the file up to date; other line ends are no edit."""
    clear(game)
    export(game, folder, "mit")
    path = folder / "RUBRIC.md"
    ours = path.read_bytes()
    path.write_text("edited")
    export(game, folder)
    path.write_bytes(ours.replace(b"\n", b"\r\n"))
    clear(game, "other/column-sums", "def f(): return 2\n")
    _, written = export(game, folder)
    assert "RUBRIC.md" in written.changed and not written.edited


def test_what_is_no_longer_shown_is_removed_unless_edited(game, folder):
    """A licence that was dropped goes; one that was edited stays."""
    clear(game)
    export(game, folder, "mit")
    _, written = export(game, folder, "none")
    assert written.removed == ["LICENSE"] and not (folder / "LICENSE").exists()
    export(game, folder, "mit")
    (folder / "LICENSE").write_text("changed")
    _, written = export(game, folder, "none")
    assert written.edited == ["LICENSE"] and (folder / "LICENSE").read_text() == "changed"


@pytest.mark.parametrize("licence", LICENCES)
def test_the_licence_is_the_learners_choice_and_is_remembered(licence, game, folder):
    """Each choice writes its terms in the learner's name; a later export keeps it."""
    clear(game)
    game.choose("hunter", "Ada 李华")
    export(game, folder, licence)
    export(game, folder)
    text = (folder / "LICENSE").read_text(encoding="utf-8") if (folder / "LICENSE").exists() else ""
    assert ("Ada 李华" in text and "2026" in text) is (licence != "none")
    words = {"mit": "MIT License", "apache-2.0": "END OF TERMS", "cc-by-4.0": "CC-BY-4.0", "none": ""}
    assert words[licence] in text


def test_an_aided_clear_is_not_shown(game, folder):
    """What was cleared beside the reference is not the learner's work, and its code may be ours."""
    clear(game)
    game.reveal(game.catalog.quest("other/column-sums"))
    clear(game, "other/column-sums", "def f(): return 'the reference'\n")
    contents, _ = export(game, folder)
    assert [work.quest for work in contents.works] == ["tiny/row-sums"] and contents.aided == 1
    assert "1 quest cleared with the reference at hand" in (folder / "README.md").read_text()


def test_nothing_cleared_is_nothing_to_show(game, folder):
    """No empty repository."""
    with pytest.raises(Trouble, match="clear a quest first"):
        export(game, folder)
    assert not folder.exists()


def test_the_rubric_counts_and_leaves_open_what_it_cannot_tell(game, folder):
    """Five axes, each with figures and with questions for a person."""
    clear(game)
    export(game, folder)
    text = (folder / "RUBRIC.md").read_text()
    for axis in ("Technical", "Code quality", "Research", "Innovation", "Communication"):
        part = text.split(f"## {axis}\n")[1].split("\n## ")[0]
        assert part.count("\n- [ ] ") >= 2 and part.split("**For a person")[0].count("\n- ") >= 1, axis
    assert "grade S): Row sums" in text and "ASSESSMENT.md" in text


@pytest.mark.parametrize("name", ["../outside.py", "/etc/x", "a/../../x", "C:\\x", "..\\x", ""])
def test_a_manifest_cannot_name_files_outside(name, game, folder, tmp_path):
    """The manifest lies in a repository that others may have changed: nothing outside is removed."""
    clear(game)
    export(game, folder)
    outside = tmp_path / "outside.py"
    outside.write_text("mine")
    path = folder / manifest.NAME
    held = json.loads(path.read_text())
    held["files"][name] = manifest.digest(b"mine")
    path.write_text(json.dumps(held))
    export(game, folder)
    assert outside.read_text() == "mine"


def test_links_out_of_the_folder_are_not_written_through(game, folder, tmp_path):
    """A folder or file that is a link is the learner's own."""
    clear(game)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.mkdir()
    (folder / "solutions").symlink_to(elsewhere)
    (folder / "README.md").symlink_to(elsewhere / "page.md")
    _, written = export(game, folder)
    assert list(elsewhere.iterdir()) == []
    assert {"README.md", "solutions/tiny/row_sums.py"} <= set(written.foreign)


@pytest.mark.parametrize(
    "text", ["nonsense", "{}", '{"format": 9, "files": {}, "licence": ""}', "[]", '{"format":1,"files":3,"licence":""}']
)
def test_a_manifest_that_cannot_be_read_stops_the_export(text, game, folder):
    """Without knowing what is ours nothing is written."""
    clear(game)
    folder.mkdir()
    (folder / manifest.NAME).write_text(text)
    with pytest.raises(Trouble):
        export(game, folder)
    assert len(list(folder.iterdir())) == 1


def test_pictures_are_well_formed_whatever_they_are_called():
    """Any script and any sign in a name; every picture says in words what it shows."""
    name = "<b>&\"' ﷽ 李华 \x00\x1b"
    for picture in (
        badge(name, Rank.S),
        badge(name, None),
        bars(name, [Bar(name, 2.0, 0.5, name), Bar("", 0.0, None, "")]),
    ):
        root = ET.fromstring(picture)
        assert root.attrib["aria-label"].startswith("<b>&") and float(root.attrib["width"]) > 0


def test_names_are_not_obeyed_by_markdown():
    """A hunter called [x](javascript:...) is a name."""
    assert md("[x](y)\n# <b>|") == "\\[x\\](y) \\# \\<b\\>\\|"
