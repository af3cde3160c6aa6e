"""Every place at 80x24 and 120x40: what is on the screen, and that the keys do what the footer says."""

import pytest

from leveling.world import changes
from tests.tui.conftest import settled

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
def test_title_takes_the_typed_word(hunter, play, size):
    """Typing `start`, letter by letter and with a slip, opens the status window."""

    async def check(player):
        assert "type start  or press enter" in player.shown
        await player.press("s", "x", "t", "a", "r")
        assert player.place == "TitleScreen"
        await player.press("t")
        assert player.place == "StatusScreen"

    play(hunter, check, size)


@pytest.mark.parametrize("size", SIZES)
def test_first_run_asks_a_name_and_a_way(game, play, size):
    """A new hunter is named, told where files go, and led to the board; the save holds the name."""

    async def check(player):
        shown = await player.press("enter")
        assert "What is your name, hunter?" in shown
        assert "your solutions" in shown
        assert "Placement" in shown
        await player.press("A", "d", "a", "enter", "enter")
        assert player.place == "BoardScreen"
        assert game.record.hunter == "Ada"

    play(game, check, size)


def test_first_run_can_roam_freely(game, play):
    """The last way switches free roam on; an empty name is accepted."""

    async def check(player):
        await player.press("enter", "enter", "G", "enter")
        assert game.record.free_roam
        assert game.record.hunter == "Hunter"

    play(game, check)


@pytest.mark.parametrize("size", SIZES)
def test_status_window_shows_the_standing(hunter, play, size):
    """Name, rank, level, advice with its reason, what the next rank asks for, and the gates are on one screen."""

    async def check(player):
        shown = await player.press("enter")
        for words in ("Ada", "rank ⟦-⟧", "level 1", "0 of 3 quests cleared", "NEXT RANK", "Row sums", "tiny", "judge"):
            assert words in shown
        assert "You have not entered the gate" in shown
        await player.press("enter")
        assert player.place == "QuestScreen"

    play(hunter, check, size)


@pytest.mark.parametrize("size", SIZES)
def test_board_narrows_while_typing(hunter, play, size):
    """Letters narrow at once, facets by name; arrows choose without leaving the filter; enter opens."""

    async def check(player):
        shown = await player.press("enter", "2")
        assert "3 of 3" in shown
        assert "Row sums" in shown and "Column sums" in shown and "Means of rows" in shown
        shown = await player.press(*"sums")
        assert "2 of 3" in shown
        assert "Means" not in shown
        await player.press("escape")
        shown = await player.press(*"rank:d")
        assert "1 of 3" in shown
        assert "locked" in shown
        assert "Clear" in shown
        await player.press("escape", *"state:open", "down", "enter")
        assert player.place == "QuestScreen"

    play(hunter, check, size)


def test_board_list_obeys_vi(hunter, play):
    """j, k, gg and G move in the list; / goes back to the filter; f offers facets with counts."""

    async def check(player):
        await player.press("enter", "2", "tab")
        quests = player.app.screen.query_one("#quests")
        await player.press("G")
        assert quests.highlighted == 2
        await player.press("j")
        assert quests.highlighted == 2
        await player.press("g", "g")
        assert quests.highlighted == 0
        await player.press("j")
        assert quests.highlighted == 1
        shown = await player.press("f")
        assert "rank:E" in shown
        await player.press("enter")
        assert player.app.screen.query_one("#filter").value == "rank:E"
        await player.press("slash")
        assert player.app.focused.id == "filter"

    play(hunter, check)


@pytest.mark.parametrize("size", SIZES)
def test_gates_map_walks_cell_by_cell(hunter, play, size):
    """Topics by ranks with figures; the gate under the cursor tells what its next rank asks; enter opens the cell."""

    async def check(player):
        shown = await player.press("enter", "3")
        assert "E       D       C       B       A       S" in shown
        assert "asks for" in shown
        shown = await player.press("j", "l")
        assert "0 of 1 quests of rank D" in shown
        await player.press("enter")
        assert player.place == "BoardScreen"
        assert player.app.screen.query_one("#filter").value == "gate:tiny rank:d"
        assert "Column sums" in player.shown

    play(hunter, check, size)


@pytest.mark.parametrize("size", SIZES)
def test_settings_are_made_from_the_model_and_kept(hunter, play, size, own_home):
    """Every field of the model is a line; a change holds at once and lies in settings.toml."""
    from leveling.play.settings import Settings

    async def check(player):
        shown = await player.press("enter", "6")
        for field in Settings.model_fields.values():
            assert field.title in shown
        await player.press("enter", "j", "enter")
        assert player.app.theme == "leveling-contrast"
        assert 'theme = "leveling-contrast"' in (own_home / "settings.toml").read_text()

    play(hunter, check, size)


