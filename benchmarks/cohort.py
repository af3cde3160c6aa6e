"""How many submissions does a core judge: warm judges of a cohort against one pytest process per submission.

python -m benchmarks.cohort [--submissions 300] [--yardstick 12]

Both judge solutions of the same quest, with as many at once as there are cores, in turns within one run. The start of the
judges counts as ours. The pytest file asks less than our judge: no hidden inputs, no sandbox, no limits, no measuring.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measuring import PYTHON, head, verdict_on
from benchmarks.specimens import quest_of, text_of
from leveling.catalog import Catalog
from leveling.play.cohorts import Cohort, Journal, LocalEngine
from leveling.play.cohorts.local import cores

QUEST = "modules/first-mlp"
_NAMES = {"pytest": "pytest, one process a submission", "ours": "leveling cohort, start included"}
TARGET = 20.0  # times the submissions that one core judges with pytest
BLOCKS = 2
PYTEST = """
import importlib.util
import os

import torch

import reference

spec = importlib.util.spec_from_file_location("submission", os.environ["SUBMISSION"])
mlp = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mlp)
SIZES = ([4, 3], [5, 7, 2], [3, 8, 8, 1])


def test_parameters():
    for sizes in SIZES:
        mine, theirs = mlp.MLP(sizes), reference.MLP(sizes)
        assert [p.shape for p in mine.parameters()] == [p.shape for p in theirs.parameters()]
        assert mlp.count_parameters(mine) == reference.count_parameters(theirs)


def test_forward():
    for sizes in SIZES:
        mine, theirs = mlp.MLP(sizes), reference.MLP(sizes)
        theirs.load_state_dict(dict(zip(theirs.state_dict(), mine.state_dict().values())))
        x = torch.randn(6, sizes[0])
        torch.testing.assert_close(mine(x), theirs(x))
"""


def main() -> int:
    """Measure both in turns and print submissions per second and core; 1 when the ratio misses its target."""
    options = _options()
    jobs = cores()
    head(f"Cohort: {options.submissions} submissions of {QUEST}, {jobs} at once, in {BLOCKS} blocks")
    spent = {"pytest": Spent(), "ours": Spent()}
    with tempfile.TemporaryDirectory() as place:
        for block in range(BLOCKS):
            folder = Path(place) / str(block)
            paths = _hand_in(folder, options.submissions // BLOCKS)
            with spent["pytest"]:
                good = _with_pytest(folder, paths[: options.yardstick // BLOCKS], jobs)
            with spent["ours"]:
                good = _with_ours(folder, jobs) and good
            if not good:
                return verdict_on("Cohort: a right solution was not cleared", good=False)
    theirs, ours = options.yardstick // BLOCKS * BLOCKS, options.submissions // BLOCKS * BLOCKS
    for name, count in (("pytest", theirs), ("ours", ours)):
        wall, processor = spent[name].wall, spent[name].processor
        print(
            f"  {_NAMES[name]:<36} {count / wall / jobs:8.3f} submissions a second and core"
            f"   {processor / count:8.3f} s of processor time a submission"
        )
    ratio = (ours / spent["ours"].wall) / (theirs / spent["pytest"].wall)
    frugal = (spent["pytest"].processor / theirs) / (spent["ours"].processor / ours)
    print(
        f"  {ratio:.1f} x   target {TARGET:g} x: {'met' if ratio >= TARGET else 'MISSED'}; {frugal:.1f} x by processor time"
    )
    return verdict_on("Cohort", good=ratio >= TARGET)


class Spent:
    """Seconds of wall clock and of processor time (ours and of ended children) while the body ran, summed."""

    def __init__(self) -> None:
        self.wall = 0.0
        self.processor = 0.0
        self.began = (0.0, 0.0)

    def __enter__(self) -> "Spent":
        self.began = (time.perf_counter(), _processor())
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self.began[0]
        self.processor += _processor() - self.began[1]


def _processor() -> float:
    return sum(os.times()[:4])


def _hand_in(folder: Path, count: int) -> list[Path]:
    """As many learners, each with the reference and a line of their own, so that no two are judged as one."""
    quest = quest_of(QUEST)
    reference = text_of(quest, "reference.py")
    (folder / "pytest").mkdir(parents=True)
    (folder / "pytest" / "reference.py").write_text(reference, encoding="utf-8")
    (folder / "pytest" / "test_submission.py").write_text(PYTEST, encoding="utf-8")
    paths = []
    for number in range(count):
        path = folder / "class" / f"learner-{number}" / "modules" / "first_mlp.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"{reference}\n# handed in by {number}\n", encoding="utf-8")
        paths.append(path)
    return paths


def _with_pytest(folder: Path, paths: Sequence[Path], jobs: int) -> bool:
    def judge(path: Path) -> int:
        command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_submission.py"]
        environment = {"SUBMISSION": str(path), "OMP_NUM_THREADS": "1", "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=folder / "pytest", env=environment, capture_output=True, check=False)
        return done.returncode

    with ThreadPoolExecutor(jobs) as pool:
        return not any(pool.map(judge, paths))


def _with_ours(folder: Path, jobs: int) -> bool:
    cohort = Cohort.found(folder / "class", Catalog())
    engine = LocalEngine(cohort.quests, jobs=jobs)
    with Journal(folder / "results.journal.jsonl") as kept:
        cleared = [fallen.outcome.is_cleared for fallen in cohort.judge(engine, kept)]
    engine.close()
    return all(cleared)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=300, help="judged by the cohort, in all")
    parser.add_argument("--yardstick", type=int, default=12, help="judged by pytest, in all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
