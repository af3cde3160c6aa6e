"""What the learner's program printed, in a pane of its own."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Log

from leveling.play.printed import safe


class OutputPane(Vertical):
    """Hidden while there is nothing to show; `toggle` enlarges, shrinks or hides it."""

    DEFAULT_CSS = """
    OutputPane { height: auto; max-height: 30%; min-height: 3; border-top: solid $glow; border-title-color: $quiet; display: none; }
    OutputPane.-shown { display: block; }
    OutputPane Log { height: auto; max-height: 100%; background: transparent; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.text = ""
        self.lines = Log(auto_scroll=False)

    def compose(self) -> ComposeResult:
        """The lines; they can be scrolled and selected."""
        yield self.lines

    def tell(self, text: str) -> None:
        """Show what was printed; nothing hides the pane."""
        if not text.strip() and not self.text:
            self.remove_class("-shown")
            return
        self.text = text.rstrip("\n")
        lines = [safe(line).expandtabs(4) for line in self.text.split("\n")] if self.text else []
        self.lines.clear()
        self.lines.write_lines(lines, scroll_end=False)
        self.border_title = f"Your program printed {len(lines)} {'line' if len(lines) == 1 else 'lines'}"
        self.set_class(bool(lines), "-shown")

    def toggle(self) -> None:
        """Show or hide."""
        if not self.text:
            self.border_title = "Your program printed nothing"
        self.toggle_class("-shown")
        if self.has_class("-shown"):
            self.lines.focus()
