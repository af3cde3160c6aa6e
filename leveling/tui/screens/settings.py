"""Settings: one line for each field of the model in `play.settings`; a change holds at once and is kept."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_origin

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.play import settings_file
from leveling.play.game import Game
from leveling.play.settings import Settings
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import quiet

if TYPE_CHECKING:
    from leveling.tui.knowing import Known
    from leveling.world.record import Record


class SettingsScreen(Place):
    """Enter changes the line: a switch turns, a choice opens, a text is asked for."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "settings.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "noop", "Change")]
    place = "settings"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game

    def body(self) -> ComposeResult:
        """The list, and where it is kept."""
        yield Choices(id="fields", classes="frame")
        yield Static(quiet(f"kept in {settings_file.path()}"), id="file")

    def on_mount(self) -> None:
        """Draw what holds now."""
        self.query_one("#fields").border_title = "SETTINGS"
        self._draw()
        self.query_one("#fields").focus()

    def known_changed(self, known: "Known") -> None:
        """Free roam and the name are in the save."""
        self._draw(known.record)

    def _draw(self, record: "Record | None" = None) -> None:
        choices = self.query_one("#fields", Choices)
        here = choices.highlighted or 0
        values = self.hall.settings.model_dump()
        options = [
            Option(_line(field.title or name, values[name], field.description or ""), id=name)
            for name, field in Settings.model_fields.items()
        ]
        record = record or (self.hall.known.record if self.hall.known else None)
        if record is not None:
            options += [
                Option(_line("Hunter", record.hunter, "Your name; it is kept in the save."), id="save.hunter"),
                Option(
                    _line("Free roam", record.free_roam, "Locked quests may be tried; rank still asks for the chain."),
                    id="save.free_roam",
                ),
            ]
        choices.clear_options()
        choices.add_options(options)
        choices.highlighted = min(here, len(options) - 1)

    @on(OptionList.OptionSelected, "#fields")
    def _change(self, event: OptionList.OptionSelected) -> None:
        name = str(event.option_id)
        if name == "save.free_roam":
            self._choose("free_roam", "off" if self.game.record.free_roam else "on")
        elif name == "save.hunter":
            self._ask("Your name", self.game.record.hunter, lambda value: self._choose("hunter", value))
        else:
            self._change_field(name)

    def _change_field(self, name: str) -> None:
        field, value = Settings.model_fields[name], getattr(self.hall.settings, name)
        if field.annotation is bool:
            self._set(name, not value)
        elif get_origin(field.annotation) is Literal:
            self._pick(name, field.title or name, [str(each) for each in get_args(field.annotation)])
        elif name == "theme":
            self._pick(name, "Theme", _themes(list(self.app.available_themes)))
        else:
            self._ask(field.title or name, str(value), lambda text: self._set(name, text))

    def _pick(self, name: str, title: str, values: list[str]) -> None:
        from leveling.tui.screens.asking import PickScreen

        held = getattr(self.hall.settings, name)
        self.app.push_screen(
            PickScreen(title, values, held), lambda chosen: None if chosen is None else self._set(name, chosen)
        )

    def _ask(self, title: str, value: str, then: Any) -> None:
        from leveling.tui.screens.asking import AskScreen

        self.app.push_screen(AskScreen(title, value), lambda text: None if text is None else then(text))

    def _set(self, name: str, value: object) -> None:
        try:
            self.hall.change_setting(**{name: value})
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
        self._draw()

    def _choose(self, key: str, value: str) -> None:
        try:
            self.game.choose(key, value)
        except Trouble as trouble:
            self.hall.tell_trouble(str(trouble))
        self.hall.refresh_known()

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def _line(title: str, value: object, about: str) -> Content:
    shown = ("on" if value else "off") if isinstance(value, bool) else str(value) or "not set"
    return Content.assemble((f"{title:<16}", "bold"), (shown, "$primary"), "\n", (f"  {about}", "$quiet"))


def _themes(names: list[str]) -> list[str]:
    """Ours first."""
    return sorted(names, key=lambda name: (not name.startswith("leveling"), name))
