"""The reference after a reveal."""

from typing import ClassVar

from rich.syntax import Syntax
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from leveling.tui.themes import MONOCHROME
from leveling.tui.widgets.drawing import keys
from leveling.tui.widgets.scrolling import Reading
from leveling.world.quest import Quest


class ReferenceScreen(ModalScreen[None]):
    """The author's answer, to read."""

    CSS_PATH = "reference.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "close", "Close")]

    def __init__(self, quest: Quest, source: str) -> None:
        super().__init__()
        self.quest = quest
        self.source = source

    def compose(self) -> ComposeResult:
        """Code in the terminal's colours."""
        light = not self.app.current_theme.dark
        look = "bw" if self.app.theme == MONOCHROME else "friendly" if light else "nord-darker"
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Reference of {self.quest.title}"
            with Reading():
                yield Static(Syntax(self.source.rstrip(), "python", theme=look, background_color="default"))
            yield Static(keys(("escape", "close")), classes="ways")

    def action_close(self) -> None:
        """Read enough."""
        self.dismiss(None)
