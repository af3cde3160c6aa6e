"""One guided route as a tree that folds: sections, parts, entries, quests, each with its tick and its hours."""

import itertools
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from leveling.play.game import Game
from leveling.play.paths import path_progress
from leveling.tui.screens.place import Place
from leveling.world.card import Card
from leveling.world.path import Part
from leveling.world.travelling import Progress, Row, State, Stop
from leveling.world.words import Kind

if TYPE_CHECKING:
    from leveling.tui.knowing import Known

TICKS = {
    State.DONE: "✓",
    State.DONE_SO_FAR: "✓",
    State.BEGUN: "◐",
    State.OPEN: "○",
    State.NOT_FORGED: "·",
    State.NOT_JUDGED: " ",
}
FAINT = {State.NOT_FORGED, State.NOT_JUDGED}
Held = Card | Row | str | None


class RouteTree(Tree[Held]):
    """A tree that also obeys the keys of vi."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("l", "unfold", "Unfold", show=False),
        Binding("right", "unfold", "Unfold", show=False),
        Binding("h,left", "fold", "Fold", show=False),
        Binding("G", "scroll_end", "End", show=False),
        Binding("g,home", "scroll_home", "Top", show=False),
        Binding("z", "all", "Fold or unfold all"),
    ]

    def action_unfold(self) -> None:
        """Open what is under the cursor, or go into it."""
        node = self.cursor_node
        if node is not None and node.allow_expand and not node.is_expanded:
            node.expand()
        else:
            self.action_cursor_down()

    def action_fold(self) -> None:
        """Close what is under the cursor, or go to what holds it."""
        node = self.cursor_node
        if node is None:
            return
        if node.is_expanded and node.allow_expand:
            node.collapse()
        elif node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)

    def action_all(self) -> None:
        """All sections open, or all closed."""
        is_open = any(node.is_expanded for node in self.root.children)
        for node in self.root.children:
            node.collapse_all() if is_open else node.expand_all()


class PathScreen(Place):
    """Enter on a quest opens it; on anything else it folds."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "paths.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "noop", "Open or fold")]
    place = "paths"

    def __init__(self, game: Game, progress: Progress) -> None:
        super().__init__()
        self.game = game
        self.progress = progress
        self._drawn: Progress | None = None

    def body(self) -> ComposeResult:
        """The tree, and the note of what is under the cursor."""
        tree = RouteTree("", id="tree")
        tree.show_root = False
        tree.guide_depth = 2
        tree.border_title = self.progress.path.title
        yield tree
        yield Static(id="note")

    def on_mount(self) -> None:
        """Open where the next quest is."""
        self._draw()
        self.query_one(RouteTree).focus()

    def known_changed(self, known: "Known") -> None:
        """What was cleared meanwhile."""
        self.progress = path_progress(self.game.catalog, self.progress.path.id, known.record)
        if self._drawn is not None and self.progress != self._drawn:
            self._draw()

    def _draw(self) -> None:
        tree = self.query_one(RouteTree)
        unfolded = {str(node.data) for node in tree.root.children if node.is_expanded} if self._drawn else None
        tree.clear()
        rows = iter(self.progress.rows)
        for section in self.progress.path.sections:
            mine = [list(itertools.islice(rows, len(part.entries))) for part in section.parts]
            has_next = any(self._is_next(row) for part in mine for row in part)
            node = tree.root.add(
                self._heading(section.title, section.span, [row for part in mine for row in part]),
                data=section.title,
                expand=section.title in unfolded if unfolded is not None else has_next,
            )
            for part, part_rows in zip(section.parts, mine, strict=True):
                self._add_part(node, part, part_rows)
        self._drawn = self.progress
        tally = self.progress.mandatory
        tree.border_subtitle = f"{tally.cleared} of {tally.forged} forged cleared, {tally.not_forged} to come"

    def _add_part(self, section: TreeNode[Held], part: Part, rows: list[Row]) -> None:
        span = ", ".join(filter(None, (part.span, f"{part.planned_hours:.0f} h" if part.planned_hours else "")))
        choice = f"choose {part.choose}" if part.choose else ""
        node = section.add(
            self._heading(part.title, ", ".join(filter(None, (span, choice))), rows), data=part.note or part.title
        )
        if any(self._is_next(row) for row in rows):
            node.expand()
        for row in rows:
            label = self._row(row)
            if not row.stops:
                node.add_leaf(label, data=row)
                continue
            entry = node.add(label, data=row, expand=self._is_next(row))
            for stop in row.stops:
                entry.add_leaf(self._stop(stop), data=stop.card or f"{stop.target.id} is not yet forged.")

    def _is_next(self, row: Row) -> bool:
        following = self.progress.following
        return following is not None and any(stop.target.id == following.target.id for stop in row.stops)

    def _heading(self, title: str, span: str, rows: list[Row]) -> Text:
        counted = [row for row in rows if row.counts]
        done = sum(row.state in (State.DONE, State.DONE_SO_FAR) for row in counted)
        figures = f"{done}/{len(counted)}" if counted else ""
        return Text.assemble(
            (title, self._style("primary", bold=True)), ("  ", ""), (f"{span}  {figures}", self._style("quiet"))
        )

    def _row(self, row: Row) -> Text:
        tick = TICKS[row.state]
        style = self._style("success") if tick == "✓" else self._style("quiet") if row.state in FAINT else Style()
        facts = ", ".join(
            filter(
                None,
                (
                    row.entry.kind.value,
                    "" if row.counts or not row.entry.kind.is_judged else "optional",
                    f"{row.entry.hours:g} h" if row.entry.hours else "",
                    row.state.value if row.state in (State.NOT_FORGED, State.DONE_SO_FAR) else "",
                ),
            )
        )
        return Text.assemble((f"{tick} ", style), row.entry.title, (f"  {facts}", self._style("quiet")))

    def _stop(self, stop: Stop) -> Text:
        faint = self._style("quiet")
        if stop.card is None:
            return Text.assemble((f"{TICKS[stop.state]} {stop.target.id}  {stop.state}", faint))
        rank = self._style(f"rank-{stop.card.rank.lower()}", bold=True)
        return Text.assemble(
            f"{TICKS[stop.state]} ",
            (stop.card.rank.value, rank),
            f" {stop.card.title}",
            (f"  {stop.card.minutes} min", faint),
        )

    def _style(self, name: str, *, bold: bool = False) -> Style:
        """A colour of the theme: the tree draws Rich's texts, which know no variables."""
        value = self.app.theme_variables.get(name, "")
        return Style(color=value if value.startswith("#") else None, bold=bold or None)

    @on(Tree.NodeHighlighted)
    def _tell(self, event: "Tree.NodeHighlighted[Held]") -> None:
        data = event.node.data
        words = ""
        if isinstance(data, Row):
            words = " ".join(filter(None, (data.entry.note, data.entry.link)))
        elif isinstance(data, Card):
            words = f"{data.id}: {data.learns}"
        elif isinstance(data, str):
            words = data
        self.query_one("#note", Static).update(words[:300])

    @on(Tree.NodeSelected)
    def _open(self, event: "Tree.NodeSelected[Held]") -> None:
        card = event.node.data
        if not isinstance(card, Card):
            return
        if card.kind is Kind.TRIAL:
            self.hall.show_trial(card.gate, card.rank)
        elif card.kind is Kind.DUNGEON:
            self.hall.show_dungeon(card.id)
        else:
            self.hall.show_quest(card.id)

    def action_noop(self) -> None:
        """The tree answers enter; this line is for the footer."""
