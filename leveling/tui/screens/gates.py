"""The gates map: topics by ranks, with what the next rank asks for."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.drawing import badge, bar, joined, quiet, rank_style
from leveling.tui.widgets.heat import HeatMap, Row
from leveling.world.words import Rank

if TYPE_CHECKING:
    from leveling.tui.knowing import Known


class GatesScreen(Place):
    """A heat map above, the gate under the cursor below."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "gates.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trial", "Trial", tooltip="The trial of this gate and rank"),
        Binding("p", "placement", "Placement", tooltip="The trial that would place you in this gate"),
        Binding("o", "overall", "Overall trial", show=False, tooltip="The trial drawn from several gates"),
    ]
    place = "gates"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def body(self) -> ComposeResult:
        """Map and explanation."""
        with VerticalScroll(id="map", classes="frame", can_focus=False) as frame:
            frame.border_title = "GATES"
            frame.border_subtitle = "cleared / quests   ◆ trial passed   · nothing yet"
            yield HeatMap(id="heat")
        with Vertical(id="gate", classes="frame"):
            yield Static(id="told")

    def on_mount(self) -> None:
        """The map has the keys."""
        self.query_one(HeatMap).focus()

    def known_changed(self, known: "Known") -> None:
        """Count anew."""
        standings = known.standing.gates
        rows = tuple(Row(gate, tally, standings[gate]) for gate, tally in known.tallies.items() if gate in standings)
        self.query_one(HeatMap).rows = rows
        if not rows:
            self.query_one("#told", Static).update(quiet("No quests were found. Press 7: the doctor says why."))

    @on(HeatMap.Moved)
    def _tell(self, message: HeatMap.Moved) -> None:
        self.query_one("#gate").border_title = message.row.gate
        self.query_one("#told", Static).update(about(message.row, message.rank))

    @on(HeatMap.Chosen)
    def _open(self, message: HeatMap.Chosen) -> None:
        self.hall.show_board(f"gate:{message.row.gate} rank:{message.rank.lower()}")

    def action_trial(self) -> None:
        """Of the cell under the cursor."""
        heat = self.query_one(HeatMap)
        if heat.rows:
            self.hall.show_trial(heat.rows[heat.row].gate, tuple(Rank)[heat.column])

    def action_overall(self) -> None:
        """For the next overall rank."""
        known = self.hall.known
        if known is not None and known.standing.overall.next is not None:
            self.hall.show_trial(known.standing.overall.where, known.standing.overall.next)

    def action_placement(self) -> None:
        """The trial that the rules propose for this gate."""
        from leveling.world.placement import placement

        heat, known = self.query_one(HeatMap), self.hall.known
        if known is None or not heat.rows:
            return
        proposed = placement(known.record, known.board, heat.rows[heat.row].gate, self.game.clock())
        if proposed.next is None:
            self.hall.tell_trouble(proposed.reason)
        else:
            self.app.notify(proposed.reason, timeout=5)
            self.hall.show_trial(proposed.gate, proposed.next)


def about(row: Row, rank: Rank) -> Content:
    """What this cell holds, and what the gate's next rank asks for."""
    pool, done = row.tally.pool.get(rank, 0), row.tally.cleared.get(rank, 0)
    here = f"{done} of {pool} quests of rank {rank} cleared" if pool else f"no quests of rank {rank} here yet"
    held = row.standing
    lines = [Content.assemble("you hold ", badge(held.rank), ("   under the cursor: ", "$quiet"), here)]
    if held.next is None:
        lines.append(quiet("This is the highest rank on offer in this gate."))
    else:
        lines.append(Content.assemble("rank ", badge(held.next), (" asks for", "$quiet")))
        lines += [
            Content.assemble(
                bar(each.have, each.need, 10, rank_style(held.next)),
                " ",
                ("✓ " if each.is_met else "", "$success"),
                str(each),
            )
            for each in held.requirements
        ]
    return joined(lines)
