"""A quiz: one question at a time; marks and explanations after the last. Every try draws anew."""

import contextlib
from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.types import CSSPathType
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from leveling.judge.client import JudgeGone
from leveling.play import quizzes
from leveling.play.game import Game
from leveling.play.printed import safe
from leveling.play.quizzes import Asking, Mark, QuizFault, Sheet
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.tui.widgets.judging_signs import sign
from leveling.tui.widgets.judging_trouble import TroublePanel
from leveling.tui.widgets.scrolling import Reading
from leveling.world.quest import Quest
from leveling.world.words import Verdict

MOST_CHOICES = 9


class Asked(Message):
    """The questions are there."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet


class Marked(Message):
    """The answers are marked and what they mean is recorded."""

    def __init__(self, marks: list[Mark], settled: Settled) -> None:
        super().__init__()
        self.marks, self.settled = marks, settled


class Faulty(Message):
    """The quiz cannot be asked or marked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class QuizScreen(Place):
    """Asks, marks, explains. A leaf that is left before the last answer counts for nothing."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "judging.tcss", "quiz.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"pick({n})", f"Answer {n}", show=False) for n in range(1, MOST_CHOICES + 1)),
        Binding("enter", "go_on", "Go on", tooltip="The next question; after a clear, what it earned"),
        Binding("pageup", "before", "Question before", key_display="PgUp", priority=True),
        Binding("r", "again", "New try", tooltip="The same questions with other numbers"),
        Binding("escape", "back", "Back"),
    ]

    def __init__(self, game: Game, quest: Quest) -> None:
        super().__init__()
        self.game, self.quest = game, quest
        self.sheet: Sheet | None = None
        self.at = 0
        self.answers: dict[str, str] = {}
        self.settled: Settled | None = None

    def body(self) -> ComposeResult:
        """The question or the marks."""
        yield JudgingHead(self.quest.title, self.quest.rank)
        yield TroublePanel()
        yield Vertical(id="quiz")

    def on_mount(self) -> None:
        """Draw the questions."""
        self._draw()

    def _draw(self) -> None:
        self.sheet, self.settled, self.at, self.answers = None, None, 0, {}
        self.query_one(JudgingHead).run("drawing questions")
        self.query_one(TroublePanel).tell("")
        self.run_worker(self._ask, thread=True, group="judging", exit_on_error=False)

    # ---- with the judge, in a thread

    def _ask(self) -> None:
        with self._telling_faults(), self.hall.warmth.lend() as judge:
            self._post(Asked(quizzes.ask(self.quest, judge)))

    def _mark(self) -> None:
        assert self.sheet is not None
        with self._telling_faults():
            with self.hall.warmth.lend() as judge:
                marks, judgement = quizzes.mark(self.sheet, self.answers, judge)
            self._post(Marked(marks, self.game.settle(self.quest, judgement)))

    @contextlib.contextmanager
    def _telling_faults(self) -> Iterator[None]:
        try:
            yield
        except (QuizFault, JudgeGone) as fault:
            self._post(Faulty(f"{fault}. This is a fault of ours; nothing was counted. r tries again."))
        except Trouble as trouble:
            self._post(Faulty(str(trouble)))

    def _post(self, message: Message) -> None:
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile and its loop is closed
            self.post_message(message)

    # ---- what is shown

    @on(Asked)
    async def asked(self, message: Asked) -> None:
        """Put the first question."""
        self.sheet = message.sheet
        await self._put()

    @on(Faulty)
    def faulty(self, message: Faulty) -> None:
        """Say what is wrong."""
        self.query_one(JudgingHead).rest("not asked")
        self.query_one(TroublePanel).tell(message.text)

    async def _put(self) -> None:
        assert self.sheet is not None
        question = self.sheet.questions[self.at]
        self.query_one(JudgingHead).rest(f"question {self.at + 1} of {len(self.sheet.questions)}")
        place = self.query_one("#quiz")
        await place.remove_children()
        await place.mount(Static(Content(question.prompt), id="quiz-prompt"), self._answering(question))
        if question.form:
            await place.mount(Static(Content(question.form), classes="quiet", id="quiz-form"))
        place.children[1].focus()
        self.refresh_bindings()

    def _answering(self, question: Asking) -> Input | Choices:
        given = self.answers.get(question.name, "")
        if not question.choices:
            return Input(given, placeholder="your answer; enter goes on")
        numbered = [Content.assemble((f"{n}  ", "$primary bold"), text) for n, text in enumerate(question.choices, 1)]
        choices = Choices(*[Option(text) for text in numbered])
        choices.highlighted = int(given) - 1 if given else 0
        return choices

    @on(Marked)
    async def marked(self, message: Marked) -> None:
        """Every answer with its explanation."""
        assert self.sheet is not None
        self.settled = message.settled
        place = self.query_one("#quiz")
        await place.remove_children()
        right = sum(each.right for each in message.marks)
        self.query_one(JudgingHead).rest(f"{right} of {len(message.marks)} right")
        cleared = message.settled.judgement.verdict is Verdict.CLEARED
        way = "enter shows what it earned" if cleared else "r draws other numbers and asks again"
        head = Content.assemble(
            sign("passed" if cleared else "failed"),
            " ",
            (message.settled.judgement.cause, "bold"),
            (f"\n{way}", "$quiet"),
        )
        asked = {question.name: question for question in self.sheet.questions}
        reading = Reading(Static(head), *[Static(_marked(asked[each.name], each)) for each in message.marks])
        await place.mount(reading)
        reading.focus()
        self.refresh_bindings()
        self.hall.refresh_known()

    # ---- what the learner does

    @on(Input.Submitted)
    async def typed(self, event: Input.Submitted) -> None:
        """An answer in words."""
        if event.value.strip():
            await self._answer(event.value)

    @on(OptionList.OptionSelected)
    async def chose(self, event: OptionList.OptionSelected) -> None:
        """An answer by choice."""
        await self._answer(str(event.option_index + 1))

    async def action_pick(self, number: int) -> None:
        """An answer by its number."""
        question = self._question()
        if question is not None and number <= len(question.choices):
            await self._answer(str(number))

    async def _answer(self, text: str) -> None:
        question = self._question()
        if question is None or self.sheet is None:
            return
        self.answers[question.name] = text
        self.at += 1
        if self.at < len(self.sheet.questions):
            await self._put()
            return
        await self.query_one("#quiz").remove_children()
        self.query_one(JudgingHead).run("marking")
        self.run_worker(self._mark, thread=True, group="judging", exit_on_error=False)

    def _question(self) -> Asking | None:
        if self.sheet is None or self.at >= len(self.sheet.questions):
            return None
        return self.sheet.questions[self.at]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's signature
        """Keys do something only when there is something to do."""
        question = self._question()
        if action == "pick":
            return question is not None and bool(question.choices)
        if action == "before":
            return question is not None and self.at > 0
        if action == "go_on":
            return question is not None or self._is_cleared()
        if action == "again":
            return (question is None and self.settled is not None) or self._is_faulty()
        return True

    def _is_cleared(self) -> bool:
        return self.settled is not None and self.settled.judgement.verdict is Verdict.CLEARED

    def _is_faulty(self) -> bool:
        return any(panel.has_class("-shown") for panel in self.query(TroublePanel))

    def action_go_on(self) -> None:
        """What a clear earned; questions answer enter themselves."""
        if self.settled is not None and self._is_cleared():
            self.hall.show_clear(self.quest, self.settled)

    async def action_before(self) -> None:
        """The question before, with the answer given."""
        self.at -= 1
        await self._put()

    async def action_again(self) -> None:
        """A new draw."""
        await self.query_one("#quiz").remove_children()
        self._draw()


def _marked(question: Asking, each: Mark) -> Content:
    given = each.given
    if question.choices and given.isdecimal() and 1 <= int(given) <= len(question.choices):
        given = question.choices[int(given) - 1]
    verdict = "" if each.right else f"\n  you said {safe(given) or 'nothing'}; it is {each.answer}"
    return Content.assemble(
        sign("passed" if each.right else "failed"),
        " ",
        (question.prompt.replace("\n", "\n  "), "bold"),
        (f"\n  {safe(given)}" if each.right else "", "$success"),
        (verdict, "$warning"),
        f"\n  {each.explanation}",
    )