def test_bad_settings_are_told_and_change_nothing(hunter, play, own_home):
    """A settings file with faults opens a panel that names the key; the defaults hold and the file stays."""
    (own_home / "settings.toml").write_text('thema = "x"\n')

    async def check(player):
        shown = await player.press("enter", "6")
        assert "thema" in shown
        assert player.app.settings.theme == "leveling"

    play(hunter, check)
    assert (own_home / "settings.toml").read_text() == 'thema = "x"\n'


def test_help_is_searched_and_its_entries_run(hunter, play):
    """? lists the keys of this place; letters narrow; enter does it."""

    async def check(player):
        shown = await player.press("enter", "question_mark")
        assert "Where you stand" in shown or "The quest board" in shown
        await player.press(*"topics and")
        await player.press("enter")
        assert player.place == "GatesScreen"

    play(hunter, check)


def test_palette_finds_quests(hunter, play):
    """: opens the palette; a quest is found by its title and opened."""

    async def check(player):
        await player.press("enter", "colon")
        await player.press(*"means")
        await player.pilot.pause(0.3)
        await player.press("down", "enter")
        assert player.place == "QuestScreen"
        assert "Means of rows" in player.shown

    play(hunter, check)


@pytest.mark.parametrize("size", SIZES)
def test_paths_show_what_is_forged(hunter, play, size, pack):
    """A path of the pack is listed with its share; c follows it; its tree folds and leads to quests."""
    folder = pack.root / "quests" / "paths"
    folder.mkdir()
    (folder / "short.toml").write_text(PATH, encoding="utf-8")

    async def check(player):
        shown = await player.press("enter", "4")
        assert "A short way" in shown
        assert "0% of 1 forged, 1 to come" in shown
        await player.press("c")
        assert hunter.record.path == "short"
        assert "your path" in player.shown
        shown = await player.press("enter")
        assert "First day" in shown and "Sum rows" in shown and "not yet forged" in shown
        await player.press("z")
        assert "Sum rows" not in player.shown

    play(hunter, check, size)


def test_the_mouse_goes_everywhere_too(hunter, play):
    """A click on a place's name in the head goes there; a click on a quest opens it."""

    async def check(player):
        await player.press("enter")
        await player.pilot.click("#where", offset=(20, 0))
        await settled(player.pilot)
        assert player.place == "GatesScreen"
        await player.pilot.click("#where", offset=(12, 0))
        await settled(player.pilot)
        assert player.place == "BoardScreen"
        await player.pilot.click("#quests", offset=(10, 2))
        await settled(player.pilot)
        assert player.place == "QuestScreen"

    play(hunter, check)


def test_small_windows_are_told(hunter, play):
    """Below 80x24 a line says so, and the place is still there."""

    async def check(player):
        shown = await player.press("enter")
        assert "leveling is drawn for 80x24" in shown
        await player.pilot.resize_terminal(80, 24)
        await player.press("2")
        assert "leveling is drawn for" not in player.shown

    play(hunter, check, size=(60, 18))


def test_the_head_says_how_the_judge_is(hunter, play):
    """Warming, warm and absent are words, not colours alone."""
    from leveling.tui.judging import JudgeState

    async def check(player):
        await player.press("enter")
        for state, shown in (
            (JudgeState("warming"), "judge warming"),
            (JudgeState("warm"), "judge warm"),
            (JudgeState("absent", "because"), "no judge"),
        ):
            player.app.judge_state = state
            await player.pilot.pause()
            assert shown in player.shown

    play(hunter, check)


def test_cleared_quests_are_marked(hunter, play):
    """A clear shows on the board, in the gates map and in the head."""
    from datetime import date

    from leveling.world.record import Clear
    from leveling.world.words import Grade, Rank
    from tests.tui.conftest import NOON

    clear = Clear(Grade.A, Rank.E, NOON, date(2026, 3, 4))
    hunter.change(lambda record: changes.cleared(record, "tiny/row-sums", clear))

    async def check(player):
        shown = await player.press("enter")
        assert "1 of 3 quests cleared" in shown
        shown = await player.press("3")
        assert "1/1" in shown
        shown = await player.press("2", *"row-sums")
        assert "E ✓ tiny" in shown

    play(hunter, check)


PATH = """
format = 1
title = "A short way"
promise = "Two steps."
length = "1 day"

[[sections]]
title = "First day"

[[sections.parts]]
title = "Morning"

[[sections.parts.entries]]
title = "Sum rows"
kind = "lab"
by = ["tiny/row-sums", "tiny/never-written"]
hours = 1
"""
