"""The portfolio's place: figures first, then a folder and a licence, then what was written and what was left alone."""

import pytest

from leveling.judge.protocol import Judgement
from leveling.world.words import Grade, Verdict
from tests.judging import RIGHT

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def worked(hunter):
    """Two clears, one with a note, and one with the reference at hand."""
    hunter.reveal(hunter.catalog.quest("other/means"))
    for name in ("tiny/row-sums", "tiny/column-sums", "other/means"):
        judgement = Judgement(name, Verdict.CLEARED, "Every check passed.", grade=Grade.A, seed=5)
        hunter.settle(hunter.catalog.quest(name), judgement, f"# {name}\n{RIGHT}")
    hunter.write_note("tiny/row-sums", "dim is the one that goes", learnt=True)
    return hunter


async def name_folder(player, path):
    """The first line asks for the folder."""
    await player.press("g", "g", "enter")
    player.app.screen.query_one("Input").value = str(path)
    return await player.press("enter")


def flat(shown):
    """A screen as running text: how long a path is decides where a panel breaks its lines."""
    return " ".join(shown.replace("│", " ").split())


@pytest.mark.parametrize("size", SIZES)
def test_before_the_first_clear_a_calm_sentence(hunter, play, size, own_home):
    """It says what comes first; an export then says so too and makes no folder."""

    async def check(player):
        shown = await player.press("enter", "8")
        assert player.place == "PortfolioScreen"
        assert "There is nothing to show yet" in shown and "none: all rights reserved" in shown
        shown = await player.press("x")
        assert "Something to put right" in shown and "clear a quest first" in flat(shown)
        assert not (own_home / "solutions" / "portfolio").exists()
        await player.press("enter")
        assert player.place == "PortfolioScreen" and "write it now" in player.shown

    play(hunter, check, size)


@pytest.mark.parametrize("size", SIZES)
def test_figures_then_an_export_into_the_default_folder(worked, play, size, own_home):
    """Clears, solutions and posts are counted, aided ones told; x writes beside the solutions, twice changes nothing."""

    async def check(player):
        shown = await player.press("enter", "8")
        for words in ("Ada", "2 quests", "2 solutions", "1 post ", "1 clear with the reference at hand: left out"):
            assert words in shown
        shown = await player.press("x")
        assert "Portfolio written" in shown and "2 cleared quests shown." in shown and "files new" in shown
        readme = own_home / "solutions" / "portfolio" / "README.md"
        assert "Row sums" in readme.read_text(encoding="utf-8")
        shown = await player.press("enter", "x")
        assert "Nothing to write: every file is as it should be." in shown

    play(worked, check, size)


def test_folder_and_licence_are_chosen_and_remembered(worked, play, tmp_path):
    """The licence lies in the folder named; the place shows it again when it is entered anew."""
    folder = tmp_path / "mine"

    async def check(player):
        await player.press("enter", "8")
        shown = await name_folder(player, folder)
        assert "mine" in shown
        await player.press("j", "enter", "g", "g", "enter")
        assert "Licence" in player.shown and "MIT" in player.shown
        await player.press("j", "enter")
        assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")
        await player.press("enter", "1", "8")
        assert "none: all rights reserved" in player.shown
        shown = await name_folder(player, folder)
        assert "MIT" in shown and "none: all" not in shown

    play(worked, check, (120, 40))


def test_what_the_learner_changed_is_left_alone_and_told(worked, play, tmp_path):
    """A page that was edited and a file of one's own keep their text; both are named."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "RUBRIC.md").write_text("my own")

    async def check(player):
        await player.press("enter", "8")
        await name_folder(player, folder)
        shown = await player.press("x")
        assert "because it is your own: RUBRIC.md" in shown
        (folder / "README.md").write_text("edited")
        shown = await player.press("enter", "x")
        assert "because you changed it: README.md" in shown and "move it away" in shown
        assert (folder / "README.md").read_text() == "edited"
        assert (folder / "RUBRIC.md").read_text() == "my own"

    play(worked, check, (120, 40))


def test_a_folder_that_is_none_and_a_broken_manifest_are_told(worked, play, tmp_path):
    """Neither stops the place: the figures stay, and what to do is said."""
    (tmp_path / "file").write_text("")
    (tmp_path / ".leveling-portfolio.json").write_text("{")

    async def check(player):
        await player.press("enter", "8")
        await name_folder(player, tmp_path / "file")
        shown = await player.press("x")
        assert "Something to put right" in shown and "is no folder" in flat(shown)
        await player.press("enter")
        shown = await name_folder(player, tmp_path)
        assert "does not say which files were generated" in flat(shown) and "2 quests" in shown

    play(worked, check, (120, 40))


def test_help_and_the_palette_lead_here(worked, play):
    """Both places are listed with their keys and found by their names."""

    async def check(player):
        shown = await player.press("enter", "question_mark", *"anyone can check")
        assert "9" in shown and "Certificate: A certificate that anyone can check" in shown
        await player.press("enter")
        assert player.place == "CertificateScreen"
        await player.press("question_mark", *"folder for a rep", "enter")
        assert player.place == "PortfolioScreen"
        titles = [command.title for command in player.app.get_system_commands(player.app.screen)]
        assert "Portfolio" in titles and "Certificate" in titles

    play(worked, check)
