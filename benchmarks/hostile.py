"""Hostile attempts, then Ctrl-C and SIGKILL of the front: what stays behind of processes, files and shared memory?

python -m benchmarks.hostile [--count 200] [--kills 20]
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks.measuring import PYTHON, ROOT, Series, head, row, verdict_on
from benchmarks.specimens import Specimen, judged, softmax, softmax_quest, text_of
from leveling.judge.client import JudgeClient

T = TypeVar("T")
PATIENCE = 20.0  # seconds that the kernel and our own sweeping get before something counts as left behind

ENDLESS = "def softmax(x):\n    while True:\n        pass\n"
BODIES = {
    "exits": "import os\n    os._exit(0)",
    "forks": "import os\n    os.fork()\n    return x",
    "leaves its group": "import os\n    os.setsid()\n    return x",
    "leaves a thread": "import threading, time\n    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n    return x",
    "ignores SIGTERM": "import os, signal\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    os.kill(os.getpid(), 15)\n    return x",
    "kills its group": "import os, signal\n    os.killpg(0, signal.SIGKILL)",
    "kills its parent": "import os, signal\n    os.kill(os.getppid(), signal.SIGKILL)\n    return x",
    "floods": "while True:\n        print('x' * 10**6)",
    "writes files": "import tempfile\n    open(tempfile.mktemp(), 'w')",
    "writes shared memory": "import multiprocessing.shared_memory as s\n    s.SharedMemory(create=True, size=4096)\n    return x",
    "shares storage": "return x.share_memory_()",
    "makes a memory file": "import os\n    fd = os.memfd_create('left')\n    os.write(fd, b'x' * 10**6)\n    return x",
    "reads address 0": "import ctypes\n    ctypes.string_at(0)",
    "takes all memory": "import torch\n    kept = [torch.zeros(10**8) for _ in range(100)]\n    return x",
    "recurses": "return softmax(x)",
    "starts a program": "import subprocess\n    subprocess.Popen(['sleep', '600'])\n    return x",
    "starts workers": "import multiprocessing\n    multiprocessing.Process(target=print).start()\n    return x",
    "closes everything": "import os\n    os.closerange(0, 4096)\n    return x",
    "opens a socket": "import socket\n    socket.socket().bind(('127.0.0.1', 0))\n    return x",
    "raises SystemExit": "raise SystemExit(0)",
}
# A verdict that lets one of these through would be a find of its own; the cheat suite says which word is right.
SOURCES = {name: f"def softmax(x):\n    {body}\n" for name, body in BODIES.items()}


def main() -> int:
    """Run, count what stayed, print; 1 when anything did."""
    options = _options()
    head(f"{options.count} hostile attempts, {options.kills} fronts ended by force")
    with (
        tempfile.TemporaryDirectory() as place
    ):  # of our own: what other programs leave in the usual one is not counted
        os.environ["TMPDIR"] = tempfile.tempdir = place
        before = traces()
        good = _attempts(options.count)
        good &= _fronts(options.kills)
        left = _waiting_for(lambda: traces() - before)
    for trace in sorted(left):
        print(f"  LEFT BEHIND: {trace}")
    print(f"  files and shared memory left behind: {len(left)}")
    return verdict_on("Hostile attempts", good=good and not left)


def traces() -> set[str]:
    """Everything in the temporary folder, and the shared memory of this machine."""
    found = [*Path(tempfile.gettempdir()).glob("*"), *Path("/dev/shm").glob("*")]  # noqa: S108 - looked at only
    return {str(path) for path in found}


def _attempts(count: int) -> bool:
    """Judge every kind in turn with one judge; whether only judge and zygote live afterwards, and nothing after closing."""
    quest = softmax_quest("plain")
    names = list(SOURCES)
    seconds: list[float] = []
    let_through: set[str] = set()
    with JudgeClient() as client:
        honest = Specimen(quest, "reference", text_of(quest, "reference.py"), "cleared")
        judged(client, honest)
        assert client.process is not None
        lives_on = client.process.pid
        for number in range(count):
            name = names[number % len(names)]
            began = time.perf_counter()
            judgement = judged(client, softmax(name, "", SOURCES[name], "plain"))
            seconds.append(time.perf_counter() - began)
            if judgement.verdict in ("cleared", "judge_fault"):
                let_through.add(f"{name}: {judgement.verdict}: {judgement.cause}")
        survived = client.process is not None and client.process.pid == lives_on
        afterwards = judged(client, honest).verdict
        family = _family(client.process.pid) if client.process is not None else []
        extra = _waiting_for(lambda: {each.pid for each in family_of(client)[2:]})
    dead, alive = psutil.wait_procs(family, timeout=PATIENCE)
    series = Series("hostile attempt", seconds)
    row(series, series)
    for text in sorted(let_through):
        print(f"  LET THROUGH OR BLAMED ON US: {text}")
    print(
        f"  judge {'outlived them all' if survived else 'WAS ENDED'}, then found an honest solution {afterwards}; "
        f"workers left beside the judge: {len(extra)}; processes after closing: {len(alive)} of {len(dead) + len(alive)}"
    )
    return survived and afterwards == "cleared" and not extra and not alive and not let_through


def _fronts(kills: int) -> bool:
    """End a real front by Ctrl-C and by SIGKILL in turn at a random moment of an endless attempt."""
    chance = random.Random(3)  # noqa: S311 - moments of a kill
    left = 0
    wrong_status = 0
    with tempfile.TemporaryDirectory() as home:
        attempt = Path(home) / "mine.py"
        attempt.write_text(ENDLESS, encoding="utf-8")
        pack = softmax_quest("plain").folder.parents[1]
        command = [PYTHON, "-m", "leveling", "--pack", str(pack), "attempt", "cheats/plain", str(attempt)]
        for number in range(kills):
            sent = signal.SIGINT if number % 2 == 0 else signal.SIGKILL
            front = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "LEVELING_HOME": home},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            everyone = _grown_up(front, lone=chance.random() < 0.5)
            time.sleep(chance.random() * 0.5)
            everyone = list({*everyone, *_family(front.pid)})
            front.send_signal(sent)
            status = front.wait(PATIENCE)
            wrong_status += sent is signal.SIGINT and status != 130
            left += len(psutil.wait_procs(everyone, timeout=PATIENCE)[1])
    print(f"  processes left by {kills} fronts: {left}; Ctrl-C that did not end with status 130: {wrong_status}")
    return left == 0 and wrong_status == 0


def _grown_up(front: "subprocess.Popen[bytes]", *, lone: bool) -> list[psutil.Process]:
    """The front's family once it has a judge (`lone`), or once both workers run."""
    wanted = 2 if lone else 5
    _waiting_for(lambda: set() if len(_family(front.pid)) >= wanted or front.poll() is not None else {"not yet"})
    return _family(front.pid)


def family_of(client: JudgeClient) -> list[psutil.Process]:
    """Judge, zygote, and whatever else came of them."""
    return _family(client.process.pid) if client.process is not None else []


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _waiting_for(look: Callable[[], set[T]]) -> set[T]:
    """What `look` still finds after it has been given time to become empty."""
    deadline = time.monotonic() + PATIENCE
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="hostile attempts")
    parser.add_argument("--kills", type=int, default=20, help="fronts ended by Ctrl-C and SIGKILL in turn")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
