"""The emblem: a rank's letter as strokes in a cut stone, so that it looks the same in every viewer; a route for a path."""

import math
from typing import Final

COLOURS: Final = {
    "E": ("#5d6a80", "#eef1f6"),
    "D": ("#17865a", "#e6f6ef"),
    "C": ("#0f7f9c", "#e4f4f8"),
    "B": ("#2558c4", "#e8eefc"),
    "A": ("#6d3fc4", "#f0eafc"),
    "S": ("#a87408", "#fcf4df"),
    "": ("#1f6f8b", "#e6f3f7"),
}
RANKS: Final = "EDCBAS"
# Each letter in a box of 100 by 120, drawn with cut corners.
_STROKES: Final = {
    "E": "M90 10H22V110H90M22 60H76",
    "D": "M22 10H62L90 38V82L62 110H22Z",
    "C": "M92 30L74 10H40L18 32V88L40 110H74L92 90",
    "B": "M22 10H70L86 26V44L70 60L90 78V94L74 110H22ZM22 60H70",
    "A": "M12 114L46 10H62L96 114M27 80H81",
    "S": "M90 26L74 10H36L20 26V44L36 60H74L90 76V94L74 110H36L18 92",
    "": "M20 104C20 74 88 82 88 54C88 30 34 46 34 16",  # a route with a flag where it ends
}


def hexagon(x: float, y: float, radius: float) -> str:
    """A hexagon that stands on its point, as path data."""
    points = [
        (x + radius * math.sin(math.pi / 3 * turn), y - radius * math.cos(math.pi / 3 * turn)) for turn in range(6)
    ]
    return "M" + "L".join(f"{round(px, 2):g} {round(py, 2):g}" for px, py in points) + "Z"


def draw(rank: str, x: float, y: float, radius: float) -> list[str]:
    """The emblem of a rank ("" for a path) around a point."""
    dark, light = COLOURS[rank]
    size = radius / 100
    parts = [
        f'<path d="{hexagon(x, y, radius * 1.12)}" fill="none" stroke="{dark}" stroke-width="1.2" opacity="0.35"/>',
        f'<path d="{hexagon(x, y, radius)}" fill="{light}" stroke="{dark}" stroke-width="{5 * size:g}" stroke-linejoin="miter"/>',
    ]
    parts += _facets(x, y, radius, dark)
    parts.append(
        f'<path d="{hexagon(x, y, radius * 0.8)}" fill="#ffffff" stroke="{dark}" stroke-width="{1.6 * size:g}"/>'
    )
    place = f"translate({x - 54 * size * 0.86:g} {y - 60 * size * 0.86:g}) scale({size * 0.86:g})"
    parts.append(
        f'<path d="{_STROKES[rank]}" transform="{place}" fill="none" stroke="{dark}" stroke-width="15" '
        'stroke-linejoin="miter" stroke-miterlimit="3" stroke-linecap="square"/>'
    )
    if not rank:
        parts.append(f'<path d="M34 16V-16L72 -2L34 12Z" transform="{place}" fill="{dark}"/>')
    return parts


def small(rank: str, x: float, y: float, radius: float, *, reached: bool) -> list[str]:
    """A rank of the ladder: filled when it was reached."""
    dark, _ = COLOURS[rank]
    fill, ink, edge = (dark, "#ffffff", dark) if reached else ("none", "#b3bccb", "#c9d1de")
    size = radius / 100
    place = f"translate({x - 54 * size:g} {y - 60 * size:g}) scale({size:g})"
    return [
        f'<path d="{hexagon(x, y, radius * 1.5)}" fill="{fill}" stroke="{edge}" stroke-width="1.2"/>',
        f'<path d="{_STROKES[rank]}" transform="{place}" fill="none" stroke="{ink}" stroke-width="17" stroke-miterlimit="3"/>',
    ]


def _facets(x: float, y: float, radius: float, colour: str) -> list[str]:
    """Light on the six sides of the stone."""
    parts = []
    for turn in range(6):
        corners = []
        for reach, at in (
            (radius * 0.975, turn),
            (radius * 0.975, turn + 1),
            (radius * 0.8, turn + 1),
            (radius * 0.8, turn),
        ):
            angle = math.pi / 3 * at
            corners.append(f"{x + reach * math.sin(angle):.1f} {y - reach * math.cos(angle):.1f}")
        shade = (0.10, 0.26, 0.34, 0.24, 0.12, 0.04)[turn]
        parts.append(f'<path d="M{"L".join(corners)}Z" fill="{colour}" opacity="{shade}"/>')
    return parts
