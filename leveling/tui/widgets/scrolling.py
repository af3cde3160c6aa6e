"""A text to read, moved by the keys of vi too."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from leveling.tui.widgets.vi import TwiceG


class Reading(TwiceG, VerticalScroll):
    """Arrows, j and k, gg and G, space, ctrl+d and ctrl+u."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("G", "scroll_end", "End", show=False),
        Binding("space,ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u,b", "page_up", "Page up", show=False),
        Binding("g", "g", "Top (gg)", show=False),
    ]

    def to_top(self) -> None:
        """gg: the first line."""
        self.scroll_home(animate=False)
