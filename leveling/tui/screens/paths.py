"""The guided routes: which there are, and how far each is."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.play.game import Game
from leveling.play.paths import all_progress
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import bar, quiet
from leveling.world.travelling import Progress

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class PathsScreen(Place):
    """Enter opens one, c follows it: its next quest is then advised first."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "paths.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Open"),
        Binding("c", "follow", "Follow", tooltip="Make this your path, or leave it"),
    ]
    place = "paths"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self._found: list[Progress] = []

    def body(self) -> ComposeResult:
        """A list and what it promises."""
        yield Choices(id="paths", classes="frame")
        yield Static(id="promise", classes="frame")

    def on_mount(self) -> None:
        """Read them in a thread: they are long files."""
        self.query_one("#paths").border_title = "PATHS"
        self.query_one("#paths").focus()
        self.query_one("#promise", Static).update(quiet("reading the paths"))

    def known_changed(self, known: "Known") -> None:
        """Count anew."""
        self.run_worker(lambda: self._read(known), thread=True, exclusive=True, group="paths", exit_on_error=False)

    def _read(self, known: "Known") -> None:
        found = all_progress(self.game.catalog, known.record)
        self.app.call_from_thread(self._fill, found, known.record.path)

    def _fill(self, found: list[Progress], chosen: str) -> None:
        self._found = found
        choices = self.query_one("#paths", Choices)
        here = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(line(each, is_chosen=each.path.id == chosen), id=each.path.id) for each in found])
        if found:
            choices.highlighted = min(here, len(found) - 1)
        else:
            self.query_one("#promise", Static).update(quiet("No pack here has a path."))

    @on(OptionList.OptionHighlighted, "#paths")
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        each = self._found[event.option_index]
        following = f"\nNext: {each.following.target.id}" if each.following else ""
        self.query_one("#promise", Static).update(Content.assemble(each.path.promise, (following, "$accent")))

    @on(OptionList.OptionSelected, "#paths")
    def _open(self, event: OptionList.OptionSelected) -> None:
        from leveling.tui.screens.path import PathScreen

        self.app.push_screen(PathScreen(self.game, self._found[event.option_index]))

    def action_follow(self) -> None:
        """Choose or leave the path under the cursor."""
        place = self.query_one("#paths", Choices).highlighted
        if place is None or place >= len(self._found):
            return
        wanted = self._found[place].path.id
        try:
            self.game.choose("path", "" if self.game.record.path == wanted else wanted)
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
        self.hall.refresh_known()

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def line(each: Progress, *, is_chosen: bool) -> Content:
    """Title, length, and how much of what exists is done."""
    tally = each.mandatory
    return Content.assemble(
        ("➤ " if is_chosen else "  ", "$accent"),
        (each.path.title, "bold"),
        (f"   {each.path.length}", "$quiet"),
        ("   your path" if is_chosen else "", "$accent"),
        "\n    ",
        bar(tally.cleared, tally.forged or 1, 20),
        f" {tally.percent_of_forged}%",
        (
            f" of {tally.forged} forged, {tally.not_forged} to come; {each.hours_spent:.0f} of {each.hours_planned:.0f} h",
            "$quiet",
        ),
    )
