"""What the benchmarks share: interleaved timed runs, one line a series, and the load under which figures were taken."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
EMPTY_PROGRAM = (PYTHON, "-I", "-c", "pass")


@dataclass(slots=True)
class Series:
    """Wall-clock seconds of one kind of run, in the order in which they were taken."""

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0  # seconds of processor time of all runs together; 0 where nobody looked

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def worst_tenth(self) -> float:
        """Seconds; nine of ten runs took less."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(0.9 * len(self.seconds)))]


def cpu_of_this_and_ended_children() -> float:
    """Seconds of processor time of this process and of every process below it that has ended and been waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def interleaved(
    rounds: int, runs: Mapping[str, Callable[[], None]], cpu_clock: Callable[[], float] = cpu_of_this_and_ended_children
) -> dict[str, Series]:
    """Time every run once a round, so that whatever else the machine does falls on all of them alike."""
    series = {name: Series(name) for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            cpu_began, began = cpu_clock(), time.perf_counter()
            run()
            series[name].seconds.append(time.perf_counter() - began)
            series[name].cpu += cpu_clock() - cpu_began
    return series


def quiet(command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> Callable[[], None]:
    """A run that starts `command` in the checkout, waits for its end and throws its output away."""

    def run() -> None:
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    return run


def head(title: str) -> None:
    """The title, and how busy the machine is: figures of a busy machine say nothing about targets in milliseconds."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{title}\n  Python {sys.version.split()[0]}, {os.cpu_count()} cores, load of the last minute {load}")


def row(series: Series, yardstick: Series, target: float | None = None, *, by: str = "x") -> bool:
    """Print medians in ms and the ratio to the yardstick; whether the target (seconds or, by "ratio", a ratio) is met."""
    ratio = series.median / yardstick.median
    measured = ratio if by == "ratio" else series.median
    word = ""
    if target is not None:
        shown = f"{target:g} x" if by == "ratio" else f"{target * 1000:g} ms"
        word = f"  target {shown}: {'met' if measured <= target else 'MISSED'}"
    cpu = f"   CPU {series.cpu / len(series.seconds) * 1000:7.1f} ms" if series.cpu else ""
    print(
        f"  {series.name:<52} median {series.median * 1000:8.1f} ms   nine of ten {series.worst_tenth * 1000:8.1f} ms{cpu}"
        f"   {ratio:6.2f} x {yardstick.name}{word}"
    )
    return target is None or measured <= target


def verdict_on(title: str, *, good: bool) -> int:
    """The last line and the exit status: 0 when everything held, 1 when something did not."""
    print(f"{title}: {'as it should be' if good else 'NOT as it should be'}")
    return 0 if good else 1
