"""A calm panel: what was found, and what to do. Also the question before something that costs."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from leveling.tui.widgets.drawing import keys


class PanelScreen(ModalScreen[None]):
    """A title and a text; any of enter, escape and q closes it."""

    CSS_PATH = "panel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape,q,space", "close", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text in a frame, with the way out."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            with VerticalScroll():
                yield Static(self._text, markup=False)
            yield Static(keys(("enter", "close")), classes="ways")

    def action_close(self) -> None:
        """Done reading."""
        self.dismiss(None)


class QuestionScreen(ModalScreen[bool]):
    """A question with what it costs; only `y` agrees."""

    CSS_PATH = "panel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str = "leave it") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._ways = (("y", yes), ("n", no))

    def compose(self) -> ComposeResult:
        """The question in a frame, with both answers; each can be clicked."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Static(self._text, markup=False)
            yield Static(keys(self._ways[0]), classes="ways", id="yes")
            yield Static(keys(self._ways[1]), id="no")

    def on_click(self, event: object) -> None:
        """An answer by mouse."""
        widget = getattr(event, "widget", None)
        if widget is not None and widget.id in ("yes", "no"):
            self.dismiss(widget.id == "yes")

    def action_answer(self, agreed: bool) -> None:  # noqa: FBT001 - Textual calls actions by position
        """Agree or leave it."""
        self.dismiss(agreed)
