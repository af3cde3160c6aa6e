"""What the forge asks of the judge's interpreter."""

import sysconfig
import venv
from pathlib import Path

from leveling.forge.facts import Inspector


def test_packages_are_looked_up_where_the_judge_would_import_them(tmp_path, monkeypatch):
    """With LEVELING_PYTHON naming another interpreter, what only that one has is not missing."""
    venv.create(tmp_path, with_pip=False)
    (folder,) = tmp_path.glob("**/site-packages")
    (folder / "only_there.py").write_text("", encoding="utf-8")
    (folder / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    python = next(path for path in (tmp_path / "bin/python", Path(tmp_path / "Scripts/python.exe")) if path.exists())
    names = ["json", "only_there", "nowhere_at_all"]
    with Inspector() as inspector:
        assert inspector.missing(names) == ["only_there", "nowhere_at_all"]
    monkeypatch.setenv("LEVELING_PYTHON", str(python))
    with Inspector() as inspector:
        assert inspector.missing(names) == ["nowhere_at_all"]


def test_nothing_is_asked_for_a_quest_without_packages():
    """No process is started for an empty list."""
    inspector = Inspector()
    assert inspector.missing([]) == []
    assert inspector.process is None
