"""The status window: who you are, what you can do next, what the next rank asks for."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from leveling.play.game import Game
from leveling.tui.screens.place import Place
from leveling.tui.widgets.choices import Choices
from leveling.tui.widgets.drawing import badge, bar, joined, letter, quiet, rank_style
from leveling.world.ranks import RankStanding
from leveling.world.recommending import Advice, Deed
from leveling.world.record import OVERALL, split_trial_key
from leveling.world.standing import Standing
from leveling.world.words import Rank

if TYPE_CHECKING:
    from leveling.tui.knowing import Known

SIGNS = {
    Deed.DRILL: "◷",
    Deed.TRIAL: "◆",
    Deed.CONTINUE: "▸",
    Deed.DUNGEON: "▟",
    Deed.PATH: "➤",
    Deed.AGAIN: "↺",
    Deed.QUEST: "▹",
    Deed.IMPROVE: "△",
}


class StatusScreen(Place):
    """What the standing says, nothing more."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["place.tcss", "status.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "noop", "Do it"),
        Binding("slash", "app.go('board')", "Search quests", key_display="/"),
        Binding("t", "trial", "Trial", tooltip="The trial for the next overall rank"),
    ]
    place = "status"

    def __init__(self, game: Game) -> None:
        super().__init__()
        self.game = game
        self._advice: tuple[Advice, ...] = ()

    def body(self) -> ComposeResult:
        """Self, next, requirements, gates."""
        with VerticalScroll(id="all", can_focus=False):
            with Vertical(id="self", classes="frame") as frame:
                frame.border_title = "STATUS"
                yield Static(id="identity")
            with Vertical(id="next", classes="frame") as frame:
                frame.border_title = "NEXT"
                yield Choices(id="advice")
                yield Static(id="reason")
            with Horizontal(id="below"):
                with Vertical(id="needs", classes="frame") as frame:
                    frame.border_title = "NEXT RANK"
                    yield Static(id="requirements")
                with Vertical(id="gates", classes="frame") as frame:
                    frame.border_title = "GATES"
                    yield Static(id="ranks")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.query_one("#advice").focus()

    def known_changed(self, known: "Known") -> None:
        """Draw the standing."""
        standing = known.standing
        self.query_one("#identity", Static).update(identity(standing))
        self.query_one("#requirements", Static).update(requirements(standing.overall))
        self.query_one("#ranks", Static).update(gate_ranks(standing))
        self._advice = standing.advice
        choices = self.query_one("#advice", Choices)
        choices.clear_options()
        choices.add_options([Option(_advised(each, known)) for each in self._advice])
        if not self._advice:
            choices.add_option(Option(quiet("Nothing is left to advise: every quest here is cleared."), disabled=True))
        else:
            choices.highlighted = 0

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Why it is advised."""
        if event.option_index < len(self._advice):
            self.query_one("#reason", Static).update(quiet(self._advice[event.option_index].reason))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what is advised."""
        if not self._advice:
            return
        self.hall.follow(self._advice[event.option_index])

    def action_trial(self) -> None:
        """The overall trial of the next rank."""
        known = self.hall.known
        if known is not None and known.standing.overall.next is not None:
            self.hall.show_trial(known.standing.overall.where, known.standing.overall.next)

    def action_noop(self) -> None:
        """The list answers enter; this line is for the footer."""


def identity(standing: Standing) -> Content:
    """Name, rank, level, XP, streak, titles."""
    level, run = standing.level, standing.streak
    rank = standing.overall.rank
    title = f"  {standing.titles[-1].name}" if standing.titles else ""
    goal = f"{level.into} of {level.span} XP to level {level.level + 1}" if level.span else "the top level"
    sealed = f", {standing.sealed} sealed on this machine" if standing.sealed else ""
    weeks = "1 week" if run.weeks == 1 else f"{run.weeks} weeks"
    freezes = "1 freeze" if run.freezes == 1 else f"{run.freezes} freezes"
    days = f"{run.days} of {run.goal} days this week"
    return joined(
        [
            Content.assemble(
                (standing.hunter or "Hunter", "bold"),
                (title, "italic $accent"),
                "   rank ",
                badge(rank),
                ("" if rank else " unranked yet", "$quiet"),
                f"   level {level.level}",
                (f"   {standing.xp} XP", "$quiet"),
            ),
            Content.assemble(bar(level.into, level.span, 30), (f"  {goal}", "$quiet")),
            Content(f"{standing.cleared} of {standing.on_offer} quests cleared{sealed}"),
            quiet(f"streak {weeks}  ·  {days}  ·  {freezes}"),
        ]
    )


def requirements(overall: RankStanding) -> Content:
    """What the next overall rank asks for, with bars."""
    if overall.next is None:
        return Content("You hold the highest rank there is.")
    lines = [Content.assemble("Rank ", badge(overall.next), (" asks for", "$quiet"))]
    lines += [
        Content.assemble(
            bar(each.have, each.need, 10, rank_style(overall.next)),
            " ",
            ("✓ " if each.is_met else "", "$success"),
            str(each),
        )
        for each in overall.requirements
    ]
    return joined(lines)


def gate_ranks(standing: Standing) -> Content:
    """The rank in every gate, entered ones first."""
    gates = sorted(standing.gates.values(), key=lambda gate: (-(gate.rank.level if gate.rank else -1), gate.where))
    eases = {each.gate: each for each in standing.strengths}
    lines = []
    for gate in gates:
        tried = eases.get(gate.where)
        told = f"{tried.cleared} of {tried.tried} tried" if tried else "not entered"
        lines.append(Content.assemble(letter(gate.rank), f" {gate.where:<18}", (told, "$quiet")))
    return joined(lines) if lines else quiet("No quests were found: press 7.")


def _advised(advice: Advice, known: "Known") -> Content:
    card = known.cards.get(advice.target)
    name = card.title if card else _named(advice)
    mark = letter(card.rank if card else _trial_rank(advice))
    return Content.assemble(
        (f"{SIGNS[advice.deed]} ", "$accent"),
        mark,
        " ",
        (name, "bold"),
        (f"  {card.gate}, {card.minutes} min" if card else "", "$quiet"),
    )


def _trial_rank(advice: Advice) -> Rank | None:
    return split_trial_key(advice.target)[1] if advice.deed is Deed.TRIAL else None


def _named(advice: Advice) -> str:
    if advice.deed is Deed.DRILL:
        return "Daily drills"
    if advice.deed is Deed.TRIAL:
        gate, rank = split_trial_key(advice.target)
        return f"Trial of rank {rank} in {gate}" if gate != OVERALL else f"Trial of rank {rank} of several gates"
    return f"{advice.target} (dungeon)" if advice.deed is Deed.DUNGEON else advice.target
