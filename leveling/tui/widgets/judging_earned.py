"""What a clear earned, in a few lines; and the way to what is advised next."""

from typing import TYPE_CHECKING

from textual.content import Content

from leveling.play.settling import Settled
from leveling.world.levels import LevelStanding
from leveling.world.recommending import Advice
from leveling.world.words import Grade

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp

LEVEL_CELLS = 16
_GRADES = {
    Grade.C: "it is correct",
    Grade.B: "correct, and at least one gate passed",
    Grade.A: "correct, and every gate here passed",
    Grade.S: "ahead of the reference",
}


def earned(settled: Settled, level: LevelStanding | None) -> Content:
    """Grade, XP, level, ranks, doors."""
    lines = [_grade(settled)]
    if level is not None:
        lines.append(_level(level))
    if settled.ranks:
        reached = ", ".join(
            f"{rank} in {where}" if where != "overall" else f"{rank} overall" for where, rank in settled.ranks
        )
        lines.append(Content.assemble(("Rank up: ", "$warning bold"), reached))
    if settled.opened:
        more = f" and {len(settled.opened) - 3} more" if len(settled.opened) > 3 else ""
        lines.append(Content.assemble(("Now open: ", "bold"), ", ".join(settled.opened[:3]) + more))
    return Content("\n").join(lines)


def _grade(settled: Settled) -> Content:
    grade = settled.judgement.grade
    parts: list[Content | str | tuple[str, str]] = []
    if grade is not None:
        parts += [("Grade ", "$quiet"), (grade.value, "$success bold"), (f"  {_GRADES[grade]}", "$quiet"), "   "]
    if settled.aided:
        parts.append("Cleared with the reference at hand; begun again from blank it earns its XP.")
    elif settled.xp:
        parts += [(f"+{settled.xp} XP", "$warning bold"), (f"  {settled.total_xp:,} in all", "$quiet")]
    elif settled.saved:
        parts.append(("No new XP: it was cleared as well before.", "$quiet"))
    else:
        parts.append(("Not recorded.", "$quiet"))
    return Content.assemble(*parts)


def _level(level: LevelStanding) -> Content:
    filled = round(LEVEL_CELLS * level.into / level.span) if level.span else LEVEL_CELLS
    rest = f"{level.span - level.into:,} XP to level {level.level + 1}" if level.span else "the top"
    return Content.assemble(
        ("Level ", "$quiet"),
        (str(level.level), "bold"),
        "  ",
        ("━" * filled, "$primary"),
        ("─" * (LEVEL_CELLS - filled), "$glow"),
        (f"  {rest}", "$quiet"),
    )


def open_advice(app: "LevelingApp", advice: Advice) -> None:
    """Go where an advice leads, leaving the screens of the attempt."""
    from leveling.tui.screens.attempt import AttemptScreen
    from leveling.tui.screens.clear import ClearScreen
    from leveling.tui.screens.quiz import QuizScreen

    while isinstance(app.screen, AttemptScreen | ClearScreen | QuizScreen):
        app.pop_screen()
    app.follow(advice)
