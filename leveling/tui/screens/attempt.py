"""The attempt: what is judged appears as it is judged; a failure is told in full; saving the file judges it again."""

import time
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.types import CSSPathType

from leveling.coach import explain
from leveling.judge.protocol import Judgement
from leveling.play.attempting import FloorBegun, FloorHolds, Progress, Stopped
from leveling.play.dungeons.curve import Curve
from leveling.play.game import Game
from leveling.play.hints import hints_of
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.tui.screens.panel import QuestionScreen
from leveling.tui.screens.place import Place
from leveling.tui.widgets.judging_body import JudgingBody
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_run import Ended, JudgingRun, Told
from leveling.tui.widgets.judging_watch import FileWatch, Saved, Unwatched
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest
from leveling.world.words import Verdict


class AttemptScreen(Place):
    """Judges `path` as it opens, at every save and on `r`. A clear opens the clear screen."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "judging.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,a", "judge", "Judge again", key_display="r", tooltip="Judge the file as it is now"),
        Binding("e", "edit", "Edit", tooltip="Open your file in your editor"),
        Binding("h", "hint", "Hint", tooltip="The next hint; its cost is asked for first"),
        Binding("o", "output", "Output", tooltip="What your program printed"),
        Binding("v", "all_lines", "Every check", show=False, tooltip="Every check, or only what tells something"),
        Binding("c", "cancel", "Cancel", show=False, tooltip="Stop the attempt that runs; nothing is counted"),
        Binding("escape", "leave", "Back", tooltip="Stop what runs; with nothing running, go back"),
    ]

    def __init__(self, game: Game, quest: Quest, path: Path) -> None:
        super().__init__()
        self.game, self.quest, self.path = game, quest, path
        self.judging = JudgingRun(self)
        self.file_watch = FileWatch(self)
        self.judgement: Judgement | None = None
        self.stale = False
        self.judged = quest  # in a dungeon perhaps a floor below
        self.held: list[int] = []
        self.curve = Curve()
        self.watching = "save to judge again"

    def body(self) -> ComposeResult:
        """What is judged, the failure, the output."""
        yield JudgingHead(self.quest.title, self.quest.rank)
        yield JudgingBody(self.quest.gates)

    @property
    def told(self) -> JudgingBody:
        """What is shown of the attempt."""
        return self.query_one(JudgingBody)

    async def on_mount(self) -> None:
        """Judge at once."""
        self.told.reading.focus()
        files = self.path.parent.glob("*.py") if is_floor(self.quest.id) else ()
        self.file_watch.start(self.path.parent, {self.path, *files})
        await self.action_judge()

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.file_watch.stop()
        self.judging.cancel()

    # ---- what happens

    @on(Told)
    async def tell(self, message: Told) -> None:
        """One event of the attempt that runs."""
        if not self.judging.is_current(message):
            return
        head = self.query_one(JudgingHead)
        match message.event:
            case Progress():
                head.run(self._how_far(message.event))
            case FloorBegun() | FloorHolds():
                self._floor(message.event)
            case Judgement():
                await self._tell_judgement(message.event)
            case Settled():
                self._settled(message.event)
            case Stopped():
                self._stopped()
            case event:
                head.run("checking")
                self.told.add(event)

    def _how_far(self, progress: Progress) -> str:
        """What goes on; of a long run the curve of what it reports, and the time left."""
        if not progress.of:
            return progress.text
        self.curve.add(progress.at, progress.of, progress.figure, time.monotonic())
        return self.curve.line(progress.name)

    def _floor(self, event: FloorBegun | FloorHolds) -> None:
        head = self.query_one(JudgingHead)
        if isinstance(event, FloorHolds):
            self.held.append(event.number)
            head.note = f"holds: {', '.join(map(str, self.held))}"
            return
        self.judged, self.curve = event.quest, Curve()
        self.told.checks.specs = tuple(event.quest.gates)
        head.title_text, head.rank = f"{event.number} {event.quest.title}", event.quest.rank
        head.run(f"judging floor {event.number}")

    @on(Ended)
    def end(self, message: Ended) -> None:
        """The attempt is over, perhaps because something has to be put right first."""
        if self.judging.is_current(message):
            self.judging.ended(message)
            if message.trouble:
                self.told.stop(message.trouble)
                self.query_one(JudgingHead).rest("not judged")

    @on(Saved)
    async def saved(self) -> None:
        """Judge what was saved; under another screen, when this one shows again."""
        self.stale = not self.is_current
        if self.is_current:
            await self.action_judge()

    @on(Unwatched)
    def unwatched(self, message: Unwatched) -> None:
        """Say that the key is the way."""
        self.watching = "not watched here: r judges"
        self.log.warning(message.reason)

    async def on_screen_resume(self) -> None:
        """Judge what was saved meanwhile."""
        if self.stale:
            self.stale = False
            await self.action_judge()

    async def _tell_judgement(self, judgement: Judgement) -> None:
        explanation = explain(judgement, self.judged, len(self.game.known(self.judged.id).hints))
        await self.told.tell(judgement, explanation, self._hint_line(explanation.hint if explanation else None))
        self.query_one(JudgingHead).rest("cleared" if judgement.verdict is Verdict.CLEARED else self.watching)
        self.judgement = judgement

    def _hint_line(self, number: int | None) -> str:
        if number is None:
            return ""
        cost = self._hint_cost()
        return f"h shows hint {number}; it {f'costs {cost} XP' if cost else 'costs nothing'}."

    def _settled(self, settled: Settled) -> None:
        if settled.judgement.verdict is Verdict.CLEARED:
            self.hall.show_clear(self.quest, settled)
        else:
            self.call_after_refresh(self.hall.refresh_known)  # the verdict is drawn first

    def _stopped(self) -> None:
        self.told.stop()
        self.query_one(JudgingHead).rest("cancelled; r judges again")

    # ---- what the learner does

    async def action_judge(self) -> None:
        """Judge the file as it is now; an attempt that runs is stopped."""
        self.judgement = None
        self.held.clear()
        await self.told.wipe()
        self.query_one(JudgingHead).run("starting")
        device = self.hall.settings.device
        self.judging.begin(lambda judge: self.game.attempt(self.quest, self.path, judge, device=device))

    def action_cancel(self) -> None:
        """Stop the attempt that runs."""
        if self.judging.running:
            self.judging.cancel()
            self._stopped()

    def action_leave(self) -> None:
        """Stop what runs; with nothing running, go back."""
        if self.judging.running:
            self.action_cancel()
        else:
            self.dismiss()

    def action_output(self) -> None:
        """Show or hide what was printed."""
        self.told.output.toggle()

    def action_all_lines(self) -> None:
        """Show every check, or the telling ones."""
        self.told.checks.toggle_lines()

    def action_hint(self) -> None:
        """Ask for what it costs, then show the next hint here; none while an attempt runs."""
        if self.judgement is None or self.judgement.verdict is Verdict.CLEARED:
            return
        cost = self._hint_cost()
        if not cost or len(self.game.known(self.quest.id).hints) >= len(hints_of(self.quest)):
            self.run_worker(self._take_hint(agreed=True))
            return
        text = f"The next hint takes {cost} of the XP that this quest can still give."
        self.app.push_screen(QuestionScreen("A hint", text, f"show it (-{cost} XP)"), self._answered)

    def _hint_cost(self) -> int:
        return 0 if self.game.known(self.quest.id).counts else self.game.offered(self.quest).hint

    async def _answered(self, agreed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        await self._take_hint(agreed=bool(agreed))

    async def _take_hint(self, *, agreed: bool) -> None:
        if not agreed:
            return
        try:
            shown = self.game.hint(self.quest)
        except Trouble as trouble:
            self.told.trouble.tell(str(trouble))
            return
        self.hall.refresh_known()
        cost = f", -{shown.cost} XP" if shown.cost else ""
        await self.told.add_part(f"Hint {shown.number} of {shown.of}{cost}", shown.text)

    def action_edit(self) -> None:
        """Open the file in the learner's editor."""
        self.hall.action_edit()
