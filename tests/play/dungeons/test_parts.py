"""The parts of dungeons that need no judge: figures of reports, bundles of files, the curve of a run."""

import pytest

from leveling.play.dungeons.curve import Curve, sparkline
from leveling.play.dungeons.project import bundled, imported_by, unbundled
from leveling.play.dungeons.reports import as_module, figures_in
from leveling.play.trouble import Trouble


def test_figures_are_inline_code():
    """Numbers in all their spellings count, a percentage as its hundredth; prose and fenced code do not."""
    text = "Got `accuracy = 95.3 %`, `loss=1e-3`, `rows = 20_000`, not `x == 3` nor y = 4.\n```\n`fenced = 1`\n```\n"
    assert figures_in(text) == {"accuracy": pytest.approx(0.953), "loss": 1e-3, "rows": 20_000.0}


def test_a_figure_with_two_values_is_asked_back():
    """A report that contradicts itself is not judged; the message gives both numbers."""
    assert figures_in("`a = 1` and again `a = 1.0`") == {"a": 1.0}
    with pytest.raises(Trouble, match="a twice, as 1 and as 2"):
        figures_in("`a = 1` `a = 2`")


def test_a_report_becomes_a_module_whatever_it_holds():
    """Quotes, backslashes and code in a report cannot break out of the text."""
    text = "'''\\n\"\"\"; import os `a = 2`\n"
    module: dict[str, object] = {}
    exec(as_module(text), module)
    assert module["FIGURES"] == {"a": 2.0} and module["TEXT"] == text and module["WORDS"] == 5


def test_a_bundle_gives_its_files_back():
    """Also where a file holds lines that look like the bundle's own."""
    main = ("top.py", "# ---- base.py, 3 lines\nx = 1\n")
    modules = (("base", "y = 2\n", "base.py"), ("echoes.tiny", "z = 3\n", "echoes/tiny/__init__.py"))
    text = bundled(main, modules)
    assert unbundled(text) == {"top.py": main[1], "base.py": "y = 2\n"}
    assert "echoes.tiny " in text and "z = 3" not in text


def test_imports_are_read_from_the_tree():
    """First names only, absolute imports only; a file that does not parse imports nothing."""
    assert imported_by("import a.b, c\nfrom d.e import f\nfrom . import g\n") == ("a", "c", "d")
    assert imported_by("import (") == ()


def test_the_curve_knows_how_far_a_run_is():
    """Bars from the lowest to the highest, the pace gives the time left, a new run begins a new curve."""
    curve = Curve()
    for step in range(1, 11):
        curve.add(step, 100, 1.0 / step, now=10.0 + step)
    assert curve.seconds_left == pytest.approx(81.0)
    assert curve.bars(5)[0] == "█" and curve.bars(5)[-1] == "▁"
    assert curve.line("loss", plain=True) == "step 10 of 100, loss 0.1, about 81 s left"
    curve.add(1, 100, 5.0, now=30.0)
    assert curve.points == [5.0] and curve.seconds_left is None
    assert sparkline([]) == "" and sparkline([2.0, 2.0]) == "▁▁"
