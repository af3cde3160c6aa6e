"""Text in a drawing: how wide it may turn out, where it breaks, which way it runs, and what XML wants escaped.

No font is known here, as the viewer chooses it. Widths are estimates on the wide side, in units of the font size.
"""

import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

_NARROW, _WIDE = frozenset("iIljtfr.,:;'|!()[] "), frozenset("mwMW@%&")
_JOINER, _FIRST_SELECTOR, _LAST_SELECTOR = 0x200D, 0xFE00, 0xFE0F
_FIRST_PICTURE, _LAST_PICTURE = 0x1F000, 0x1FAFF
_FIRST_TONE, _LAST_TONE = 0x1F3FB, 0x1F3FF
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines that fit a width at `size`."""

    lines: tuple[str, ...]
    size: float


def fault_of_name(name: str) -> str:
    """Why a text cannot be a name on a certificate; empty when it can."""
    if not name.strip():
        return "the certificate needs a name: --name NAME, or choose one for good: leveling choose hunter NAME"
    if len(name) > LONGEST_NAME:
        return f"the name has {len(name)} characters; a certificate takes at most {LONGEST_NAME}"
    for char in name:
        kind = unicodedata.category(char)
        if char in _OVERRIDES:
            return f"the name holds U+{ord(char):04X}, which turns other text around; leave it out"
        if kind in {"Cc", "Cs", "Zl", "Zp"} or ord(char) & 0xFFFE == 0xFFFE:
            return f"the name holds U+{ord(char):04X}, which is no character that can be written"
        if kind in {"Cn", "Co"}:
            return f"the name holds U+{ord(char):04X}, to which no character is assigned"
    return ""


def xml(text: str) -> str:
    """Escaped for element content and for attributes in double quotes."""
    return escape(text, {'"': "&quot;"})


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"R", "AL"}:
            return True
        if kind == "L":
            return False
    return False


def width_of(text: str) -> float:
    """An estimate of the width, on the wide side."""
    return sum(_width(char) for char in text)


def fit(text: str, width: float, largest: float, smallest: float, lines: int = 1) -> Fitted:
    """The largest size down to `smallest` at which `text` fits `width` in at most `lines` lines; else as small as needed."""
    text = " ".join(text.split())
    for count in range(1, lines + 1):
        size = largest / (1 + 0.22 * (count - 1))
        broken = _broken(text, width / size)
        if len(broken) <= count:
            return Fitted(broken, size)
        if count == lines:
            break
    size = largest / (1 + 0.22 * (lines - 1))
    while len(broken := _broken(text, width / size)) > lines or _longest(broken) * size > width:
        size *= 0.96
        if size < smallest / 4:
            break
    return Fitted(broken, size)


def _longest(lines: tuple[str, ...]) -> float:
    return max(map(width_of, lines), default=0.0)


def _broken(text: str, room: float) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        tried = f"{line} {word}" if line else word
        if width_of(tried) <= room:
            line = tried
            continue
        if line:
            lines.append(line)
        line = word
        while width_of(line) > room:
            head, line = _cut(line, room)
            lines.append(head)
    if line:
        lines.append(line)
    return tuple(lines)


def _cut(word: str, room: float) -> tuple[str, str]:
    """Part a word that is too long, between characters as people count them."""
    clusters = clusters_of(word)
    taken = clusters[0]
    for cluster in clusters[1:]:
        if width_of(taken + cluster) > room:
            break
        taken += cluster
    return taken, word[len(taken) :]


def clusters_of(text: str) -> list[str]:
    """Characters with what belongs to them: accents, joiners, variants. Near to what the Unicode standard says."""
    found: list[str] = []
    for char in text:
        if found and (_clings(char) or ord(found[-1][-1]) == _JOINER):
            found[-1] += char
        else:
            found.append(char)
    return found


def _clings(char: str) -> bool:
    code = ord(char)
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or code == _JOINER
        or _FIRST_SELECTOR <= code <= _LAST_SELECTOR
        or _FIRST_TONE <= code <= _LAST_TONE
    )


def _width(char: str) -> float:
    code = ord(char)
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if _FIRST_PICTURE <= code <= _LAST_PICTURE:
        return 1.35
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 1.02
    if char in _NARROW:
        return 0.42
    if char in _WIDE:
        return 1.0
    return 0.78 if char.isupper() else 0.66
