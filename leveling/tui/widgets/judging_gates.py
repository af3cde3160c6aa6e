"""A gate in one line: a bar whose mark is the limit, and the figures in words."""

from textual.content import Content

from leveling.judge.protocol import GateResult
from leveling.tui.widgets.judging_signs import STYLES, sign

BAR_WIDTH = 16
LIMIT_AT = 2 / 3  # where along the bar the limit stands
_UNITS = {"reference": "x the reference", "at_least_reference": "x the reference", "at_least": "", "same": "x"}
_SIZES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))


def bar(measured: float | None, limit: float, width: int, status: str) -> Content:
    """`width` cells: the measured part filled, a mark at the limit; what lies far beyond the limit ends in an arrow."""
    mark = max(1, min(width - 2, round(width * LIMIT_AT)))
    share = 0.0 if measured is None else (measured / limit if limit else (2.0 if measured else 0.0))
    filled = min(width, max(0, round(share * mark)))
    if share > 1:  # over the limit is seen to be over it, however little
        filled = max(filled, mark + 2)
    cells = ["━" if place < filled else " " for place in range(width)]
    cells[mark] = "┃"
    if share * mark > width:
        cells[-1] = "▶"
    style = STYLES.get(status, "$quiet")
    return Content.assemble(
        ("".join(cells[:mark]), style), (cells[mark], "$quiet bold"), ("".join(cells[mark + 1 :]), style)
    )


def figures(gate: GateResult) -> str:
    """Such as `0.98 of at most 1.3 x the reference`; the first line of the message where nothing was measured."""
    if gate.measured is None:
        return gate.message.strip().split("\n", 1)[0]
    return f"{amount(gate.measured, gate.unit)}, {bound(gate)}"


def bound(gate: GateResult) -> str:
    """The limit in words."""
    if gate.unit == "same":
        return "the same at every size" + (f", within {gate.limit:g} x" if gate.limit else "")
    word = "at least" if gate.unit.startswith("at_least") else "at most"
    if gate.unit == "bytes":
        return f"{word} {amount(gate.limit, gate.unit)}"
    unit = _UNITS.get(gate.unit, gate.unit)
    if gate.against:
        unit = unit.replace("the reference", gate.against)
    return f"{word} {gate.limit:g} {unit}".rstrip()


def amount(value: float, unit: str) -> str:
    """A figure in its unit, as short as it stays true."""
    if unit == "bytes":
        for size, name in _SIZES:
            if value >= size:
                return f"{value / size:.3g} {name}"
        return f"{value:.0f} bytes"
    if unit in ("reference", "at_least_reference", "same"):
        return f"{value:.2f} x"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"


def gate_line(gate: GateResult, name: str, name_width: int, width: int) -> Content:
    """Sign, name, bar and figures, in `width` cells at most; without the bar where there is no room for it."""
    room = width - name_width - 4
    text = figures(gate)
    bar_width = BAR_WIDTH if room - len(text) - 2 >= BAR_WIDTH else 0
    head = Content.assemble(sign(gate.status), " ", f"{name:<{name_width}}", "  ")
    if bar_width and gate.measured is not None:
        return Content.assemble(head, bar(gate.measured, gate.limit, bar_width, gate.status), "  ", text)
    return Content.assemble(head, (text, "$quiet"))
