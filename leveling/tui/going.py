"""Going from place to place. Each action makes its screen when it is wanted; title and status window lie beneath all."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from leveling.play.game import Game
    from leveling.play.settling import Settled
    from leveling.tui.app import LevelingApp
    from leveling.world.quest import Quest
    from leveling.world.recommending import Advice
    from leveling.world.words import Rank

PLACES = {
    "status": ("StatusScreen", "Status"),
    "board": ("BoardScreen", "Quests"),
    "gates": ("GatesScreen", "Gates"),
    "paths": ("PathsScreen", "Paths"),
    "dungeons": ("DungeonsScreen", "Dungeons"),
    "echoes": ("EchoesScreen", "Echoes"),
    "daily": ("DailyScreen", "Daily"),
    "settings": ("SettingsScreen", "Settings"),
    "doctor": ("DoctorScreen", "Doctor"),
    "portfolio": ("PortfolioScreen", "Portfolio"),
    "certificate": ("CertificateScreen", "Certificate"),
}


class Going(App[None]):
    """The actions that change the place."""

    @property
    def game(self) -> "Game":
        """The game that is played."""
        raise NotImplementedError

    def action_go(self, place: str) -> None:
        """Enter a place, leaving what lies above the status window, which itself lies on the title."""
        if isinstance(self.screen, _modal()):
            return
        while len(self.screen_stack) > 1 and type(self.screen).__name__ != "StatusScreen":
            self.pop_screen()
        if len(self.screen_stack) == 1:
            self.push_screen(self._made("status"))
        if place != "status":
            self.push_screen(self._made(place))

    def _made(self, place: str) -> Screen[Any]:
        return self.screen_of(place, PLACES[place][0], self.game)

    def screen_of(self, file: str, name: str, *arguments: object) -> Screen[Any]:
        """The screen `name` of `screens/file.py`, or a calm panel where this copy has none."""
        where = f"leveling.tui.screens.{file}"
        if find_spec(where) is None:
            from leveling.tui.screens.panel import PanelScreen

            return PanelScreen("Not in this copy", f"This place ({file}) is not in this copy of leveling.")
        made: Screen[Any] = getattr(import_module(where), name)(*arguments)
        return made

    def show_quest(self, quest_id: str) -> None:
        """Open a quest; a quest with faults is told in a panel."""
        from leveling.catalog import FaultyContent, UnknownQuest
        from leveling.tui.screens.panel import PanelScreen

        try:
            quest = self.game.catalog.quest(quest_id)
        except (FaultyContent, UnknownQuest) as fault:
            self.push_screen(PanelScreen("This quest cannot be opened", str(fault)))
            return
        self.push_screen(self.screen_of("quest", "QuestScreen", self.game, quest))

    def show_dungeon(self, dungeon_id: str) -> None:
        """Open a dungeon's map; one with faults is told in a panel."""
        from leveling.catalog import FaultyContent, UnknownQuest
        from leveling.tui.screens.panel import PanelScreen

        try:
            climbed = self.game.climb(dungeon_id)
        except (FaultyContent, UnknownQuest) as fault:
            self.push_screen(PanelScreen("This dungeon cannot be opened", str(fault)))
            return
        self.push_screen(self.screen_of("dungeon", "DungeonScreen", self.game, climbed))

    def action_edit(self) -> None:
        """Open the file of the screen that is shown, where it has one."""
        from leveling.tui.editing import open_in_editor

        path = getattr(self.screen, "path", None)
        if path is not None:
            open_in_editor(cast("LevelingApp", self), path)

    def show_attempt(self, quest: "Quest", path: "Path") -> None:
        """Judge the learner's file."""
        self.push_screen(self.screen_of("attempt", "AttemptScreen", self.game, quest, path))

    def show_clear(self, quest: "Quest", settled: "Settled") -> None:
        """What a clear changed."""
        self.push_screen(self.screen_of("clear", "ClearScreen", self.game, quest, settled))

    def show_quiz(self, quest: "Quest") -> None:
        """Answer a quiz."""
        self.push_screen(self.screen_of("quiz", "QuizScreen", self.game, quest))

    def show_trial(self, gate: str, rank: "Rank") -> None:
        """Look at a trial, before or while sitting it."""
        self.push_screen(self.screen_of("trial", "TrialScreen", self.game, gate, rank))

    def follow(self, advice: "Advice") -> None:
        """Go where an advice leads."""
        from leveling.world.recommending import Deed
        from leveling.world.record import split_trial_key

        match advice.deed:
            case Deed.DRILL:
                self.action_go("daily")
            case Deed.TRIAL:
                self.show_trial(*split_trial_key(advice.target))
            case Deed.DUNGEON:
                self.show_dungeon(advice.target)
            case _:
                self.show_quest(advice.target)

    def show_board(self, words: str = "") -> None:
        """The quest board, filtered already."""
        from leveling.tui.screens.board import BoardScreen

        self.push_screen(BoardScreen(self.game, words))

    def action_help(self) -> None:
        """Every key of this place, searchable; enter does it."""
        from leveling.tui.screens.help import HelpScreen

        if not isinstance(self.screen, _modal()):
            self.push_screen(HelpScreen.of(cast("LevelingApp", self)))


def _modal() -> type[Screen[Any]]:
    from textual.screen import ModalScreen

    return ModalScreen
