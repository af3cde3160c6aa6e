"""A cohort is judged whole, once, and nothing that was judged is lost."""

import csv
import io
import json
import os
import signal

import pytest

from leveling.certificate import bundle
from leveling.judge.client import JudgeClient
from leveling.play import certifying
from leveling.play.cohorts import Cohort, Journal, LocalEngine, Outcome, as_csv, as_json, journal, summaries
from leveling.play.cohorts.desks import Desk, Task, refuse_strangers
from leveling.play.cohorts.submissions import collect
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from tests.judging import ENDLESS, RIGHT, WRONG
from tests.play.cohort_folders import CRASHING, QUEST, catalog_of, hand_in, small_class


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "class"


@pytest.fixture
def catalog(pack):
    pack.quest()
    return catalog_of(pack)


def judged(cohort, tmp_path, engine=None):
    engine = engine or LocalEngine(cohort.quests, jobs=2)
    try:
        with Journal(tmp_path / "j.jsonl") as kept:
            return list(cohort.judge(engine, kept))
    finally:
        engine.close()


class Recited:
    """An engine that knows the answers: for truths in which no judge takes part."""

    def __init__(self):
        self.asked = []

    def run(self, tasks):
        for task in tasks:
            self.asked.append(task)
            yield task, Outcome("cleared", "Every check passed.", grade="A")

    def close(self):
        pass


def test_every_learner_gets_the_verdict_that_a_single_attempt_gives(folder, catalog, tmp_path):
    """Both ways to name a file are read; a syntax error, a crash and a hang are verdicts beside the others."""
    small_class(folder)
    hand_in(folder, "fay", "def row_sums(x:\n")
    hand_in(folder, "gus", CRASHING)
    hand_in(folder, "hal", "import os\ndef row_sums(x):\n    os._exit(0)\n")
    cohort = Cohort.found(folder, catalog)
    assert len(judged(cohort, tmp_path)) == 6
    words = {row.submission.learner: row.outcome.word for row in cohort.rows()}
    assert words == {
        "ada": "cleared",
        "bob": "wrong",
        "eve": "cleared",
        "fay": "crashed",
        "gus": "crashed",
        "hal": "crashed",
    }
    assert {row.submission.learner: row.outcome.failed for row in cohort.rows()}["bob"] == "matches-reference"


def test_the_same_text_is_judged_once_and_said_to_be_alike(folder, catalog):
    """Two learners who hand in one text share its outcome, and the teacher sees it."""
    hand_in(folder, "ada", RIGHT)
    hand_in(folder, "bob", RIGHT)
    hand_in(folder, "eve", WRONG)
    cohort = Cohort.found(folder, catalog)
    assert len(cohort.tasks()) == 2
    key = cohort.tasks()[0].key
    cohort.remember({task.key: Outcome("cleared", "") for task in cohort.tasks()})
    assert [row.alike for row in cohort.rows()] == [1, 1, 0] and key.quest == QUEST


def test_a_journal_spares_what_is_known_and_nothing_else(folder, catalog, pack, tmp_path):
    """Resuming judges only what has no settled outcome; a changed solution and a changed quest are judged again."""
    small_class(folder)
    first = Cohort.found(folder, catalog)
    tasks = first.tasks()
    with Journal(tmp_path / "j.jsonl") as kept:
        kept.append(tasks[0].key, Outcome("cleared", ""))
        kept.append(tasks[1].key, Outcome("judge_fault", "the judge ended"))
    again = Cohort.found(folder, catalog)
    again.remember(journal.read(tmp_path / "j.jsonl"))
    assert again.tasks() == tasks[1:]
    hand_in(folder, "zoe", f"# new\n{RIGHT}")
    assert len(Cohort.found(folder, catalog).tasks()) == 4
    pack.quest(reference="def row_sums(x):\n    return x.sum(1)\n")
    changed = Cohort.found(folder, catalog)
    changed.remember(journal.read(tmp_path / "j.jsonl"))
    assert len(changed.tasks()) == 4


