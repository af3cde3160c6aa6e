"""The forge judges many files under one seed: what the reference answered once is not asked again, and no verdict changes."""

from dataclasses import replace

import pytest

from leveling.catalog import Catalog
from leveling.forge.mutation import mutants, sample
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement
from leveling.judge.remembered import NAMES, Memories

# plain cases with a float64 truth and the battery; a class with parts, conducted
QUESTS = ("autograd/derivatives-by-hand", "modules/module-from-scratch", "tensors/creation-drills")


def verdict(client, job):
    [*_, last] = client.attempt(job)
    found = Judgement.from_json(last["judgement"])
    checks = [(check.name, check.status, check.message) for check in found.checks]
    return found.verdict, checks


@pytest.mark.parametrize("name", QUESTS)
def test_verdicts_and_messages_are_the_same_with_and_without_memory(name):
    """Mutants, wrong files and the reference: word for word what a judge without memory says under the same seed."""
    quest = Catalog().quest(name)
    source = (quest.folder / "reference.py").read_text()
    files = [source, *(mutant.source for mutant in sample(mutants(source), 6, "x"))]
    files += [path.read_text() for path in sorted((quest.folder / "wrong").glob("*.py"))[:4]]
    jobs = [Job(quest, text, "mine.py", seed=11, gates="none", diagnose=False) for text in files]
    with JudgeClient() as plain, JudgeClient() as keeping:
        for job in (*jobs, *jobs):
            assert verdict(keeping, replace(job, keep="x")) == verdict(plain, job)


def test_another_seed_and_another_name_know_nothing(tmp_path):
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
