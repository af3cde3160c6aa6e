"""A written report: Markdown in which figures stand as inline code, `name = number`. The judge recomputes them.

To the judge a report is a module with FIGURES (numbers by name), TEXT and WORDS; what it says in words nobody grades.
"""

import re

from leveling.play.trouble import Trouble

_FIGURE = re.compile(r"`([A-Za-z_]\w*)\s*=\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%?)`")
_OPEN = re.compile(r"`([A-Za-z_]\w*)\s*=\s*(?:\.\.\.|…|\?)\s*`")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def figures_in(text: str) -> dict[str, float]:
    """The figures of a report by name; a percentage counts as its hundredth.

    Raises:
        Trouble: when one name stands with two numbers.
    """
    found: dict[str, float] = {}
    for name, number, percent in _FIGURE.findall(_FENCE.sub("", text)):
        value = float(number.replace("_", "")) / (100.0 if percent else 1.0)
        if found.setdefault(name, value) != value:
            raise Trouble(f"the report gives {name} twice, as {found[name]:g} and as {value:g}: which is it?")
    return found


def still_open(text: str) -> list[str]:
    """The figures that have dots for a number yet."""
    return _OPEN.findall(_FENCE.sub("", text))


def as_module(text: str) -> str:
    """The report as the Python source that is judged."""
    figures, words = figures_in(text), len(re.findall(r"\w+", _FENCE.sub("", text)))
    return f"FIGURES = {figures!r}\nWORDS = {words}\nTEXT = {text!r}\n"
