"""By what the board can be narrowed, as a list."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from leveling.tui.widgets.cards import Line
from leveling.tui.widgets.choices import Choices


class FacetsScreen(ModalScreen[str | None]):
    """Gives the chosen facet, such as `rank:C`, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Leave")]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Ranks, states, kinds, gates; each with how many quests it keeps."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Filter by"
            yield Choices(*self._options())

    def _options(self) -> list[Option | None]:
        counts = Counter(
            facet
            for line in self._lines
            for facet in (
                f"rank:{line.card.rank}",
                f"state:{line.state}",
                f"kind:{line.card.kind}",
                f"gate:{line.card.gate}",
                *(["path:on"] if line.on_path else []),
            )
        )
        order = {"rank": 0, "state": 1, "kind": 2, "path": 3, "gate": 4}
        named = sorted(counts, key=lambda facet: (order[facet.split(":")[0]], _place(facet)))
        return [Option(Content.assemble(f"{facet:<28}", (str(counts[facet]), "$quiet")), id=facet) for facet in named]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """None."""
        self.dismiss(None)


def _place(facet: str) -> tuple[int, str]:
    name, value = facet.split(":", 1)
    return ("EDCBAS".index(value) if name == "rank" else 0, value)
