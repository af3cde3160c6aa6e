"""The app in a real terminal: first frame, keys on the board, a quest opened, a save judged, and what is left after quitting.

python -m benchmarks.app [--quests 1000] [--count 5] [--quits 10]
"""

import argparse
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.board import write_pack
from benchmarks.measuring import PYTHON, ROOT, head, quiet, verdict_on

PATIENCE = 120.0
QUIET = 0.12  # seconds without a byte: what a key drew is on the screen
CONTROL = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()=>][0-9A-B]?")
MINIMAL = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("type start")

Minimal().run()
"""
EASIEST = "tensors/creation-drills"
KEYS = ("\r", "2", "3", "4", "5", "6", "7", "8", "0", "-", "j", "k", "\x1b", "?")


class Window:
    """A program behind a pty of 100 x 30."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "LEVELING_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, cwd=ROOT
        )
        os.close(slave)
        self.drawn = b""

    def until(self, text: str) -> float:
        """Seconds from the last key (or the start) to when `text` was drawn."""
        ends = time.perf_counter() + PATIENCE
        while text.encode() not in CONTROL.sub(b"", self.drawn):
            if time.perf_counter() > ends or not self._read(1.0):
                raise SystemExit(
                    f"{text!r} never came: {CONTROL.sub(b'', self.drawn)[-1500:].decode(errors='replace')}"
                )
        return time.perf_counter() - self.began

    def press(self, key: str) -> None:
        """Send a key; what was drawn before is forgotten."""
        self.drawn, self.began = b"", time.perf_counter()
        os.write(self.master, key.encode())

    def drawn_by(self, key: str) -> tuple[float, int]:
        """Seconds from a key to the first byte that it drew, and how many bytes it drew in all."""
        self.press(key)
        first = 0.0
        while select.select([self.master], [], [], PATIENCE if not first else QUIET)[0] and self._read(0.0):
            first = first or time.perf_counter() - self.began
        return first, len(self.drawn)

    def settle(self) -> None:
        """Read until it has been quiet for a while; a cursor blinks every half second."""
        while select.select([self.master], [], [], 0.3)[0] and self._read(0.0):
            pass

    def close(self) -> None:
        """End it, however it stands."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGHUP)
        os.close(self.master)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return seconds > 0 and self.process.poll() is None
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.drawn += data
        return bool(data)


@contextmanager
def window(command: list[str], home: Path) -> Iterator[Window]:
    """A window that is closed in any case."""
    opened = Window(command, home)
    try:
        yield opened
    finally:
        opened.close()


def app(*arguments: str) -> list[str]:
    """The command of the app."""
    return [PYTHON, "-m", "leveling", *arguments]


def first_frames(home: Path, pack: Path, count: int) -> dict[str, float]:
    """Median seconds to the first frame: a minimal Textual app, ours with what is shipped, ours with the large pack."""
    script = home / "minimal.py"
    script.write_text(MINIMAL, encoding="utf-8")
    commands = {"minimal": [PYTHON, str(script)], "shipped": app(), "large": app("--pack", str(pack))}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            with window(command, home) as opened:
                found[name].append(opened.until("start"))
    return {name: statistics.median(times) for name, times in found.items()}


def on_the_board(home: Path, pack: Path) -> tuple[list[float], list[int], float]:
    """Seconds from a key to the first repaint and bytes a key, walking and filtering; seconds to open a quest."""
    times: list[float] = []
    sizes: list[int] = []
    with window(app("--pack", str(pack)), home) as opened:
        opened.until("start")
        opened.press("\r")
        opened.until("judge warm")
        opened.press("2")
        opened.until(" of 1")
        opened.settle()
        for key in [*["\x1b[B"] * 12, *"quest 77"]:
            seconds, size = opened.drawn_by(key)
            times.append(seconds)
            sizes.append(size)
        opened.settle()
        opened.press("\r")
        seconds = opened.until("YOUR FILE")
    return times, sizes, seconds


def saved_and_judged(home: Path, count: int) -> list[float]:
    """Seconds from writing the file to the verdict on the attempt screen of an E-rank quest, judge warm."""
    solution = home / "solutions" / "tensors" / "creation_drills.py"
    solution.parent.mkdir(parents=True, exist_ok=True)
    wrong = (ROOT / "quests" / EASIEST / "starter.py").read_text(encoding="utf-8")
    solution.write_text(wrong, encoding="utf-8")
    found: list[float] = []
    with window(app(), home) as opened:
        opened.until("start")
        opened.press("\r")
        opened.until("judge warm")
        opened.press("2")
        opened.until("type to search")
        opened.settle()
        for key in "creation":
            opened.drawn_by(key)
        opened.press("\r")
        opened.until("YOUR FILE")
        opened.settle()
        opened.press("a")
        opened.until("save to judge again")
        for number in range(count + 2):
            opened.settle()
            opened.drawn, opened.began = b"", time.perf_counter()
            solution.write_text(f"{wrong}\n# {number}\n", encoding="utf-8")
            found.append(opened.until("save to judge again"))
    return found[2:]


def left_after_quits(home: Path, quits: int) -> int:
    """Processes that outlive the app when it is left after random keys, some of them while the judge comes up."""
    lottery = random.Random(7)  # noqa: S311 - the same keys each time
    for _ in range(quits):
        with window(app(), home) as opened:
            opened.until("start")
            for key in lottery.sample(KEYS, lottery.randint(0, 6)):
                opened.drawn_by(key)
            opened.press("\x11")
            deadline = time.perf_counter() + PATIENCE
            while opened.process.poll() is None and time.perf_counter() < deadline:
                opened._read(0.1)  # noqa: SLF001 - its own file
    return sum(str(home).encode() in environment for environment in _environments())


def _environments() -> Iterator[bytes]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                yield (entry / "environ").read_bytes()
            except OSError:
                continue


def main() -> int:
    """Print the table; 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quests", type=int, default=1000)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--quits", type=int, default=10)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="leveling-app-"))
    try:
        return _measure(options, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(options: argparse.Namespace, home: Path) -> int:
    pack = home / "pack"
    write_pack(pack, options.quests)
    quiet(tuple(app("choose", "hunter", "Ada")), {"LEVELING_HOME": str(home)})()
    head(f"the app, {options.quests} quests in the large pack")
    frames = first_frames(home, pack, options.count)
    times, sizes, opens = on_the_board(home, pack)
    judged = saved_and_judged(home, options.count)
    left = left_after_quits(home, options.quits)
    lines: list[tuple[str, float, float, Callable[[float], str]]] = [
        ("first frame, what is shipped, x a minimal Textual app", frames["shipped"] / frames["minimal"], 1.3, _ratio),
        ("first frame, large pack, x a minimal Textual app", frames["large"] / frames["minimal"], 2.0, _ratio),
        ("key to repaint on the board, median", statistics.median(times), 0.05, _milliseconds),
        ("key to repaint on the board, worst", max(times), 0.05, _milliseconds),
        ("a quest opens", opens, 0.2, _milliseconds),
        ("a save is judged, rank E, median", statistics.median(judged), 0.15, _milliseconds),
        ("processes left", left, 0, str),
    ]
    good = True
    for what, value, limit, shown in lines:
        good &= value <= limit
        word = "met" if value <= limit else "MISSED"
        print(f"  {what:<56} {shown(value):>9}   target {shown(limit)}: {word}")
    print(f"  {'bytes a key on the board, median and worst':<56} {statistics.median(sizes):.0f} and {max(sizes)}")
    return verdict_on("The app", good=good)


def _ratio(value: float) -> str:
    return f"{value:.2f} x"


def _milliseconds(value: float) -> str:
    return f"{value * 1000:.0f} ms"


if __name__ == "__main__":
    raise SystemExit(main())
