"""The learner's code beside the reference: side by side where both fit, else one below the other line by line."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.events import Resize
from textual.highlight import highlight
from textual.widgets import Static

_OWN, _REFERENCE = "on $warning-muted", "on $primary-muted"
_GUTTER = 5  # number and sign


@dataclass(frozen=True, slots=True)
class Row:
    """Lines that stand side by side, as numbers from 0; None where one side has nothing. `same` when they are equal."""

    own: int | None
    reference: int | None
    same: bool


def rows_of(own: list[str], reference: list[str]) -> Iterator[Row]:
    """The two files, aligned."""
    matcher = difflib.SequenceMatcher(None, own, reference, autojunk=False)
    for tag, first, last, there, there_last in matcher.get_opcodes():
        for left, right in zip_longest(range(first, last), range(there, there_last)):
            yield Row(left, right, tag == "equal")


class Comparison:
    """Two sources, aligned and coloured once; laid out for any width afterwards."""

    def __init__(self, own: str, reference: str) -> None:
        self.own_text, self.reference_text = own.rstrip("\n").split("\n"), reference.rstrip("\n").split("\n")
        self.rows = list(rows_of(self.own_text, self.reference_text))
        self.own, self.reference = _coloured(self.own_text), _coloured(self.reference_text)

    @property
    def width(self) -> int:
        """Cells that the two sides need beside each other."""
        return max(map(len, self.own_text)) + max(map(len, self.reference_text)) + 2 * _GUTTER + 3

    def beside(self) -> Content:
        """Yours on the left, the reference on the right."""
        left_width = max(*map(len, self.own_text), 5) + 1
        lines = [Content.assemble((f"{'':{_GUTTER}}{'yours':<{left_width}}   {'':{_GUTTER}}the reference", "bold"))]
        for row in self.rows:
            left = _cell(self.own, row.own, "" if row.same else "◂", "" if row.same else _OWN, left_width)
            right = _cell(self.reference, row.reference, "" if row.same else "▸", "" if row.same else _REFERENCE, 0)
            lines.append(Content.assemble(left, (" │ ", "$glow"), right))
        return Content("\n").join(lines)

    def below(self) -> Content:
        """One file: what is only yours marked with ◂, what only the reference has with ▸."""
        legend = Content.assemble(("◂ yours", _OWN), "   ", ("▸ the reference", _REFERENCE))
        return Content("\n").join([legend, Content(""), *self._below()])

    def _below(self) -> Iterator[Content]:
        waiting: list[Content] = []
        for row in self.rows:
            if row.same:
                yield from waiting
                waiting = []
                yield _cell(self.reference, row.reference, "", "", 0)
                continue
            if row.own is not None:
                yield _cell(self.own, row.own, "◂", _OWN, 0)
            if row.reference is not None:
                waiting.append(_cell(self.reference, row.reference, "▸", _REFERENCE, 0))
        yield from waiting


def _coloured(lines: list[str]) -> list[Content]:
    return list(highlight("\n".join(lines), language="python").split("\n", allow_blank=True))


def _cell(lines: list[Content], number: int | None, mark: str, style: str, width: int) -> Content:
    """One line behind its number and sign, padded to `width`."""
    if number is None:
        return Content(" " * (width + _GUTTER))
    line = lines[number]
    text = line.pad_right(max(0, width - line.cell_length))
    return Content.assemble((f"{number + 1:>3}", "$quiet"), f"{mark:>1} ", text.stylize(style) if style else text)


class CompareView(ScrollableContainer):
    """Scrolls both ways. `toggle` changes between beside and below."""

    DEFAULT_CSS = """
    CompareView { height: 1fr; scrollbar-size: 1 1; }
    CompareView Static { width: auto; height: auto; text-wrap: nowrap; }
    """

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self.comparison = comparison
        self.beside: bool | None = None

    def compose(self) -> ComposeResult:
        """One text; it is laid out when the width is known."""
        yield Static()

    def on_resize(self, event: Resize) -> None:
        """Beside each other where both fit, until the learner chose."""
        if self.beside is None:
            self._lay_out(beside=self.comparison.width <= event.size.width)

    def toggle(self) -> None:
        """The other layout, from now on."""
        self.beside = not (self._shown if self.beside is None else self.beside)
        self._lay_out(beside=self.beside)

    def _lay_out(self, *, beside: bool) -> None:
        self._shown = beside
        self.query_one(Static).update(self.comparison.beside() if beside else self.comparison.below())
