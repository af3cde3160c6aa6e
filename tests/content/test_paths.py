"""What the five routes promise, held against their files. These tests are named in quests/mechanics.toml."""

import tomllib
from pathlib import Path

import pytest

from leveling.catalog.packs import Pack
from leveling.catalog.paths import path_of, paths_of
from leveling.catalog.reading import read_dungeon_file, read_quest_file
from leveling.world.path import EntryKind

ROOT = Path(__file__).resolve().parents[2]
PACK = Pack("leveling", ROOT / "quests")
ITEMS = {
    name: kinds
    for name, kinds in tomllib.loads(
        Path(__file__).with_name("curriculum_ids.toml").read_text(encoding="utf-8")
    ).items()
    if name != "format"
}
PAPER_CARD = [EntryKind.PAPER, EntryKind.IDEA, EntryKind.LAB, EntryKind.LAB]


def route(name):
    return path_of([PACK], name)


def section(name, start):
    (found,) = [each for each in route(name).sections if each.title.startswith(start)]
    return found


def kinds(entries):
    return [entry.kind for entry in entries]


def written():
    """Every quest and dungeon that is written: how a path names it, and what it covers."""
    for file in sorted((ROOT / "quests").glob("*/*/quest.toml")):
        yield f"{file.parent.parent.name}/{file.parent.name}", read_quest_file(file.parent).covers
    for file in sorted((ROOT / "dungeons").rglob("dungeon.toml")):
        yield file.parent.name, read_dungeon_file(file.parent).covers


def test_every_path_can_be_read():
    """The five of them, in their order, without a fault."""
    found, faults = paths_of([PACK])
    assert [str(fault) for fault in faults] == []
    assert [path.id for path in found] == list(ITEMS)


@pytest.mark.parametrize("name", ITEMS)
def test_every_item_of_a_curriculum_stands_in_its_path_once(name):
    """None is lost, none is told twice, none is foreign."""
    assert sorted(route(name).item_ids()) == sorted(ITEMS[name])


@pytest.mark.parametrize("name", ITEMS)
def test_every_judged_entry_says_what_serves_it(name):
    """What can be ticked off names quests, dungeons or trials; two facts about a person cannot be judged."""
    beyond_us = {"A.SM.portfolio", "A.SM.industry", "B.GS.python", "B.GS.programming", "B.GS.enthusiasm"}
    idle = {
        item for entry in route(name).entries() if entry.kind.is_judged and not entry.targets for item in entry.items
    }
    assert idle <= beyond_us


def test_a_written_quest_is_named_by_every_item_that_it_covers():
    """Whoever writes a quest adds it to the paths: under the entry of each item in its `covers`."""
    named = {
        item: {target.id for target in entry.targets}
        for path in paths_of([PACK])[0]
        for entry in path.entries()
        for item in entry.items
    }
    missing = [
        f"quests/paths: the entry of {item} lacks {quest_id!r} in `by`"
        for quest_id, covers in written()
        for item in covers
        if item in named
        and quest_id not in named[item]
        and quest_id not in {each.split("/")[-1] for each in named[item]}
    ]
    assert missing == []


def test_readings_and_tools_are_listed():
    """Every resource of a curriculum is a reading or a tool of its path, never something to tick off."""
    for name, items in ITEMS.items():
        shown = {item: entry.kind for entry in route(name).entries() for item in entry.items}
        resources = [item for item, kind in items.items() if kind == "resource"]
        assert all(shown[item] in {EntryKind.READING, EntryKind.TOOL} for item in resources)


def test_nlp_research_has_four_phases_of_six_weeks():
    """Weeks 1 to 24, in order."""
    spans = [each.span for each in route("nlp-research").sections[:4]]
    assert spans == ["weeks 1-6", "weeks 7-12", "weeks 13-18", "weeks 19-24"]


def test_objectives_open_each_phase():
    """Four of them, before anything else."""
    for phase in route("nlp-research").sections[:4]:
        assert kinds(phase.entries())[:5].count(EntryKind.OBJECTIVE) == 4
        assert kinds(phase.parts[0].entries) == [EntryKind.OBJECTIVE] * 4


