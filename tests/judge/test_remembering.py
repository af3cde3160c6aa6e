"""The forge judges many files under one seed: what the reference answered once is not asked again, and no verdict changes."""

from dataclasses import replace
from typing import cast

import pytest

from leveling.catalog import Catalog
from leveling.checks.base import Case, Check
from leveling.forge.mutation import mutants, sample
from leveling.judge import calling
from leveling.judge.calling import Sides
from leveling.judge.client import JudgeClient
from leveling.judge.handed import Answer
from leveling.judge.protocol import Job, Judgement
from leveling.judge.remembered import NAMES, Memories
from leveling.judge.side import Side
from leveling.play.dungeons.handing import lent

QUESTS = (
    "autograd/derivatives-by-hand",  # a float64 truth, and the battery
    "tensors/creation-drills",  # parts
    "modules/own-nn-library/base-classes",  # conducted, a process ended in between; a floor with what is lent to it
    "training/checkpoint-and-resume",  # conducted with files left behind, which is asked again
)


def verdict(client, job):
    [*_, last] = client.attempt(job)
    found = Judgement.from_json(last["judgement"])
    checks = [(check.name, check.status, check.message) for check in found.checks]
    return found.verdict, checks


@pytest.mark.parametrize("name", QUESTS)
def test_verdicts_and_messages_are_the_same_with_and_without_memory(name):
    """Mutants, wrong files and the reference: word for word what a judge without memory says under the same seed."""
    catalog = Catalog()
    quest = catalog.quest(name)
    given = lent(catalog, quest)
    source = (quest.folder / "reference.py").read_text()
    files = [source, *(mutant.source for mutant in sample(mutants(source), 6, "x"))]
    files += [path.read_text() for path in sorted((quest.folder / "wrong").glob("*.py"))[:4]]
    jobs = [
        Job(quest, text, "mine.py", seed=11, gates="none", diagnose=False, echoes=given, lent=given) for text in files
    ]
    with JudgeClient() as plain, JudgeClient() as keeping:
        for job in (*jobs, *jobs):
            assert verdict(keeping, replace(job, keep="x")) == verdict(plain, job)


def test_another_seed_and_another_name_know_nothing():
    """Answers belong to one name, quest and seed: a changed reference under the same name would be asked again."""
    quest = Catalog().quest("tensors/creation-drills")
    right = (quest.folder / "reference.py").read_text()
    with JudgeClient() as client:
        for seed, name in ((1, "a"), (2, "a"), (1, "b"), (1, "a")):
            word, _ = verdict(client, Job(quest, right, "mine.py", seed=seed, gates="none", keep=name))
            assert word == "cleared"


def test_a_memory_gives_copies_and_the_oldest_name_goes():
    """A check that changes what it is given changes nothing for the next file; names do not pile up."""
    memories = Memories()
    memory = memories.of("first")
    memory.keep(("call", "Check", "", "1"), {"values": [1, 2]})
    memory.recall(("call", "Check", "", "1"))["values"].append(3)
    assert memory.recall(("call", "Check", "", "1")) == {"values": [1, 2]}
    for number in range(NAMES):
        memories.of(str(number))
    assert ("call", "Check", "", "1") not in memories.of("first")


def test_the_reference_is_asked_once():
    """Two files under one memory: the second time the answer comes from it, and no worker of the reference is touched."""

    class Told(Check):
        def probe(self, solution):
            return None

    asked = []

    class Reference:
        def begin(self, probe, inputs, seed, *, follow):
            asked.append(seed)

        def finish(self, seconds):
            return Answer({"sum": 3.0}, {})

    sides = Sides(cast("Side", None), cast("Side", Reference()), Memories().of("proof"))
    group = [(Case("first", {}), 1), (Case("second", {}), 2)]
    answers = [calling.wanted(Told(), sides, group) for _ in range(2)]
    assert asked == [1, 2]
    assert answers[0] == answers[1] and answers[1][0][0] == {"sum": 3.0}
    calling.wanted(Told(), sides, [(Case("first", {}), 3)])
    assert asked == [1, 2, 3], "another seed is another case"
