"""The portfolio: what it would show, where it goes, under which licence; and what an export wrote and left alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling import places
from leveling.play.game import Game
from leveling.play.portfolio import LICENCES, Contents, Written, export, manifest
from leveling.play.portfolio.gathering import gather
from leveling.play.portfolio.licensing import NAMES
from leveling.play.portfolio.markup import many
from leveling.play.trouble import Trouble
from leveling.tui.naming import path_of
from leveling.tui.screens.panel import PanelScreen
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import badge, joined, quiet
from leveling.tui.widgets.scrolling import Reading

if TYPE_CHECKING:
    from leveling.tui.knowing import Known

NOTHING_YET = "There is nothing to show yet. Clear one quest without its reference, and it is the first work here."


@dataclass(frozen=True, slots=True)
class Look:
    """What would be exported, and the licence of the last export into that folder. `trouble` says what is in the way."""

    contents: Contents | None
    licence: str
    trouble: str = ""


class PortfolioScreen(Place):
    """Enter changes the folder or the licence; x writes."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "portfolio.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Choose"),
        Binding("x", "export", "Export", tooltip="Write the portfolio, or bring it up to date"),
    ]
    place = "portfolio"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self.folder = places.workspace() / "portfolio"
        self._licence: str | None = None  # None: that of the last export
        self._look: Look | None = None
        self._is_writing = False

    def body(self) -> ComposeResult:
        """What is shown, then the terms."""
        with Reading(id="shown", classes="frame") as frame:
            frame.border_title = "PORTFOLIO"
            yield Static(quiet("reading your clears"), id="counts")
        yield Choices(id="terms", classes="frame")

    def on_mount(self) -> None:
        """The terms can be changed at once."""
        terms = self.query_one("#terms", Choices)
        terms.border_title = "EXPORT"
        self._draw_terms()
        terms.focus()

    def known_changed(self, known: "Known") -> None:  # noqa: ARG002 - the portfolio reads the save itself
        """Count anew."""
        self._read()

    def _read(self) -> None:
        self.run_worker(self._gather, thread=True, exclusive=True, group="portfolio", exit_on_error=False)

    def _gather(self) -> None:
        folder = self.folder
        look = look_at(self.game, folder)
        if self.is_attached and self.app.is_running:
            self.app.call_from_thread(self._fill, folder, look)

    def _fill(self, folder: Path, look: Look) -> None:
        if folder == self.folder:  # another one may have been named meanwhile
            self._look = look
            self.query_one("#counts", Static).update(counted(look))
            self._draw_terms()

    def _draw_terms(self) -> None:
        terms = self.query_one("#terms", Choices)
        here = terms.highlighted or 0
        licence = self._licence or (self._look.licence if self._look else "none")
        terms.clear_options()
        terms.add_options(
            [
                Option(
                    _term("Folder", str(self.folder), "made when it is not there; your own files stay"), id="folder"
                ),
                Option(_term("Licence", NAMES[licence], "under which you publish; your choice"), id="licence"),
                Option(_term("Export", "writing ..." if self._is_writing else "write it now", ""), id="export"),
            ]
        )
        terms.highlighted = here

    @on(OptionList.OptionSelected, "#terms")
    def _choose(self, event: OptionList.OptionSelected) -> None:
        from leveling.tui.screens.asking import AskScreen, PickScreen

        if event.option_id == "folder":
            self.app.push_screen(AskScreen("Folder of the portfolio", str(self.folder)), self._move)
        elif event.option_id == "licence":
            held = self._licence or (self._look.licence if self._look else "none")
            self.app.push_screen(PickScreen("Licence", LICENCES, held), self._license)
        else:
            self.action_export()

    def _move(self, text: str | None) -> None:
        if text:
            self.folder = path_of(text)
            self._draw_terms()
            self._read()

    def _license(self, chosen: str | None) -> None:
        if chosen is not None:
            self._licence = chosen
            self._draw_terms()

    def action_export(self) -> None:
        """Write in a thread, one export at a time."""
        if not self._is_writing:
            self._is_writing = True
            self._draw_terms()
            self.run_worker(self._export, thread=True, group="export", exit_on_error=False)

    def _export(self) -> None:
        folder, hall = self.folder, self.hall
        try:
            contents, written = export(self.game, folder, self._licence)
        except Trouble as trouble:
            panel = PanelScreen("Something to put right", str(trouble))
        else:
            panel = PanelScreen("Portfolio written", told(folder, contents, written))
        if hall.is_running:
            hall.call_from_thread(self._end, panel)

    def _end(self, panel: PanelScreen) -> None:
        self._is_writing = False
        if self.is_attached:
            self._draw_terms()
            self._read()
        self.app.push_screen(panel)

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def look_at(game: Game, folder: Path) -> Look:
    """Read the save and the folder's manifest. Call in a thread."""
    try:
        contents = gather(game)
    except Trouble as trouble:
        return Look(None, "none", str(trouble))
    try:
        last = manifest.read(folder).licence
    except Trouble as trouble:
        return Look(contents, "none", str(trouble))
    return Look(contents, last if last in LICENCES else "none")


def counted(look: Look) -> Content:
    """What the portfolio would hold, in figures."""
    contents = look.contents
    lines = [Content.assemble((look.trouble, "$warning"))] if look.trouble else []
    if contents is None:
        return joined(lines)
    aided = f"{many(contents.aided, 'clear')} with the reference at hand: left out"
    if not contents.everything:
        lines.append(quiet(NOTHING_YET))
        return joined([*lines, quiet(aided)] if contents.aided else lines)
    lines.append(Content.assemble((contents.hunter or "Hunter", "bold"), "  ", badge(contents.overall.rank)))
    figures = (
        (len(contents.works), "quest", "cleared without the reference"),
        (len(contents.climbs), "dungeon", "with the floors you cleared"),
        (sum(bool(work.solution) for work in contents.everything), "solution", "as you wrote them"),
        (sum(bool(work.post) for work in contents.everything), "post", "from your notes"),
        (sum(bool(work.plot) for work in contents.everything), "plot", "of what was measured"),
        (len(contents.gates), "gate", "with a rank, each with a badge"),
        (len(contents.trials), "trial", "passed"),
    )
    lines += [
        Content.assemble((f"{many(count, what):<14} ", "bold"), (about, "$quiet")) for count, what, about in figures
    ]
    if contents.aided:
        lines.append(quiet(aided))
    return joined(lines)


def told(folder: Path, contents: Contents, written: Written) -> str:
    """What an export did: what was written, and what was left alone and why."""
    done = (("new", written.new), ("brought up to date", written.changed), ("removed", written.removed))
    lines = [str(folder / "README.md"), f"{contents.shown} shown."]
    lines += [f"{many(len(names), 'file')} {what}" for what, names in done if names]
    if not any(names for _, names in done):
        lines.append("Nothing to write: every file is as it should be.")
    elif written.same:
        lines.append(f"{many(len(written.same), 'file')} as before")
    lines += [f"Left alone, because you changed it: {name}" for name in written.edited]
    lines += [f"Left alone, because it is your own: {name}" for name in written.foreign]
    if written.edited or written.foreign:
        lines.append("To have one of them made anew, move it away and export again.")
    return "\n".join(lines)


def _term(title: str, value: str, about: str) -> Content:
    line = Content.assemble((f"{title:<9}", "bold"), (value, "$primary"))
    return joined([line, quiet(f"  {about}")]) if about else line
