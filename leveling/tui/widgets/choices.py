"""A list that also obeys the keys of vi."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class Choices(OptionList):
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
    _has_g = False

    def action_g(self) -> None:
        """The second g in a row goes to the first line."""
        if self._has_g:
            self.action_first()
        self._has_g = not self._has_g

    def on_key(self, event: object) -> None:
        """Any other key forgets the first g."""
        if getattr(event, "key", "") != "g":
            self._has_g = False

    def action_cursor_down(self) -> None:
        """One line down; the end is an end."""
        if self.highlighted is None or self.highlighted < self.option_count - 1:
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """One line up; the top is the top."""
        if self.highlighted:
            super().action_cursor_up()
