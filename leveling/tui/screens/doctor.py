"""The doctor: what this machine has, as it is found."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from leveling.catalog import Catalog
from leveling.play.doctoring import Finding, examine_machine
from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.drawing import joined, quiet
from leveling.tui.widgets.scrolling import Reading

SIGNS = {"good": ("✓", "$success"), "bad": ("✗", "$error"), "absent": ("○", "$warning")}


class DoctorScreen(Place):
    """Findings appear one by one; the last of them need PyTorch to be started."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "doctor.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "again", "Look again")]
    place = "doctor"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self._found: list[Finding] = []
        self._ended = False

    def body(self) -> ComposeResult:
        """A list and what goes on."""
        with Reading(id="findings", classes="frame") as frame:
            frame.border_title = "DOCTOR"
            yield Static(id="found")

    def on_mount(self) -> None:
        """Begin at once."""
        self.query_one("#findings").focus()
        self.action_again()

    def action_again(self) -> None:
        """From the beginning."""
        self._found, self._ended = [], False
        self._draw()
        self.run_worker(self._examine, thread=True, exclusive=True, group="doctor", exit_on_error=False)

    def _examine(self) -> None:
        for finding in examine_machine(Catalog(self.game.catalog.packs)):
            if not self.is_attached or not self.app.is_running:
                return
            self.app.call_from_thread(self._add, finding)
        if self.is_attached:
            self.app.call_from_thread(self._end)

    def _add(self, finding: Finding) -> None:
        self._found.append(finding)
        self._draw()

    def _end(self) -> None:
        self._ended = True
        self._draw()
        self.hall.warm_judge()

    def _draw(self) -> None:
        if self.is_attached:
            parts = [drawn(each) for each in self._found]
            if not self._ended:
                parts.append(quiet("looking ..."))
            else:
                parts.append(Content(""))
                parts.append(quiet(_sum(self._found)))
            self.query_one("#found", Static).update(joined(parts))


def drawn(finding: Finding) -> Content:
    """Sign, name, what was found; below it what to do."""
    sign, style = SIGNS[finding.state]
    line = Content.assemble((f"{sign} ", style), (f"{finding.what:<10} ", "bold"), finding.found)
    return joined([line, Content.assemble((f"             {finding.advice}", "$quiet"))]) if finding.advice else line


def _sum(found: list[Finding]) -> str:
    bad = [each.what for each in found if each.state == "bad"]
    return f"To put right: {', '.join(bad)}." if bad else "Everything that is needed is here."
