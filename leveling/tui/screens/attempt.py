"""The attempt: what is judged appears as it is judged; a failure is told in full; saving the file judges it again."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer

from leveling.coach import explain
from leveling.judge.protocol import CheckResult, GateResult, Judgement
from leveling.play.attempting import Announced, Progress, Stopped
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.tui.widgets.judging_checks import ChecksView
from leveling.tui.widgets.judging_failure import FailureView
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_output import OutputPane
from leveling.tui.widgets.judging_run import Ended, JudgingRun, Told
from leveling.tui.widgets.judging_trouble import TroublePanel
from leveling.tui.widgets.judging_watch import FileWatch, Saved, Unwatched
from leveling.world.quest import Quest
from leveling.world.words import Verdict


class AttemptScreen(Screen[None]):
    """Judges `path` as it opens, at every save and on `r`. A clear opens the clear screen."""

    CSS_PATH = "attempt.tcss"
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [(0, "-narrow"), (110, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "judge", "Judge again"),
        Binding("e", "edit", "Edit"),
        Binding("h", "hint", "Hint"),
        Binding("o", "output", "Output"),
        Binding("a", "all_lines", "All checks"),
        Binding("c", "cancel", "Cancel"),
        Binding("escape", "leave", "Cancel or back", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("g,home", "to_top", "Top", show=False),
        Binding("G,end", "to_end", "End", show=False),
    ]

    def __init__(self, game: Game, quest: Quest, path: Path) -> None:
        super().__init__()
        self.game, self.quest, self.path = game, quest, path
        self.judging = JudgingRun(self)
        self.watch = FileWatch(self)
        self.judgement: Judgement | None = None
        self.stale = False
        self.watching = "save to judge again"

    def compose(self) -> ComposeResult:
        """Head, what is judged, the failure, the output."""
        yield JudgingHead(self.quest.title, self.quest.rank)
        with Container(id="judging-body"):
            with VerticalScroll(id="judging-told"):
                yield ChecksView(self.quest.gates)
                yield TroublePanel()
                yield FailureView()
            yield OutputPane()
        yield Footer()

    async def on_mount(self) -> None:
        """Judge at once."""
        self.query_one("#judging-told").focus()
        self.watch.start(self.path.parent, [self.path])
        await self.action_judge()

    def on_unmount(self) -> None:
        """Leave nothing running."""
        self.watch.stop()
        self.judging.cancel()

    # ---- what happens

    @on(Told)
    async def tell(self, message: Told) -> None:
        """One event of the attempt that runs."""
        if not self.judging.is_current(message):
            return
        checks, head = self.query_one(ChecksView), self.query_one(JudgingHead)
        match message.event:
            case Announced():
                checks.announce(message.event)
                head.run("checking")
            case Progress():
                head.run(message.event.text)
            case CheckResult() | GateResult():
                checks.add(message.event)
            case Judgement():
                await self._tell_judgement(message.event)
            case Settled():
                self._settled(message.event)
            case Stopped():
                self._stopped()

    @on(Ended)
    def end(self, message: Ended) -> None:
        """The attempt is over, perhaps because something has to be put right first."""
        if self.judging.is_current(message):
            self.judging.ended(message)
            if message.trouble:
                self.query_one(ChecksView).finish()
                self.query_one(TroublePanel).tell(message.trouble)
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
        self.judgement = judgement
        self.query_one(ChecksView).finish()
        self.query_one(OutputPane).tell(judgement.output)
        if judgement.verdict is Verdict.CLEARED:
            self.query_one(JudgingHead).rest("cleared")
            return
        self.query_one(JudgingHead).rest(self.watching)
        taken = len(self.game.known(self.quest.id).hints)
        explanation = explain(judgement, self.quest, taken)
        await self.query_one(FailureView).tell(
            judgement, explanation, self._hint_line(explanation.hint if explanation else None)
        )
        self.call_after_refresh(self._show_failure)

    def _show_failure(self) -> None:
        """The verdict is in view, wherever the reader was."""
        scroll = self.query_one("#judging-told", VerticalScroll)
        if scroll.max_scroll_y and scroll.region.height < self.query_one(ChecksView).region.height + 6:
            scroll.scroll_to_widget(self.query_one(FailureView), top=True, animate=False)

    def _hint_line(self, number: int | None) -> str:
        if number is None:
            return ""
        cost = 0 if self.game.known(self.quest.id).counts else self.game.offered(self.quest).hint
        return f"h shows hint {number}; it {f'costs {cost} XP' if cost else 'costs nothing'}."

    def _settled(self, settled: Settled) -> None:
        if settled.judgement.verdict is Verdict.CLEARED:
            from leveling.tui.screens.clear import ClearScreen

            self.app.push_screen(ClearScreen(self.game, self.quest, settled))

    def _stopped(self) -> None:
        self.query_one(ChecksView).finish()
        self.query_one(JudgingHead).rest("cancelled; r judges again")

    # ---- what the learner does

    async def action_judge(self) -> None:
        """Judge the file as it is now; an attempt that runs is stopped."""
        self.judgement = None
        self.query_one(ChecksView).clear()
        self.query_one(TroublePanel).tell("")
        self.query_one(OutputPane).tell("")
        await self.query_one(FailureView).wipe()
        self.query_one(JudgingHead).run("starting")
        self.judging.begin(lambda judge: self.game.attempt(self.quest, self.path, judge))

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
        self.query_one(OutputPane).toggle()

    def action_all_lines(self) -> None:
        """Show every check, or the telling ones."""
        self.query_one(ChecksView).toggle_lines()

    async def action_hint(self) -> None:
        """Take the next hint and show it here; none while an attempt runs."""
        if self.judgement is None or self.judgement.verdict is Verdict.CLEARED:
            return
        try:
            shown = self.game.hint(self.quest)
        except Trouble as trouble:
            self.query_one(TroublePanel).tell(str(trouble))
            return
        cost = f", {shown.cost} XP less to win" if shown.cost else ""
        await self.query_one(FailureView).add(f"Hint {shown.number} of {shown.of}{cost}", shown.text)
        self.call_after_refresh(self.action_to_end)

    async def action_edit(self) -> None:
        """Open the file in the learner's editor, where the app knows how."""
        if hasattr(self.app, "action_edit"):
            await self.app.run_action("app.edit")
        else:
            self.notify(f"Edit {self.path}; {self.watching}.")

    def action_scroll(self, lines: int) -> None:
        """Scroll what was told."""
        self.query_one("#judging-told").scroll_relative(y=lines, animate=False)

    def action_to_top(self) -> None:
        """Back to the checks."""
        self.query_one("#judging-told").scroll_home(animate=False)

    def action_to_end(self) -> None:
        """To the last thing told."""
        self.query_one("#judging-told").scroll_end(animate=False)
