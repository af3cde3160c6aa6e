"""The command line as a user meets it: a real process each time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SDPA = "transformers/scaled-dot-product-attention"
ROOT = Path(__file__).resolve().parents[2]


def leveling(*arguments, stdin=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "leveling", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        input=stdin,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def test_alone_it_prints_the_board_and_what_to_type():
    """A newcomer who types `leveling` is told the next three commands."""
    done = leveling()
    assert done.returncode == 0 and SDPA in done.stdout
    assert "leveling show " in done.stdout and "leveling attempt " in done.stdout


def test_a_journey(pack, tmp_path):
    """Start, judge the starter, be wrong, be right: exit statuses 1, 1, 0; a second start touches nothing."""
    pack.quest()
    opened = ("--pack", pack.root)
    started = leveling(*opened, "start", "tiny/row-sums", "--dir", tmp_path)
    path = Path(started.stdout.strip())
    assert path == tmp_path / "tiny" / "row_sums.py"
    unfinished = leveling(*opened, "attempt", "tiny/row-sums", path)
    assert unfinished.returncode == 1 and "unfinished" in unfinished.stdout
    path.write_text("def row_sums(x):\n    return x.sum(0)\n")
    assert leveling(*opened, "start", "tiny/row-sums", "--dir", tmp_path).returncode == 0
    wrong = leveling(*opened, "attempt", "tiny/row-sums", path)
    assert wrong.returncode == 1 and "matches-reference" in wrong.stdout
    assert "dim is the dimension that disappears" in wrong.stdout
    path.write_text("def row_sums(x):\n    print('here')\n    return x.sum(1)\n")
    cleared = leveling(*opened, "attempt", "tiny/row-sums", path)
    assert cleared.returncode == 0 and "cleared" in cleared.stdout and "here" in cleared.stdout


def test_json_is_one_object_with_the_agreed_keys(pack):
    """What scripts rely on."""
    folder = pack.quest()
    done = leveling("--pack", pack.root, "attempt", "tiny/row-sums", folder / "reference.py", "--json")
    told = json.loads(done.stdout)
    assert {"quest", "verdict", "checks", "gates", "grade", "xp", "rank", "seed", "device", "seconds"} <= told.keys()
    assert told["verdict"] == "cleared"
    assert {"name", "status", "message"} <= told["checks"][0].keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("attempt", "tiny/no-such-quest"), "there is no quest"),
        (("attempt", SDPA, "/no/such/file.py"), "there is no file"),
        (("attempt", SDPA, "."), "is a folder"),
        (("attempt", SDPA, "{huge}"), "MiB"),
        (("attempt", SDPA, "/dev/null"), "no plain file"),
        (("attempt", SDPA, "{binary}"), "is binary"),
        (("attempt", SDPA, "{latin}"), "no UTF-8"),
        (("show", "../../etc"), "there is no quest"),
        (("hint", SDPA, "9"), "hints 1 to"),
        (("reveal", SDPA), "--yes"),
        (("quests", "--gate", "nowhere"), "there is no gate"),
        (("--pack", "/no/such/folder", "quests"), "is no folder"),
        (("start", SDPA, "--dir", "{latin}"), "cannot be written"),
        (("attempt", SDPA, "{reference}", "--device", "cuda"), "no CUDA device"),
    ],
)
def test_bad_input_is_one_message_and_status_2(arguments, words, tmp_path):
    """No traceback, nothing lost, what to do is said."""
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "huge.py").write_bytes(b"#" * (3 << 20))
    (tmp_path / "latin.py").write_bytes("é = 1".encode("latin-1"))
    names = {
        "{binary}": tmp_path / "binary.py",
        "{huge}": tmp_path / "huge.py",
        "{latin}": tmp_path / "latin.py",
        "{reference}": ROOT / "quests" / SDPA / "reference.py",
    }
    done = leveling(*[names.get(each, each) for each in arguments])
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


def test_an_interpreter_without_torch_is_told_how_to_get_it(tmp_path):
    """A judge fault (3), never the learner's: it names the interpreter and the command."""
    bare = Path(sys.base_prefix) / "bin" / "python3"
    done = leveling("attempt", SDPA, ROOT / "quests" / SDPA / "reference.py", LEVELING_PYTHON=str(bare))
    assert done.returncode == 3 and "pip install torch" in done.stdout


def test_a_reader_that_goes_away_is_no_error():
    """`leveling quests | head -1` ends quietly."""
    shell = f"{sys.executable} -m leveling show {SDPA} | head -1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""


