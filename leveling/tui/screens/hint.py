"""Hints, the newest first shown; arrows go through those that were taken."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from leveling.play.game import Game, HintShown
from leveling.play.trouble import Trouble
from leveling.tui.widgets.drawing import keys
from leveling.world.quest import Quest


class HintScreen(ModalScreen[None]):
    """Reads taken hints only: none is taken here."""

    CSS_PATH = "panel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,k", "turn(-1)", "Earlier"),
        Binding("right,l,j", "turn(1)", "Later"),
        Binding("enter,escape,q,h", "close", "Close"),
    ]

    def __init__(self, game: Game, quest: Quest, shown: HintShown) -> None:
        super().__init__()
        self.game = game
        self.quest = quest
        self.shown = shown

    def compose(self) -> ComposeResult:
        """One hint in a frame."""
        with Vertical(classes="dialog", id="frame"):
            with VerticalScroll():
                yield Markdown(self.shown.text, id="hint", open_links=False)
            yield Static(keys(("← →", "hints you have"), ("enter", "close")), classes="ways")

    def on_mount(self) -> None:
        """Its number in the title."""
        self._title()

    def _title(self) -> None:
        cost = f", {self.shown.cost} XP" if self.shown.cost else ""
        self.query_one("#frame").border_title = f"Hint {self.shown.number} of {self.shown.of}{cost}"

    async def action_turn(self, by: int) -> None:
        """Another one that was taken, or that is free after a clear."""
        known = self.game.known(self.quest.id)
        number = self.shown.number + by
        if number in known.hints or (known.counts and 1 <= number <= self.shown.of):
            try:
                self.shown = self.game.hint(self.quest, number)
            except Trouble:
                return
            await self.query_one("#hint", Markdown).update(self.shown.text)
            self._title()

    def action_close(self) -> None:
        """Back to work."""
        self.dismiss(None)
