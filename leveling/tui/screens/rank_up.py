"""The moment of a new rank. It stays until the learner goes on."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from leveling.tui.widgets.drawing import letter
from leveling.tui.widgets.judging_letters import RankLetter
from leveling.world.record import OVERALL
from leveling.world.words import Rank


class RankUpScreen(ModalScreen[None]):
    """Every rank that was reached at once, the greatest drawn large."""

    DEFAULT_CSS = """
    RankUpScreen { align: center middle; }
    RankUpScreen > Vertical { width: 50; max-width: 94%; height: auto; border: double $warning; background: $surface; padding: 1 2; }
    RankUpScreen Static { width: 1fr; text-align: center; }
    RankUpScreen Center { height: auto; margin: 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space,escape", "go_on", "Go on")]

    def __init__(self, ranks: Sequence[tuple[str, Rank]]) -> None:
        super().__init__()
        self.ranks = tuple(sorted(ranks, key=lambda each: (each[0] != OVERALL, -each[1].level)))

    def compose(self) -> ComposeResult:
        """The letter, where it was reached, the way on."""
        with Vertical():
            yield Static(Content.styled("RANK UP", "$warning bold"))
            with Center():
                yield RankLetter(self.ranks[0][1])
            yield Static(Content("\n").join([_line(where, rank) for where, rank in self.ranks]))
            yield Static(Content.styled("\nenter goes on", "$quiet"))

    def action_go_on(self) -> None:
        """Back to the clear."""
        self.dismiss()


def _line(where: str, rank: Rank) -> Content:
    place = "as a hunter" if where == OVERALL else f"in the gate {where}"
    return Content.assemble("Rank ", letter(rank), f" {place}")
