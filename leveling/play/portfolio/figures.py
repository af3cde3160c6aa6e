"""What the judge measured, as words, tables and bars."""

from leveling.play.portfolio.drawing import Bar, bars
from leveling.play.portfolio.gathering import Contents
from leveling.play.portfolio.markup import md, table
from leveling.play.portfolio.work import Work
from leveling.world.record import Measured
from leveling.world.words import Rank

_UNITS = {"reference": "x the reference", "at_least_reference": "x the reference", "at_least": "", "same": ""}


def value_in_words(gate: Measured) -> str:
    """Such as `0.87 x the reference`; a dash where it could not be measured."""
    return "-" if gate.value is None else _with_unit(gate.value, gate.unit)


def limit_in_words(gate: Measured) -> str:
    """Such as `at most 1.3 x the reference`."""
    bound = "at least" if gate.unit.startswith("at_least") else "at most"
    return f"{bound} {_with_unit(gate.limit, gate.unit)}"


def _with_unit(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {_UNITS.get(unit, unit)}".rstrip()


def gates_table(work: Work) -> str:
    """The gates of one clear; empty when it had none."""
    rows = [
        (md(gate.gate), md(gate.device), md(gate.status), value_in_words(gate), limit_in_words(gate))
        for gate in work.clear.gates
    ]
    return table(("Gate", "Device", "Result", "Measured", "Limit"), rows) if rows else ""


def plot(work: Work) -> bytes:
    """The bars of one clear: each gate's figure against its limit."""
    rows = [_bar(gate) for gate in work.clear.gates if gate.value is not None]
    return bars(work.title, rows, "The red line is the quest's limit; measured in one run with the reference.")


def _bar(gate: Measured) -> Bar:
    value = gate.value or 0.0
    most = max(value, gate.limit, 1e-12) * 1.1
    words = f"{value_in_words(gate)} ({limit_in_words(gate)})"
    return Bar(f"{gate.gate} ({gate.device})", value / most, gate.limit / most, words)


def overview(contents: Contents) -> bytes:
    """How many quests of each rank were cleared."""
    counts = [(rank, contents.count(rank)) for rank in Rank]
    most = max(1, *(count for _, count in counts))
    rows = [Bar(f"rank {rank}", count / most, None, f"{count} cleared") for rank, count in counts]
    return bars("Quests cleared, by rank", rows)


def measured_page(contents: Contents) -> str:
    """Every measured figure, in one table."""
    rows = [
        (
            f"[{md(work.title)}]({_link(work)})" if _link(work) else md(work.title),
            md(gate.gate),
            md(gate.device),
            md(gate.status),
            value_in_words(gate),
            limit_in_words(gate),
            f"{work.clear.day}",
        )
        for work in contents.everything
        for gate in work.clear.gates
    ]
    text = table(("Quest", "Gate", "Device", "Result", "Measured", "Limit", "Day"), rows) if rows else "Nothing yet."
    return (
        "# What was measured\n\n"
        "Every figure comes from the run that cleared the quest. Figures against the reference were taken in turns "
        "with it in the same run, so they carry over to other machines; figures of a GPU name its device.\n\n"
        f"![Quests cleared, by rank](overview.svg)\n\n{text}\n"
    )


def _link(work: Work) -> str:
    return f"../{work.solution}" if work.solution else ""
