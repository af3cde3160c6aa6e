"""RUBRIC.md: five axes; for each what was measured, and what only a person can judge, left open."""

from collections.abc import Iterator

from leveling.play.portfolio.gathering import Contents
from leveling.play.portfolio.markup import md
from leveling.play.portfolio.own import Own
from leveling.play.portfolio.quality import Quality
from leveling.play.portfolio.work import Work
from leveling.world.words import Grade, Rank

_HEAD = """# Rubric

Five axes on which work is graded. Under *Measured* stands what leveling counted; it counts, it does not grade.
Under *For a person to judge* stands what no tool here can tell; it is left open on purpose.
Write the assessment into `ASSESSMENT.md`: that file is yours, this one is made anew by every export.
"""
_OPEN = {
    "Technical": (
        "Would the solutions hold in a larger system, at other sizes and on other devices than those of the quests?",
        "Does the author understand why they work? Ask them to change one.",
    ),
    "Code quality": (
        "Do names, structure and comments help a reader?",
        "Is each solution as simple as its task allows?",
    ),
    "Research": (
        "Are questions asked that the quests did not ask?",
        "Are claims separated from guesses, and are the author's own experiments controlled and repeatable?",
        "Is earlier work read, understood and credited?",
    ),
    "Innovation": (
        "Is there an idea of the author's own? Being faster or leaner than a reference is not yet one.",
        "Does it matter to anybody else?",
    ),
    "Communication": (
        "Can somebody who was not there follow the posts?",
        "Are limits and failures reported as plainly as successes?",
    ),
}


def rubric_page(contents: Contents, quality: Quality, own: Own) -> str:
    """The whole page."""
    measured = {
        "Technical": _technical(contents),
        "Code quality": _code(quality),
        "Research": _research(contents, own),
        "Innovation": _innovation(contents, own),
        "Communication": _communication(contents, own),
    }
    parts = [_HEAD]
    for axis, questions in _OPEN.items():
        lines = "\n".join(f"- {line}" for line in measured[axis])
        asked = "\n".join(f"- [ ] {question}" for question in questions)
        parts.append(f"## {axis}\n\n**Measured**\n\n{lines}\n\n**For a person to judge: not measured**\n\n{asked}\n")
    return "\n".join(parts)


def _technical(contents: Contents) -> Iterator[str]:
    by_rank = ", ".join(f"{count} of rank {rank}" for rank in Rank if (count := contents.count(rank)))
    yield f"{len(contents.works)} quests cleared without the reference" + (f": {by_rank}" if by_rank else "")
    grades = ", ".join(f"{count} x {grade}" for grade in reversed(Grade) if (count := contents.graded(grade)))
    if grades:
        yield f"grades: {grades} (S: ahead of the reference on a gate; A: every gate of the device; B: one; C: correct)"
    if contents.climbs:
        floors = sum(len(climb.floors) for climb in contents.climbs)
        whole = sum(len(climb.floors) == climb.of for climb in contents.climbs)
        yield f"projects of several floors: {len(contents.climbs)}, of which {whole} cleared to the last; {floors} floors in all"
    yield f"trials passed, from blank files against the clock: {', '.join(contents.trials) or 'none'}"
    gates = [
        (gate.gate, gate.device) for work in contents.works for gate in work.clear.gates if gate.status == "passed"
    ]
    for device in sorted({device for _, device in gates}):
        names = sorted({name for name, where in gates if where == device})
        yield f"limits kept on {device}: {sum(where == device for _, where in gates)} ({', '.join(names)})"


def _code(quality: Quality) -> Iterator[str]:
    yield f"{quality.files} files, {quality.lines} lines that are not blank, {quality.functions} functions"
    if quality.functions:
        yield f"{quality.explained} of {quality.functions} functions have a docstring, {quality.typed} are typed in full"
        yield f"the longest function has {quality.longest} lines"
    if quality.remarks:
        rules = ", ".join(f"{rule} ({count})" for rule, count in quality.remarks)
        yield f"files on which the coach still remarks something, by rule: {rules}"
    elif quality.files:
        yield "the coach has no remark on any file"


def _research(contents: Contents, own: Own) -> Iterator[str]:
    papers = sorted({paper for work in contents.works for paper in work.papers})
    yield f"papers behind the quests cleared: {'; '.join(map(md, papers)) or 'none'}"
    inside = sum(work.gate == "research" for work in contents.works)
    yield f"quests of the research gate cleared: {inside}"
    yield f"projects of the author's own in `projects/`: {len(own.projects)}"


def _innovation(contents: Contents, own: Own) -> Iterator[str]:
    ahead = [work for work in contents.works if work.clear.grade is Grade.S]
    yield f"solutions ahead of the reference on a measured gate (grade S): {_named(ahead)}"
    yield f"projects that are no quests: {', '.join(md(page.title) for page in own.projects) or 'none'}"


def _communication(contents: Contents, own: Own) -> Iterator[str]:
    written = [work for work in contents.works if work.post]
    words = sum(len(f"{work.note} {work.learnings}".split()) for work in written)
    yield f"quests with a note or learnings written down: {len(written)} of {len(contents.works)}, {words} words"
    yield f"posts of the author's own: {len(own.posts)}"
    yield f"record of contributions to others' work (`COMMUNITY.md`): {'there' if own.community else 'not there'}"


def _named(works: list[Work]) -> str:
    return ", ".join(md(work.title) for work in works) or "none"
