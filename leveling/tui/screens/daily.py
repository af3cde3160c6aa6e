"""Today's drills: small functions from blank. Saving a file judges it; what is known comes back later."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.types import CSSPathType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from leveling.coach import explain
from leveling.judge.protocol import Judgement
from leveling.play import dailies
from leveling.play.attempting import Progress, Stopped
from leveling.play.cleared_code import function_of_reference
from leveling.play.dailies import FIRST_TRY, Drill
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.tui.screens.panel import QuestionScreen
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.judging_body import JudgingBody
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_run import Ended, JudgingRun, Told
from leveling.tui.widgets.judging_signs import sign
from leveling.tui.widgets.judging_watch import FileWatch, Saved, Unwatched
from leveling.world.words import Verdict

NOTHING_DUE = "Nothing is due today. Missed days cost nothing: what is due comes when you do."


class Due(Message):
    """What is due; `trouble` where the files could not be written."""

    def __init__(self, drills: Iterable[Drill], trouble: str = "") -> None:
        super().__init__()
        self.drills, self.trouble = list(drills), trouble


class DailyScreen(Place):
    """At most five drills. Each is written, judged at every save, and then known or given up."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "judging.tcss", "daily.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", tooltip="Open the chosen drill in your editor"),
        Binding("r,a", "judge", "Judge", key_display="r", tooltip="Judge the chosen drill as it is now"),
        Binding("x", "give_up", "Give up", tooltip="Show how it goes; it comes back soon"),
        Binding("o", "output", "Output", tooltip="What your program printed"),
        Binding("c", "cancel", "Cancel", show=False, tooltip="Stop the attempt that runs"),
        Binding("escape", "leave", "Back", tooltip="Stop what runs; with nothing running, go back"),
    ]
    place = "daily"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self.judging = JudgingRun(self)
        self.file_watch = FileWatch(self)
        self.drills: list[Drill] = []
        self.tries: dict[str, int] = {}
        self.done: dict[str, str] = {}
        self.judged: Drill | None = None

    def body(self) -> ComposeResult:
        """The list, then what is judged."""
        yield JudgingHead("Daily drills")
        yield Choices(id="drills")
        yield JudgingBody()

    def on_mount(self) -> None:
        """Find what is due and write the blank files."""
        self.query_one(JudgingHead).rest("looking")
        self.run_worker(self._find_due, thread=True, exit_on_error=False)

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.file_watch.stop()
        self.judging.cancel()

    def _find_due(self) -> None:
        drills: list[Drill] = []
        trouble = ""
        try:
            drills = dailies.due(self.game)
            for drill in drills:
                dailies.begin(drill)
        except Trouble as found:
            trouble = str(found)
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile and its loop is closed
            self.post_message(Due(drills, trouble))

    @property
    def chosen(self) -> Drill | None:
        """The drill under the cursor."""
        at = self.query_one("#drills", Choices).highlighted
        return self.drills[at] if at is not None and at < len(self.drills) else None

    @property
    def path(self) -> Path | None:
        """The file of the chosen drill: what the app's editor opens."""
        return self.chosen.path if self.chosen else None

    @property
    def told(self) -> JudgingBody:
        """What is shown of the attempt."""
        return self.query_one(JudgingBody)

    # ---- what happens

    @on(Due)
    def due(self, message: Due) -> None:
        """Show the drills and watch their files."""
        self.drills = message.drills
        if message.trouble:
            self.told.stop(message.trouble)
        self._list()
        if self.drills:
            self.file_watch.start(self.drills[0].path.parent, [drill.path for drill in self.drills])

    def _list(self) -> None:
        choices = self.query_one("#drills", Choices)
        at = choices.highlighted or 0
        choices.clear_options()
        choices.add_options([Option(self._line(drill)) for drill in self.drills])
        if self.drills:
            choices.highlighted = min(at, len(self.drills) - 1)
            choices.focus()
        else:
            choices.add_option(Option(Content.styled(NOTHING_DUE, "$quiet"), disabled=True))
        left = len(self.drills) - len(self.done)
        self.query_one(JudgingHead).rest(f"{left} left; save a file to judge it" if left else "")

    def _line(self, drill: Drill) -> Content:
        done = self.done.get(drill.id, "")
        tries = self.tries.get(drill.id, 0)
        told = done or (f"{tries} {'try' if tries == 1 else 'tries'}" if tries else str(drill.path))
        state = "waiting" if not done else "passed" if done.startswith("known") else "skipped"
        return Content.assemble(
            sign(state), " ", (f"{drill.function:<24}", "bold"), (f" {drill.quest.title}  ", ""), (told, "$quiet")
        )

    @on(Saved)
    async def saved(self, message: Saved) -> None:
        """Judge the drill that was saved."""
        drill = next((each for each in self.drills if each.path == message.path), None)
        if drill is not None and self.is_current:
            self.query_one("#drills", Choices).highlighted = self.drills.index(drill)
            await self._begin(drill)

    @on(Unwatched)
    def unwatched(self) -> None:
        """Say that the key is the way."""
        self.query_one(JudgingHead).rest("not watched here: r judges")

    async def _begin(self, drill: Drill) -> None:
        if drill.id in self.done:
            return
        self.judged = drill
        await self.told.wipe(())
        self.query_one(JudgingHead).run(drill.function)
        tries = self.tries.get(drill.id, 0) + FIRST_TRY
        self.judging.begin(lambda judge: dailies.attempt(self.game, drill, judge, tries))

    @on(Told)
    async def tell(self, message: Told) -> None:
        """One event of the attempt that runs."""
        if not self.judging.is_current(message) or self.judged is None:
            return
        match message.event:
            case Progress():
                self.query_one(JudgingHead).run(message.event.text)
            case Judgement():
                await self._judgement(self.judged, message.event)
            case Stopped() | Settled():
                self.told.stop()
            case event:
                self.told.add(event)

    async def _judgement(self, drill: Drill, judgement: Judgement) -> None:
        if judgement.verdict is Verdict.CLEARED:
            due = self.game.record.drills[drill.id].due.astimezone()
            self.done[drill.id] = f"known; comes back on {due:%Y-%m-%d}"
            self.hall.refresh_known()
        elif not judgement.verdict.is_ours:
            self.tries[drill.id] = self.tries.get(drill.id, 0) + 1
        await self.told.tell(judgement, explain(judgement, drill.quest))
        self._list()

    @on(Ended)
    def end(self, message: Ended) -> None:
        """The attempt is over."""
        if self.judging.is_current(message):
            self.judging.ended(message)
            if message.trouble:
                self.told.stop(message.trouble)
                self.query_one(JudgingHead).rest("not judged")

    # ---- what the learner does

    @on(OptionList.OptionSelected)
    async def action_judge(self) -> None:
        """Judge the chosen drill."""
        if self.chosen is not None:
            await self._begin(self.chosen)

    def action_give_up(self) -> None:
        """Ask, then show how it goes."""
        drill = self.chosen
        if drill is not None and drill.id not in self.done:
            text = f"{drill.function} is shown, and comes back soon. Nothing is lost by it."
            self.app.push_screen(QuestionScreen("Give up", text, "show it"), self._given_up)

    async def _given_up(self, agreed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        drill = self.chosen
        if not agreed or drill is None:
            return
        self.judging.cancel()
        try:
            dailies.recalled(self.game, drill, FIRST_TRY, knew=False)
        except Trouble as trouble:
            self.told.stop(str(trouble))
            return
        self.done[drill.id] = "given up; comes back soon"
        self.hall.refresh_known()
        await self.told.wipe(())
        await self.told.add_part(
            drill.function, f"```python\n{function_of_reference(drill.quest, drill.function)}\n```"
        )
        self._list()

    def action_edit(self) -> None:
        """Open the chosen drill."""
        self.hall.action_edit()

    def action_output(self) -> None:
        """Show or hide what was printed."""
        self.told.output.toggle()

    def action_cancel(self) -> None:
        """Stop the attempt that runs."""
        if self.judging.running:
            self.judging.cancel()
            self.told.stop()
            self._list()

    def action_leave(self) -> None:
        """Stop what runs; with nothing running, go back."""
        if self.judging.running:
            self.action_cancel()
        else:
            self.action_back()