def test_nine_fortnights_hold_exercises_and_three_projects():
    """Each begins with exercises; in phase 1 ideas follow the projects; one milestone closes the phase."""
    for number, phase in enumerate(route("nlp-research").sections[:3]):
        fortnights = phase.parts[1:-1]
        assert len(fortnights) == 3
        for part in fortnights:
            assert kinds(part.entries).count(EntryKind.PROJECT) == 3
            assert part.entries[0].kind in {EntryKind.DRILL, EntryKind.LAB}
            assert (EntryKind.IDEA in kinds(part.entries)) == (number == 0)


def test_phase_one_exercises_are_drills():
    """Weeks 1 to 6 practise with drills, and the first of them are short enough to come back daily."""
    for part in section("nlp-research", "Phase 1").parts[1:-1]:
        assert EntryKind.LAB not in kinds(part.entries)
        assert kinds(part.entries).count(EntryKind.DRILL) == 4


def test_phase_three_moves_from_core_to_research_builds():
    """The fortnights say which kind of build they are."""
    titles = [part.title for part in section("nlp-research", "Phase 3").parts[1:-1]]
    assert [title.rsplit(", ", 1)[1] for title in titles] == ["core builds", "advanced builds", "research builds"]


def test_nine_papers_in_three_tiers_have_the_same_card():
    """Objective, what to take from it, coding focus, extensions: the same four parts for all nine."""
    tiers = [part for part in section("nlp-research", "Phase 4").parts if part.title.startswith("Papers")]
    assert [tier.span for tier in tiers] == ["weeks 19-20", "weeks 21-22", "weeks 23-24"]
    assert all(kinds(tier.entries) == PAPER_CARD * 3 for tier in tiers)


def test_research_skills_run_beside_the_papers():
    """One theme a week in weeks 19 to 22, then a project of one's own."""
    parts = section("nlp-research", "Phase 4").parts
    beside = [part.span for part in parts if part.title.startswith("Beside")]
    assert beside == ["week 19", "week 20", "week 21", "week 22"]
    (own,) = [part for part in parts if part.title == "A project of your own"]
    assert own.span == "weeks 23-24"
    assert own.entries[0].kind is EntryKind.PROJECT


def test_a_milestone_closes_each_phase():
    """Weeks 6, 12, 18 and 24."""
    last = [phase.parts[-1] for phase in route("nlp-research").sections[:4]]
    assert [part.span for part in last] == ["week 6", "week 12", "week 18", "week 24"]
    assert all(kinds(part.entries) == [EntryKind.MILESTONE] for part in last)


def test_success_is_measured_in_three_groups_of_four():
    """Technical, research, career."""
    parts = section("nlp-research", "What you leave with").parts
    assert [(part.title, len(part.entries)) for part in parts] == [("Technical", 4), ("Research", 4), ("Career", 4)]


def test_production_has_four_phases_over_twenty_weeks():
    """In order, between what to bring and what one can do at the end."""
    sections = route("production-at-scale").sections
    assert [each.span for each in sections if each.title.startswith("Phase")] == [
        "weeks 1-3",
        "weeks 4-7",
        "weeks 8-16",
        "weeks 17-20",
    ]
    assert kinds(sections[0].entries()) == [EntryKind.NEED] * 5


@pytest.mark.parametrize("phase", ["Phase 1", "Phase 2", "Phase 4"])
def test_a_phase_goes_from_aim_over_topics_and_labs_to_project_and_quiz(phase):
    """Six labs, one closing project, a quiz of half an hour."""
    aim, topics, labs, closing, quiz = section("production-at-scale", phase).parts
    assert kinds(aim.entries) == [EntryKind.GOAL]
    assert set(kinds(topics.entries)) == {EntryKind.IDEA}
    assert kinds(labs.entries) == [EntryKind.LAB] * 6
    assert kinds(closing.entries) == [EntryKind.MILESTONE]
    assert kinds(quiz.entries) == [EntryKind.QUIZ]
    assert quiz.hours == 0.5


def test_four_projects_are_compulsory_and_two_of_seven_are_chosen():
    """Stretch goals and the other bonus projects are not counted."""
    parts = section("production-at-scale", "Phase 3").parts
    projects = [part.entries[0] for part in parts if part.entries[0].title.startswith("Project ")]
    assert [entry.mandatory for entry in projects] == [True] * 4
    (bonus,) = [part for part in parts if part.choose]
    assert (bonus.choose, len(bonus.entries)) == (2, 7)
    stretch = [entry for part in parts for entry in part.entries if entry.items[0].endswith(".stretch")]
    assert [entry.mandatory for entry in stretch] == [False] * 4


