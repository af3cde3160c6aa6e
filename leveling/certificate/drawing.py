"""The certificate as an SVG: A4 landscape, a status window on light ground. The same credential gives the same bytes.

Only generic font families are named, so that a viewer finds a font for any script. Four units are a millimetre.
"""

from typing import Any, Final

from leveling.certificate import emblem
from leveling.certificate.keys import needs
from leveling.certificate.lettering import fit, is_right_to_left, xml
from leveling.certificate.refusal import CannotExport
from leveling.certificate.summary import Summary, in_one_line, summary_of

WIDTH, HEIGHT = 1188, 840
PAPER: Final = "#fbfdff"
NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
_INK, _QUIET, _LINE, _BLUE = "#17243c", "#5a6b86", "#c3d3e6", "#2a76b8"
_SANS, _SERIF, _MONO = "sans-serif", "serif", "monospace"
_MOST_BARS = 9


def draw(document: dict[str, Any]) -> str:
    """The picture of a credential, without the credential in it.

    Raises:
        CannotExport: when `segno`, which lays out the QR code, is missing.
    """
    told = summary_of(document)
    title = xml(f"{told.title}: {told.hunter}")
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{NAMESPACE}" width="297mm" height="210mm" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        *_ground(),
        *_header(),
        *_left(told),
        *_right(told),
        *_tiles(told),
        *_bars(told),
        *_footer(told),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    colour: str = _INK,
    family: str = _SANS,
    anchor: str = "start",
    weight: str = "",
    spacing: float = 0,
) -> str:
    # Where the text runs from right to left, the way is said; all such texts are centred, so that no side is meant.
    way = ' direction="rtl"' if is_right_to_left(text) else ""
    more = f' font-weight="{weight}"' if weight else ""
    more += f' letter-spacing="{spacing:g}"' if spacing else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{family}" font-size="{size:.4g}" fill="{colour}" '
        f'text-anchor="{anchor}"{more}{way}>{xml(text)}</text>'
    )


def _ground() -> list[str]:
    """Paper, a faint grid, and the window's frame with cut corners."""
    grid = "".join(f"M{x} 24V816" for x in range(72, 1164, 48)) + "".join(f"M24 {y}H1164" for y in range(72, 816, 48))
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        '<defs><linearGradient id="glow" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#e4f0fb"/>'
        '<stop offset="0.45" stop-color="#f8fbff"/><stop offset="1" stop-color="#eef5fc"/></linearGradient></defs>',
        f'<path d="{_window(24)}" fill="url(#glow)"/>',
        f'<path d="{grid}" stroke="#dbe7f4" stroke-width="0.6" fill="none"/>',
        f'<path d="{_window(24)}" fill="none" stroke="{_BLUE}" stroke-width="2.4"/>',
        f'<path d="{_window(33)}" fill="none" stroke="{_BLUE}" stroke-width="0.8" opacity="0.55"/>',
    ]
    bracket = "M0 46V16L16 0H46"
    for x, y, across, down in ((12, 12, 1, 1), (1176, 12, -1, 1), (12, 828, 1, -1), (1176, 828, -1, -1)):
        parts.append(
            f'<path d="{bracket}" transform="translate({x} {y}) scale({across} {down})" fill="none" '
            f'stroke="{_BLUE}" stroke-width="3"/>'
        )
    return parts


def _window(inset: float) -> str:
    cut, right, low = 26, WIDTH - inset, HEIGHT - inset
    return (
        f"M{inset + cut} {inset}H{right - cut}L{right} {inset + cut}V{low - cut}L{right - cut} {low}"
        f"H{inset + cut}L{inset} {low - cut}V{inset + cut}Z"
    )


def _header() -> list[str]:
    return [
        f'<path d="M60 92H1128" stroke="{_LINE}" stroke-width="1"/>',
        f'<path d="M60 92H176M1012 92H1128" stroke="{_BLUE}" stroke-width="3"/>',
        _text(60, 77, "LEVELING", 19, colour=_BLUE, weight="bold", spacing=7),
        _text(1128, 76, "OPEN BADGES 3.0  ·  SELF-ISSUED", 11.5, colour=_QUIET, anchor="end", spacing=2),
    ]


