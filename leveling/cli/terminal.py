"""What is printed and how: colour where the terminal has it, marks where it can draw them, plain text everywhere else."""

import os
import shutil
import sys
import textwrap
from typing import TextIO

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "violet": "35",
    "cyan": "36",
}
RANK_COLOURS = {"E": "dim", "D": "green", "C": "cyan", "B": "blue", "A": "violet", "S": "yellow"}
PLAIN = False


def be_plain(*, plain: bool) -> None:
    """Switch colour and redrawing off for this run."""
    global PLAIN
    PLAIN = plain


def is_plain() -> bool:
    """Whether --plain was asked for."""
    return PLAIN


def is_live(stream: TextIO) -> bool:
    """Whether a line on `stream` may be drawn over."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not PLAIN


def has_colour(stream: TextIO) -> bool:
    """Whether colour is wanted there. NO_COLOR wins (no-color.org)."""
    if PLAIN or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.name == "nt" and not any(os.environ.get(name) for name in ("WT_SESSION", "ANSICON", "TERM")):
        return False
    return is_live(stream)


def paint(text: str, *styles: str) -> str:
    """`text` in the given styles, or as it is."""
    codes = ";".join(_CODES[style] for style in styles if style)
    return f"\033[{codes}m{text}\033[0m" if codes and has_colour(sys.stdout) else text


def rank_mark(rank: str) -> str:
    """A rank's letter in its colour."""
    return paint(rank, "bold", RANK_COLOURS.get(rank, ""))


def mark(status: str) -> str:
    """One sign for how something ended."""
    signs = {"passed": "✓", "failed": "✗", "skipped": "·", "sealed": "◇", "noisy": "~"}
    colour = {"passed": "green", "failed": "red"}.get(status, "dim")
    sign = signs.get(status, "?") if _draws_unicode() else {"passed": "+", "failed": "x"}.get(status, "-")
    return paint(sign, colour)


def _draws_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") in ("utf8", "utf16") and not PLAIN


def width(most: int = 100) -> int:
    """Columns to fill."""
    return min(most, shutil.get_terminal_size((80, 24)).columns)


def wrapped(text: str, indent: str = "") -> str:
    """A paragraph in the terminal's width."""
    return textwrap.fill(" ".join(text.split()), width(), initial_indent=indent, subsequent_indent=indent)


def say(text: str = "") -> None:
    """A line on stdout; signs that the terminal cannot encode are replaced, never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))  # noqa: T201 - this is where printing happens


def complain(text: str) -> None:
    """An error for the person, on stderr."""
    print(f"leveling: {text}", file=sys.stderr)  # noqa: T201 - this is where printing happens
