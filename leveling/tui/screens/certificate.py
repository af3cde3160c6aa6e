"""The certificate: what can be certified now, what it would say, where it goes; and whether a file is a good one."""

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
from leveling.certificate.formats import FORMATS, SUFFIXES
from leveling.play import certifying
from leveling.play.game import Game
from leveling.play.paths import all_progress
from leveling.play.printed import safe
from leveling.play.trouble import Trouble
from leveling.tui.naming import free_path, path_of
from leveling.tui.screens.panel import PanelScreen
from leveling.tui.screens.place import Place
from leveling.tui.widgets.certified import Preview, drawn, found, preview_of, written
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import badge, quiet
from leveling.world.record import OVERALL
from leveling.world.words import Rank

if TYPE_CHECKING:
    from leveling.tui.knowing import Known

NOTHING_YET = (
    "Nothing to certify yet. The first certificate comes with rank E, overall or in one gate, or with a completed path; "
    "1 shows what the next rank asks for. v checks a file of someone else's at any time."
)


@dataclass(frozen=True, slots=True)
class Possible:
    """One thing to certify: `of` as `certifying` names it. A path has no rank."""

    of: str
    title: str
    rank: Rank | None = None


class CertificateScreen(Place):
    """Enter exports what is under the cursor, f chooses the format, v checks a file."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "certificate.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Export"),
        Binding("f", "format", "Format", tooltip="SVG, PNG, PDF, JSON, or a bundle with your solutions"),
        Binding("v", "verify", "Verify", tooltip="Check a certificate by its file"),
    ]
    place = "certificate"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self.form = FORMATS[0]
        self._possible: list[Possible] = []
        self._is_busy = False

    def body(self) -> ComposeResult:
        """A list, and what the certificate would say."""
        yield Choices(id="possible", classes="frame")
        yield Static(quiet("reading your ranks"), id="preview", classes="frame")

    def on_mount(self) -> None:
        """Titles; the list is filled when the ranks are known."""
        self.query_one("#possible").border_title = "CERTIFICATE"
        self.query_one("#preview").border_title = "PREVIEW"
        self._draw_form()
        self.query_one("#possible").focus()

    def _draw_form(self) -> None:
        self.query_one("#possible").border_subtitle = f"enter: export as {self.form}"

    # ---- what there is

    def known_changed(self, known: "Known") -> None:
        """Look anew."""
        self.run_worker(lambda: self._look(known), thread=True, exclusive=True, group="possible", exit_on_error=False)

    def _look(self, known: "Known") -> None:
        there = possible(self.game, known)
        if self.is_attached and self.app.is_running:
            self.app.call_from_thread(self._fill, there)

    def _fill(self, there: list[Possible]) -> None:
        self._possible = there
        choices = self.query_one("#possible", Choices)
        here = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(_line(each), id=each.of) for each in there])
        if there:
            choices.highlighted = min(here, len(there) - 1)
        else:
            self.query_one("#preview", Static).update(quiet(NOTHING_YET))

    @property
    def chosen(self) -> Possible | None:
        """What is under the cursor."""
        place = self.query_one("#possible", Choices).highlighted
        return self._possible[place] if place is not None and place < len(self._possible) else None

    @on(OptionList.OptionHighlighted, "#possible")
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        of = str(event.option_id)
        self.run_worker(lambda: self._read(of), thread=True, exclusive=True, group="preview", exit_on_error=False)

    def _read(self, of: str) -> None:
        preview = preview_of(self.game, of)
        if self.is_attached and self.app.is_running:
            self.app.call_from_thread(self._tell, of, preview)

    def _tell(self, of: str, preview: Preview) -> None:
        if self.chosen is not None and self.chosen.of == of:  # the cursor may have gone on
            self.query_one("#preview", Static).update(drawn(preview))

    # ---- exporting

    def action_format(self) -> None:
        """One of five."""
        from leveling.tui.screens.asking import PickScreen

        self.app.push_screen(PickScreen("Format", FORMATS, self.form), self._form)

    def _form(self, form: str | None) -> None:
        if form is not None:
            self.form = form
            self._draw_form()

    @on(OptionList.OptionSelected, "#possible")
    def _ask_where(self, event: OptionList.OptionSelected) -> None:
        from leveling.tui.screens.asking import AskScreen

        of, form = str(event.option_id), self.form
        proposed = free_path(places.workspace(), f"leveling-{of.replace(':', '-')}", SUFFIXES[form])
        self.app.push_screen(
            AskScreen(f"Write the certificate ({form}) to", str(proposed)),
            lambda text: self._export(of, form, text) if text else None,
        )

    def _export(self, of: str, form: str, text: str) -> None:
        if self._begin("writing ..."):
            self.run_worker(
                lambda: self._write(of, form, path_of(text)), thread=True, group="export", exit_on_error=False
            )

    def _write(self, of: str, form: str, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            panel = PanelScreen("Certificate written", written(certifying.export(self.game, of, form, path)))
        except OSError as error:
            panel = PanelScreen("Something to put right", f"{path.parent} cannot be made: {error.strerror}")
        except Trouble as trouble:
            panel = PanelScreen("Something to put right", str(trouble))
        self._finish(panel)

    # ---- checking

    def action_verify(self) -> None:
        """Ask for the file."""
        from leveling.tui.screens.asking import AskScreen

        self.app.push_screen(
            AskScreen("Certificate to check", ""), lambda text: self._verify(path_of(text)) if text else None
        )

    def _verify(self, path: Path) -> None:
        if self._begin("checking ..."):
            self.run_worker(lambda: self._check(path), thread=True, group="export", exit_on_error=False)

    def _check(self, path: Path) -> None:
        from leveling.certificate.refusal import Refused

        try:
            checked = certifying.verify(self.game.catalog, path)
        except Refused as refused:
            title = "Cannot be checked" if refused.fault.is_bad_input else "Not valid"
            panel = PanelScreen(title, f"{path}\n\n{safe(str(refused))} ({refused.fault})")
        except Trouble as trouble:
            panel = PanelScreen("Something to put right", str(trouble))
        else:
            panel = PanelScreen("Valid" if checked.is_valid else "Not valid", found(path, checked))
        self._finish(panel)

    def _begin(self, words: str) -> bool:
        if self._is_busy:
            return False
        self._is_busy = True
        self.query_one("#preview").border_subtitle = words
        return True

    def _finish(self, panel: PanelScreen) -> None:
        """From a thread: tell it, also to who has left this place meanwhile."""
        hall = self.hall
        if hall.is_running:
            hall.call_from_thread(self._end, panel)

    def _end(self, panel: PanelScreen) -> None:
        self._is_busy = False
        if self.is_attached:
            self.query_one("#preview").border_subtitle = ""
            if self.chosen is not None:
                of = self.chosen.of
                self.run_worker(lambda: self._read(of), thread=True, exclusive=True, group="preview")
        self.app.push_screen(panel)

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def possible(game: Game, known: "Known") -> list[Possible]:
    """The ranks reached and the paths completed. Reads the paths: call in a thread."""
    standing = known.standing
    there = [Possible(OVERALL, OVERALL, standing.overall.rank)]
    there += [Possible(gate, gate, where.rank) for gate, where in standing.gates.items()]
    reached = [each for each in there if each.rank is not None]
    paths = all_progress(game.catalog, known.record)
    return reached + [
        Possible(f"{certifying.PATH_PREFIX}{each.path.id}", each.path.title) for each in paths if each.is_complete
    ]


def _line(each: Possible) -> Content:
    kind = "path completed" if each.rank is None else "rank overall" if each.of == OVERALL else "gate"
    return Content.assemble(badge(each.rank), "  ", (each.title, "bold"), (f"   {kind}", "$quiet"))