def _left(told: Summary) -> list[str]:
    """Emblem, ladder of ranks, grades."""
    middle = 216.0
    parts = emblem.draw(told.rank, middle, 254, 118)
    if told.rank:
        parts.append(_text(middle, 420, f"RANK {told.rank}", 25, anchor="middle", weight="bold", spacing=6))
        reached = emblem.RANKS.index(told.rank)
        for place, rank in enumerate(emblem.RANKS):
            parts += emblem.small(rank, middle - 115 + 46 * place, 463, 12, reached=place <= reached)
    else:
        parts.append(_text(middle, 424, "PATH COMPLETED", 19, anchor="middle", weight="bold", spacing=4))
    parts.append(_text(84, 536, "GRADES", 11.5, colour=_QUIET, spacing=3))
    most = max(told.grades.values(), default=0) or 1
    meanings = {"S": "ahead of the reference", "A": "every limit met", "B": "some limits met", "C": "correct"}
    for place, (grade, count) in enumerate(told.grades.items()):
        y = 552 + 34 * place
        parts += [
            _text(84, y + 15, grade, 17, weight="bold"),
            f'<rect x="108" y="{y + 3}" width="216" height="7" fill="#e3ebf5"/>',
            f'<rect x="108" y="{y + 3}" width="{216 * count / most:.1f}" height="7" fill="{_BLUE}"/>',
            _text(108, y + 22, meanings[grade], 9.5, colour=_QUIET),
            _text(357, y + 15, str(count), 15, anchor="end", weight="bold"),
        ]
    return parts


def _right(told: Summary) -> list[str]:
    middle = 768.0
    parts = [
        _text(middle + 5, 138, "CERTIFICATE", 25, colour=_BLUE, anchor="middle", weight="bold", spacing=13),
        _text(middle, 167, "This certifies that", 13.5, colour=_QUIET, anchor="middle"),
    ]
    name = fit(told.hunter, 700, 50, 15, lines=3)
    step = name.size * 1.14
    first = 222 - step * (len(name.lines) - 1) / 2 + (50 - name.size) * -0.12
    for place, line in enumerate(name.lines):
        parts.append(
            _text(middle, first + step * place, line, name.size, family=_SERIF, anchor="middle", weight="bold")
        )
    parts += [
        f'<path d="M470 262H{middle - 16}M{middle + 16} 262H1066" stroke="{_BLUE}" stroke-width="1.2"/>',
        f'<path d="M{middle} 255L{middle + 7} 262L{middle} 269L{middle - 7} 262Z" fill="{_BLUE}"/>',
        _text(
            middle, 291, "completed the path" if told.of == "path" else "holds", 13.5, colour=_QUIET, anchor="middle"
        ),
    ]
    title = fit(told.title, 660, 33, 22)
    if title.size < 22:
        title = fit(told.title, 680, 25.5, 12, lines=2)
    for place, line in enumerate(title.lines):
        y = 330 + title.size * 1.12 * (place - (len(title.lines) - 1) / 2)
        parts.append(
            _text(middle, y, line, title.size, anchor="middle", weight="bold", colour=emblem.COLOURS[told.rank][0])
        )
    parts.append(_text(middle, 364, f"on the evidence of {in_one_line(told)}.", 14, anchor="middle"))
    return parts


def _tiles(told: Summary) -> list[str]:
    figures = (
        ("QUESTS", str(told.quests), "cleared unaided"),
        ("TRIALS", str(told.trials), "passed in one sitting"),
        ("LIMITS MET", str(sum(told.limits.values())), told.limits_in_words),
        ("NO HINT", str(told.unhinted), "of these quests"),
        ("HOURS", f"{told.hours:,.0f}" if told.hours >= 10 else f"{told.hours:.1f}", "up to first clears"),
    )
    parts: list[str] = []
    for place, (label, figure, note) in enumerate(figures):
        x = 420 + 142 * place
        shown, small = fit(figure, 112, 31, 12), fit(note, 116, 10.5, 5)
        parts += [
            f'<path d="M{x + 9} 388H{x + 128}V459L{x + 119} 468H{x}V397Z" fill="#ffffff" stroke="{_LINE}" stroke-width="1.2"/>',
            f'<path d="M{x} 415V397L{x + 9} 388H{x + 36}" fill="none" stroke="{_BLUE}" stroke-width="2.4"/>',
            _text(x + 64, 407, label, 9.5, colour=_QUIET, anchor="middle", spacing=2),
            _text(x + 64, 440, shown.lines[0], shown.size, anchor="middle", weight="bold"),
            _text(x + 64, 457, small.lines[0], small.size, colour=_QUIET, anchor="middle"),
        ]
    return parts


