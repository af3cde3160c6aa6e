"""The app in a real terminal: a pty, real keys, real bytes, and what is left when it ends."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for what is left in /proc")
PATIENCE = 120.0  # seconds until a test gives up; no assertion is about time
CONTROL = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()=>][0-9A-B]?")


class Terminal:
    """A program behind a pty; `wait_for` reads until the text was drawn."""

    def __init__(self, *arguments, size=(80, 24), **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leveling", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        os.close(slave)
        self.drawn = b""

    def press(self, keys):
        """Send keys; what was drawn before is forgotten."""
        self.drawn = b""
        os.write(self.master, keys.encode())

    def wait_for(self, *texts):
        """Read until all texts are there."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if all(text.encode() in CONTROL.sub(b"", self.drawn) for text in texts):
                return
            if not self._read():
                break
        raise AssertionError(
            f"{texts} never came; drawn: {CONTROL.sub(b'', self.drawn)[-3000:].decode(errors='replace')}"
        )

    def rest(self):
        """Read until the app has nothing more to draw: it has taken in the last key."""
        while select.select([self.master], [], [], 1.0)[0] and self._read():
            pass

    def end(self):
        """Read what comes until the program is gone; its exit status."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def _read(self):
        ready, _, _ = select.select([self.master], [], [], PATIENCE)
        try:
            data = os.read(self.master, 65536) if ready else b""
        except OSError:
            data = b""
        self.drawn += data
        return bool(data)


def left_of(home):
    """Processes that were started with this home."""
    mark = f"LEVELING_HOME={home}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_bytes())
            except OSError:
                continue
    return found


def gone(home):
    """Wait until no process of this home is left."""
    ends = time.monotonic() + PATIENCE
    while left_of(home) and time.monotonic() < ends:
        select.select([], [], [], 0.05)
    return not left_of(home)


def test_a_walk_by_keys_leaves_nothing(own_home, pack):
    """Typing start, naming the hunter, finding a quest by its name, waiting for the judge, quitting: no process is left."""
    pack.quest()
    terminal = Terminal("--pack", str(pack.root))
    terminal.wait_for("type ", "start")
    terminal.press("start")
    terminal.wait_for("What is your name, hunter?")
    terminal.press("Ada\r")
    terminal.rest()
    terminal.press("\r")
    terminal.wait_for("Ten drills")
    terminal.press("row-sums")
    terminal.wait_for("Row sums")
    terminal.press("\r")
    terminal.wait_for("Sum each row.")
    assert left_of(own_home)
    terminal.press("q")
    assert terminal.end() == 0
    assert gone(own_home)


def test_leaving_at_once_leaves_nothing(own_home):
    """Quitting while the judge is still being warmed ends it too."""
    terminal = Terminal()
    terminal.wait_for("press enter")
    terminal.press("q")
    assert terminal.end() == 0
    assert gone(own_home)


def test_a_killed_app_leaves_nothing(own_home):
    """SIGKILL of the app: the judge sees its stdin end and goes."""
    terminal = Terminal()
    terminal.wait_for("press enter")
    terminal.process.kill()
    terminal.end()
    assert gone(own_home)


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"LEVELING_PLAIN": "1"})]
)
def test_plain_terminals_get_lines(arguments, environment):
    """--plain, TERM=dumb and LEVELING_PLAIN print the board as lines and end."""
    terminal = Terminal(*arguments, **environment)
    assert terminal.end() == 0
    assert b"leveling start" in terminal.drawn
    assert b"\x1b[?1049h" not in terminal.drawn


def test_without_a_terminal_the_board_is_printed():
    """Output into a pipe never opens the app, which would hang there."""
    done = subprocess.run(
        [sys.executable, "-m", "leveling"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0
    assert "leveling start" in done.stdout


def test_no_colour_is_readable(own_home):
    """Under NO_COLOR our monochrome theme is used: only greys are sent, and text is never as dark as its ground."""
    terminal = Terminal(NO_COLOR="1")
    terminal.wait_for("press enter")
    drawn = terminal.drawn
    terminal.press("q")
    assert terminal.end() == 0
    colours = [tuple(map(int, found)) for found in re.findall(rb"38;2;(\d+);(\d+);(\d+)", drawn)]
    assert colours
    assert all(max(rgb) - min(rgb) <= 8 for rgb in colours)
    assert max(max(rgb) for rgb in colours) > 180


def test_a_closed_window_ends_the_app(own_home):
    """Whoever closes the terminal leaves nothing running, though no signal and no key ever comes."""
    terminal = Terminal()
    terminal.wait_for("press enter")
    os.close(terminal.master)
    terminal.process.wait(PATIENCE)
    assert gone(own_home)
