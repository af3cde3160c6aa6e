"""Quick proofs share the judges; what the caller sees is as if they came one after the other."""

import threading
import time

import pytest

from leveling.catalog import Catalog, find_packs
from leveling.catalog.reading import read_quest
from leveling.forge import commands
from leveling.forge.attacking import QUICK_NULLS, few_nulls
from leveling.forge.commands import prove_quests
from leveling.forge.judges import Judges, Stopped, Task
from leveling.forge.nulls import WHOLE, nulls
from leveling.forge.proof import Proof
from leveling.forge.side_by_side import side_by_side
from leveling.judge.protocol import Job

NAMES = ("a/slow", "a/quick", "a/last")


def ignored(_quest, _text):
    """Nobody listens."""


def test_proofs_come_in_the_order_asked_for_and_are_told_in_the_callers_thread():
    """The first one takes longest and is still yielded first; no line of progress is written by another thread."""
    threads, open_gate = set(), threading.Event()

    def one(name, telling):
        telling(name, "begun")
        if name == "a/slow":
            open_gate.wait(20)
        else:
            open_gate.set()
        return Proof(name)

    judges = Judges(2)
    proofs = side_by_side(NAMES, one, judges, lambda _quest, _text: threads.add(threading.get_ident()))
    assert [proof.quest for proof in proofs] == list(NAMES)
    assert threads == {threading.get_ident()}


def test_a_bug_in_one_proof_reaches_the_caller(tiny):
    """It is raised, not swallowed by a thread, and nothing is judged after it."""

    def one(name, _telling):
        raise ZeroDivisionError(name)

    judges = Judges(1)
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(NAMES, one, judges, ignored))
    with pytest.raises(Stopped):
        judges.judge([Task("x", Job(read_quest(tiny(), "gate/clipped"), "", "x"))])


def test_who_wants_no_more_proofs_waits_for_none():
    """Ctrl+C ends the loop over the proofs: those under way are stopped, those not begun never begin."""
    begun = []

    def one(name, _telling):
        begun.append(name)
        while name != "a/slow":
            with judges.one():
                time.sleep(0.01)
        return Proof(name)

    judges = Judges(1)
    proofs = side_by_side([*NAMES, "a/never"], one, judges, ignored)
    assert next(proofs).quest == "a/slow"
    proofs.close()
    assert "a/never" not in begun


def test_what_is_weighed_alone_is_alone_among_all_proofs(tiny, monkeypatch):
    """Two proofs that weigh gates at once take turns."""
    inside, most = [], []
    judges = Judges(2)

    def weigh(task):
        inside.append(task)
        most.append(len(inside))
        time.sleep(0.02)
        inside.remove(task)

    monkeypatch.setattr(judges, "_one", weigh)
    quest = read_quest(tiny(), "gate/clipped")
    both = [
        threading.Thread(target=judges.judge, args=([Task(name, Job(quest, "", name), alone=True)] * 3,))
        for name in "ab"
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert max(most) == 1


def test_quests_are_proved_side_by_side_by_real_judges(tiny):
    """Three quests on the judges of this machine: each has its own proof, and a hole is found in the one that has it."""
    for name in ("clipped", "clipped-too"):
        folder = tiny()
        if name != folder.name:
            folder.rename(folder.parent / name)
            tiny()
    starter = tiny().parent / "clipped-too/starter.py"
    starter.write_text("def clipped(x, top):\n    return (x * 2).clamp(max=top)\n", encoding="utf-8")
    catalog = Catalog(find_packs([tiny().parent.parent.parent], installed=False)[:1])
    good, bad = prove_quests(catalog, ["gate/clipped", "gate/clipped-too", "gate/clipped"])
    assert good.proved, (good.faults, good.survivors)
    assert [fault.where for fault in bad.faults] == ["starter.py"]


def test_one_against_which_only_a_clock_speaks_is_heard_again_alone(tiny, monkeypatch):
    """The second hearing counts, comes last, and says what spoke against the first."""
    catalog = Catalog(find_packs([tiny().parent.parent.parent], installed=False)[:1])
    heard = []

    def proved(_catalog, name, *_args, **_options):
        heard.append(name)
        proof = Proof(name)
        if len(heard) == 1:
            proof.fault("reference.py", "does not clear: too_slow: 1.50 x the reference")
        return proof

    monkeypatch.setattr(commands, "_proved", proved)
    [proof] = prove_quests(catalog, ["gate/clipped"])
    assert proof.proved
    assert len(heard) == 2
    assert "1.50 x" in proof.notes[0]


def test_a_quick_proof_takes_the_nulls_of_all_functions_and_a_few_of_the_others():
    """A drill of many functions does not take longer than a quest of two; the same content draws the same ones."""
    source = "".join(f"def f{number}(x):\n    return x\n\n" for number in range(9))
    every = nulls(source)
    few = few_nulls(every, "content")
    assert len(few) == QUICK_NULLS < len(every)
    assert {null.name for null in few if null.target == WHOLE} == {null.name for null in every}
    assert few == few_nulls(every, "content")
    assert few_nulls(every[:8], "content") == every[:8]
