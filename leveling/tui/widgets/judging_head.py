"""The first line of a judging screen: rank and title on the left, what goes on and for how long on the right."""

import time

from textual.content import Content
from textual.widget import Widget

from leveling.tui.widgets.drawing import letter
from leveling.world.words import Rank

TICK_SECONDS = 0.25


class JudgingHead(Widget):
    """One line. While `state` is told with a running clock, it ticks four times a second; else it is still."""

    DEFAULT_CSS = "JudgingHead { height: 1; padding: 0 1; background: $panel; }"

    def __init__(self, title: str, rank: Rank | None = None) -> None:
        super().__init__()
        self.title_text, self.rank = title, rank
        self.state = ""
        self.note = ""
        self.began: float | None = None

    def on_mount(self) -> None:
        """Begin to tick."""
        self.ticker = self.set_interval(TICK_SECONDS, self.refresh, pause=True)

    def run(self, state: str) -> None:
        """Something goes on; the clock starts when it did not run yet."""
        self.state = state
        if self.began is None:
            self.began = time.monotonic()
            self.ticker.resume()
        self.refresh()

    def rest(self, state: str) -> None:
        """Nothing goes on."""
        self.state, self.began = state, None
        self.ticker.pause()
        self.refresh()

    def render(self) -> Content:
        """Title left, state right, cut where they would meet."""
        clock = f"  {time.monotonic() - self.began:.1f} s" if self.began is not None else ""
        note = (f"  {self.note}" if self.note and self.state else self.note, "$warning bold")
        right = Content.assemble((self.state, "$accent" if self.began is not None else "$quiet"), (clock, "bold"), note)
        left = Content.assemble(letter(self.rank), "  ") if self.rank is not None else Content("")
        left = Content.assemble(left, (self.title_text, "bold"))
        width = self.content_size.width
        left = left.truncate(max(4, width - right.cell_length - 2), ellipsis=True)
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right).truncate(width)
