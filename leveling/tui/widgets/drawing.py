"""Small drawings as text: rank badges, bars, marks. Every colour has a letter or a shape beside it."""

from textual.content import Content

from leveling.world.words import Grade, Rank

FULL, EMPTY = "━", "─"


def rank_style(rank: Rank | str | None) -> str:
    """The style of a rank's letter."""
    return f"bold $rank-{rank.lower()}" if rank else "$rank-none"


def badge(rank: Rank | str | None) -> Content:
    """A rank as `[C]` in its colour; `[-]` before any."""
    return Content.assemble((f"⟦{rank or '-'}⟧", rank_style(rank)))


def letter(rank: Rank | str | None) -> Content:
    """A rank's letter alone."""
    return Content.assemble((str(rank or "-"), rank_style(rank)))


def grade_mark(grade: Grade) -> Content:
    """A grade in words and the colour of how good it is."""
    return Content.assemble((f"grade {grade}", rank_style({"C": "D", "B": "C", "A": "A", "S": "S"}[grade])))


def bar(have: float, need: float, width: int = 20, style: str = "$primary") -> Content:
    """How much of `need` there is: a heavy line for what is there, a thin one for the rest."""
    share = 1.0 if need <= 0 else min(max(have / need, 0.0), 1.0)
    full = round(width * share)
    if share > 0 and full == 0:
        full = 1
    if share < 1 and full == width:
        full = width - 1
    return Content.assemble((FULL * full, style), (EMPTY * (width - full), "$glow"))


def joined(parts: list[Content], between: str = "\n") -> Content:
    """Several pieces as one text."""
    return Content(between).join(parts)


def titled(title: str) -> Content:
    """A heading."""
    return Content.assemble((title, "bold $primary"))


def quiet(text: str) -> Content:
    """A remark."""
    return Content.assemble((text, "$quiet"))


def keys(*pairs: tuple[str, str]) -> Content:
    """Keys with what they do, such as `e edit  a attempt`."""
    parts: list[Content] = []
    for key, deed in pairs:
        parts.append(Content.assemble((key, "bold $primary"), " ", (deed, "$quiet")))
    return joined(parts, "   ")


def hours_in_words(seconds: float) -> str:
    """Such as `45 min` or `2.5 h`."""
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h"
