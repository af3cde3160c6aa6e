"""A note with a quest."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.tui.widgets.drawing import keys
from leveling.world.quest import Quest


class NoteScreen(ModalScreen[None]):
    """Kept with ctrl+s or F2; escape leaves it as it was."""

    CSS_PATH = "note.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "keep", "Keep", priority=True),
        Binding("escape", "leave", "Leave", priority=True),
    ]

    def __init__(self, game: Game, quest: Quest) -> None:
        super().__init__()
        self.game = game
        self.quest = quest

    def compose(self) -> ComposeResult:
        """What was written before, to go on from."""
        note = self.game.known(self.quest.id).note
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f"Note: {self.quest.title}"
            yield TextArea(note.value if note else "", id="text", show_line_numbers=False)
            yield Static(keys(("ctrl+s or F2", "keep it"), ("escape", "leave it")), classes="ways")

    def on_mount(self) -> None:
        """Write on."""
        text = self.query_one(TextArea)
        text.focus()
        text.move_cursor(text.document.end)

    def action_keep(self) -> None:
        """Into the save."""
        try:
            self.game.write_note(self.quest.id, self.query_one(TextArea).text.strip())
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=8)
            return
        self.dismiss(None)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
