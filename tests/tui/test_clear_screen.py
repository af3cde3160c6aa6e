"""After a clear: a real one, judged by the real judge, then looked at."""

import asyncio

import pytest
from textual.widgets import TabbedContent, TextArea

from leveling.judge.client import JudgeClient
from leveling.play.settling import Settled
from leveling.tui.screens.clear import ClearScreen
from leveling.tui.screens.quest import QuestScreen
from leveling.tui.screens.rank_up import RankUpScreen
from tests.tui.judging_app import game_of, opened, text_of, until

SLOW_BUT_RIGHT = """
import torch


def row_sums(x):
    total = torch.zeros(x.shape[0])
    for column in range(x.shape[1]):
        try:
            total = total + x[:, column]
        except:
            pass
    return total
"""


@pytest.fixture
def cleared(pack):
    """(game, quest, settled) of a first clear, which reaches rank E."""
    pack.quest()
    pack.quest("other/column-sums")
    game = game_of(pack.root)
    quest = game.catalog.quest("tiny/row-sums")
    path = game.begin(quest).path
    path.write_text(SLOW_BUT_RIGHT)
    with JudgeClient() as judge:
        *_, settled = game.attempt(quest, path, judge)
    assert isinstance(settled, Settled) and settled.xp
    return game, quest, settled


def shown(cleared, act, size=(80, 24)):
    """Run `act(app, pilot)` on the clear screen."""

    async def play():
        async with opened(cleared[0], lambda: ClearScreen(*cleared), size) as (app, pilot):
            await act(app, pilot)

    asyncio.run(play())


def test_a_new_rank_is_shown_until_the_learner_goes_on_and_then_what_the_clear_earned(cleared):
    """Nobody misses the moment by looking away; XP, grade and level follow."""
    assert cleared[2].ranks

    async def act(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RankUpScreen))
        assert "RANK UP" in text_of(app) and "in the gate tiny" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ClearScreen) and app.screen.told is not None)
        text = text_of(app)
        assert f"+{cleared[2].xp} XP" in text and "Grade" in text and "Level" in text

    shown(cleared, act)


def test_with_reduced_motion_the_letter_stands_there_at_once(cleared):
    """No cell moves that the learner asked not to move."""

    async def act(app, pilot):
        app.pop_screen()
        app.pop_screen()
        app.animation_level = "none"
        app.push_screen(RankUpScreen(cleared[2].ranks))
        await pilot.pause()
        await pilot.pause()
        assert "███████" in text_of(app)

    shown(cleared, act)


def test_the_review_names_the_line_and_the_code_stands_beside_the_reference(cleared):
    """A bare except is remarked on; the diff shows both."""

    async def act(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RankUpScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "line 10" in text_of(app))
        await pilot.press("d")
        await until(pilot, lambda: "x.sum(dim=1)" in text_of(app))
        assert "for column in range" in text_of(app)
        before = text_of(app)
        await pilot.press("d")
        await until(pilot, lambda: text_of(app) != before)

    shown(cleared, act, size=(120, 40))


def test_what_was_learnt_is_kept_when_the_screen_is_left(cleared):
    """No key has to be remembered for that."""

    async def act(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RankUpScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.told is not None)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen.focused, TextArea))
        await pilot.press(*"dim")
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ClearScreen))

    shown(cleared, act)
    assert cleared[0].known("tiny/row-sums").learnings.value == "dim"


def test_what_comes_next_opens_it(cleared):
    """From one clear to the next quest without a detour."""

    async def act(app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RankUpScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.told is not None)
        await pilot.press("n")
        await until(pilot, lambda: app.screen.query_one(TabbedContent).active == "next" and bool(app.screen.advice))
        at = next(i for i, each in enumerate(app.screen.advice) if each.target == "other/column-sums")
        await pilot.press(*["down"] * at, "enter")
        await until(pilot, lambda: isinstance(app.screen, QuestScreen))
        assert app.screen.quest.id == "other/column-sums"
        assert not any(isinstance(screen, ClearScreen) for screen in app.screen_stack)

    shown(cleared, act)
