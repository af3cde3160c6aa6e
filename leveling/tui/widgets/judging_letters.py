"""A rank as a large letter that draws itself from left to right, or stands there at once with reduced motion."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from leveling.world.words import Rank

DRAW_SECONDS = 0.7
_LETTERS = {
    Rank.E: ("███████", "██     ", "█████  ", "██     ", "███████"),
    Rank.D: ("██████ ", "██   ██", "██   ██", "██   ██", "██████ "),
    Rank.C: (" ██████", "██     ", "██     ", "██     ", " ██████"),
    Rank.B: ("██████ ", "██   ██", "██████ ", "██   ██", "██████ "),
    Rank.A: (" █████ ", "██   ██", "███████", "██   ██", "██   ██"),
    Rank.S: (" ██████", "██     ", " █████ ", "     ██", "██████ "),
}


class RankLetter(Widget):
    """Seven cells by five."""

    DEFAULT_CSS = "RankLetter { width: 7; height: 5; }"

    drawn: reactive[float] = reactive(0.0)

    def __init__(self, rank: Rank) -> None:
        super().__init__()
        self.rank = rank

    def on_mount(self) -> None:
        """Draw; `animation_level` decides whether that moves."""
        self.animate("drawn", 1.0, duration=DRAW_SECONDS, easing="out_cubic", level="full")

    def render(self) -> Content:
        """The cells drawn so far in the rank's colour."""
        rows = _LETTERS[self.rank]
        whole = round(self.drawn * len(rows[0]))
        style = f"$rank-{self.rank.value.lower()} bold"
        return Content("\n").join([Content.styled(row[:whole].ljust(len(row)), style) for row in rows])