def _bars(told: Summary) -> list[str]:
    """Quests by gate, each bar made of its ranks. The letters of the ranks stand in the legend beside their colours."""
    parts = [_text(420, 502, "QUESTS BY GATE", 11.5, colour=_QUIET, spacing=3)]
    for place, rank in enumerate(emblem.RANKS):
        x = 906 + 38 * place
        parts += [
            f'<rect x="{x}" y="492" width="11" height="11" fill="{emblem.COLOURS[rank][0]}"/>',
            _text(x + 15, 502, rank, 12, weight="bold"),
        ]
    shown = told.by_gate if len(told.by_gate) <= _MOST_BARS else told.by_gate[: _MOST_BARS - 1]
    most = max((sum(counts.values()) for _, counts in shown), default=0) or 1
    step = min(27.0, 176 / max(len(shown), 1))
    high = step * 0.6
    for place, (gate, counts) in enumerate(shown):
        y = 518 + step * place
        label = fit(gate, 128, 12.5, 5)
        parts.append(_text(548, y + high * 0.5 + 4.4, label.lines[0], label.size, anchor="end"))
        along, unit = 560.0, 526 / most
        for rank, count in counts.items():
            wide = unit * count
            parts.append(
                f'<rect x="{along:.1f}" y="{y:.1f}" width="{max(wide - 1, 0.5):.1f}" height="{high:.1f}" '
                f'fill="{emblem.COLOURS[rank][0]}"/>'
            )
            along += wide
        parts.append(_text(along + 6, y + high * 0.5 + 4.2, str(sum(counts.values())), 11.5, colour=_QUIET))
    rest = len(told.by_gate) - len(shown)
    if rest:
        count = sum(sum(counts.values()) for _, counts in told.by_gate[len(shown) :])
        y = 518 + step * len(shown)
        parts.append(_text(560, y + high, f"and {count} in {rest} other gates", 11.5, colour=_QUIET))
    return parts


def _footer(told: Summary) -> list[str]:
    date = f"Evidence up to {told.until}" + (f"   ·   rank reached {told.reached}" if told.reached else "")
    key = fit(told.issuer, 860, 10.5, 6)
    return [
        f'<path d="M60 704H1128" stroke="{_LINE}" stroke-width="1"/>',
        *_qr(told, 1028, 712, 92),
        _text(84, 730, "FINGERPRINT", 10, colour=_QUIET, spacing=2.5),
        _text(196, 731, told.fingerprint, 16.5, family=_MONO, weight="bold"),
        _text(84, 752, "KEY", 10, colour=_QUIET, spacing=2.5),
        _text(196, 752, key.lines[0], key.size, family=_MONO, colour=_QUIET),
        _text(84, 774, date, 12.5),
        _text(
            1010, 774, "Check it:  leveling certificate verify FILE", 12.5, anchor="end", colour=_BLUE, weight="bold"
        ),
        _text(
            84,
            793,
            "Self-issued on the hunter's machine: it proves that nothing was altered and which solutions clear these quests, "
            "not who wrote them.",
            11,
            colour=_QUIET,
        ),
    ]


def words_of_code(told: Summary) -> str:
    """What the QR code says."""
    return f"leveling certificate\n{told.fingerprint}\n{told.issuer}\nleveling certificate verify FILE"


def _qr(told: Summary, x: float, y: float, side: float) -> list[str]:
    try:
        import segno
    except ImportError as error:
        raise CannotExport(needs("segno")) from error
    rows = list(segno.make(words_of_code(told), error="m", micro=False).matrix)
    cell = side / (len(rows) + 4)
    cells = "".join(
        f"M{column} {row}h1v1h-1z" for row, line in enumerate(rows) for column, dark in enumerate(line) if dark
    )
    return [
        f'<rect x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" fill="#ffffff"/>',
        f'<path d="{cells}" transform="translate({x + 2 * cell:g} {y + 2 * cell:g}) scale({cell:g})" '
        f'fill="{_INK}" shape-rendering="crispEdges"/>',
    ]
