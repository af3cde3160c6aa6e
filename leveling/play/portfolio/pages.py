"""README.md, the gallery; and a post for every quest of which something was written down."""

from collections.abc import Iterator

from leveling.play.portfolio.climbing import Ascent
from leveling.play.portfolio.figures import gates_table
from leveling.play.portfolio.gathering import Contents
from leveling.play.portfolio.licensing import NAMES
from leveling.play.portfolio.markup import many, md, table
from leveling.play.portfolio.own import Own, Page
from leveling.play.portfolio.work import Work
from leveling.world.dungeon import is_floor
from leveling.world.record import Measured


def readme_page(contents: Contents, own: Own, licence: str) -> str:
    """The gallery."""
    return "\n\n".join(part for part in _parts(contents, own, licence) if part) + "\n"


def _parts(contents: Contents, own: Own, licence: str) -> Iterator[str]:
    yield f"# {md(contents.hunter) or 'Portfolio'}"
    gates = "\n".join(f"![{each.where}](badges/{each.where}.svg)" for each in contents.gates)
    yield f"![overall](badges/overall.svg)\n{gates}".rstrip()
    yield _summary(contents)
    if own.about:
        yield f"About me: [{own.about}]({own.about})"
    if own.projects:
        yield f"## Projects\n\n{_listed(own.projects)}"
    if contents.climbs:
        yield f"## Dungeons\n\n{_climbed(contents)}"
    if contents.works:
        yield "## Cleared quests\n\n![Quests cleared, by rank](figures/overview.svg)"
    for gate, works in contents.by_gate.items():
        yield f"### {md(gate)}\n\n{_gallery(works)}"
    posts = [Page(work.post, work.title) for work in contents.everything if work.post]
    if posts or own.posts:
        yield f"## Posts\n\n{_listed([*own.posts, *posts])}"
    yield _papers(contents)
    if own.community:
        yield f"## Contributions\n\n[{own.community}]({own.community})"
    yield from _proof(contents, own)
    yield f"## Licence\n\n{NAMES[licence]}" + ("" if licence == "none" else ", see [LICENSE](LICENSE).")


def _summary(contents: Contents) -> str:
    rank = f"Rank {contents.overall.rank} overall" if contents.overall.rank else "No overall rank yet"
    trials = f", {many(len(contents.trials), 'trial')} passed" if contents.trials else ""
    floors = sum(len(climb.floors) for climb in contents.climbs)
    dungeons = f", {many(floors, 'floor')} of {many(len(contents.climbs), 'dungeon')}" if floors else ""
    days = f", on {many(contents.days, 'day')}" if contents.days else ""
    return (
        f"{rank}; {many(len(contents.works), 'quest')} cleared in {many(len(contents.by_gate), 'gate')}{dungeons}{trials}{days}. "
        f"Figures: [figures/measured.md](figures/measured.md). How to judge this work: [RUBRIC.md](RUBRIC.md)."
    )


def _climbed(contents: Contents) -> str:
    rows = [
        (f"[{md(climb.title)}]({climb.page})", md(climb.builds), f"{len(climb.floors)} of {climb.of}")
        for climb in contents.climbs
    ]
    return table(("Project", "What it is", "Floors"), rows)


def dungeon_page(climb: Ascent) -> str:
    """A project: what was built, and each floor with its file and what was measured."""
    up = "../../.."
    rows = [
        (
            f"[{md(floor.title)}]({floor.solution.rpartition('/')[2]})" if floor.solution else md(floor.title),
            floor.clear.grade.value,
            _best_figures(floor),
            f"[post]({up}/{floor.post})" if floor.post else "",
            f"[figures]({up}/{floor.plot})" if floor.plot else "",
        )
        for floor in climb.floors
    ]
    closed = climb.of - len(climb.floors)
    missing = f"\n\n{many(closed, 'floor')} not cleared yet, or cleared with the reference at hand." if closed else ""
    return (
        f"# {md(climb.title)}\n\n{md(climb.builds)}\n\n"
        f"{table(('Floor', 'Grade', 'Measured', 'Post', 'Plot'), rows)}{missing}\n\n"
        f"Judge a floor again: `leveling attempt {climb.id}/FLOOR FILE --no-save`. What is imported from `echoes` lies in "
        "`solutions/`, where it was cleared without the reference.\n"
    )


def _gallery(works: list[Work]) -> str:
    rows = [
        (
            f"[{md(work.title)}]({work.solution})" if work.solution else md(work.title),
            work.clear.rank.value,
            work.clear.grade.value,
            _best_figures(work),
            f"[post]({work.post})" if work.post else "",
            f"[figures]({work.plot})" if work.plot else "",
        )
        for work in works
    ]
    return table(("Quest", "Rank", "Grade", "Measured", "Post", "Plot"), rows)


def _best_figures(work: Work) -> str:
    against = [gate for gate in work.clear.gates if gate.unit.endswith("reference") and gate.value is not None]
    return ", ".join(_figure(gate) for gate in against[:3])


def _figure(gate: Measured) -> str:
    return f"{md(gate.gate)} {gate.value:.2f} x reference ({md(gate.device)})"


def _listed(pages: list[Page] | tuple[Page, ...]) -> str:
    return "\n".join(f"- [{md(page.title)}](<{page.path}>)" for page in pages)


def _papers(contents: Contents) -> str:
    rows = [(md(paper), md(work.title)) for work in contents.works for paper in work.papers]
    return f"## Papers built\n\n{table(('Paper', 'Quest'), rows)}" if rows else ""


def _proof(contents: Contents, own: Own) -> Iterator[str]:
    yield (
        "## Check it yourself\n\n"
        "Each solution can be judged again, with inputs drawn anew: install leveling, then\n"
        "`leveling attempt GATE/QUEST solutions/GATE/QUEST.py --no-save`. That shows that the code clears its quest; "
        f"it does not show who wrote it. Cleared with leveling {md(contents.version)}, the newest on {contents.latest}."
    )
    if own.certificates:
        links = ", ".join(f"[{md(each)}](<{each}>)" for each in own.certificates)
        picture = next((each for each in own.certificates if each.endswith((".svg", ".png"))), "")
        shown = f"\n\n![Certificate](<{picture}>)" if picture else ""
        yield f"Certificate: {links}. Check it with `leveling certificate verify FILE`.{shown}"
    if contents.aided:
        yield f"Not shown: {many(contents.aided, 'quest')} cleared with the reference at hand."


def post_page(work: Work) -> str:
    """What the learner wrote, in their own Markdown, with what was measured below it."""
    what = "Floor" if is_floor(work.quest) else "Quest"
    day = work.first_clear or work.clear.day
    back = f"{what} `{work.quest}`, rank {work.clear.rank}, grade {work.clear.grade}, cleared {day}"
    link = f". [The solution](../{work.solution})" if work.solution else ""
    parts = [f"# {md(work.title)}", f"{back}{link}."]
    if work.learns:
        parts.append(f"*{md(work.learns)}*")
    if work.learnings:
        parts.append(f"## What I learnt\n\n{work.learnings.strip()}")
    if work.note:
        parts.append(f"## Notes\n\n{work.note.strip()}")
    if work.clear.gates:
        parts.append(f"## Measured\n\n{gates_table(work)}")
    if work.plot:
        parts.append(f"![What was measured, against the limits](../{work.plot})")
    if work.papers:
        parts.append("## Papers\n\n" + "\n".join(f"- {md(paper)}" for paper in work.papers))
    return "\n\n".join(parts) + "\n"
