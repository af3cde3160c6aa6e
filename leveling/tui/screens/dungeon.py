"""A dungeon's map: its floors as a tower, what it builds, and the brief."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Markdown, OptionList, Static
from textual.widgets.option_list import Option

from leveling.catalog import FaultyContent
from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.brief import sections_of
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import badge, hours_in_words
from leveling.tui.widgets.scrolling import Reading
from leveling.tui.widgets.tower import about, storey
from leveling.world.dungeon import Climb
from leveling.world.quest import Quest

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class DungeonScreen(Place):
    """Enter goes to a floor, which is then read, written and judged like a quest."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "dungeon.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Go to the floor"),
        Binding("tab", "turn", "Brief", tooltip="Between the floors and the brief"),
        Binding("minus", "app.go('echoes')", "Echoes", key_display="-", tooltip="What you may import here"),
    ]
    place = "dungeons"

    def __init__(self, game: Game, climbed: Climb) -> None:
        super().__init__()
        self.game = game
        self.climbed = climbed
        self._floors: list[Quest] = []  # as drawn, the boss first

    def body(self) -> ComposeResult:
        """The tower on the left; what it is about and the brief on the right."""
        yield Static(id="top")
        with Horizontal(id="columns"):
            yield Choices(id="tower", classes="frame")
            with Reading(id="brief"):
                yield Static(id="about")

    def on_mount(self) -> None:
        """The floors at once, the brief after the first frame."""
        self.query_one("#tower").border_title = "FLOORS"
        self.query_one("#tower").focus()
        self._draw()
        self.call_after_refresh(self._read_brief)

    def known_changed(self, known: "Known") -> None:  # noqa: ARG002 - the signature of every place
        """The record is other than before."""
        self._draw()

    def on_screen_resume(self) -> None:
        """Coming back from a floor."""
        self._draw()

    def _draw(self) -> None:
        try:
            self.climbed = self.game.climb(self.climbed.dungeon.id)
            floors = [self.game.catalog.quest(floor) for floor in self.climbed.dungeon.floors]
        except FaultyContent as fault:
            self.query_one("#about", Static).update(str(fault))
            return
        self._floors = list(reversed(floors))
        dungeon = self.climbed.dungeon
        self.query_one("#top", Static).update(_top(self.climbed))
        self.query_one("#about", Static).update(about(self.climbed))
        tower = self.query_one("#tower", Choices)
        tower.border_subtitle = _how_far(self.climbed)
        here = tower.highlighted
        tower.clear_options()
        tower.add_options(
            [Option(storey(self.climbed, quest, dungeon.number(quest.id)), id=quest.id) for quest in self._floors]
        )
        next_up = len(floors) - dungeon.number(self.climbed.next)
        tower.highlighted = next_up if here is None else here

    def _read_brief(self) -> None:
        self.run_worker(self._mount_brief(), exclusive=True, group="brief")

    async def _mount_brief(self) -> None:
        brief = self.query_one("#brief")
        try:
            text = (self.climbed.dungeon.folder / "brief.md").read_text(encoding="utf-8")
        except OSError as error:
            await brief.mount(Static(f"The brief cannot be read: {error.strerror}", markup=False))
            return
        for section in sections_of(text):
            await brief.mount(Markdown(section, open_links=False))

    @on(OptionList.OptionSelected, "#tower")
    def _open(self, event: OptionList.OptionSelected) -> None:
        self.hall.show_quest(self._floors[event.option_index].id)

    def action_turn(self) -> None:
        """From the tower to the brief and back."""
        tower = self.query_one("#tower")
        self.query_one("#brief" if tower.has_focus else "#tower").focus()

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def _top(climbed: Climb) -> Content:
    dungeon = climbed.dungeon
    return Content.assemble(
        badge(dungeon.rank),
        " ",
        (dungeon.title, "bold"),
        (f"   about {hours_in_words(dungeon.minutes * 60)}", "$quiet"),
    )


def _how_far(climbed: Climb) -> str:
    return "all cleared" if climbed.is_done else f"{climbed.cleared} of {len(climbed.states)} cleared"
