"""The attempt screen judges for real and tells it."""

import asyncio

import pytest

from leveling.tui.screens.attempt import AttemptScreen
from leveling.tui.screens.clear import ClearScreen
from leveling.tui.widgets.judging_output import OutputPane
from tests.judging import ENDLESS, RIGHT, WRONG
from tests.tui.judging_app import game_of, opened, text_of, until

BRIEF = """# Row sums

## What to build
Sum each row of a matrix.

## Pitfalls
* dim names the dimension that disappears: the sum of every row needs the last one, where the columns are counted.
"""


@pytest.fixture
def begun(pack):
    """(game, quest, path) of the tiny quest, with a wrong solution."""
    (pack.quest() / "brief.md").write_text(BRIEF)
    game = game_of(pack.root)
    quest = game.catalog.quest("tiny/row-sums")
    path = game.begin(quest).path
    path.write_text(WRONG)
    return game, quest, path


def played(begun, act, size=(80, 24)):
    """Run `act(app, pilot, screen)` on the attempt screen."""
    game, quest, path = begun

    async def play():
        async with opened(game, lambda: AttemptScreen(game, quest, path), size) as (app, pilot):
            await until(pilot, lambda: isinstance(app.screen, AttemptScreen))
            await act(app, pilot, app.screen)

    asyncio.run(play())


def test_a_failure_is_told_with_the_misconception_the_finding_and_the_next_hint(begun):
    """What a learner needs is on the first screen of a small terminal."""

    async def act(app, pilot, screen):
        await until(pilot, lambda: screen.judgement is not None)
        shown = text_of(app)
        assert "WRONG" in shown
        assert "matches-reference" in shown
        assert "dim is the dimension that disappears." in shown
        assert "h shows hint 1; it costs" in shown

    played(begun, act)
    assert begun[0].known("tiny/row-sums").failures == 1


def test_saving_judges_again_and_a_clear_opens_the_clear_screen(begun):
    """No key is needed between the editor and the verdict."""

    async def act(app, pilot, screen):
        await until(pilot, lambda: screen.judgement is not None and screen.file_watch.began.is_set())
        begun[2].write_text(RIGHT)
        await until(pilot, lambda: isinstance(app.screen, ClearScreen))

    played(begun, act)
    assert begun[0].known("tiny/row-sums").is_cleared


def test_a_save_during_an_attempt_stops_it_and_the_last_save_is_judged(begun):
    """Nobody waits for a verdict on what was overwritten."""
    begun[2].write_text(ENDLESS)

    async def act(app, pilot, screen):
        await until(pilot, lambda: "checking" in text_of(app) and screen.file_watch.began.is_set())
        for source in (ENDLESS + "\n", WRONG, RIGHT):
            begun[2].write_text(source)
        await until(pilot, lambda: isinstance(app.screen, ClearScreen))

    played(begun, act)
    assert begun[0].known("tiny/row-sums").failures == 0


def test_cancel_stops_the_attempt_and_nothing_is_counted(begun):
    """Escape is safe."""
    begun[2].write_text(ENDLESS)

    async def act(app, pilot, screen):
        await until(pilot, lambda: "checking" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: not screen.judging.running)
        assert "cancelled" in text_of(app)
        begun[2].write_text(WRONG)
        await pilot.press("r")
        await until(pilot, lambda: screen.judgement is not None)

    played(begun, act)
    assert begun[0].known("tiny/row-sums").attempts == 1


def test_leaving_while_an_attempt_runs_does_not_wait_for_it(begun):
    """The app ends though the learner's loop never does."""
    begun[2].write_text(ENDLESS)

    async def act(app, pilot, screen):
        await until(pilot, lambda: "checking" in text_of(app))

    played(begun, act)


def test_what_the_program_prints_is_shown_without_its_control_codes(begun):
    """A program cannot paint over the verdict."""
    begun[2].write_text('def row_sums(x):\n    print("\\033[2Jhello")\n    return x.sum(0)\n')

    async def act(app, pilot, screen):
        await until(pilot, lambda: screen.judgement is not None)
        pane = screen.query_one(OutputPane)
        assert pane.has_class("-shown")
        assert "\\x1b[2Jhello" in text_of(app)
        await pilot.press("o")
        assert not pane.has_class("-shown")

    played(begun, act)


def test_a_missing_file_is_told_in_a_panel_and_judged_once_it_is_there(begun):
    """Trouble is no end."""
    begun[2].unlink()

    async def act(app, pilot, screen):
        await until(pilot, lambda: "there is no file" in " ".join(text_of(app).split()))
        await until(pilot, screen.file_watch.began.is_set)
        begun[2].write_text(WRONG)
        await until(pilot, lambda: screen.judgement is not None)
        assert "there is no file" not in text_of(app)

    played(begun, act)


def test_a_hint_is_shown_in_place_and_its_cost_is_told(begun):
    """The price stands before the purchase and after it."""

    async def act(app, pilot, screen):
        await until(pilot, lambda: screen.judgement is not None)
        await pilot.press("h")
        await until(pilot, lambda: "of the XP" in " ".join(text_of(app).split()))
        await pilot.press("y")
        await until(pilot, lambda: "A row." in text_of(app))
        assert "Hint 1 of 3" in text_of(app)

    played(begun, act, size=(100, 40))
    assert begun[0].known("tiny/row-sums").hints == {1}


def test_a_file_that_does_not_parse_is_told_at_once(begun):
    """No process is needed to see it."""
    begun[2].write_text("def row_sums(x:\n")

    async def act(app, pilot, screen):
        await until(pilot, lambda: screen.judgement is not None)
        assert "CRASHED" in text_of(app)

    played(begun, act)
