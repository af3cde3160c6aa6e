"""The two lines on top of every place: who plays and how the judge is; and where one can go."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from leveling.tui.judging import JudgeState
from leveling.tui.widgets.drawing import badge, bar
from leveling.world.standing import Standing

_JUDGE = {
    "cold": ("○", "judge asleep", "$quiet"),
    "warming": ("◔", "judge warming", "$warning"),
    "warm": ("●", "judge warm", "$success"),
    "absent": ("✗", "no judge: 7", "$error"),
}


class Head(Widget):
    """Parents set `standing`, `judge_state` and `place`; a click on a place is told as `Wanted`."""

    DEFAULT_CSS = """
    Head { dock: top; height: 2; background: $surface; padding: 0 1; }
    Head #who { width: 1fr; height: 1; }
    Head #judge { width: auto; height: 1; }
    Head Horizontal { height: 1; }
    Head #where { height: 1; }
    """
    PLACES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("1", "status", "Status"),
        ("2", "board", "Quests"),
        ("3", "gates", "Gates"),
        ("4", "paths", "Paths"),
        ("0", "dungeons", "Dungeons"),
        ("5", "daily", "Daily"),
        ("6", "settings", "Settings"),
        ("7", "doctor", "Doctor"),
    )

    standing: reactive[Standing | None] = reactive(None)
    judge_state: reactive[JudgeState] = reactive(JudgeState())
    place: reactive[str] = reactive("")

    class Wanted(Message):
        """A place was clicked."""

        def __init__(self, place: str) -> None:
            self.place = place
            super().__init__()

    def compose(self) -> ComposeResult:
        """Two lines."""
        with Horizontal():
            yield Static(id="who")
            yield Static(id="judge")
        yield Static(id="where")

    def on_mount(self) -> None:
        """Draw all."""
        self._draw_who()
        self._draw_judge()
        self._draw_where()

    def watch_standing(self) -> None:
        """Name, rank, level, XP, streak."""
        if self.is_mounted:
            self._draw_who()

    def _draw_who(self) -> None:
        self.query_one("#who", Static).update(who(self.standing))

    def watch_judge_state(self) -> None:
        """A sign and a word."""
        if self.is_mounted:
            self._draw_judge()

    def _draw_judge(self) -> None:
        sign, word, style = _JUDGE[self.judge_state.word]
        self.query_one("#judge", Static).update(Content.assemble((f"{sign} {word}", style)))

    def watch_place(self) -> None:
        """The present place stands out."""
        if self.is_mounted:
            self._draw_where()

    def _draw_where(self) -> None:
        self.query_one("#where", Static).update(_where(self.place, self._gap))

    @property
    def _gap(self) -> int:
        """Columns between places: one where two would not fit."""
        wanted = sum(len(title) + 4 for _, _, title in self.PLACES)
        return 2 if self.content_size.width >= wanted or not self.content_size.width else 1

    def on_resize(self) -> None:
        """Another width may want another gap."""
        self._draw_where()

    def on_click(self, event: Click) -> None:
        """A place named in the second line."""
        x = event.screen_x - self.content_region.x
        if event.screen_y != self.content_region.y + 1:
            return
        start = 0
        for _, place, title in self.PLACES:
            end = start + len(title) + 2
            if start <= x < end:
                self.post_message(self.Wanted(place))
                return
            start = end + self._gap


def who(standing: Standing | None) -> Content:
    """The hunter in one line."""
    if standing is None:
        return Content.assemble(("reading your save", "$quiet"))
    level = standing.level
    goal = f"{level.into}/{level.span}" if level.span else f"{standing.xp}"
    run = standing.streak
    return Content.assemble(
        (standing.hunter or "Hunter", "bold"),
        "  ",
        badge(standing.overall.rank),
        (f"  level {level.level} ", ""),
        bar(level.into, level.span, 8),
        (f" {goal} XP", "$quiet"),
        (f"  {run.weeks} wk streak" if run.weeks else f"  {run.days}/{run.goal} days", "$quiet"),
    )


def _where(here: str, gap: int) -> Content:
    parts: list[Content | str] = []
    for key, place, title in Head.PLACES:
        is_here = place == here
        parts += [
            Content.assemble((key, "bold $primary"), " ", (title, "bold underline" if is_here else "$quiet")),
            " " * gap,
        ]
    return Content.assemble(*parts)
