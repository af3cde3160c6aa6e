"""The title: the first frame. Typing `start` or pressing enter goes in."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp

WORD = "start"
NAME = (
    "█   █▀▀ █ █ █▀▀ █   ▀█▀ █▄ █ █▀▀",
    "█   █▀▀ ▀▄▀ █▀▀ █    █  █ ▀█ █ █",
    "▀▀▀ ▀▀▀  ▀  ▀▀▀ ▀▀▀ ▀▀▀ ▀  ▀ ▀▀▀",
)


class TitleScreen(Screen[None]):
    """Small on purpose: nothing is read before it is shown. Its sheet is loaded by the app, being the default screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "Start"),
        Binding("d", "doctor", "Doctor", tooltip="Look over this machine"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.typed = ""

    def compose(self) -> ComposeResult:
        """The name, the ranks, the word to type."""
        with Middle(), Center():
            yield Static(_banner(), id="banner")
            yield Static(_prompt(""), id="prompt")
            yield Static(Content.assemble(("? help   : palette   d doctor   q quit", "$quiet")), id="ways")

    def on_key(self, event: Key) -> None:
        """Follow the word letter by letter."""
        letter = (event.character or "").lower()
        if event.key == "backspace":
            self.typed = self.typed[:-1]
        elif letter and WORD.startswith(self.typed + letter):
            self.typed += letter
            event.stop()
        elif letter == WORD[0]:
            self.typed = letter
        else:
            return
        self.query_one("#prompt", Static).update(_prompt(self.typed))
        if self.typed == WORD:
            self.action_enter()

    def on_click(self) -> None:
        """A click is as good as a word."""
        self.action_enter()

    def action_enter(self) -> None:
        """To the status window, by way of the first questions when nobody has played here yet."""
        app = cast("LevelingApp", self.app)
        self.typed = ""
        if app.game.store.exists():
            app.action_go("status")
        else:
            self.app.push_screen(app.screen_of("first_run", "FirstRunScreen", app.game))

    def action_doctor(self) -> None:
        """Before anything else."""
        app = cast("LevelingApp", self.app)
        app.push_screen(app.screen_of("doctor", "DoctorScreen", app.game))


def _banner() -> Content:
    shades = ("$secondary", "$primary", "$primary")
    lines = [Content.assemble((line, style)) for line, style in zip(NAME, shades, strict=True)]
    ranks = Content("  ").join([Content.assemble((f"{rank}", f"bold $rank-{rank.lower()}")) for rank in "EDCBAS"])
    return Content("\n").join([*lines, Content(""), ranks, Content("")])


def _prompt(typed: str) -> Content:
    rest = WORD[len(typed) :]
    return Content.assemble(
        ("type ", "$quiet"), (typed, "bold reverse $primary"), (rest, "bold"), ("  or press enter", "$quiet")
    )
