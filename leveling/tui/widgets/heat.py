"""Topics by ranks: how much of each is cleared, as a map one walks cell by cell."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from leveling.tui.widgets.drawing import letter, rank_style
from leveling.world.ranks import RankStanding, Tally
from leveling.world.words import Rank

RANKS = tuple(Rank)
CELL = 8
SHADES = " ░▒▓█"


@dataclass(frozen=True, slots=True)
class Row:
    """One gate of the map."""

    gate: str
    tally: Tally
    standing: RankStanding


class HeatMap(Widget, can_focus=True):
    """Arrows or hjkl move; enter tells `Chosen`, each move `Moved`."""

    DEFAULT_CSS = """
    HeatMap { width: 100%; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Its quests"),
        Binding("down,j", "move(1, 0)", "Down", show=False),
        Binding("up,k", "move(-1, 0)", "Up", show=False),
        Binding("right,l", "move(0, 1)", "Right", show=False),
        Binding("left,h", "move(0, -1)", "Left", show=False),
        Binding("G,end", "move(999, 0)", "Last", show=False),
        Binding("g", "g", "First (gg)", show=False),
        Binding("home", "move(-999, 0)", "First", show=False),
    ]
    rows: reactive[tuple[Row, ...]] = reactive((), layout=True)
    row: reactive[int] = reactive(0)
    column: reactive[int] = reactive(0)
    _has_g = False

    class Moved(Message):
        """The cursor is elsewhere."""

        def __init__(self, row: Row, rank: Rank) -> None:
            self.row, self.rank = row, rank
            super().__init__()

    class Chosen(Moved):
        """A cell was chosen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)

    @property
    def _wide(self) -> int:
        return max((len(row.gate) for row in self.rows), default=0) + 4

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's own
        """A heading and a line a gate."""
        return len(self.rows) + 1

    def render(self) -> Content:
        """All of it; a screen holds thirty lines at most."""
        heads: list[Content | str | tuple[str, str]] = [" " * self._wide]
        heads += [(f"{rank:^{CELL}}", rank_style(rank)) for rank in RANKS]
        return Content("\n").join([Content.assemble(*heads), *(self._line(place) for place in range(len(self.rows)))])

    def _line(self, place: int) -> Content:
        row = self.rows[place]
        here = place == self.row
        parts: list[Content | str | tuple[str, str]] = [letter(row.standing.rank), " "]
        parts.append((f"{row.gate:<{self._wide - 2}}", "bold" if here else ""))
        for column, rank in enumerate(RANKS):
            text, style = cell(row.tally, rank)
            if here and column == self.column:
                style = "reverse bold" if self.has_focus else "underline bold"
            parts.append((text, style))
        return Content.assemble(*parts)

    def action_move(self, down: int, right: int) -> None:
        """Not beyond the edges."""
        if self.rows:
            self.row = min(max(self.row + down, 0), len(self.rows) - 1)
            self.column = min(max(self.column + right, 0), len(RANKS) - 1)

    def action_g(self) -> None:
        """The second g in a row goes to the first line."""
        if self._has_g:
            self.row = 0
        self._has_g = not self._has_g

    def watch_row(self) -> None:
        """Keep the cursor in sight and tell."""
        self._moved()

    def watch_column(self) -> None:
        """Tell."""
        self._moved()

    def watch_rows(self) -> None:
        """Tell where the cursor is in the new rows."""
        self.row = min(self.row, max(0, len(self.rows) - 1))
        self._moved()

    def _moved(self) -> None:
        if self.rows and self.is_attached:
            self.post_message(self.Moved(self.rows[self.row], RANKS[self.column]))
            if self.parent is not None and isinstance(self.parent, Widget):
                self.parent.scroll_to_region(Region(0, self.row, 1, 2), animate=False)

    def action_choose(self) -> None:
        """This cell."""
        if self.rows:
            self.post_message(self.Chosen(self.rows[self.row], RANKS[self.column]))

    def on_click(self, event: Click) -> None:
        """A click moves, one on the cursor chooses."""
        place, column = event.y - 1, (event.x - self._wide) // CELL
        if not (0 <= place < len(self.rows)):
            return
        column = min(max(column, 0), len(RANKS) - 1)
        if (place, column) == (self.row, self.column):
            self.action_choose()
        self.row, self.column = place, column


def cell(tally: Tally, rank: Rank) -> tuple[str, str]:
    """Such as ` ▒▒ 2/5`, and its style; a dot where the gate has nothing of that rank."""
    pool, done = tally.pool.get(rank, 0), tally.cleared.get(rank, 0)
    trial = "◆" if rank in tally.trials else " "
    if not pool:
        return (
            f"{trial if rank in tally.trials else '·':^{CELL}}",
            "$quiet" if rank not in tally.trials else rank_style(rank),
        )
    share = done / pool
    shade = SHADES[0] if not done else SHADES[min(4, 1 + int(share * 3))] if share < 1 else SHADES[4]
    figures = f"{done}/{pool}"
    return f"{shade}{figures:>5}{trial} ", rank_style(rank) if done else "$quiet"
