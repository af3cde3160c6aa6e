"""The engine ray on a real local cluster. Runs where Ray is installed: pip install 'leveling[cohort]'."""

import os
import signal

import pytest

from leveling.play.cohorts import Cohort, Journal, journal
from leveling.play.trouble import Trouble
from tests.judging import RIGHT
from tests.play.cohort_folders import catalog_of, hand_in, small_class

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def cluster():
    """Two workers of one core each."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def catalog(pack):
    pack.quest()
    return catalog_of(pack)


@pytest.fixture
def cohort(cluster, catalog, tmp_path):
    for number in range(4):
        hand_in(tmp_path / "class", f"more{number}", f"# {number}\n{RIGHT}")
    return Cohort.found(small_class(tmp_path / "class"), catalog)


@pytest.fixture
def engine(cohort):
    from leveling.play.cohorts.far import RayEngine

    made = RayEngine(cohort.quests, jobs=2)
    yield made
    made.close()


def words(cohort):
    return {row.submission.learner: row.outcome.word for row in cohort.rows()}


def test_a_cluster_gives_the_same_verdicts(cohort, engine, tmp_path):
    """The quest travels with the task; the workers need neither the pack nor the folder."""
    with Journal(tmp_path / "j.jsonl") as kept:
        list(cohort.judge(engine, kept))
    assert {words(cohort)[learner] for learner in ("ada", "eve", "more0")} == {"cleared"} and words(cohort)[
        "bob"
    ] == "wrong"
    assert all(outcome.sandbox for outcome in journal.read(tmp_path / "j.jsonl").values())


def test_a_lost_worker_loses_no_result(cohort, engine, tmp_path):
    """A worker is killed after the first result: every solution gets its verdict all the same, each kept once."""
    fallen = []
    with Journal(tmp_path / "j.jsonl") as kept:
        for each in cohort.judge(engine, kept):
            fallen.append(each.task.key)
            if len(fallen) == 1:
                os.kill(ray.get(engine.desks[0].pid.remote()), signal.SIGKILL)
    assert len(fallen) == len(set(fallen)) == 7
    assert len((tmp_path / "j.jsonl").read_text().splitlines()) == 7
    assert set(words(cohort).values()) == {"cleared", "wrong"}


def test_a_node_with_another_leveling_says_so(cohort, engine, tmp_path, monkeypatch):
    """Verdicts of two versions are never mixed."""
    monkeypatch.setattr("leveling.play.cohorts.far.__version__", "0.0.0")
    with Journal(tmp_path / "j.jsonl") as kept, pytest.raises(Trouble, match="install the same"):
        list(cohort.judge(engine, kept))
