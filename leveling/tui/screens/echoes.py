"""The echoes: what was cleared and may be imported again, where it comes from, and where it is used."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.play import shelf
from leveling.play.game import Game
from leveling.play.shelf import Shelved
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import joined, quiet

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class EchoesScreen(Place):
    """Enter opens the quest of one, s lets another clear take its place."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "dungeon.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Open its quest"),
        Binding("s", "swap", "Swap", tooltip="Let another of your clears of this quest be the echo"),
    ]
    place = "echoes"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self._found: list[Shelved] = []

    def body(self) -> ComposeResult:
        """A list, and how the highlighted one is imported."""
        yield Choices(id="echoes", classes="frame")
        yield Static(id="one", classes="frame")

    def on_mount(self) -> None:
        """They are read in a thread: every kept clear is looked at for its imports."""
        self.query_one("#echoes").border_title = "ECHOES"
        self.query_one("#echoes").focus()
        self.query_one("#one", Static).update(quiet("reading your clears"))

    def known_changed(self, known: "Known") -> None:  # noqa: ARG002 - the signature of every place
        """Another clear may be another echo."""
        self.run_worker(self._read, thread=True, exclusive=True, group="echoes", exit_on_error=False)

    def _read(self) -> None:
        try:
            found = shelf.shelf(self.game)
        except Trouble as trouble:
            self.app.call_from_thread(self.hall.tell_trouble, str(trouble))
            return
        self.app.call_from_thread(self._fill, found)

    def _fill(self, found: list[Shelved]) -> None:
        self._found = found
        choices = self.query_one("#echoes", Choices)
        here = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(line(each), id=each.quest) for each in found])
        if found:
            choices.highlighted = min(here, len(found) - 1)
        else:
            words = "No echoes yet. Clear a quest, and its solution can be imported in later quests and in dungeons."
            self.query_one("#one", Static).update(quiet(words))

    @on(OptionList.OptionHighlighted, "#echoes")
    def _tell(self, event: OptionList.OptionHighlighted) -> None:
        self.query_one("#one", Static).update(about(self._found[event.option_index]))

    @on(OptionList.OptionSelected, "#echoes")
    def _open(self, event: OptionList.OptionSelected) -> None:
        self.hall.show_quest(self._found[event.option_index].quest)

    def action_swap(self) -> None:
        """The next of one's other clears takes its place."""
        place = self.query_one("#echoes", Choices).highlighted
        if place is None or place >= len(self._found):
            return
        try:
            shelf.swap(self.game, self.game.catalog.quest(self._found[place].quest))
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
            return
        self.hall.refresh_known()

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def line(each: Shelved) -> Content:
    """Module, origin, names."""
    origin = "borrowed: the reference" if each.is_borrowed else f"grade {each.grade}, {each.cleared}"
    return Content.assemble(
        (each.module, "bold"),
        (f"   {origin}", "$warning" if each.is_borrowed else "$quiet"),
        (f"\n    {', '.join(each.names)}", "$accent"),
    )


def about(each: Shelved) -> Content:
    """What it does, how it is imported, who uses it."""
    gate = each.quest.partition("/")[0].replace("-", "_")
    parts = [
        Content(each.says),
        Content.assemble(("from ", "$quiet"), f"echoes.{gate}", (" import ", "$quiet"), ", ".join(each.names)),
    ]
    if each.used_by:
        parts.append(quiet(f"used by {', '.join(each.used_by)}"))
    if each.others:
        parts.append(quiet(f"{len(each.others)} other clears of yours could take its place: s"))
    return joined(parts)
