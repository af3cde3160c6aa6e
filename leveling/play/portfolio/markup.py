"""Texts made safe for Markdown and SVG: names and titles may hold any sign."""

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#"})


def md(text: str) -> str:
    """A text inside a line or a table's cell of Markdown: one line, nothing in it is obeyed."""
    return " ".join(text.split()).translate(_MARKDOWN)


def xml(text: str) -> str:
    """A text inside SVG; signs that XML does not allow are left out."""
    return escape("".join(char for char in text if char.isprintable()), quote=True)


def columns(text: str) -> int:
    """How wide a text is, counted in Latin letters."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def many(count: int, what: str) -> str:
    """A count with its noun: "1 floor", "2 floors"."""
    return f"{count} {what}{'' if count == 1 else 's'}"
