"""The certificate's place: what can be certified, what it would say, exporting and checking by keys alone."""

import pytest

from leveling.certificate.keys import path_of
from leveling.judge.protocol import Judgement
from leveling.play import certifying
from leveling.tui.widgets.certified import drawn, preview_of
from leveling.world.words import Grade, Verdict
from tests.judging import RIGHT
from tests.tui.test_places import PATH

SIZES = [(80, 24), (120, 40)]


def clear(game, *names):
    for name in names:
        judgement = Judgement(name, Verdict.CLEARED, "Every check passed.", grade=Grade.A, seed=5)
        game.settle(game.catalog.quest(name), judgement, f"# {name}\n{RIGHT}")


@pytest.fixture
def ranked(hunter, pack):
    """Everything is cleared, and a path with it."""
    folder = pack.root / "quests" / "paths"
    folder.mkdir()
    (folder / "short.toml").write_text(PATH.replace(', "tiny/never-written"', ""), encoding="utf-8")
    clear(hunter, "tiny/row-sums", "tiny/column-sums", "other/means")
    return hunter


async def name_file(player, path):
    """Put a path into the question that is open, and answer it."""
    player.app.screen.query_one("Input").value = str(path)
    return await player.press("enter")


def flat(shown):
    """A screen as running text: how long a path is decides where a panel breaks its lines."""
    return " ".join(shown.replace("│", " ").split())


@pytest.mark.parametrize("size", SIZES)
def test_before_the_first_rank_a_calm_sentence(hunter, play, size):
    """Nothing is listed, it is said what comes first, and enter does nothing."""

    async def check(player):
        shown = await player.press("enter", "9")
        assert player.place == "CertificateScreen"
        assert "Nothing to certify yet" in flat(shown) and "rank E" in flat(shown)
        await player.press("enter")
        assert player.place == "CertificateScreen"

    play(hunter, check, size)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_reached_is_listed_with_a_preview(ranked, play, size):
    """Ranks and completed paths; hunter, achievement and evidence; looking makes no key."""

    async def check(player):
        shown = await player.press("enter", "9")
        for words in ("overall", "tiny", "A short way", "path completed", "export as svg"):
            assert words in shown
        for words in ("Ada", "overall", "3 quests in 2 gates cleared unaided", "3 A", "with the first export"):
            assert words in shown
        shown = await player.press("G")
        assert "1 quest in 1 gate cleared unaided" in shown
        assert not path_of(ranked.store.path).exists()

    play(ranked, check, size)


@pytest.mark.parametrize("form", ["svg", "json", "bundle"])
def test_an_export_can_be_checked_here(ranked, play, tmp_path, form):
    """The file lies where it was asked for, is valid, shows the fingerprint of the preview, and v says so."""
    path = tmp_path / "new folder" / "mine"

    async def check(player):
        await player.press("enter", "9", "f")
        player.app.screen.query_one("Choices").highlighted = ["svg", "png", "pdf", "json", "bundle"].index(form)
        shown = await player.press("enter")
        assert f"export as {form}" in shown
        await player.press("enter")
        shown = await name_file(player, path)
        checked = certifying.verify(ranked.catalog, path)
        assert checked.is_valid and checked.kind == form
        assert "Certificate written" in shown and checked.summary.fingerprint in shown
        shown = await player.press("enter")
        assert checked.summary.fingerprint in shown
        await player.press("v")
        shown = await name_file(player, path)
        assert "Valid" in shown and "nothing was altered" in flat(shown) and checked.summary.fingerprint in shown

    play(ranked, check, (120, 40))


def test_a_file_that_is_there_is_kept(ranked, play, tmp_path, own_home):
    """The proposed name is free; another's file is not overwritten, which a panel says."""
    (own_home / "solutions").mkdir()
    (own_home / "solutions" / "leveling-overall.svg").write_text("mine")
    path = tmp_path / "mine.svg"
    path.write_text("mine")

    async def check(player):
        await player.press("enter", "9", "enter")
        assert player.app.screen.query_one("Input").value.endswith("leveling-overall-2.svg")
        shown = await name_file(player, path)
        assert "Something to put right" in shown and "is there already" in flat(shown)
        assert path.read_text() == "mine"

    play(ranked, check, (120, 40))


def test_a_folder_that_cannot_be_made_is_told(ranked, play, tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")

    async def check(player):
        await player.press("enter", "9", "enter")
        shown = await name_file(player, tmp_path / "file" / "it.svg")
        assert "Something to put right" in shown and "cannot be" in flat(shown)
        await player.press("enter")
        assert player.place == "CertificateScreen"

    play(ranked, check, (120, 40))


def test_altered_and_foreign_files_are_told_apart(ranked, play, tmp_path):
    """An altered certificate is not valid; what is no certificate cannot be checked; neither is a traceback."""
    done = certifying.export(ranked, "overall", "json", tmp_path / "it.json")
    altered = tmp_path / "altered.json"
    altered.write_text(done.path.read_text(encoding="utf-8").replace("Ada", "Eve"), encoding="utf-8")
    (tmp_path / "text.txt").write_text("hello")

    async def check(player):
        await player.press("enter", "9", "v")
        assert "Not valid" in await name_file(player, altered)
        await player.press("enter", "v")
        assert "Cannot be checked" in await name_file(player, tmp_path / "text.txt")
        await player.press("enter", "v")
        assert "Cannot be checked" in await name_file(player, tmp_path / "nothing-here")
        await player.press("enter", "v", "escape")
        assert player.place == "CertificateScreen"

    play(ranked, check, (120, 40))


def test_what_cannot_be_certified_is_told_in_the_preview(ranked):
    """The words of `certifying` stand where the figures would be."""
    assert "no gate 'nowhere'" in drawn(preview_of(ranked, "nowhere")).plain
