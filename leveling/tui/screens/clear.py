"""After a clear: what it earned, the code beside the reference, the coach's review, notes, what comes next. It stays."""

import contextlib
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.types import CSSPathType
from textual.widgets import OptionList, Static, TabbedContent, TabPane, TextArea
from textual.widgets.option_list import Option

from leveling.coach import Review, review
from leveling.play.cleared_code import of_clear
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.solutions import reference_of
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.screens.rank_up import RankUpScreen
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.judging_compare import CompareView, Comparison
from leveling.tui.widgets.judging_earned import earned, open_advice
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_review import measured_parts, review_parts
from leveling.tui.widgets.scrolling import Reading
from leveling.world.quest import Quest
from leveling.world.recommending import Advice
from leveling.world.standing import Standing
from leveling.world.words import Kind

REVIEW, COMPARE, MEASURED, NOTES, NEXT = "review", "compare", "measured", "notes", "next"


@dataclass(frozen=True, slots=True)
class Told:
    """What takes a moment to find out."""

    standing: Standing
    review: Review | None
    comparison: Comparison | None


class Ready(Message):
    """It was found out."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


class ClearScreen(Place):
    """What a clear meant. Quizzes have no code, so no review and no reference."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "judging.tcss", "clear.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "show('review')", "Review"),
        Binding("d", "compare", "Diff"),
        Binding("m", "show('measured')", "Measured"),
        Binding("w", "show('notes')", "Write a note"),
        Binding("n", "show('next')", "Next"),
        Binding("escape", "leave", "Back"),
        Binding("l,right", "turn(1)", "Next tab", show=False),
        Binding("h,left", "turn(-1)", "Tab before", show=False),
    ]

    def __init__(self, game: Game, quest: Quest, settled: Settled) -> None:
        super().__init__()
        self.game, self.quest, self.settled = game, quest, settled
        self.told: Told | None = None
        self.advice: list[Advice] = []

    def body(self) -> ComposeResult:
        """What is known at once; the rest follows."""
        yield JudgingHead(self.quest.title, self.quest.rank)
        yield Static(earned(self.settled, None), id="clear-earned")
        with TabbedContent(id="clear-tabs"):
            for name, title in self._tabs():
                yield TabPane(title, id=name)

    def _tabs(self) -> list[tuple[str, str]]:
        code = [(REVIEW, "Review"), (COMPARE, "Beside the reference"), (MEASURED, "Measured")]
        return [*([] if self.quest.kind is Kind.QUIZ else code), (NOTES, "Notes"), (NEXT, "Next")]

    def on_mount(self) -> None:
        """Begin to find out; show a new rank first."""
        self.query_one(JudgingHead).rest("cleared")
        self.query_one("#clear-earned").border_title = "Cleared"
        self.run_worker(self._find_out, thread=True, exit_on_error=False)
        if self.settled.ranks:
            self.app.push_screen(RankUpScreen(self.settled.ranks))
        self.hall.refresh_known()

    def on_unmount(self) -> None:
        """What was written is kept."""
        self._keep_notes()

    def _find_out(self) -> None:
        standing = self.game.standing()
        if self.quest.kind is Kind.QUIZ:
            self.post_message(Ready(Told(standing, None, None)))
            return
        own = of_clear(self.game, self.quest, self.settled.judgement)
        comparison = Comparison(own, reference_of(self.quest))
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile
            self.post_message(Ready(Told(standing, review(own, self.quest, self.settled.judgement), comparison)))

    @on(Ready)
    async def ready(self, message: Ready) -> None:
        """Fill what waited."""
        self.told = message.told
        self.query_one("#clear-earned", Static).update(earned(self.settled, message.told.standing.level))
        self.advice = [each for each in message.told.standing.advice if each.target != self.quest.id]
        await self._fill(self.query_one(TabbedContent).active)

    @on(TabbedContent.TabActivated)
    async def turned(self, event: TabbedContent.TabActivated) -> None:
        """Fill a tab when it is first seen."""
        if event.pane.id:
            await self._fill(event.pane.id)

    async def _fill(self, name: str) -> None:
        pane = self.query_one(f"#{name}", TabPane)
        told = self.told
        if told is None or pane.children:
            return
        if name == REVIEW and told.review is not None:
            await pane.mount(Reading(*[Static(part) for part in review_parts(told.review)]))
        elif name == COMPARE and told.comparison is not None:
            await pane.mount(CompareView(told.comparison))
        elif name == MEASURED and told.review is not None:
            parts = measured_parts(self.settled.judgement, told.review, pane.size.width or 76)
            await pane.mount(Reading(*[Static(part) for part in parts]))
        elif name == NOTES:
            await self._fill_notes(pane)
        elif name == NEXT:
            options = [Option(Content(each.reason)) for each in self.advice]
            await pane.mount(Choices(*options) if options else Static("Nothing is left to advise: choose freely."))

    async def _fill_notes(self, pane: TabPane) -> None:
        known = self.game.known(self.quest.id)
        for part, title, held in (
            ("learnt", "What I learnt", known.learnings),
            ("note", "Notes to myself", known.note),
        ):
            area = TextArea(held.value if held else "", id=f"clear-{part}", tab_behavior="focus")
            area.border_title = title
            await pane.mount(area)

    def _keep_notes(self) -> None:
        known = self.game.known(self.quest.id)
        for part, held in (("learnt", known.learnings), ("note", known.note)):
            for area in self.query(f"#clear-{part}").results(TextArea):
                if area.text != (held.value if held else ""):
                    try:
                        self.game.write_note(self.quest.id, area.text, learnt=part == "learnt")
                    except Trouble as trouble:
                        self.app.notify(str(trouble), severity="warning")

    @on(OptionList.OptionSelected)
    def follow(self, event: OptionList.OptionSelected) -> None:
        """Do what was advised."""
        self._keep_notes()
        open_advice(self.hall, self.advice[event.option_index])

    # ---- keys

    async def action_show(self, name: str) -> None:
        """Turn to a tab and go into it."""
        if not self.query(f"#{name}"):
            return
        self.query_one(TabbedContent).active = name
        await self._fill(name)
        inner = self.query_one(f"#{name}", TabPane).children
        if inner:
            self.call_after_refresh(inner[0].focus)

    async def action_compare(self) -> None:
        """Turn to the comparison; there, change how it is laid out."""
        if self.query_one(TabbedContent).active == COMPARE and self.query(CompareView):
            self.query_one(CompareView).toggle()
        else:
            await self.action_show(COMPARE)

    async def action_turn(self, places: int) -> None:
        """The tab beside."""
        names = [name for name, _ in self._tabs()]
        place = names.index(self.query_one(TabbedContent).active)
        await self.action_show(names[(place + places) % len(names)])

    def action_leave(self) -> None:
        """Out of a note first, then back."""
        if isinstance(self.focused, TextArea):
            self._keep_notes()
            self.set_focus(None)
        else:
            self.dismiss()
