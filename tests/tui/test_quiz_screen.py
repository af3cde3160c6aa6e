"""A quiz asked and marked by the real judge."""

import asyncio

import pytest
from textual.widgets import Input

from leveling.tui.screens.clear import ClearScreen
from leveling.tui.screens.quiz import QuizScreen
from leveling.tui.screens.rank_up import RankUpScreen
from tests.conftest import QUEST_TOML
from tests.tui.judging_app import game_of, opened, text_of, until

QUIZ = QUEST_TOML.partition("[wrong")[0].replace('kind = "quest"', 'kind = "quiz"')
QUESTIONS = '''
from leveling.checks import Asked, Draw, Question


class Longest(Question):
    """A number."""

    form = "a whole number"

    def ask(self, draw: Draw) -> Asked:
        size = draw.integer(2, 9)
        return Asked(f"x has {size} rows.\\nHow many rows has x?", str(size), "Rows are counted by the first size.")


class Which(Question):
    """A choice."""

    def ask(self, draw: Draw) -> Asked:
        return Asked("Which disappears?", "dim", "The one that is named.", choices=("keepdim", "dim"))
'''


@pytest.fixture
def quiz(pack):
    """(game, quest) of a quiz of two questions."""
    folder = pack.quest(toml=QUIZ, checks=QUESTIONS)
    for name in ("reference.py", "starter.py", "wrong/sums-columns.py"):
        (folder / name).unlink()
    (folder / "wrong").rmdir()
    game = game_of(pack.root)
    return game, game.catalog.quest("tiny/row-sums")


def rows_asked(text):
    """The number in the first question."""
    return text.partition("x has ")[2].partition(" rows")[0]


def test_a_wrong_answer_is_explained_and_the_next_try_clears(quiz):
    """Marks come after the last question; a new try asks anew; all right clears."""
    game, quest = quiz

    async def play():
        async with opened(game, lambda: QuizScreen(game, quest)) as (app, pilot):
            await until(pilot, lambda: "How many rows" in text_of(app))
            await pilot.press("0", "enter")
            await until(pilot, lambda: "Which disappears?" in text_of(app))
            assert "question 2 of 2" in text_of(app)
            await pilot.press("2")
            await until(pilot, lambda: "you said 0" in text_of(app))
            assert "Rows are counted by the first size." in text_of(app)
            assert "1 of 2 right" in text_of(app)
            await pilot.press("r")
            await until(pilot, lambda: "How many rows" in text_of(app) and bool(app.screen.query(Input)))
            await pilot.press(rows_asked(text_of(app)), "enter")
            await until(pilot, lambda: "Which disappears?" in text_of(app))
            await pilot.press("down", "enter")
            await until(pilot, lambda: "Every answer is right." in text_of(app))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ClearScreen | RankUpScreen))

    asyncio.run(play())
    assert game.known(quest.id).is_cleared and game.known(quest.id).failures == 1


def test_an_answer_can_be_mended_before_the_last_question(quiz):
    """Page up goes back to it and keeps what was typed."""
    game, quest = quiz

    async def play():
        async with opened(game, lambda: QuizScreen(game, quest)) as (app, pilot):
            await until(pilot, lambda: bool(app.screen.query(Input)))
            await pilot.press("7", "enter")
            await until(pilot, lambda: "Which disappears?" in text_of(app))
            await pilot.press("pageup")
            await until(pilot, lambda: bool(app.screen.query(Input)))
            assert app.screen.query_one(Input).value == "7"

    asyncio.run(play())
    assert not game.known(quest.id).attempts
