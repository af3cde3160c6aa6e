"""What every place has: the head, the footer, the way back, and a word when the window is too small."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Mount, Resize
from textual.screen import Screen
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Footer, Static

from leveling.tui.widgets.head import Head

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp
    from leveling.tui.judging import JudgeState
    from leveling.tui.knowing import Known

LEAST = (80, 24)


class Place(Screen[None]):
    """Subclasses give `place` (its name in the head), `body()`, and may watch `known_changed`."""

    CSS_PATH: ClassVar[CSSPathType | None] = "place.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back", tooltip="To where you came from")]
    place: ClassVar[str] = ""

    @property
    def hall(self) -> "LevelingApp":
        """The app, by its own type."""
        return cast("LevelingApp", self.app)

    def compose(self) -> ComposeResult:
        """Head, body, footer."""
        yield Head()
        yield Static(id="too-small")
        yield from self.body()
        yield Footer(show_command_palette=False)

    def body(self) -> ComposeResult:
        """What is between head and footer."""
        yield Widget()

    @on(Mount)
    def _enter(self) -> None:
        """Follow what the app knows."""
        self.query_one(Head).place = self.place
        self.watch(self.app, "known", self._known)
        self.watch(self.app, "judge_state", self._judge)

    def _known(self, known: "Known | None") -> None:
        if known is not None:
            self.query_one(Head).standing = known.standing
            self.known_changed(known)

    def _judge(self, state: "JudgeState") -> None:
        self.query_one(Head).judge_state = state
        self.judge_changed(state)

    def known_changed(self, known: "Known") -> None:
        """The record or the cards are other than before."""

    def judge_changed(self, state: "JudgeState") -> None:
        """The judge got warm, or is absent."""

    def on_resize(self, event: Resize) -> None:
        """Say so when the window is smaller than what we draw for."""
        small = event.size.width < LEAST[0] or event.size.height < LEAST[1]
        self.set_class(small, "-too-small")
        if small:
            words = f"This window has {event.size.width}x{event.size.height}; leveling is drawn for 80x24 or more."
            self.query_one("#too-small", Static).update(words)

    def on_head_wanted(self, message: Head.Wanted) -> None:
        """Go where was clicked."""
        self.hall.action_go(message.place)

    def action_back(self) -> None:
        """Leave this place; the status window is the lowest."""
        if len(self.app.screen_stack) > 1:
            self.dismiss(None)
