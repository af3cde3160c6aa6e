"""A long list of one-line rows, of which a key draws two.

Textual's OptionList measures every option when the list changes and draws the whole list when the highlight moves: with
a thousand quests that is a pause at the first letter of a filter, and ten kilobytes a key over ssh. Rows are one line
each, so nothing has to be measured, and only the lines that changed are drawn.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Leave, MouseMove
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from leveling.tui.widgets.vi import TwiceG

KEPT = 2048  # drawn rows that are remembered


class Rows(TwiceG, ScrollView, can_focus=True):
    """Rows to choose among: arrows, j and k, gg and G, ctrl+d and ctrl+u; enter, l or a click choose."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("g", "g", "First (gg)", show=False),
        Binding("enter,l", "choose", "Choose", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--row", "rows--highlighted", "rows--hover"}
    DEFAULT_CSS = """
    Rows {
        overflow-x: hidden; text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1;
        & > .rows--highlighted { background: $block-cursor-blurred-background; text-style: $block-cursor-blurred-text-style; }
        & > .rows--hover { background: $block-hover-background; }
        &:focus > .rows--highlighted {
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style;
        }
    }
    """

    highlighted: reactive[int | None] = reactive(None, repaint=False)
    hovered: reactive[int | None] = reactive(None, repaint=False)

    class Highlighted(Message):
        """The highlight is on another row, or the rows are others."""

        def __init__(self, rows: "Rows", place: int) -> None:
            super().__init__()
            self.rows, self.place = rows, place

        @property
        def control(self) -> "Rows":
            """The list that says it."""
            return self.rows

    class Chosen(Highlighted):
        """A row was chosen by key or click."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self._rows: Sequence[Content] = ()
        self._strips: dict[tuple[int, str, int, bool], Strip] = {}

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def show_rows(self, rows: Sequence[Content], highlighted: int | None = 0) -> None:
        """Show these rows instead; the highlight goes to `highlighted`, and that is told even where the number is the same."""
        self._rows = rows
        self._forget()
        self.virtual_size = Size(self.scrollable_content_region.width, len(rows))
        self.hovered = None
        wanted = self.validate_highlighted(highlighted)
        self.set_reactive(Rows.highlighted, wanted)
        self._into_view()
        self.refresh()
        if wanted is not None:
            self.post_message(self.Highlighted(self, wanted))

    # ---- what is drawn

    def render_line(self, y: int) -> Strip:
        """One row, padded to the width."""
        place = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if place >= len(self._rows):
            return Strip.blank(width, self.get_visual_style("rows--row").rich_style)
        part = "rows--highlighted" if place == self.highlighted else "rows--hover" if place == self.hovered else ""
        key = (place, part, width, self.has_focus)
        if key not in self._strips:
            if len(self._strips) >= KEPT:
                self._strips.clear()
            self._strips[key] = self._drawn(place, part, width)
        return self._strips[key]

    def _drawn(self, place: int, part: str, width: int) -> Strip:
        style = self.get_visual_style("rows--row", *([part] if part else []))
        row = Content(" ") + self._rows[place]
        strips = Visual.to_strips(self, row, width, 1, style, apply_selection=False)
        return strips[0].extend_cell_length(width, style.rich_style).apply_meta({"row": place})

    def notify_style_update(self) -> None:
        """Another theme, or the focus: nothing drawn before holds."""
        self._forget()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Another width; the highlighted row stays in view."""
        self._forget()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        self._into_view()

    def _forget(self) -> None:
        self._strips.clear()

    # ---- the highlight

    def validate_highlighted(self, place: int | None) -> int | None:
        """A row that is there, or none."""
        return None if place is None or not self._rows else min(max(place, 0), len(self._rows) - 1)

    def watch_highlighted(self, before: int | None, now: int | None) -> None:
        """Two rows are drawn: the one left and the one reached."""
        for place in (before, now):
            self._draw_again(place)
        if now is not None:
            self._into_view()
            self.post_message(self.Highlighted(self, now))

    def watch_hovered(self, before: int | None, now: int | None) -> None:
        """The row under the mouse is marked."""
        for place in (before, now):
            self._draw_again(place)

    def _draw_again(self, place: int | None) -> None:
        if place is not None:
            self.refresh(Region(0, place - self.scroll_offset.y, self.scrollable_content_region.width, 1))

    def _into_view(self) -> None:
        """Scroll as far as is needed: a scroll that changes nothing would draw the scrollbar all the same."""
        inside = self.scrollable_content_region
        if self.highlighted is None or not self.is_mounted or not inside.height:
            return
        top = round(self.scroll_y)
        wanted = min(max(top, self.highlighted - inside.height + 1), self.highlighted)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True)

    # ---- keys and mouse

    def action_move(self, by: int) -> None:
        """Some rows further; the ends are ends."""
        self.highlighted = 0 if self.highlighted is None else self.highlighted + by

    def action_page(self, direction: int) -> None:
        """A window further."""
        self.action_move(direction * max(1, self.scrollable_content_region.height))

    def action_first(self) -> None:
        """The first row."""
        self.highlighted = 0

    def action_last(self) -> None:
        """The last row."""
        self.highlighted = len(self._rows) - 1

    def to_top(self) -> None:
        """gg: the first row."""
        self.action_first()

    def action_choose(self) -> None:
        """Say which row was chosen."""
        if self.highlighted is not None:
            self.post_message(self.Chosen(self, self.highlighted))

    def on_click(self, event: Click) -> None:
        """A click chooses."""
        place = event.style.meta.get("row")
        if place is not None:
            self.highlighted = place
            self.action_choose()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Mark the row under the mouse."""
        self.hovered = event.style.meta.get("row")

    def on_leave(self, _: Leave) -> None:
        """The mouse is elsewhere."""
        self.hovered = None