@pytest.mark.parametrize(
    "torn", ['{"format":1,"quest":"tiny/ro', "\x00\x00", '{"format":1}', '{"format":99}', "[]", '""', "null"]
)
def test_a_torn_line_is_passed_over_and_not_continued(torn, tmp_path, catalog, folder):
    """What a power cut leaves costs at most the result that it cut."""
    small_class(folder)
    tasks = Cohort.found(folder, catalog).tasks()
    path = tmp_path / "j.jsonl"
    with Journal(path) as kept:
        kept.append(tasks[0].key, Outcome("wrong", "because"))
    with path.open("ab") as file:
        file.write(torn.encode())
    with Journal(path) as kept:
        kept.append(tasks[1].key, Outcome("cleared", "", gates=({"gate": "ops"},)))
    known = journal.read(path)
    assert set(known) == {tasks[0].key, tasks[1].key}
    assert known[tasks[1].key].gates == ({"gate": "ops"},)


def test_results_are_on_disk_before_they_are_told(folder, catalog, tmp_path):
    """Whoever kills the run after the n-th result finds n results."""
    small_class(folder)
    cohort = Cohort.found(folder, catalog)
    with Journal(tmp_path / "j.jsonl") as kept:
        for fallen in cohort.judge(Recited(), kept):
            assert len(journal.read(tmp_path / "j.jsonl")) == fallen.done


class DiesOnce(Desk):
    """A desk whose judge is killed in its first attempt."""

    deaths = 1

    def _judge_once(self, task, quest, tries):
        if self.deaths:
            self.deaths -= 1
            self.client.start()
            os.kill(self.client.process.pid, signal.SIGKILL)
            self.client.process.wait()
            # It dies after it was found alive: the worst moment.
            self.client.process.poll = lambda: None  # type: ignore[method-assign]  # this one process, not the class
        return super()._judge_once(task, quest, tries)


@pytest.mark.parametrize(("deaths", "word", "tries"), [(0, "cleared", 1), (1, "cleared", 2), (2, "judge_fault", 2)])
def test_a_judge_that_dies_costs_one_more_try(deaths, word, tries, catalog):
    """Once is an accident; twice is said, as a fault of ours, and the next solution is judged all the same."""
    cohort_task = Task(_key(), RIGHT)
    desk = DiesOnce()
    desk.deaths = deaths
    try:
        outcome = desk.judge(cohort_task, catalog.quest(QUEST))
        assert (outcome.word, outcome.tries) == (word, tries)
        assert desk.judge(cohort_task, catalog.quest(QUEST)).word == "cleared"
    finally:
        desk.close()


def _key():
    from leveling.play.cohorts import Key

    return Key(QUEST, "", "", "cpu")


def test_stopping_ends_a_judging_that_would_never_end(folder, catalog, tmp_path):
    """Ctrl-C while a solution hangs: the results before it are kept, and the threads and judges end."""
    hand_in(folder, "ada", RIGHT)
    hand_in(folder, "bob", ENDLESS)
    cohort = Cohort.found(folder, catalog)
    engine = LocalEngine(cohort.quests, jobs=2)
    with Journal(tmp_path / "j.jsonl") as kept:
        falling = cohort.judge(engine, kept)
        next(falling)
        engine.close()
    assert not any(thread.is_alive() for thread in engine.threads)
    assert all(desk.client.process is None for desk in engine.desks)
    assert len(journal.read(tmp_path / "j.jsonl")) == 1


def test_strangers_are_refused_without_a_whole_sandbox():
    """Every layer counts; the message names what lacks and the way out."""
    refuse_strangers({"layers": {"landlock": "live", "seccomp": "live"}})
    with pytest.raises(Trouble, match=r"landlock: it exists on Linux only.*--insist"):
        refuse_strangers({"layers": {"landlock": "it exists on Linux only", "seccomp": "live"}})


def test_a_run_hears_of_a_judge_that_cannot_start(folder, catalog, tmp_path, monkeypatch):
    """No waiting for ever: the reason is told."""
    monkeypatch.setenv("LEVELING_PYTHON", str(tmp_path / "no-python"))
    small_class(folder)
    with pytest.raises(Trouble, match="cannot be started"):
        judged(Cohort.found(folder, catalog), tmp_path)


