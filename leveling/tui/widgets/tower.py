"""A dungeon drawn as a tower: the boss on top, the way up from below."""

from collections.abc import Sequence

from textual.content import Content

from leveling.tui.widgets.drawing import grade_mark, joined, quiet, titled
from leveling.world.dungeon import Climb, Dungeon, FloorState, Paper, title_on_map
from leveling.world.quest import Quest

SIGNS = {FloorState.CLEARED: ("■", "$success"), FloorState.OPEN: ("▣", "$primary"), FloorState.CLOSED: ("□", "$quiet")}


def pips(states: Sequence[FloorState]) -> Content:
    """One sign a floor, the boss last."""
    return Content(" ").join([Content.assemble(SIGNS[state]) for state in states])


def storey(climbed: Climb, quest: Quest, number: int) -> Content:
    """One floor: sign, number, title, what it is, grade."""
    state, grade = climbed.states[number - 1], climbed.grades[number - 1]
    sign, style = SIGNS[state]
    kind = "boss" if number == len(climbed.states) else "" if quest.kind == "quest" else str(quest.kind)
    about = ", ".join(filter(None, [kind, f"{quest.minutes} min", str(state)]))
    return Content.assemble(
        (f"{sign} ", style),
        (f"{number} ", "bold $primary"),
        (title_on_map(quest.title), "$quiet" if state is FloorState.CLOSED else "bold"),
        (f"\n    {about}", "$quiet"),
        *(("  ", grade_mark(grade)) if grade is not None else ()),
    )


def about(climbed: Climb) -> Content:
    """What it builds, its data, the echoes that help (✓ where there is one), the paper."""
    dungeon = climbed.dungeon
    parts = [Content(dungeon.builds)]
    if dungeon.data:
        parts += [Content(""), titled("Data"), Content(dungeon.data)]
    if dungeon.echoes:
        parts += [Content(""), titled("Made for your echoes of"), *_echoes(dungeon, climbed.missing)]
    if dungeon.paper is not None:
        parts += _paper(dungeon.paper)
    return joined(parts)


def _echoes(dungeon: Dungeon, missing: Sequence[str]) -> list[Content]:
    lines = [
        Content.assemble(("· ", "$quiet"), (name, "$quiet"))
        if name in missing
        else Content.assemble(("✓ ", "$success"), name)
        for name in dungeon.echoes
    ]
    if missing:
        lines.append(quiet("Those without ✓ are not cleared yet; what they grant may be written anew."))
    return lines


def _paper(paper: Paper) -> list[Content]:
    lines = [Content(""), titled(f"Paper: {paper.title}"), Content(paper.objective)]
    lines += [Content.assemble(("· ", "$quiet"), learning) for learning in paper.key_learnings]
    lines.append(Content.assemble(("Focus: ", "$quiet"), paper.focus))
    lines += [Content.assemble(("Further: ", "$quiet"), extension) for extension in paper.extensions]
    return lines
