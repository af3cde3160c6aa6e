"""The quest board: type to narrow, arrows to choose, enter to open."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.types import CSSPathType
from textual.widgets import Input, Static

from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.cards import Line, drawn, kept, lines_of
from leveling.tui.widgets.drawing import badge, joined, quiet
from leveling.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from leveling.tui.knowing import Known

HINT = "type to search   gate:  rank:  kind:  state:  path:on"


class FilterInput(Input):
    """Letters narrow the list; the keys that move are the list's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", tooltip="Open the highlighted quest"),
        Binding("down", "to_list(1)", "Choose", key_display="↑↓"),
        Binding("up", "to_list(-1)", "Up", show=False),
        Binding("pagedown", "to_list(10)", "Page down", show=False),
        Binding("pageup", "to_list(-10)", "Page up", show=False),
    ]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is text. While nothing is written, those of the app go on working: no search begins with them."""
        return not self._is_for_the_app(character) and super().check_consume_key(key, character)

    async def _on_key(self, event: Key) -> None:
        if self._is_for_the_app(event.character):
            event.prevent_default()

    def _is_for_the_app(self, character: str | None) -> bool:
        return not self.value and character is not None and character in "0123456789-?:"

    def action_to_list(self, by: int) -> None:
        """Move in the list without leaving the filter."""
        self.screen.query_one("#quests", Rows).action_move(by)


class BoardScreen(Place):
    """All cards as lines. `words` is a filter to begin with."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "board.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Search", key_display="/"),
        Binding("f", "facets", "Filter by"),
        Binding("x", "forget", "Show all"),
    ]
    place = "board"

    def __init__(self, game: Game, words: str = "") -> None:
        super().__init__()
        self.game = game
        self._words = words
        self._lines: list[Line] = []
        self._shown: list[Line] = []
        self._wide_gate = 0
        self._drawn: dict[str, Content] = {}

    def body(self) -> ComposeResult:
        """Filter, list, what is known of the highlighted one."""
        yield FilterInput(self._words, placeholder=HINT, id="filter", select_on_focus=False)
        with Horizontal(id="halves"):
            yield Rows(id="quests")
            with Vertical(id="about", classes="frame"):
                yield Static(id="card")

    def on_mount(self) -> None:
        """A board that comes filtered is walked, any other is searched."""
        self.query_one("#quests" if self._words else "#filter").focus()

    def known_changed(self, known: "Known") -> None:
        """Draw every line once; a filter only chooses among them."""
        self._lines = lines_of(known.cards.values(), known.record, dict(known.standing.doors), known.path)
        self._wide_gate = max((len(line.card.gate) for line in self._lines), default=0)
        self._drawn = {line.card.id: drawn(line, self._wide_gate) for line in self._lines}
        self._fill()

    @on(Input.Changed, "#filter")
    def _narrow(self) -> None:
        self._fill()

    def _fill(self) -> None:
        rows = self.query_one("#quests", Rows)
        before = self._at(rows.highlighted)
        shown = kept(self._lines, self.query_one("#filter", Input).value)
        if shown == self._shown and rows.row_count:
            return
        self._shown = shown
        here = next((place for place, line in enumerate(shown) if before and line.card.id == before.card.id), 0)
        rows.show_rows([self._drawn[line.card.id] for line in shown], here)
        rows.border_subtitle = f"{len(shown)} of {len(self._lines)}"
        if not shown:
            self.query_one("#card", Static).update(quiet("No quest fits. x shows all again."), layout=False)

    def _at(self, place: int | None) -> Line | None:
        return self._shown[place] if place is not None and place < len(self._shown) else None

    @on(Rows.Highlighted, "#quests")
    def _tell(self, event: Rows.Highlighted) -> None:
        line = self._at(event.place)
        known = self.hall.known
        if line is None or known is None:
            return
        door = known.standing.doors.get(line.card.id)
        # the card keeps its size: laying the screen out again would cost each key 30 ms and a kilobyte
        self.query_one("#card", Static).update(about(line, door.reason if door else ""), layout=False)

    @on(Rows.Chosen, "#quests")
    @on(Input.Submitted, "#filter")
    def _open(self) -> None:
        line = self._at(self.query_one("#quests", Rows).highlighted)
        if line is not None:
            self.hall.show_quest(line.card.id)

    def action_filter(self) -> None:
        """Write in the filter."""
        self.query_one("#filter").focus()

    def action_forget(self) -> None:
        """No filter."""
        self.query_one("#filter", Input).value = ""

    def action_back(self) -> None:
        """First out of the filter, then out of here."""
        field = self.query_one("#filter", Input)
        if field.value and field.has_focus:
            field.value = ""
        else:
            super().action_back()

    def action_facets(self) -> None:
        """Choose a gate, rank, kind or state from a list."""
        from leveling.tui.screens.facets import FacetsScreen

        self.app.push_screen(FacetsScreen(self._lines), self._add_facet)

    def _add_facet(self, chosen: str | None) -> None:
        if chosen:
            field = self.query_one("#filter", Input)
            name = chosen.split(":", 1)[0]
            words = [word for word in field.value.split() if not word.startswith(f"{name}:")]
            field.value = " ".join([*words, chosen])
            field.cursor_position = len(field.value)
            self.query_one("#quests").focus()


def about(line: Line, reason: str) -> Content:
    """What the highlighted quest teaches, measures and waits for."""
    card = line.card
    gates = ", ".join(f"{kind} ({device})" for kind, device in card.gates)
    parts = [
        Content.assemble(badge(card.rank), " ", (card.title, "bold"), (f"   {line.state}", "$accent")),
        quiet(card.id),
        Content(card.learns),
    ]
    if gates:
        parts.append(Content.assemble(("gates  ", "$quiet"), gates))
    if card.needs:
        parts.append(Content.assemble(("after  ", "$quiet"), ", ".join(card.needs)))
    if reason:
        parts.append(Content.assemble((reason, "$warning")))
    return joined(parts)