def test_what_cannot_be_judged_is_a_row_with_the_reason(folder, catalog, tmp_path):
    """Links, binaries, unknown quests and files that are no bundle: named, never followed, never in the way of others."""
    small_class(folder)
    (folder / "bob" / "tiny").mkdir()
    (folder / "bob" / "tiny" / "row_sums.py").symlink_to("/etc/passwd")
    (folder / "eve" / "tiny" / "no_such.py").write_text(RIGHT)
    (folder / "eve" / "tiny__binary.py").write_bytes(b"\x7fELF\0")
    (folder / "mal.zip").write_bytes(b"PK\3\4 not really")
    (folder / "link").symlink_to("/")
    (folder / "ada" / "up").symlink_to("/")
    os.mkfifo(folder / "ada" / "tiny__pipe.py")
    cohort = Cohort.found(folder, catalog)
    judged(cohort, tmp_path, Recited())
    refused = {row.submission.origin: row.outcome.cause for row in cohort.rows() if row.outcome.word == "refused"}
    assert {*refused} == {
        "ada/tiny__pipe.py",
        "bob/tiny/row_sums.py",
        "eve/tiny/no_such.py",
        "eve/tiny__binary.py",
        "mal.zip",
    }
    assert "link" in refused["bob/tiny/row_sums.py"] and "there is no quest" in refused["eve/tiny/no_such.py"]
    assert len(cohort.rows()) == 8


@pytest.mark.parametrize("content", [None, "empty", "alien"])
def test_a_folder_without_solutions_is_told_what_is_looked_for(content, folder):
    """A mistake in the folder's name is not an empty result."""
    if content:
        folder.mkdir()
    if content == "alien":
        (folder / "readme.txt").write_text("hello")
    with pytest.raises(Trouble, match="no folder" if content is None else "holds no solutions"):
        collect(folder)


def test_a_bundle_that_is_no_certificate_is_refused(folder):
    """An archive with the right names and no signature carries nothing into the cohort."""
    folder.mkdir()
    (folder / "mal.zip").write_bytes(bundle.pack(b"{}", b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}))
    (only,) = collect(folder)
    assert only.learner == "mal" and only.refused and not only.source


def test_a_real_bundle_gives_its_solutions_and_an_altered_one_none(folder, catalog, tmp_path):
    """A learner's own certificate is enough to hand in; one changed byte of it is refused in words."""
    pytest.importorskip("cryptography")
    game = Game(catalog)
    mine = tmp_path / "mine.py"
    mine.write_text(RIGHT)
    with JudgeClient() as client:
        list(game.attempt(catalog.quest(QUEST), mine, client))
    folder.mkdir()
    certifying.export(game, "tiny", "bundle", folder / "ada.zip", "Ada")
    data = bytearray((folder / "ada.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "mal.zip").write_bytes(data)
    cohort = Cohort.found(folder, catalog)
    judged(cohort, tmp_path)
    ada, mal = cohort.rows()
    assert (ada.submission.learner, ada.submission.quest, ada.outcome.word) == ("ada", QUEST, "cleared")
    assert (mal.submission.learner, mal.outcome.word) == ("mal", "refused") and "mal.zip: " in mal.outcome.cause


def test_who_is_too_slow_beside_others_is_heard_again_alone(folder, catalog, tmp_path, monkeypatch):
    """A verdict that rests on a measurement holds only when nothing else ran."""
    small_class(folder)
    heard = []

    def judge(desk, task, quest):
        heard.append(task)
        first = heard.count(task) == 1
        return Outcome("too_slow" if first and task.source == WRONG else "cleared", "")

    monkeypatch.setattr(Desk, "judge", judge)
    cohort = Cohort.found(folder, catalog)
    assert [fallen.done for fallen in judged(cohort, tmp_path)] == [1, 2, 3]
    assert len(heard) == 4 and {row.outcome.word for row in cohort.rows()} == {"cleared"}


def test_a_table_for_spreadsheets_holds_no_formulas(folder, catalog, tmp_path):
    """A learner called =HYPERLINK(...) is a name in a cell, not a link that a teacher clicks."""
    hand_in(folder, "=1+1", RIGHT)
    cohort = Cohort.found(folder, catalog)
    judged(cohort, tmp_path, Recited())
    (row,) = csv.DictReader(io.StringIO(as_csv(cohort.rows())))
    assert row["learner"] == "'=1+1" and row["outcome"] == "cleared"
    told = json.loads(as_json(cohort.rows()))
    assert told["counts"] == {"cleared": 1} and told["results"][0]["learner"] == "=1+1"


def test_a_quest_handed_in_twice_counts_once(folder, catalog, tmp_path):
    """The better outcome is the one that counts."""
    hand_in(folder, "ada", WRONG)
    hand_in(folder, "ada", RIGHT, "tiny__row_sums.py")
    cohort = Cohort.found(folder, catalog)
    cohort.remember({task.key: Outcome("cleared" if task.source == RIGHT else "wrong", "") for task in cohort.tasks()})
    (summary,) = summaries(cohort.rows())
    assert (summary.cleared, summary.handed_in, summary.others) == (1, 1, ())
