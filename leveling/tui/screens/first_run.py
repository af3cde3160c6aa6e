"""The first questions: a name, and how to begin. Where files go is said, not asked."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.types import CSSPathType
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from leveling import places
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import quiet

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp

WAYS = (
    ("board", "From the beginning", "The board opens at the first quests; each clear opens the next."),
    ("paths", "A guided path", "Choose one of the routes, from a week to half a year; it says what is next."),
    ("gates", "Placement", "You know some of this already: trials in any gate open what you prove."),
    ("roam", "Free roam", "Every quest may be tried at once. Rank still asks for the chain."),
)


class FirstRunScreen(Screen[None]):
    """Asked once; everything can be changed later."""

    CSS_PATH: ClassVar[CSSPathType | None] = "first_run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Title"),
        Binding("f2", "doctor", "Doctor", tooltip="Look over this machine"),
    ]

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def compose(self) -> ComposeResult:
        """Name, ways, places."""
        with VerticalScroll(id="first", can_focus=False):
            with Vertical(classes="frame", id="naming") as frame:
                frame.border_title = "SYSTEM"
                yield Static("You have been noticed. What is your name, hunter?")
                yield Input(placeholder="a name, or empty for none", max_length=40, id="name")
            with Vertical(classes="frame", id="choosing") as frame:
                frame.border_title = "HOW DO YOU BEGIN?"
                yield Choices(*[Option(_way(title, about), id=place) for place, title, about in WAYS], id="ways")
            with Vertical(classes="frame", id="telling") as frame:
                frame.border_title = "WHERE THINGS LIE"
                yield Static(_lies(), id="lies")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """First the name."""
        self.query_one("#name").focus()
        self.query_one("#ways", Choices).highlighted = 0

    @on(Input.Submitted, "#name")
    def _named(self) -> None:
        self.query_one("#ways").focus()

    @on(OptionList.OptionSelected, "#ways")
    def _begin(self, event: OptionList.OptionSelected) -> None:
        app = cast("LevelingApp", self.app)
        name = " ".join(self.query_one("#name", Input).value.split())
        try:
            self.game.choose("hunter", name or "Hunter")
            if event.option_id == "roam":
                self.game.choose("free_roam", "on")
        except Trouble as trouble:
            app.tell_trouble(str(trouble))
            return
        app.refresh_known()
        app.action_go("board" if event.option_id == "roam" else str(event.option_id))

    def action_leave(self) -> None:
        """Not now."""
        self.dismiss(None)

    def action_doctor(self) -> None:
        """Before anything else."""
        app = cast("LevelingApp", self.app)
        app.push_screen(app.screen_of("doctor", "DoctorScreen", app.game))


def _way(title: str, about: str) -> Content:
    return Content.assemble((title, "bold"), "\n", ("  " + about, "$quiet"))


def _lies() -> Content:
    return Content("\n").join(
        [
            Content.assemble(("your solutions  ", "$quiet"), str(places.workspace())),
            Content.assemble(("your save       ", "$quiet"), str(places.data_folder())),
            quiet("Everything stays on this machine. LEVELING_HOME or --home DIR moves it all."),
        ]
    )