def test_a_hostile_print_cannot_move_the_cursor(pack, tmp_path):
    """Control codes of the learner's output are shown, not obeyed."""
    pack.quest()
    attempt = tmp_path / "mine.py"
    attempt.write_text("print('\\x1b[2Jgone')\ndef row_sums(x):\n    return x.sum(1)\n")
    done = leveling("--pack", pack.root, "attempt", "tiny/row-sums", attempt)
    assert "\x1b" not in done.stdout and "\\x1b[2Jgone" in done.stdout


def test_watching_judges_every_save(pack, tmp_path):
    """A save is judged without a key press; Ctrl-C ends it with the last status and leaves no process."""
    import signal

    pack.quest()
    attempt = tmp_path / "mine.py"
    attempt.write_text("def row_sums(x):\n    return x.sum(0)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "leveling", "--pack", pack.root, "attempt", "tiny/row-sums", attempt, "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    read_until(process.stdout, "watching")
    attempt.write_text("def row_sums(x):\n    return x.sum(1)\n")
    assert "cleared" in read_until(process.stdout, "watching")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def read_until(stream, words):
    text = ""
    for line in stream:
        text += line
        if words in line:
            return text
    raise AssertionError(f"never said {words!r}: {text}")


def test_what_happened_is_kept_between_commands(pack, tmp_path):
    """Start, clear, and see XP and rank in `status`; a note is kept; the save is good and can be exported and imported."""
    pack.quest()
    opened = ("--pack", pack.root)
    path = Path(leveling(*opened, "start", "tiny/row-sums").stdout.strip())
    path.write_text("def row_sums(x):\n    return x.sum(1)\n")
    cleared = leveling(*opened, "attempt", "tiny/row-sums")
    assert "XP" in cleared.stdout and "Rank up" in cleared.stdout
    again = json.loads(leveling(*opened, "attempt", "tiny/row-sums", "--json").stdout)
    assert again["xp"] == 0 and again["rank"] == "E"
    status = json.loads(leveling(*opened, "status", "--json").stdout)
    assert status["cleared"] == 1 and status["xp"] > 0 and status["gates"]["tiny"]["rank"] == "E"
    assert leveling(*opened, "note", "tiny/row-sums", "dims vanish").returncode == 0
    assert "dims vanish" in leveling(*opened, "note", "tiny/row-sums").stdout
    copy = tmp_path / "copy.toml"
    assert leveling("saves", "export", copy).returncode == 0
    assert leveling("saves", "import", copy, "--slot", "second").returncode == 0
    assert "second: good, 1 quests cleared" in leveling("saves", "check").stdout


def test_a_torn_save_is_told_and_restored(pack, own_home):
    """The way out is named, works, and keeps the bad file."""
    pack.quest()
    leveling("--pack", pack.root, "hint", "tiny/row-sums")
    leveling("saves", "backup")
    save = own_home / "saves" / "main.toml"
    save.write_text("format = 1\ntorn")
    told = leveling("--pack", pack.root, "status")
    assert told.returncode == 2 and "leveling saves restore" in told.stderr and "Traceback" not in told.stderr
    assert leveling("saves", "restore").returncode == 0
    assert leveling("--pack", pack.root, "status").returncode == 0
    assert any("torn" in path.read_text() for path in save.parent.glob("main.replaced-*"))


def test_a_quiz_is_asked_marked_and_explained(tmp_path):
    """Answers from a pipe; wrong ones are told with the reason; exit status 1."""
    done = leveling("attempt", "tensors/shape-quiz", stdin="nonsense\n" * 30)
    assert done.returncode == 1 and "you said 'nonsense'" in done.stdout and "answers are right" in done.stdout


def test_the_coach_speaks_after_a_verdict(pack, tmp_path):
    """After a clear: what a line could do better, and what is still to win; after a failure: where the brief tells of it."""
    folder = pack.quest()
    (folder / "brief.md").write_text("# Row sums\n\n## Pitfalls\n\nSums every row, not every column: dim disappears.\n")
    attempt = tmp_path / "mine.py"
    attempt.write_text(
        "import torch\n\n\ndef row_sums(x):\n    try:\n        return torch.stack([row.sum() for row in x])\n"
        "    except:\n        return x.sum(1)\n"
    )
    cleared = leveling("--pack", pack.root, "attempt", "tiny/row-sums", attempt)
    assert "cleared" in cleared.stdout and "line 7:" in cleared.stdout and "Still to win" in cleared.stdout
    attempt.write_text("def row_sums(x):\n    return x.sum(0)\n")
    assert "Pitfalls" in leveling("--pack", pack.root, "attempt", "tiny/row-sums", attempt).stdout
