"""Whatever ends a judge, nothing of it stays: no process, no file, no shared memory."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from leveling.arena.zygote import SPARES
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job
from tests.judging import ENDLESS, RIGHT, judged

HOSTILE = (
    "import os\ndef row_sums(x):\n    os._exit(0)\n",
    "import os\ndef row_sums(x):\n    os.fork()\n    return x\n",
    "import threading, time\ndef row_sums(x):\n    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n    return x\n",
    "import os\ndef row_sums(x):\n    os.setsid()\n    return x\n",
    "def row_sums(x):\n    print('x' * 10**6)\n    return x.share_memory_()\n",
    "import ctypes\ndef row_sums(x):\n    ctypes.string_at(0)\n",
    "import tempfile\ndef row_sums(x):\n    open(tempfile.mktemp(), 'w')\n",
    "import multiprocessing.shared_memory as s\ndef row_sums(x):\n    s.SharedMemory(create=True, size=4096)\n    return x\n",
)

ENDLESS_CHECKS = '''
from leveling.checks import Check


class Endless(Check):
    """Never draws."""

    def cases(self, draw):
        while True:
            pass

    def probe(self, solution):
        return 1
'''


def traces():
    """Folders of judges and shared memory on this machine."""
    return set(Path(tempfile.gettempdir()).glob("leveling-judge-*")) | set(Path("/dev/shm").glob("*"))


def family(pid):
    """A process and everything below it, as (pid, time of birth), so that a number used again is not mistaken."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def at_rest(pid):
    """Whether a judge has its zygote, the children forked ahead of the next attempt, and no worker: those are confined."""
    _, *children = family(pid)
    if len(children) != 1 + SPARES:
        return False
    told = [Path(f"/proc/{each.pid}/status").read_text() for each in children]
    return not any("NoNewPrivs:\t1" in status for status in told)


def all_gone(processes):
    return not psutil.wait_procs(processes, timeout=10)[1]


def test_hostile_attempts_leave_nothing(quest):
    """After two rounds of every kind of misbehaviour, only the judge, its zygote and two unused children live; after closing, nothing."""
    before = traces()
    with JudgeClient() as client:
        judged(client, quest, RIGHT)
        for source in HOSTILE * 2:
            assert judged(client, quest, source).verdict in ("wrong", "crashed")
        wait_until(lambda: at_rest(client.process.pid))
        mine = family(client.process.pid)
        assert not list(Path(tempfile.gettempdir()).glob(f"leveling-judge-{client.process.pid}-*/scratch-*"))
    assert all_gone(mine)
    assert not {path for path in traces() - before if f"-{mine[0].pid}-" in path.name}


def test_a_killed_front_takes_everything_along(quest, tmp_path):
    """SIGKILL of the front in the middle of an endless attempt: judge, zygote and worker end by themselves."""
    attempt = tmp_path / "mine.py"
    attempt.write_text(ENDLESS)
    pack = quest.folder.parents[2]
    front = subprocess.Popen(
        [sys.executable, "-m", "leveling", "--pack", pack, "attempt", quest.id, attempt],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: len(family(front.pid)) >= 5)  # front, judge, zygote, two workers
    everyone = family(front.pid)
    front.kill()
    front.wait()
    assert all_gone(everyone[1:])
    judge = everyone[1].pid
    wait_until(lambda: not list(Path(tempfile.gettempdir()).glob(f"leveling-judge-{judge}-*")))


def test_ctrl_c_takes_everything_along(quest, tmp_path):
    """Ctrl-C ends the attempt with status 130, quickly, and leaves nothing."""
    attempt = tmp_path / "mine.py"
    attempt.write_text(ENDLESS)
    front = subprocess.Popen(
        [sys.executable, "-m", "leveling", "--pack", quest.folder.parents[2], "attempt", quest.id, attempt],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: len(family(front.pid)) >= 5)
    everyone = family(front.pid)
    front.send_signal(signal.SIGINT)
    output, _ = front.communicate(timeout=20)
    assert front.returncode == 130 and "Traceback" not in output
    assert all_gone(everyone)


def test_a_killed_judge_is_a_fault_of_ours_and_takes_its_workers_along(quest, client):
    """The verdict is judge_fault; the workers die with their parent; the next attempt has a new judge."""
    everyone = []

    def kill():
        wait_until(lambda: len(family(client.process.pid)) >= 4)
        everyone.extend(family(client.process.pid))
        os.kill(client.process.pid, signal.SIGKILL)

    client.start()
    threading.Thread(target=kill).start()
    verdict = judged(client, quest, ENDLESS)
    assert verdict.verdict == "judge_fault"
    assert all_gone(everyone)
    assert judged(client, quest, RIGHT).verdict == "cleared"


def test_a_cancelled_attempt_frees_its_workers_and_the_judge_goes_on(quest, client):
    """Cancel stops an endless call at once; the same judge clears the next attempt."""
    told = []
    for event in client.attempt(Job(quest, ENDLESS, "mine.py")):
        told.append(event["event"])
        if event["event"] == "started":
            threading.Timer(0.2, client.cancel).start()
    assert told[-1] == "cancelled"
    wait_until(lambda: at_rest(client.process.pid))
    assert judged(client, quest, RIGHT).verdict == "cleared"


@pytest.mark.parametrize("stale", ["leveling-judge-999999999-abc"])
def test_what_a_killed_judge_left_is_swept_by_the_next(quest, client, stale):
    """A folder named for a process that no longer lives is removed; files without access are no obstacle."""
    folder = Path(tempfile.gettempdir()) / stale
    (folder / "scratch-1" / "deep").mkdir(parents=True, exist_ok=True)
    (folder / "scratch-1").chmod(0o000)
    judged(client, quest, RIGHT)
    assert not folder.exists()


def wait_until(holds):
    """Look again until it holds; a generous end for broken cases."""
    ended = threading.Event()
    for _ in range(600):
        if holds():
            return
        ended.wait(0.05)
    raise AssertionError("it never came to hold")


def test_a_judge_that_is_busy_with_itself_goes_with_its_front(pack):
    """Even an author's endless loop in the judge's own process does not outlive a killed front."""
    folder = pack.quest(checks=ENDLESS_CHECKS)
    front = subprocess.Popen(
        [sys.executable, "-m", "leveling", "--pack", pack.root, "attempt", "tiny/row-sums", folder / "reference.py"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: len(family(front.pid)) >= 3)
    everyone = family(front.pid)
    front.kill()
    front.wait()
    assert all_gone(everyone[1:])
