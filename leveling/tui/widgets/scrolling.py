"""A text to read, moved by the keys of vi too."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class Reading(VerticalScroll):
    """Arrows, j and k, gg and G, space, ctrl+d and ctrl+u."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("G", "scroll_end", "End", show=False),
        Binding("space,ctrl+d", "page_down", "Page down", show=False),
        Binding("ctrl+u,b", "page_up", "Page up", show=False),
        Binding("g", "g", "Top (gg)", show=False),
    ]
    _has_g = False

    def action_g(self) -> None:
        """The second g in a row goes to the top."""
        if self._has_g:
            self.scroll_home(animate=False)
        self._has_g = not self._has_g

    def on_key(self, event: object) -> None:
        """Any other key forgets the first g."""
        if getattr(event, "key", "") != "g":
            self._has_g = False
