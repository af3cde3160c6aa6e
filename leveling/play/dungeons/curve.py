"""A long run while it runs: the curve of the figure that it reports, and the time that is left."""

import itertools
from dataclasses import dataclass, field

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24
MOST_POINTS = 4096
SECONDS_TO_KNOW = 1.0  # before, no guess at the time left


@dataclass(slots=True)
class Curve:
    """What was reported so far. A step that comes before the last one begins a new run (another seed)."""

    at: int = 0
    of: int = 0
    began: float = 0.0
    now: float = 0.0
    points: list[float] = field(default_factory=list)

    def add(self, at: int, of: int, figure: float | None, now: float) -> None:
        """One report at the instant `now`, in seconds of a monotonic clock."""
        if at < self.at or of != self.of or not self.began:
            self.began, self.points = now, []
        self.at, self.of, self.now = at, of, now
        if figure is not None:
            self.points.append(figure)
            if len(self.points) > MOST_POINTS:
                self.points = self.points[::2]

    @property
    def seconds_left(self) -> float | None:
        """From the pace so far; None before it can be known."""
        ran = self.now - self.began
        if self.at <= 0 or ran < SECONDS_TO_KNOW:
            return None
        return ran / self.at * (self.of - self.at)

    def bars(self, width: int = WIDTH) -> str:
        """The curve as a row of bars, each the mean of its stretch."""
        return sparkline(self.points, width)

    def line(self, name: str, *, plain: bool = False) -> str:
        """How far it is, the curve, the figure and the time left; `plain` without the curve, for screen readers."""
        parts = [f"step {self.at:,} of {self.of:,}"]
        if self.points:
            parts.append(
                f"{name} {self.points[-1]:.4g}".strip() if plain else f"{name} {self.bars()} {self.points[-1]:.4g}"
            )
        left = self.seconds_left
        if left is not None:
            parts.append(f"about {left:.0f} s left")
        return ", ".join(part.strip() for part in parts)


def sparkline(values: list[float], width: int = WIDTH) -> str:
    """`values` as at most `width` bars from the lowest to the highest; nothing for no values."""
    if not values:
        return ""
    count = min(width, len(values))
    edges = [len(values) * index // count for index in range(count + 1)]
    means = [sum(values[low:high]) / (high - low) for low, high in itertools.pairwise(edges)]
    low, high = min(means), max(means)
    spread = high - low
    return "".join(BARS[round((mean - low) / spread * (len(BARS) - 1)) if spread else 0] for mean in means)
