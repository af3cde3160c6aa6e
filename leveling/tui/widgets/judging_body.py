"""What every judging screen shows of an attempt: checks and gates, trouble, the failure, and the program's output beside or below."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container

from leveling.coach import Explanation
from leveling.judge.protocol import CheckResult, GateResult, Judgement
from leveling.play.attempting import Announced, Event
from leveling.tui.widgets.judging_checks import ChecksView
from leveling.tui.widgets.judging_failure import FailureView
from leveling.tui.widgets.judging_output import OutputPane
from leveling.tui.widgets.judging_trouble import TroublePanel
from leveling.tui.widgets.scrolling import Reading
from leveling.world.quest import GateSpec
from leveling.world.words import Verdict

ROOM_FOR_VERDICT = 6


class JudgingBody(Container):
    """`wipe` before an attempt, `add` for each event, then `tell` for the judgement."""

    DEFAULT_CSS = """
    JudgingBody { height: 1fr; layout: vertical; }
    JudgingBody > Reading { height: 1fr; padding: 1 1 0 1; }
    .-wide JudgingBody { layout: horizontal; }
    .-wide JudgingBody > Reading { width: 3fr; }
    .-wide JudgingBody > OutputPane { width: 2fr; height: 1fr; max-height: 100%; border-top: none; border-left: solid $glow; padding: 0 1; }
    """

    def __init__(self, gates: Sequence[GateSpec] = ()) -> None:
        super().__init__()
        self.checks = ChecksView(gates)
        self.trouble = TroublePanel()
        self.failure = FailureView()
        self.output = OutputPane()
        self.reading = Reading(self.checks, self.trouble, self.failure)

    def compose(self) -> ComposeResult:
        """What is read, and the output."""
        yield self.reading
        yield self.output

    async def wipe(self, gates: Sequence[GateSpec] | None = None) -> None:
        """Forget the attempt before; `gates` are those of the quest that comes, when it is another."""
        if gates is not None:
            self.checks.specs = tuple(gates)
        self.checks.clear()
        self.trouble.tell("")
        self.output.tell("")
        await self.failure.wipe()

    def add(self, event: Event) -> None:
        """What was announced or has ended."""
        if isinstance(event, Announced):
            self.checks.announce(event)
        elif isinstance(event, CheckResult | GateResult):
            self.checks.add(event)

    def stop(self, trouble: str = "") -> None:
        """Nothing more comes; `trouble` says why, where the person has to put something right."""
        self.checks.finish()
        if trouble:
            self.trouble.tell(trouble)

    async def tell(self, judgement: Judgement, explanation: Explanation | None = None, hint: str = "") -> None:
        """The end of it; a failure is told in full and brought into view."""
        self.checks.finish()
        self.output.tell(judgement.output)
        if judgement.verdict is not Verdict.CLEARED:
            await self.failure.tell(judgement, explanation, hint)
            self.call_after_refresh(self._show_failure)

    async def add_part(self, title: str, text: str) -> None:
        """One piece of Markdown more, brought into view."""
        await self.failure.add(title, text)
        self.call_after_refresh(self.reading.scroll_end, animate=False)

    async def read(self, title: str, pieces: Sequence[str]) -> None:
        """Several pieces of Markdown, from the top."""
        for number, piece in enumerate(pieces):
            await self.failure.add("" if number else title, piece)
        self.reading.scroll_home(animate=False)

    def _show_failure(self) -> None:
        """The verdict is in view, however many checks stand above it."""
        if self.reading.region.height < self.checks.region.height + ROOM_FOR_VERDICT:
            self.reading.scroll_to_widget(self.failure, top=True, animate=False)
