"""A quest: what to build, by what it is judged, what it has cost, and the way in."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.types import CSSPathType
from textual.widgets import Markdown, Static

from leveling.play import solutions
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.widgets import facts
from leveling.tui.widgets.brief import sections_of
from leveling.tui.widgets.scrolling import Reading
from leveling.world.quest import Quest
from leveling.world.words import Kind

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class QuestScreen(Place):
    """Everything about one quest. Work on it is done in the learner's own editor."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "quest.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", tooltip="Open your file in your editor; it is written the first time"),
        Binding("a,enter", "attempt", "Attempt", key_display="a", tooltip="Judge your file (a quiz: answer it)"),
        Binding("h", "hint", "Hint", tooltip="The next hint; its cost is asked for first"),
        Binding("v", "reveal", "Reveal", tooltip="The reference; asks first"),
        Binding("n", "note", "Note", tooltip="Write something down with this quest"),
        Binding("r", "reading", "Reading", show=False, tooltip="Go to the reading list"),
    ]

    def __init__(self, game: Game, quest: Quest) -> None:
        super().__init__()
        self.game = game
        self.quest = quest

    @property
    def path(self) -> Path:
        """Where the learner's file is or will be."""
        return solutions.path_of(self.quest)

    # ---- what is shown

    def body(self) -> ComposeResult:
        """The top facts and the columns; the brief follows when these are on the screen."""
        yield Static(id="top")
        with Horizontal(id="columns"):
            with Reading(id="brief"):
                yield facts.Fitted(lambda width: facts.objective(self.quest, width), id="objective")
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="work", classes="frame")
                yield Static(id="hints", classes="frame")
                yield Static(id="history", classes="frame")

    def on_mount(self) -> None:
        """Facts first."""
        for name, title in (("work", "YOUR FILE"), ("hints", "HINTS"), ("history", "HISTORY")):
            self.query_one(f"#{name}").border_title = title
        self.query_one("#brief").focus()
        self.call_after_refresh(self._read_brief)

    def on_screen_resume(self) -> None:
        """Coming back from the editor or an attempt."""
        if self.hall.known is not None:
            self._draw(self.hall.known)

    def known_changed(self, known: "Known") -> None:
        """The record is other than before."""
        self._draw(known)

    def _draw(self, known: "Known") -> None:
        record = self.game.known(self.quest.id)
        door = known.standing.doors.get(self.quest.id)
        offered = self.game.offered(self.quest)
        self.query_one("#top", Static).update(facts.top(self.quest, record, door, offered))
        self.query_one("#work", Static).update(facts.work(self.quest, record, self.path))
        self.query_one("#hints", Static).update(facts.hints(self.quest, record, offered))
        self.query_one("#history", Static).update(facts.history(record))

    def _read_brief(self) -> None:
        self.run_worker(self._mount_brief(), exclusive=True, group="brief")

    async def _mount_brief(self) -> None:
        """One section after another, so that no key waits for the whole text."""
        brief = self.query_one("#brief")
        file = self.quest.folder / "brief.md"
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            await brief.mount(Static(f"The brief cannot be read: {error.strerror}", markup=False))
            return
        for section in sections_of(text):
            await brief.mount(Markdown(section, open_links=False))
        await brief.mount(facts.Fitted(lambda width: facts.demands(self.quest, width), id="demands"))
        reading = facts.reading(self.quest)
        if reading:
            await brief.mount(Static(reading, id="reading"))

    # ---- what is done

    def action_edit(self) -> None:
        """Write the starter where no file is, then open the editor."""
        from leveling.tui.editing import open_in_editor

        try:
            begun = self.game.begin(self.quest)
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
            return
        self.hall.refresh_known()
        open_in_editor(self.hall, begun.path)

    def action_attempt(self) -> None:
        """Judge the file, or ask the quiz."""
        if self.quest.kind is Kind.QUIZ:
            self.hall.show_quiz(self.quest)
        elif self.path.is_file():
            self.hall.show_attempt(self.quest, self.path)
        else:
            self.hall.tell_trouble(
                f"There is no file yet. Press e: it writes\n{self.path}\nand opens it in your editor."
            )

    def action_hint(self) -> None:
        """Say what it costs, then show it."""
        from leveling.tui.screens.panel import QuestionScreen

        cost = facts.next_hint(self.quest, self.game.known(self.quest.id), self.game.offered(self.quest))
        if cost is None or cost.xp == 0:
            self._take_hint(agreed=True)
            return
        text = f"Hint {cost.number} of {cost.of} takes {cost.xp} of the {cost.left} XP that this quest can still give."
        self.app.push_screen(QuestionScreen("A hint", text, f"show it (-{cost.xp} XP)"), self._answered_hint)

    def _answered_hint(self, agreed: bool | None) -> None:  # noqa: FBT001 - what a dialog gives
        self._take_hint(agreed=bool(agreed))

    def _take_hint(self, *, agreed: bool) -> None:
        if not agreed:
            return
        from leveling.tui.screens.hint import HintScreen

        try:
            shown = self.game.hint(self.quest)
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
            return
        self.hall.refresh_known()
        self.app.push_screen(HintScreen(self.game, self.quest, shown))

    def action_reveal(self) -> None:
        """Ask, unless the hunter has an own clear, then show the reference."""
        if self.quest.kind is Kind.QUIZ:
            self.hall.tell_trouble("A quiz tells every answer after you have given yours.")
        elif self.game.known(self.quest.id).counts:
            self._reveal(agreed=True)
        else:
            from leveling.tui.screens.panel import QuestionScreen

            text = (
                "This shows the answer. The quest then gives no XP and no rank until you solve it again from a blank file; "
                "your present file is kept beside it."
            )
            self.app.push_screen(QuestionScreen("Reveal the reference", text, "show it"), self._answered_reveal)

    def _answered_reveal(self, agreed: bool | None) -> None:  # noqa: FBT001 - what a dialog gives
        self._reveal(agreed=bool(agreed))

    def _reveal(self, *, agreed: bool) -> None:
        if not agreed:
            return
        from leveling.tui.screens.reference import ReferenceScreen

        try:
            source = self.game.reveal(self.quest)
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
            return
        self.hall.refresh_known()
        self.app.push_screen(ReferenceScreen(self.quest, source))

    def action_note(self) -> None:
        """Write in a panel."""
        from leveling.tui.screens.note import NoteScreen

        self.app.push_screen(NoteScreen(self.game, self.quest), lambda _: self.hall.refresh_known())

    def action_reading(self) -> None:
        """To the end of the brief."""
        self.query_one("#brief", Reading).scroll_end(animate=False)
