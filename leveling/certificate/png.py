"""The certificate as a PNG, rendered by resvg with this system's fonts. A name that no font here can draw is an error."""

import unicodedata
from typing import Final

from leveling.certificate.drawing import HEIGHT, PAPER, WIDTH
from leveling.certificate.keys import needs
from leveling.certificate.lettering import clusters_of, xml
from leveling.certificate.pixels import pixels_of
from leveling.certificate.refusal import CannotExport

DOTS = 200  # to the inch: sharp in print, and below 2 MB
FAMILIES: Final = {
    "sans": (
        "Noto Sans", "Segoe UI", "Helvetica Neue", "Liberation Sans", "DejaVu Sans", "Arial", "Roboto", "Ubuntu",
        "Cantarell", "Open Sans", "FreeSans", "Helvetica", "Verdana", "Noto Sans CJK SC", "WenQuanYi Zen Hei",
    ),
    "serif": (
        "Noto Serif", "Georgia", "Cambria", "Liberation Serif", "DejaVu Serif", "Times New Roman", "FreeSerif", "Times",
        "Noto Serif CJK SC",
    ),
    "mono": (
        "Noto Sans Mono", "Consolas", "Menlo", "Liberation Mono", "DejaVu Sans Mono", "Courier New", "FreeMono", "Courier",
    ),
}  # fmt: skip
_CELL = 40
_UNASSIGNED: Final = "\ufdd0"  # never a character: what is drawn for it is drawn for whatever is missing


def render(svg: str, dots: int = DOTS) -> bytes:
    """The PNG of a drawing.

    Raises:
        CannotExport: when resvg-py or a font is missing.
    """
    width = round(297 / 25.4 * dots)
    return _rendered(svg, width, round(width * HEIGHT / WIDTH), _families(), PAPER)


def check_drawable(text: str, what: str) -> None:
    """Accept a text for each character of which some font of this system has a glyph.

    Raises:
        CannotExport: naming the characters that would come out as boxes.
    """
    wanted = list(dict.fromkeys(char for cluster in clusters_of(text) for char in cluster if _is_seen(char)))
    if not wanted:
        return
    families = _families()
    missing = _cells([_UNASSIGNED], families)[0]
    empty = _cells([" "], families)[0]
    lacking = [char for char, cell in zip(wanted, _cells(wanted, families), strict=True) if cell in (missing, empty)]
    if lacking:
        named = ", ".join(f"{char} (U+{ord(char):04X})" for char in lacking[:5])
        raise CannotExport(
            f"{what} cannot be drawn here: no font of this system has {named}. Install a font for its script (the Noto "
            "fonts cover every one), or export as SVG, where the viewer's fonts are used"
        )


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in {"Cf", "Zs", "Mn", "Me"} and not char.isspace()


def _families() -> dict[str, str]:
    """For each kind the first family that is installed.

    Raises:
        CannotExport: when none is.
    """
    found: dict[str, str] = {}
    for kind, names in FAMILIES.items():
        cells = _cells(["H"] * len(names), dict.fromkeys(FAMILIES, names[0]), names)
        empty = bytes(len(cells[0])) if cells else b""
        drawn = [name for name, cell in zip(names, cells, strict=True) if cell != empty]
        if drawn:
            found[kind] = drawn[0]
    if not found:
        raise CannotExport(
            "no font was found on this system, so no picture can be rendered. Install one (such as the package "
            "fonts-dejavu), or export as SVG"
        )
    first = next(iter(found.values()))
    return {kind: found.get(kind, first) for kind in FAMILIES}


def _cells(texts: list[str], families: dict[str, str], each: tuple[str, ...] = ()) -> list[bytes]:
    """The pixels of each text in a cell of its own, all rendered in one go; `each` may name a family for each text."""
    names = [f"'{name}'" for name in each] or ["serif"] * len(texts)
    marks = "".join(
        f'<text x="{_CELL / 2}" y="{place * _CELL + 28}" font-size="20" text-anchor="middle" '
        f'font-family="{name}">{xml(text)}</text>'
        for place, (text, name) in enumerate(zip(texts, names, strict=True))
    )
    high = _CELL * len(texts)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_CELL}" height="{high}">{marks}</svg>'
    rows = pixels_of(_rendered(svg, _CELL, high, families))
    return [b"".join(rows[place * _CELL : (place + 1) * _CELL]) for place in range(len(texts))]


def _rendered(svg: str, width: int, height: int, families: dict[str, str], ground: str | None = None) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise CannotExport(needs("resvg-py")) from error
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg,
                width=width,
                height=height,
                dpi=96.0,
                background=ground,
                font_family=families["sans"],
                sans_serif_family=families["sans"],
                serif_family=families["serif"],
                monospace_family=families["mono"],
            )
        )
    except ValueError as error:
        raise CannotExport(f"the picture cannot be rendered: {error}") from error
