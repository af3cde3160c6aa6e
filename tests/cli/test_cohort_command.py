"""`leveling cohort` and `leveling portfolio` as a user meets them: a real process each time."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judging import ENDLESS, RIGHT
from tests.play.cohort_folders import hand_in, small_class

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    "import sys, leveling.cli as cli; "
    "cli.COMMANDS = tuple(dict.fromkeys((*cli.COMMANDS, 'cohort', 'portfolio'))); sys.exit(cli.main(sys.argv[1:]))"
)


def started(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}, **options,
    )  # fmt: skip


def leveling(*arguments):
    process = started(*arguments)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


@pytest.fixture
def folder(pack, tmp_path):
    pack.quest()
    return small_class(tmp_path / "class")


def test_a_class_is_judged_and_taken_up_again(pack, folder, tmp_path):
    """A table, a file of results, status 0 although one was wrong; again only with --resume, and then without a judge."""
    judge = ("--pack", pack.root, "cohort", "judge", folder)
    status, out, err = leveling(*judge, "--jobs", 2)
    assert status == 0, err
    assert "ada" in out and "1 of 1" in out and "matches-reference" in out and "3 of 3 judged" in err
    results = json.loads((tmp_path / "class.results.json").read_text())
    assert results["counts"] == {"cleared": 2, "wrong": 1}
    status, _, err = leveling(*judge)
    assert status == 2 and "--resume" in err and "Traceback" not in err
    status, out, err = leveling(*judge, "--resume", "--csv")
    assert status == 0 and "judged" not in err
    rows = list(csv.DictReader((tmp_path / "class.results.csv").open()))
    assert [(row["learner"], row["outcome"]) for row in rows] == [
        ("ada", "cleared"),
        ("bob", "wrong"),
        ("eve", "cleared"),
    ]


def test_json_is_one_object_and_what_cannot_be_judged_is_status_1(pack, folder, tmp_path):
    """What scripts rely on."""
    hand_in(folder, "ada", RIGHT, "tiny/no_such.py")
    status, out, _ = leveling(
        "--pack", pack.root, "cohort", "judge", folder, "--json", "--out", tmp_path / "r" / "o.json"
    )
    told = json.loads(out)
    assert status == 1 and told["counts"] == {"cleared": 2, "wrong": 1, "refused": 1}
    assert {"learner", "quest", "outcome", "grade", "gates", "cause", "seed", "content", "solution"} <= told["results"][
        0
    ].keys()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another signal there")
def test_ctrl_c_keeps_what_was_judged(pack, folder):
    """Cut off while a solution hangs: status 130, the results before it are in the file, no judge is left."""
    hand_in(folder, "zzz", ENDLESS)
    process = started("--pack", pack.root, "cohort", "judge", folder, "--jobs", 1, start_new_session=True)
    for line in process.stderr:
        if line.startswith("1 of 4 judged"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "--resume" in err and "Traceback" not in err
    results = json.loads((folder.parent / "class.results.json").read_text())
    assert 1 <= len(results["results"]) < 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cohort", "judge", "/no/such/folder"), "is no folder"),
        (("cohort", "judge", "."), "holds no solutions"),
        (("cohort", "judge", ".", "--jobs", "0"), "at least 1"),
        (("portfolio", "export", "/dev/null"), "is no folder"),
        (("portfolio", "export", "{tmp}/p"), "clear a quest first"),
        (("portfolio", "export", "{tmp}/p", "--licence", "gpl"), "invalid choice"),
    ],
)
def test_bad_input_is_one_message_and_status_2(arguments, words, tmp_path):
    """No traceback; what to do is said."""
    (tmp_path / "empty").mkdir()
    empty = str(tmp_path / "empty")
    status, out, err = leveling(*[empty if each == "." else each.replace("{tmp}", str(tmp_path)) for each in arguments])
    assert status == 2 and words in err and "Traceback" not in err and out == ""


def test_a_portfolio_says_what_it_left_alone(pack, folder, tmp_path):
    """Clear a quest, export, edit a page, export again: the edit is there and named."""
    port = tmp_path / "port"
    opened = ("--pack", pack.root)
    assert leveling(*opened, "attempt", "tiny/row-sums", folder / "ada" / "tiny" / "row_sums.py")[0] == 0
    status, out, err = leveling(*opened, "portfolio", "export", port, "--licence", "mit")
    assert status == 0 and str(port / "README.md") in out, err
    (port / "README.md").write_text("# Mine\n")
    status, out, _ = leveling(*opened, "portfolio", "export", port)
    assert status == 0 and "left alone, because you changed it: README.md" in out
    assert (port / "README.md").read_text() == "# Mine\n"
    status, out, _ = leveling(*opened, "portfolio", "export", port, "--json")
    assert json.loads(out)["edited"] == ["README.md"]
