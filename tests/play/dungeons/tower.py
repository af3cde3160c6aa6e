"""A small dungeon written to a pack: two floors of code, a quiz, a report and a boss that imports from below."""

from pathlib import Path

FLOOR = """
format = 1
title = "{title}"
rank = "D"
kind = "{kind}"
minutes = 5
learns = "You build a floor."
signature = [{signature}]
{more}
"""
BASE_CHECKS = '''
from leveling.checks import Check


class Doubles(Check):
    """double(x) is x + x."""

    calls = "double(x)"

    def cases(self, draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        return solution.double(x)
'''
TOP_CHECKS = '''
from leveling.checks import Check, report


class Quadruples(Check):
    """quadruple(x) doubles twice, with the floor below."""

    calls = "quadruple(x)"

    def cases(self, draw):
        yield dict(x=draw.normal(3, 5))

    def probe(self, solution, x):
        from base import double
        report(1, 2, loss=0.5)
        report(2, 2, loss=0.25)
        return solution.quadruple(x), double(x)
'''
REPORT_CHECKS = '''
import torch
from leveling.checks import Check, expect


class FiguresAreTrue(Check):
    """The figure in the report is the one that the project computes."""

    compare = False

    def cases(self, draw):
        yield dict(x=torch.tensor([1.0, 2.0]))

    def probe(self, solution, x):
        from top import quadruple
        return {"claimed": solution.FIGURES.get("total", 0.0), "found": float(quadruple(x).sum())}

    def verify(self, case, got, want):
        expect(got["claimed"] == got["found"], f"the report says {got['claimed']}, the run gives {got['found']}")
'''
QUIZ_CHECKS = '''
from leveling.checks import Asked, Question


class Twice(Question):
    """Two times a number."""

    def ask(self, draw):
        return Asked(prompt="2 * 3?", answer=6, explanation="three and three")
'''
BASE = "def double(x):\n    return x + x\n"
TOP = "from base import double\n\n\ndef quadruple(x):\n    return double(double(x))\n"
REPORT = "FIGURES = {'total': 12.0}\n"
DUNGEON = """
format = 1
title = "A tower"
rank = "D"
builds = "Doubling upon doubling."
data = "Seeded numbers."
echoes = ["tiny/row-sums"]
floors = [{floors}]
"""


def build(root: Path, floors: tuple[str, ...] = ("base", "top")) -> None:
    """Write dungeons/tiny/tower below `root`."""
    folder = root / "dungeons" / "tiny" / "tower"
    _write(folder, {"brief.md": "# A tower\n\nBuild it.\n", "dungeon.toml": DUNGEON.format(floors=_listed(floors))})
    parts = {
        "base": ("quest", '"double(x) -> Tensor"', BASE_CHECKS, BASE),
        "top": ("quest", '"quadruple(x) -> Tensor"', TOP_CHECKS, TOP),
        "told": ("report", "", REPORT_CHECKS, REPORT),
        "asked": ("quiz", "", QUIZ_CHECKS, ""),
    }
    for floor in floors:
        kind, signature, checks, reference = parts[floor]
        toml = FLOOR.format(title=f"Floor {floor}", kind=kind, signature=signature, more="")
        files = {"quest.toml": toml, "brief.md": f"# {floor}\n\nBuild it.\n", "checks.py": checks}
        if kind != "quiz":
            files |= {"hints.md": "## 1\na\n\n## 2\nb\n\n## 3\nc\n", "reference.py": reference}
            files["starter.md" if kind == "report" else "starter.py"] = _starter(kind, reference)
        _write(folder / floor, files)


def _starter(kind: str, reference: str) -> str:
    if kind == "report":
        return "# Report\n\nThe total was `total = 0`.\n"
    head, _, _ = reference.partition("    return")
    return f'{head}    raise NotImplementedError("to do")\n'


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
