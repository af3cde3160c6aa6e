"""A list that also obeys the keys of vi."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList

from leveling.tui.widgets.vi import TwiceG


class Choices(TwiceG, OptionList):
    """Arrows, j and k, gg and G, ctrl+d and ctrl+u; enter, l or a click choose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("l", "select", "Choose", show=False),
        Binding("G", "last", "Last", show=False),
        Binding("ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u", "page_up", "Page up", show=False),
        Binding("g", "g", "First (gg)", show=False),
    ]

    def to_top(self) -> None:
        """gg: the first line."""
        self.action_first()

    def action_cursor_down(self) -> None:
        """One line down; the end is an end."""
        if self.highlighted is None or self.highlighted < self.option_count - 1:
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """One line up; the top is the top."""
        if self.highlighted:
            super().action_cursor_up()