def test_each_module_of_the_sprint_has_a_goal_tutorials_and_outcomes():
    """M0 to M9, then the capstone with its five stages."""
    *modules, capstone = route("research-sprint").sections
    assert [module.title.split(":")[0] for module in modules] == [f"M{number}" for number in range(10)]
    for module in modules:
        goal, tutorials, outcomes = module.parts
        assert kinds(goal.entries) == [EntryKind.GOAL]
        assert any(entry.link for entry in tutorials.entries)
        assert set(kinds(outcomes.entries)) == {EntryKind.OUTCOME}
    assert [entry.title[:7] for entry in capstone.entries()][1:] == [f"Stage {number}" for number in range(1, 6)]


def test_optional_material_of_the_sprint_is_marked():
    """It is shown and never counted."""
    optional = [entry.items for entry in route("research-sprint").entries() if not entry.mandatory]
    assert optional == [("C.M1.text-pipeline",), ("C.M4.index",)]


def test_the_seminar_has_ten_chapters_of_two_weeks():
    """Foundations, engineering, reading; the tenth is ours to fill."""
    chapters = route("pre-phd-seminar").sections
    assert [chapter.span for chapter in chapters] == [f"weeks {2 * n - 1}-{2 * n}" for n in range(1, 11)]
    for chapter in chapters[:-1]:
        assert [part.span for part in chapter.parts] == ["first week", "second week", ""]


def test_chapters_of_the_seminar_pair_with_the_book():
    """Where a chapter goes with sections of Bishop's book, they are its first reading."""
    paired = [
        number
        for number, chapter in enumerate(route("pre-phd-seminar").sections, start=1)
        if any(entry.title.startswith("Bishop") for entry in chapter.of_kind(EntryKind.READING))
    ]
    assert paired == [1, 2, 3, 5, 8]


def test_the_seminar_varies_the_form_of_its_work():
    """Mini-project, ablation, survey, sketch, one-pager and a lab under a budget are all there."""
    titles = " ".join(entry.title.lower() for entry in route("pre-phd-seminar").entries())
    for form in ("mini-project", "ablation lab", "mini-survey", "research sketch", "one-page", "fixed budget"):
        assert form in titles


def test_the_week_has_seven_days_of_two_blocks():
    """From day 3 on a morning of four hours; the afternoon has four, on day 7 its project's six."""
    days = route("llm-week").sections
    assert [day.span for day in days] == ["days 1-2", "day 3", "day 4", "day 5", "day 6", "day 7"]
    for day in days[1:]:
        hours = [sum(part.hours for part in day.parts if part.span == block) for block in ("morning", "afternoon")]
        assert hours == [4, 6 if day.span == "day 7" else 4]


def test_each_topic_of_the_week_has_its_hours():
    """Two for most, one and a half and two and a half on the morning of day 5, one, three and two for the project."""
    boxes = {day.span: [part.hours for part in day.parts if part.hours] for day in route("llm-week").sections[1:]}
    assert boxes == {
        "day 3": [2, 2, 2, 2],
        "day 4": [2, 2, 2, 2],
        "day 5": [1.5, 2.5, 2, 2],
        "day 6": [2, 2, 2, 2],
        "day 7": [2, 2, 1, 3, 2],
    }


def test_a_topic_of_the_week_begins_with_its_resource():
    """Then practice, then an exercise."""
    for day in route("llm-week").sections[1:]:
        for part in day.parts:
            if part.hours and not part.title.startswith("The project"):
                assert part.entries[0].kind is EntryKind.READING
                assert len(part.entries) > 2


def test_the_first_days_mix_reading_watching_and_trying():
    """Texts, lectures, a viewer and code of one's own."""
    reading, trying = route("llm-week").sections[0].parts
    links = [entry.link for entry in reading.entries]
    assert any("youtube" in link for link in links)
    assert any("arxiv" in link for link in links)
    assert kinds(trying.entries).count(EntryKind.LAB) == 3
