"""What the person has to put right first, in a calm panel with the way out."""

from textual.content import Content
from textual.widgets import Static


class TroublePanel(Static):
    """Hidden while there is no trouble."""

    DEFAULT_CSS = """
    TroublePanel { height: auto; display: none; border: round $warning; border-title-color: $warning; padding: 0 1; margin: 0 0 1 0; }
    TroublePanel.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "! To put right first"
        self.text = ""

    def tell(self, text: str) -> None:
        """Show `text`; an empty one hides the panel."""
        self.text = text
        self.update(Content(text))
        self.set_class(bool(text), "-shown")
