"""Small questions: one of a list, or a line of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from leveling.tui.widgets.choices import Choices


class PickScreen(ModalScreen[str | None]):
    """One of a few; None when left."""

    CSS_PATH = "asking.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Leave")]

    def __init__(self, title: str, values: Sequence[str], held: str) -> None:
        super().__init__()
        self._title, self._values, self._held = title, list(values), held

    def compose(self) -> ComposeResult:
        """What holds now is marked."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Choices(
                *[Option(f"{'●' if value == self._held else '○'} {value}", id=value) for value in self._values],
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin at what holds."""
        if self._held in self._values:
            self.query_one(Choices).highlighted = self._values.index(self._held)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)


class AskScreen(ModalScreen[str | None]):
    """A line of text; None when left."""

    CSS_PATH = "asking.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", priority=True)]

    def __init__(self, title: str, value: str) -> None:
        super().__init__()
        self._title, self._value = title, value

    def compose(self) -> ComposeResult:
        """The present text, to change."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Input(self._value, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """This text."""
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """As it was."""
        self.dismiss(None)
