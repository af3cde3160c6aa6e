"""A promotion trial: tasks from blank files, a clock that does not stop, few submissions each."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.coach import explain
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import trialling
from leveling.play.attempting import Event, Progress, Stopped
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trialling import Table, Task
from leveling.play.trouble import Trouble
from leveling.tui.screens.panel import QuestionScreen
from leveling.tui.screens.place import Place
from leveling.tui.screens.rank_up import RankUpScreen
from leveling.tui.widgets.brief import sections_of
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import letter
from leveling.tui.widgets.judging_body import JudgingBody
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_run import Ended, JudgingRun, Told
from leveling.tui.widgets.judging_signs import sign
from leveling.world.record import OVERALL
from leveling.world.standing import Standing
from leveling.world.trials import Outcome
from leveling.world.words import Rank

TERMS = (
    "Every task is solved from a blank file, in the time of the whole; each can be submitted a few times. All must be cleared.\n\n"
    "The clock runs from the first moment on, also while the app is closed. Nothing is judged before you submit it: saving a "
    "file does nothing here. Whoever does not pass tries again some hours later, with other tasks; what was cleared stays cleared."
)
ENDS = {
    Outcome.PASSED: ("passed", "Passed: every task is cleared."),
    Outcome.FAILED: ("failed", "Not passed: a task has no submission left. What you cleared stays cleared."),
    Outcome.OUT_OF_TIME: ("failed", "Time is up. What you cleared stays cleared."),
    Outcome.GIVEN_UP: ("skipped", "Left. What you cleared stays cleared."),
}


class Reached(Message):
    """Ranks that a submission brought."""

    def __init__(self, ranks: list[tuple[str, Rank]]) -> None:
        super().__init__()
        self.ranks = ranks


class TrialScreen(Place):
    """Says the terms, sits down on enter, goes on with a sitting that runs."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "judging.tcss", "trial.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", tooltip="Sit down; the clock starts"),
        Binding("e", "edit", "Edit", tooltip="Open the chosen task in your editor"),
        Binding("s", "submit", "Submit", tooltip="Have the chosen task judged; each has few submissions"),
        Binding("b", "brief", "Brief", tooltip="What the chosen task asks"),
        Binding("o", "output", "Output", tooltip="What your program printed"),
        Binding("x", "give_up", "Give up", tooltip="Leave this sitting"),
        Binding("escape", "back", "Back", tooltip="Go; the clock does not stop"),
    ]

    def __init__(self, game: Game, gate: str, rank: Rank) -> None:
        super().__init__()
        self.game, self.gate, self.rank = game, gate, rank
        self.judging = JudgingRun(self)
        self.table: Table | None = None
        self.ends_at = 0.0
        self.judged: Task | None = None

    def body(self) -> ComposeResult:
        """Terms or tasks, then what is judged."""
        where = "several gates" if self.gate == OVERALL else self.gate
        yield JudgingHead(f"Trial of rank {self.rank}: {where}", self.rank)
        yield Static(id="trial-said")
        yield Choices(id="tasks")
        yield JudgingBody()

    def on_mount(self) -> None:
        """Look how it stands."""
        self.set_interval(1.0, self._tick)
        try:
            self._show(trialling.look(self.game, self.gate, self.rank))
        except Trouble as trouble:
            self.told.stop(str(trouble))

    def on_unmount(self) -> None:
        """Leave nothing running; the clock goes on."""
        self.judging.cancel()

    @property
    def told(self) -> JudgingBody:
        """What is shown of a submission."""
        return self.query_one(JudgingBody)

    @property
    def runs(self) -> bool:
        """Whether a sitting runs."""
        return self.table is not None and self.table.outcome is Outcome.RUNNING

    @property
    def chosen(self) -> Task | None:
        """The task under the cursor."""
        at = self.query_one("#tasks", Choices).highlighted
        return self.table.tasks[at] if self.runs and self.table and at is not None else None

    @property
    def path(self) -> Path | None:
        """The file of the chosen task: what the app's editor opens."""
        return self.chosen.path if self.chosen else None

    # ---- what is shown

    def _show(self, table: Table | None) -> None:
        self.table = table
        self.set_class(self.runs, "-runs")
        said = self.query_one("#trial-said", Static)
        if table is None:
            said.update(Content.assemble(TERMS, ("\n\nenter begins", "bold $primary")))
        elif self.runs:
            self.ends_at = time.monotonic() + table.seconds_left
            said.update(Content.styled("Saving judges nothing here: s submits the chosen task.", "$quiet"))
        else:
            state, words = ENDS[table.outcome]
            again = "" if table.outcome is Outcome.PASSED else "\nenter asks for a new sitting"
            said.update(Content.assemble(sign(state), " ", (words, "bold"), (again, "$quiet")))
        self._list()
        self._tick()
        self.refresh_bindings()

    def _list(self) -> None:
        choices = self.query_one("#tasks", Choices)
        at = choices.highlighted or 0
        choices.clear_options()
        tasks = self.table.tasks if self.table else ()
        choices.add_options([Option(self._line(task)) for task in tasks])
        choices.display = bool(tasks)
        if tasks:
            choices.highlighted = min(at, len(tasks) - 1)
            choices.focus()
        else:
            self.told.reading.focus()

    def _line(self, task: Task) -> Content:
        card = self.game.board.cards.get(task.quest)
        left = "cleared" if task.cleared else f"{task.left} {'submission' if task.left == 1 else 'submissions'} left"
        state = "passed" if task.cleared else "waiting" if task.left else "failed"
        return Content.assemble(
            sign(state),
            " ",
            letter(card.rank if card else self.rank),
            " ",
            (f"{card.title if card else task.quest}", "bold"),
            (f"  {left}", "$warning" if task.left == 1 else "$quiet"),
            (f"\n    {task.path}", "$quiet"),
        )

    def _tick(self) -> None:
        head = self.query_one(JudgingHead)
        if not self.runs:
            head.note = ""
        elif (left := self.ends_at - time.monotonic()) > 0:
            head.note = f"{int(left) // 60}:{int(left) % 60:02} left"
        else:
            self._show(trialling.look(self.game, self.gate, self.rank))
        head.refresh()

    # ---- what happens

    @on(Told)
    async def tell(self, message: Told) -> None:
        """One event of the submission."""
        if not self.judging.is_current(message):
            return
        match message.event:
            case Progress():
                self.query_one(JudgingHead).run(message.event.text)
            case Judgement():
                quest = self.game.catalog.quest(message.event.quest)
                await self.told.tell(message.event, explain(message.event, quest))
                if message.event.verdict == "cleared":
                    await self.told.add_part("Cleared", f"{quest.title} is done. The next task waits.")
            case Stopped() | Settled():
                self.told.stop()
            case event:
                self.told.add(event)

    @on(Ended)
    def end(self, message: Ended) -> None:
        """The submission is recorded, or there was trouble."""
        if not self.judging.is_current(message):
            return
        self.judging.ended(message)
        self.query_one(JudgingHead).rest("")
        if message.trouble:
            self.told.stop(message.trouble)
        self.hall.refresh_known()
        self._show(trialling.look(self.game, self.gate, self.rank))

    @on(Reached)
    def reached(self, message: Reached) -> None:
        """The moment of a new rank."""
        self.app.push_screen(RankUpScreen(message.ranks))

    # ---- what the learner does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's signature
        """Keys do something only when there is something to do."""
        if action == "begin":
            return not self.runs and not (self.table is not None and self.table.outcome is Outcome.PASSED)
        if action in {"edit", "submit", "give_up", "brief"}:
            return self.runs
        return True

    @on(OptionList.OptionSelected)
    def entered(self) -> None:
        """Enter on a task opens it; on an ended sitting it asks for a new one."""
        if self.runs:
            self.hall.action_edit()
        else:
            self.action_begin()

    def action_begin(self) -> None:
        """Sit down, or say why not yet."""
        if not self.check_action("begin", ()):
            return
        try:
            self._show(trialling.sit_down(self.game, self.gate, self.rank))
        except Trouble as trouble:
            self.told.stop(str(trouble))

    def action_submit(self) -> None:
        """Submit the chosen task; the last submission is asked for."""
        task = self.chosen
        if task is None or task.cleared or self.judging.running:
            return
        if task.left == 1:
            text = "This is the last submission of this task. Without a clear the trial is not passed."
            self.app.push_screen(QuestionScreen("The last one", text, "submit it", "not yet"), self._last)
        else:
            self.run_worker(self._submit(task))

    async def _last(self, agreed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if agreed and self.chosen is not None:
            await self._submit(self.chosen)

    async def _submit(self, task: Task) -> None:
        self.judged = task
        await self.told.wipe(self.game.catalog.quest(task.quest).gates)
        self.query_one(JudgingHead).run("starting")
        self.judging.begin(lambda judge: self._events(task, judge))

    def _events(self, task: Task, judge: JudgeClient) -> Iterator[Event | Settled]:
        before = _ranks(self.game.standing())
        yield from trialling.submit(self.game, self.gate, self.rank, task.quest, judge)
        after = _ranks(self.game.standing())
        if new := [(where, rank) for where, rank in after.items() if rank is not None and before.get(where) != rank]:
            self.post_message(Reached(new))

    async def action_brief(self) -> None:
        """What the chosen task asks; read here, where there are no hints."""
        if self.chosen is None or self.judging.running:
            return
        quest = self.game.catalog.quest(self.chosen.quest)
        try:
            brief = (quest.folder / "brief.md").read_text(encoding="utf-8")
        except OSError as error:
            self.told.stop(f"{quest.id} has no brief that can be read: {error.strerror}")
            return
        await self.told.wipe(quest.gates)
        await self.told.read(quest.title, sections_of(brief))

    def action_give_up(self) -> None:
        """Ask, then leave the sitting."""
        text = "The sitting ends and is not passed. What you cleared in it stays cleared."
        self.app.push_screen(QuestionScreen("Give up", text, "end it", "go on"), self._given_up)

    def _given_up(self, agreed: bool | None) -> None:  # noqa: FBT001 - Textual's callback
        if not agreed:
            return
        self.judging.cancel()
        try:
            self._show(trialling.give_up(self.game, self.gate, self.rank))
        except Trouble as trouble:
            self.told.stop(str(trouble))

    def action_edit(self) -> None:
        """Open the chosen task."""
        self.hall.action_edit()

    def action_output(self) -> None:
        """Show or hide what was printed."""
        self.told.output.toggle()


def _ranks(standing: Standing) -> dict[str, Rank | None]:
    return {each.where: each.rank for each in (standing.overall, *standing.gates.values())}
