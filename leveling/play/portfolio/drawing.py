"""Badges and bars as SVG: no script, no font of its own, nothing loaded; readable on light and on dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from leveling.play.portfolio.markup import columns, xml
from leveling.world.words import Rank

FONT = "system-ui, 'Segoe UI', 'Noto Sans', sans-serif"
_RANK_COLOURS = {"E": "#6e7781", "D": "#2da44e", "C": "#1b7c83", "B": "#0969da", "A": "#8250df", "S": "#9a6700"}
_STYLE = (
    "<style>text{fill:#1f2328}.quiet{fill:#59636e}.bar{fill:#0969da}.limit{stroke:#cf222e}.ground{fill:#eaeef2}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.bar{fill:#4493f8}"
    ".limit{stroke:#ff7b72}.ground{fill:#30363d}}</style>"
)
LETTER = 7.2  # pixels of a Latin letter at 12 px, on the generous side


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, how long (0 to 1), where the limit stands (0 to 1, None for none), and the figures in words."""

    name: str
    length: float
    limit: float | None
    words: str


def badge(left: str, rank: Rank | None) -> bytes:
    """Such as `tensors | rank C`."""
    right = f"rank {rank}" if rank else "no rank yet"
    colour = _RANK_COLOURS[rank.value] if rank else "#6e7781"
    wide, narrow = columns(left) * LETTER + 16, columns(right) * LETTER + 16
    name = xml(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide + narrow:.0f}" height="22" role="img" aria-label="{name}">'
        f"<title>{name}</title>"
        f'<rect width="{wide + narrow:.0f}" height="22" rx="4" fill="{colour}"/>'
        f'<path d="M{wide:.0f} 0H4a4 4 0 0 0-4 4v14a4 4 0 0 0 4 4h{wide - 4:.0f}z" fill="#24292f"/>'
        f'<g fill="#fff" font-family="{FONT}" font-size="12" text-anchor="middle">'
        f'<text x="{wide / 2:.0f}" y="15">{xml(left)}</text>'
        f'<text x="{wide + narrow / 2:.0f}" y="15" font-weight="600">{xml(right)}</text></g></svg>\n'
    ).encode()


def bars(title: str, rows: Sequence[Bar], foot: str = "") -> bytes:
    """Horizontal bars under a title, a red line where the limit stands."""
    label = max((columns(row.name) for row in rows), default=0) * LETTER + 24
    words = max((columns(row.words) for row in rows), default=0) * LETTER + 24
    room = 280.0
    width = max(label + room + words, columns(f"{title}{foot}") * LETTER / 1.5)
    height = 44 + 30 * len(rows) + (26 if foot else 8)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" role="img" aria-label="{xml(title)}" font-family="{FONT}" font-size="12">',
        f"<title>{xml(title)}</title>{_STYLE}",
        f'<text x="12" y="24" font-size="14" font-weight="600">{xml(title)}</text>',
    ]
    for index, row in enumerate(rows):
        parts += _row(row, 44 + 30 * index, label, room)
    if foot:
        parts.append(f'<text class="quiet" x="12" y="{height - 10}">{xml(foot)}</text>')
    return ("\n".join([*parts, "</svg>"]) + "\n").encode()


def _row(row: Bar, top: int, label: float, room: float) -> list[str]:
    length = max(2.0, min(1.0, row.length) * room)
    lines = [
        f'<text x="12" y="{top + 15}">{xml(row.name)}</text>',
        f'<rect class="ground" x="{label:.0f}" y="{top + 2}" width="{room:.0f}" height="18" rx="3"/>',
        f'<rect class="bar" x="{label:.0f}" y="{top + 2}" width="{length:.1f}" height="18" rx="3"/>',
        f'<text class="quiet" x="{label + room + 12:.0f}" y="{top + 15}">{xml(row.words)}</text>',
    ]
    if row.limit is not None:
        at = label + min(1.0, row.limit) * room
        lines.append(
            f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{top - 2}" y2="{top + 24}" stroke-width="2"/>'
        )
    return lines
