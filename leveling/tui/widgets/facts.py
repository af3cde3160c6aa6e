"""What a quest's screen tells besides its brief, as texts."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from leveling.play.dungeons.curve import sparkline
from leveling.play.hints import hints_of
from leveling.play.limits_in_words import gate_in_words
from leveling.tui.widgets.cards import MARKS, state_of
from leveling.tui.widgets.drawing import badge, bar, grade_mark, hours_in_words, joined, keys, quiet, titled
from leveling.world.quest import Quest
from leveling.world.record import Clear, Measured, QuestRecord
from leveling.world.unlocking import Door
from leveling.world.words import Kind
from leveling.world.xp import Slice


@dataclass(frozen=True, slots=True)
class NextHint:
    """The hint that comes next: number of how many, what it takes of the XP that is left."""

    number: int
    of: int
    xp: int
    left: int


class Fitted(Static):
    """A text that is drawn for the width it gets."""

    def __init__(self, draw: Callable[[int], Content], *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._draw = draw

    def on_resize(self, event: Resize) -> None:
        """Another width, another text."""
        self.update(self._draw(event.size.width))


def top(quest: Quest, known: QuestRecord, door: Door | None, offered: Slice) -> Content:
    """Rank, title, state; what it can still give; why it is shut."""
    state = state_of(door, known)
    sign, style = MARKS[state]
    xp = "no XP until solved from blank" if offered.is_forfeited else f"{offered.left} XP"
    about = [str(quest.kind), f"{quest.minutes} min", *([] if known.counts else [xp])]
    lines = [
        Content.assemble(
            badge(quest.rank),
            " ",
            (quest.title, "bold"),
            "   ",
            (f"{sign} {state}", style or "$primary"),
            (f"   {', '.join(about)}", "$quiet"),
        )
    ]
    if door is not None and door.reason:
        lines.append(Content.assemble((door.reason, "$warning")))
    return joined(lines)


def objective(quest: Quest, width: int) -> Content:
    """What is learnt, and by what the attempt is measured."""
    gates = [gate_in_words(gate) for gate in quest.gates]
    return joined([Content(quest.learns), *_listed("Gates", gates, width)])


def demands(quest: Quest, width: int) -> Content:
    """The signature, what is not allowed, what comes before, what must be installed."""
    forbidden = [f"{each.name}{f': {each.why}' if each.why else ''}" for each in quest.forbid]
    packages = [f"{', '.join(quest.packages)}: pip install 'leveling[{quest.extra}]'"] if quest.packages else []
    parts: list[Content] = []
    for title, lines in (
        ("Signature", quest.signature),
        ("Not allowed", forbidden),
        ("Comes after", quest.needs),
        ("Needs", packages),
    ):
        parts += _listed(title, lines, width)
    return joined(parts)


def _listed(title: str, lines: Sequence[str], width: int) -> list[Content]:
    """A heading and its points, each hanging behind its dot."""
    if not lines:
        return []
    points = [
        textwrap.fill(line, max(20, width), subsequent_indent="  ", initial_indent="· ", break_on_hyphens=False)
        for line in lines
    ]
    return [Content(""), titled(title), *map(Content, points)]


def work(quest: Quest, known: QuestRecord, path: Path) -> Content:
    """Where the file is, and the keys that lead on."""
    if quest.kind is Kind.QUIZ:
        return joined([Content("A quiz: no file, only answers."), keys(("a", "begin"))])
    if not path.is_file():
        return joined([Content("Not begun yet."), keys(("e", "write and open it"))])
    about = [Content(_short(path)), keys(("e", "edit"), ("a", "attempt"))]
    if known.is_aided:
        about.append(quiet("Revealed: e begins anew from a blank file; the old one is kept."))
    return joined(about)


def next_hint(quest: Quest, known: QuestRecord, offered: Slice) -> NextHint | None:
    """What the next hint would be; None where there is none that is new."""
    count = len(hints_of(quest))
    taken = max(known.hints, default=0)
    if taken >= count or known.counts:
        return None
    return NextHint(taken + 1, count, offered.hint, offered.left)


def hints(quest: Quest, known: QuestRecord, offered: Slice) -> Content:
    """How many were taken, and the price of the next."""
    count = len(hints_of(quest))
    if not count:
        return quiet("No hints here.")
    if known.counts:
        return joined([Content(f"All {count} are free: you cleared it."), keys(("h", "read"))])
    following = next_hint(quest, known, offered)
    if following is None:
        return joined([Content(f"All {count} taken."), keys(("h", "read again"))])
    cost = f"-{following.xp} XP of {following.left}"
    return joined(
        [
            Content(f"{len(known.hints)} of {count} taken."),
            Content.assemble(keys(("h", "the next")), ("  " + cost, "$warning")),
        ]
    )


def history(known: QuestRecord) -> Content:
    """Attempts, time, every kept clear with its grade, and the measures of the best."""
    if not known.attempts and not known.clears:
        return quiet("No attempt yet.")
    times = "1 attempt" if known.attempts == 1 else f"{known.attempts} attempts"
    parts = [Content.assemble(times, (f", {known.failures} not cleared", "$quiet"))]
    if known.seconds >= 60:
        parts.append(quiet(f"{hours_in_words(known.seconds)} of work before the first clear"))
    parts += [_clear(clear) for clear in reversed(known.clears)]
    if known.best is not None:
        parts += [_measure(gate, _ratios(known, gate)) for gate in known.best.gates]
    if known.note is not None:
        parts += [Content.assemble(("note  ", "$quiet"), known.note.value)]
    return joined(parts)


def reading(quest: Quest) -> Content | None:
    """Papers and readings; None where there are none."""
    if not quest.papers and not quest.reading:
        return None
    lines = [Content.assemble(("· ", "$quiet"), line) for line in quest.papers]
    lines += [Content.assemble(("· ", "$quiet"), (f"curriculum {line}", "$quiet")) for line in quest.reading]
    return joined([titled("Reading"), *lines])


def _clear(clear: Clear) -> Content:
    aided = "" if clear.unaided else ", after the reveal"
    hints_used = f", {clear.hints} hints" if clear.hints else ""
    return Content.assemble(
        ("✓ ", "$success"), f"{clear.day} ", grade_mark(clear.grade), (f" {clear.device}{hints_used}{aided}", "$quiet")
    )


def _ratios(known: QuestRecord, gate: Measured) -> list[float]:
    """What every kept clear measured at a gate, as a share of its limit, in the order of time."""
    found = (
        (clear.at, each.value / each.limit)
        for clear in known.clears
        for each in clear.gates
        if (each.gate, each.device) == (gate.gate, gate.device) and each.value is not None and each.limit
    )
    return [ratio for _, ratio in sorted(found)]


def _measure(gate: Measured, ratios: list[float]) -> Content:
    if gate.value is None or not gate.limit:
        return Content.assemble(("◇ ", "$quiet"), (f"{gate.gate} ({gate.device}) {gate.status}", "$quiet"))
    passed = gate.status == "passed"
    return Content.assemble(
        ("✓ " if passed else "✗ ", "$success" if passed else "$error"),
        bar(gate.value, gate.limit, 8),
        f" {gate.gate} ({gate.device}) ",
        (f"{gate.value:.3g} / {gate.limit:g}", "$quiet"),
        (f"  {sparkline(ratios)}" if len(ratios) > 1 else "", "$accent"),
    )


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)
