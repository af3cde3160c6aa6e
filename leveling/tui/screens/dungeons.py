"""The dungeons: projects of several floors, and how far one has come in each."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import badge, grade_mark, joined, quiet
from leveling.tui.widgets.tower import pips
from leveling.world.dungeon import Climb

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class DungeonsScreen(Place):
    """Enter opens the map of one."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "dungeon.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Open"),
        Binding("minus", "app.go('echoes')", "Echoes", key_display="-", tooltip="What you may import in them"),
    ]
    place = "dungeons"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self._found: list[Climb] = []

    def body(self) -> ComposeResult:
        """A list, and what the highlighted one builds."""
        yield Choices(id="dungeons", classes="frame")
        yield Static(id="builds", classes="frame")

    def on_mount(self) -> None:
        """They are read in a thread."""
        self.query_one("#dungeons").border_title = "DUNGEONS"
        self.query_one("#dungeons").focus()
        self.query_one("#builds", Static).update(quiet("reading the dungeons"))

    def known_changed(self, known: "Known") -> None:  # noqa: ARG002 - the signature of every place
        """Count anew."""
        self.run_worker(self._read, thread=True, exclusive=True, group="dungeons", exit_on_error=False)

    def _read(self) -> None:
        self.app.call_from_thread(self._fill, self.game.climbs())

    def _fill(self, found: list[Climb]) -> None:
        self._found = found
        choices = self.query_one("#dungeons", Choices)
        here = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(line(each), id=each.dungeon.id) for each in found])
        if found:
            choices.highlighted = min(here, len(found) - 1)
        else:
            self.query_one("#builds", Static).update(quiet("No pack here has a dungeon."))

    @on(OptionList.OptionHighlighted, "#dungeons")
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        dungeon = self._found[event.option_index].dungeon
        self.query_one("#builds", Static).update(joined([Content(dungeon.builds), quiet(dungeon.data)]))

    @on(OptionList.OptionSelected, "#dungeons")
    def _open(self, event: OptionList.OptionSelected) -> None:
        self.hall.show_dungeon(self._found[event.option_index].dungeon.id)

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def line(climbed: Climb) -> Content:
    """Rank, title, one sign a floor, the grade."""
    dungeon = climbed.dungeon
    grade = Content.assemble("  ", grade_mark(climbed.grade)) if climbed.grade is not None else Content("")
    return Content.assemble(
        badge(dungeon.rank),
        " ",
        (dungeon.title, "bold"),
        "\n    ",
        pips(climbed.states),
        (f"  {climbed.cleared} of {len(climbed.states)} floors", "$quiet"),
        (f"  {dungeon.gate}", "$quiet"),
        grade,
    )
