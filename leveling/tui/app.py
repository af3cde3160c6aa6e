"""The app: themes, places, the judge in the background. What a place shows is in `screens`."""

import select
from collections.abc import Callable, Iterable
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen
from textual.types import CSSPathType

from leveling.play import settings_file
from leveling.play.trouble import Trouble
from leveling.tui import themes
from leveling.tui.going import Going
from leveling.tui.judging import JudgeState, Warmth
from leveling.tui.screens.title import TitleScreen

if TYPE_CHECKING:
    from textual.command import Provider

    from leveling.judge.client import JudgeClient
    from leveling.play.game import Game
    from leveling.play.settings import Settings
    from leveling.tui.knowing import Known


def _quests() -> "type[Provider]":
    from leveling.tui.commands import QuestProvider

    return QuestProvider


HANGUP_SECONDS = 2.0
NEXT = ("status", "board", "quest", "attempt")


def terminal_is_gone(descriptor: int = 0) -> bool:
    """Whether the other end of the terminal was closed. Never true where that cannot be asked."""
    try:
        ears = select.poll()
        ears.register(descriptor, 0)
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in ears.poll(0))
    except (AttributeError, OSError, ValueError):
        return False


class LevelingApp(Going, App[None]):
    """One game on a screen. Screens read `known`, `judge_state` and `settings`, and lend the judge from `warmth`."""

    TITLE = "leveling"
    CSS_PATH: ClassVar[CSSPathType | None] = ["app.tcss", "screens/title.tcss"]  # the default screen loads none itself
    COMMANDS: ClassVar = App.COMMANDS | {_quests}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it without ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - Textual declares it without ClassVar
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p,colon", "command_palette", "Palette", key_display=":", show=False, tooltip="Search everything"),
        Binding("question_mark,f1", "help", "Help", key_display="?", tooltip="Every key here, searchable"),
        Binding("q", "quit", "Quit", tooltip="Leave; nothing is left running"),
        Binding("0", "go('dungeons')", "Dungeons", show=False, tooltip="Projects of several floors"),
        Binding("minus", "go('echoes')", "Echoes", show=False, key_display="-", tooltip="Your clears, to import again"),
        Binding("1", "go('status')", "Status", show=False, tooltip="Where you stand and what to do next"),
        Binding("2", "go('board')", "Quests", show=False, tooltip="The quest board"),
        Binding("3", "go('gates')", "Gates", show=False, tooltip="The map of topics and ranks"),
        Binding("4", "go('paths')", "Paths", show=False, tooltip="The guided routes"),
        Binding("5", "go('daily')", "Daily", show=False, tooltip="What is about to fade"),
        Binding("6", "go('settings')", "Settings", show=False, tooltip="Theme, editor, device"),
        Binding("7", "go('doctor')", "Doctor", show=False, tooltip="Look over this machine"),
        Binding("8", "go('portfolio')", "Portfolio", show=False, tooltip="Your clears as a folder for a repository"),
        Binding("9", "go('certificate')", "Certificate", show=False, tooltip="A certificate that anyone can check"),
    ]

    judge_state: reactive[JudgeState] = reactive(JudgeState())
    known: "reactive[Known | None]" = reactive(None)

    def __init__(self, game: "Game | Callable[[], Game]", *, warm: bool = True) -> None:
        """`game` may be a way to open it: the first frame then waits for none of the game's rooms to be imported."""
        self._opened = game
        self._opening = Lock()
        self.warmth = Warmth()
        self._warm = warm
        self._settings: Settings | None = None
        super().__init__()
        for theme in themes.OURS:
            self.register_theme(theme)
        glanced = settings_file.glance()
        self.theme = self._fitting_theme(glanced.get("theme"))
        if glanced.get("reduced_motion") is True:
            self.animation_level = "none"

    # ---- life

    def get_default_screen(self) -> Screen[None]:
        """The first frame is small: the other places are made when they are entered."""
        return TitleScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Rank colours for Textual's own themes, dark enough on light ones."""
        return themes.FALLBACKS if self.current_theme.dark else themes.FALLBACKS_ON_LIGHT

    def on_mount(self) -> None:
        """Begin what takes time once the first frame is out."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.set_interval(HANGUP_SECONDS, self._leave_a_closed_terminal)
        self.refresh_known()
        if self._warm:
            self.warm_judge()

    def _leave_a_closed_terminal(self) -> None:
        """A window that was closed, or a connection that broke: nobody can press q any more, and Textual would spin."""
        if terminal_is_gone():
            self.exit()

    def on_unmount(self) -> None:
        """End the judge before threads that wait for it are waited for."""
        self.warmth.close()

    @property
    def game(self) -> "Game":
        """The game, opened on first use."""
        with self._opening:
            if callable(self._opened):
                self._opened = self._opened()
            return self._opened

    # ---- the judge

    @property
    def judge(self) -> "JudgeClient":
        """The client itself. Talk to it inside `with app.warmth.lend() as client` only; `cancel` is free to call."""
        return self.warmth.client

    def warm_judge(self) -> None:
        """Start the judge in a thread, unless that was done."""
        if self.judge_state.word in ("cold", "absent"):
            self.judge_state = JudgeState("warming")
            self.run_worker(self._warm_up, thread=True, group="warm", exit_on_error=False)

    def _warm_up(self) -> None:
        try:
            state = self.warmth.warm(self.game)
        except (OSError, ValueError) as error:  # the pipe was closed under the reader: the app is being left
            state = JudgeState("absent", str(error))
        if not self.warmth.is_closed:
            self.call_from_thread(setattr, self, "judge_state", state)

    # ---- what is known

    def refresh_known(self) -> None:
        """Read catalog and save anew, in a thread; `known` changes when that is done."""
        self.run_worker(self._know, thread=True, group="know", exclusive=True, exit_on_error=False)

    def _know(self) -> None:
        from leveling.tui.knowing import know

        try:
            known = know(self.game)
        except Trouble as trouble:
            self.call_from_thread(self.tell_trouble, str(trouble))
            return
        self.call_from_thread(setattr, self, "known", known)
        for name in NEXT:  # what is entered next is imported while the window is read
            import_module(f"leveling.tui.screens.{name}")

    # ---- settings

    @property
    def settings(self) -> "Settings":
        """What the player set; the defaults where the file cannot be used, which is told once."""
        if self._settings is None:
            from leveling.play.settings import Settings, load

            try:
                self._settings = load()
            except Trouble as trouble:
                self._settings = Settings()
                self.tell_trouble(str(trouble))
        return self._settings

    def change_setting(self, **values: Any) -> None:
        """Set, keep and follow some settings.

        Raises:
            Trouble: when a value does not fit or the file cannot be written.
        """
        from leveling.play.settings import changed, store

        new = changed(self.settings, **values)
        store(new)
        self._settings = new
        self.theme = self._fitting_theme(new.theme)
        self.animation_level = "none" if new.reduced_motion else "full"

    def _fitting_theme(self, name: object) -> str:
        if self.no_color:
            return themes.MONOCHROME
        return name if isinstance(name, str) and name in self.available_themes else themes.DEFAULT

    # ---- telling

    def tell_trouble(self, text: str) -> None:
        """A calm panel that says what was found and what to do."""
        from leveling.tui.screens.panel import PanelScreen

        self.push_screen(PanelScreen("Something to put right", text))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers besides quests: every place, then Textual's own."""
        from leveling.tui.commands import commands_of

        yield from commands_of(self)
        yield from super().get_system_commands(screen)
