"""The long list of the board: what a key draws, where the highlight goes, what is told."""

import asyncio

from textual.app import App
from textual.content import Content

from leveling.tui.widgets.rows import Rows
from tests.tui.conftest import screen_of


class Counted(Rows):
    """Notes every line that is drawn."""

    def __init__(self):
        super().__init__(id="rows")
        self.lines = []

    def render_line(self, y):
        self.lines.append(y)
        return super().render_line(y)


class Listing(App[None]):
    """A list alone on a screen; what it tells is kept."""

    CSS = "Rows { height: 1fr; width: 1fr; }"

    def __init__(self):
        super().__init__()
        self.told = []

    def compose(self):
        yield Counted()

    def on_rows_highlighted(self, message):
        self.told.append(("highlighted", message.place))

    def on_rows_chosen(self, message):
        self.told.append(("chosen", message.place))


def with_rows(count, play):
    async def go():
        app = Listing()
        async with app.run_test(size=(40, 10)) as pilot:
            rows = app.query_one(Counted)
            rows.focus()
            rows.show_rows([Content(f"row {number}") for number in range(count)])
            await pilot.pause()
            await play(app, pilot, rows)

    asyncio.run(go())


def test_a_key_draws_the_two_rows_that_changed():
    """Moving the highlight inside the window draws the row left and the row reached, however long the list."""

    async def play(app, pilot, rows):
        await pilot.press("down")
        rows.lines.clear()
        await pilot.press("down")
        await pilot.pause()
        assert set(rows.lines) == {1, 2}

    with_rows(1000, play)


def test_the_highlight_stays_in_view_and_the_ends_are_ends():
    """Below the window the list scrolls as far as needed; past either end nothing moves."""

    async def play(app, pilot, rows):
        await pilot.press(*["j"] * 10)
        await pilot.pause()
        shown = screen_of(app)
        assert "row 10" in shown
        assert "row 0" not in shown
        await pilot.press("end", "down")
        assert rows.highlighted == 99
        await pilot.press("pageup")
        assert rows.highlighted == 89
        await pilot.press("g", "g", "up")
        await pilot.pause()
        assert rows.highlighted == 0
        assert "row 0" in screen_of(app)

    with_rows(100, play)


def test_a_click_and_enter_choose():
    """A click chooses the row under the mouse, enter the highlighted one; each is told with its place."""

    async def play(app, pilot, rows):
        app.told.clear()
        await pilot.click("#rows", offset=(3, 4))
        await pilot.pause()
        assert app.told[-1] == ("chosen", 4)
        await pilot.press("up", "enter")
        await pilot.pause()
        assert app.told[-1] == ("chosen", 3)

    with_rows(100, play)


def test_other_rows_are_told_even_at_the_same_place():
    """A filter that leaves the highlight at 0 shows another row there, so it is told; an empty list tells nothing."""

    async def play(app, pilot, rows):
        app.told.clear()
        rows.show_rows([Content("another")])
        await pilot.pause()
        assert app.told == [("highlighted", 0)]
        assert "another" in screen_of(app)
        rows.show_rows([])
        await pilot.press("down", "enter", "G", "pagedown")
        await pilot.pause()
        assert rows.highlighted is None
        assert app.told == [("highlighted", 0)]
        assert "another" not in screen_of(app)

    with_rows(3, play)
