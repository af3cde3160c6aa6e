"""One quest: what is told, what each key does, and that every cost is asked for first."""

import os
import stat
import sys

import pytest

from leveling import places

SIZES = [(80, 24), (120, 40)]
TO_QUEST = ("enter", "2", *"row-sums", "enter")


@pytest.mark.parametrize("size", SIZES)
def test_it_tells_what_to_build_and_what_it_costs(hunter, play, size):
    """Title, state, XP, objective, brief, hints with their price, and that there was no attempt yet."""

    async def check(player):
        shown = await player.press(*TO_QUEST)
        for words in ("⟦E⟧ Row sums", "open", "5 min, ", "You sum along one dimension.", "Sum each row."):
            assert words in shown
        for words in ("Not begun yet.", "0 of 3 taken.", "XP of", "No attempt yet."):
            assert words in shown

    play(hunter, check, size)


def test_a_hint_is_paid_for_only_after_yes(hunter, play):
    """h says the price; n leaves it; y shows the first hint; afterwards the price of the next is lower XP left."""

    async def check(player):
        await player.press(*TO_QUEST)
        before = hunter.offered(hunter.catalog.quest("tiny/row-sums"))
        shown = await player.press("h")
        assert f"takes {before.hint} of the {before.left} XP" in shown
        await player.press("n")
        assert not hunter.known("tiny/row-sums").hints
        shown = await player.press("h", "y")
        assert "Hint 1 of 3" in shown
        assert "A row." in shown
        assert hunter.known("tiny/row-sums").hints == {1}
        shown = await player.press("escape")
        assert "1 of 3 taken." in shown

    play(hunter, check)


def test_hints_that_were_taken_are_read_again_free(hunter, play):
    """Left and right turn through taken hints only."""
    quest = hunter.catalog.quest("tiny/row-sums")
    hunter.hint(quest)

    async def check(player):
        shown = await player.press(*TO_QUEST, "h", "y")
        assert "Hint 2 of 3" in shown
        assert "A row." in await player.press("left")
        assert "(rows,)" in await player.press("right", "right")
        assert hunter.known("tiny/row-sums").hints == {1, 2}

    play(hunter, check)


def test_reveal_asks_and_says_what_it_forfeits(hunter, play):
    """v asks; n changes nothing; y shows the reference and the quest says that its XP waits for a blank file."""

    async def check(player):
        shown = await player.press(*TO_QUEST, "v")
        assert "no XP and no rank until you solve it again" in " ".join(shown.replace("│", " ").split())
        await player.press("n")
        assert hunter.known("tiny/row-sums").revealed_at is None
        shown = await player.press("v", "y")
        assert "x.sum(dim=1)" in shown
        assert hunter.known("tiny/row-sums").revealed_at is not None
        assert "no XP until solved from blank" in await player.press("escape")

    play(hunter, check)


def test_a_note_is_kept(hunter, play):
    """n opens a text; ctrl+s keeps it with the quest; escape leaves it."""

    async def check(player):
        await player.press(*TO_QUEST, "n", *"dim goes", "ctrl+s")
        assert hunter.known("tiny/row-sums").note.value == "dim goes"
        await player.press("n", "x", "escape")
        assert hunter.known("tiny/row-sums").note.value == "dim goes"

    play(hunter, check)


def test_attempt_without_a_file_says_what_to_do(hunter, play):
    """a before e is a calm panel with the path."""

    async def check(player):
        shown = await player.press(*TO_QUEST, "a")
        assert "There is no file yet. Press e" in shown
        await player.press("enter")
        assert player.place == "QuestScreen"

    play(hunter, check)


@pytest.mark.skipif(sys.platform == "win32", reason="the editor here is a shell script")
def test_edit_writes_the_starter_and_opens_the_editor(hunter, play, tmp_path, monkeypatch):
    """e writes the file and runs the named editor on it, here one with a window of its own."""
    seen = tmp_path / "seen"
    editor = tmp_path / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" > {seen}\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    for name in ("TERM_PROGRAM", "TMUX", "ZELLIJ", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LEVELING_EDITOR", f"{editor} -r")

    async def check(player):
        await player.press(*TO_QUEST, "e")
        assert places.solution_path("tiny/row-sums").is_file()
        assert "row_sums" in player.shown  # the end of a long path may be cut

    play(hunter, check)
    assert seen.read_text().split() == ["-r", str(places.solution_path("tiny/row-sums"))]


def test_without_an_editor_the_path_is_told(hunter, play, monkeypatch):
    """Whoever opens files alone is told where the file lies."""
    for name in ("LEVELING_EDITOR", "VISUAL", "EDITOR", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", os.devnull)

    async def check(player):
        shown = await player.press(*TO_QUEST, "e")
        assert "Open this file in your editor" in shown
        assert "row_sums.py" in shown.replace("\n", "").replace(" ", "").replace("│", "")

    play(hunter, check)


def test_a_broken_quest_is_a_panel(hunter, play, pack):
    """A quest.toml with a fault names the key and what to do; the app goes on."""

    async def check(player):
        await player.press("enter", "2", *"row-sums")
        (pack.root / "quests/tiny/row-sums/quest.toml").write_text("format = 1\n")
        shown = await player.press("enter")
        assert "This quest cannot be opened" in shown
        assert "title" in shown
        await player.press("enter")
        assert player.place == "BoardScreen"

    play(hunter, check)
