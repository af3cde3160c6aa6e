"""Help: every key of the place below as a list that can be searched; enter does the thing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import quiet

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp

HIDDEN = {"help", "app.focus_next", "app.focus_previous", "screen.copy_text", "help_quit", "noop"}


@dataclass(frozen=True, slots=True)
class Deed:
    """A key, what it does, and how to do it."""

    key: str
    words: str
    action: str
    node: DOMNode


class HelpScreen(ModalScreen[None]):
    """Letters narrow, arrows choose, enter does."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1", "leave", "Close", priority=True)]

    def __init__(self, deeds: list[Deed]) -> None:
        super().__init__()
        self._deeds = deeds
        self._shown = deeds

    @classmethod
    def of(cls, app: "LevelingApp") -> "HelpScreen":
        """Help on the screen that is open now."""
        found: dict[tuple[str, str], Deed] = {}
        for active in app.screen.active_bindings.values():
            binding = active.binding
            if binding.action in HIDDEN or not binding.description:
                continue
            key = app.get_key_display(binding)
            words = active.tooltip or binding.tooltip or binding.description
            told = binding.description if words == binding.description else f"{binding.description}: {words}"
            held = found.get((binding.action, told))
            keys = f"{held.key} {key}" if held else key
            found[binding.action, told] = Deed(keys, told, binding.action, active.node)
        nearest = sorted(found.values(), key=lambda deed: _place(deed.node))
        return cls(nearest)

    def compose(self) -> ComposeResult:
        """A filter over a list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Help"
            yield Input(placeholder="type to search, enter does it", id="sought")
            yield Choices(id="deeds")
            yield Static(quiet("On the command line: leveling --help. Inspired by the genre, affiliated with no one."))

    def on_mount(self) -> None:
        """All at first."""
        self._fill("")
        self.query_one("#sought").focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, text: str) -> None:
        words = text.lower().split()
        self._shown = [
            deed for deed in self._deeds if all(word in f"{deed.key} {deed.words}".lower() for word in words)
        ]
        choices = self.query_one("#deeds", Choices)
        choices.clear_options()
        choices.add_options(
            [Option(Content.assemble((f"{deed.key:<14}", "bold $primary"), deed.words)) for deed in self._shown]
        )
        choices.highlighted = 0 if self._shown else None

    def on_key(self, event: object) -> None:
        """Arrows move in the list while the filter is written."""
        key = getattr(event, "key", "")
        choices = self.query_one("#deeds", Choices)
        if key in ("down", "up") and self.query_one("#sought").has_focus:
            choices.action_cursor_down() if key == "down" else choices.action_cursor_up()

    @on(Input.Submitted)
    async def _do_highlighted(self) -> None:
        await self._do(self.query_one("#deeds", Choices).highlighted)

    @on(OptionList.OptionSelected)
    async def _do_selected(self, event: OptionList.OptionSelected) -> None:
        await self._do(event.option_index)

    async def _do(self, place: int | None) -> None:
        if place is not None and place < len(self._shown):
            deed = self._shown[place]
            self.dismiss(None)
            self.app.call_next(self.app.run_action, deed.action, deed.node)

    def action_leave(self) -> None:
        """Back to where help was asked for."""
        self.dismiss(None)


def _place(node: DOMNode) -> int:
    """What this place does, then what the app does, then how to move."""
    return 0 if isinstance(node, Screen) else 1 if isinstance(node, App) else 2
