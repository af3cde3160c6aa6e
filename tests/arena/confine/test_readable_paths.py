"""Which files a solution's process may read."""

import os
import sys
from pathlib import Path

import pytest

import leveling
from leveling.arena.confine import paths, readable_paths

OURS = Path(leveling.__file__).resolve().parent


def test_no_folder_holds_anything_of_ours():
    """Landlock allows all below a folder, so none may have the engine, the quests or the saves below it."""
    for path in map(Path, readable_paths(("pytest", "leveling"))):
        for ours in paths.our_folders():
            assert not ours.is_relative_to(path), path
            assert not path.is_relative_to(ours), path


def test_no_folder_of_packages_is_allowed_as_a_whole():
    """Packages are named one by one."""
    names = {"site-packages", "dist-packages"}
    assert not any(Path(path).name in names for path in readable_paths(()))
    folder = Path(os.path.realpath(os.path.dirname(pytest.__file__))).parent
    assert not any(folder.is_relative_to(path) for path in readable_paths(()))


def test_the_standard_library_is_there():
    """Modules, folders of modules, and the compiled ones, wherever this interpreter keeps them."""
    allowed = readable_paths(())
    found = [__import__(name).__file__ for name in ("os", "json", "_ctypes", "_json")]
    for file in (file for file in found if file):
        assert any(Path(os.path.realpath(file)).is_relative_to(path) for path in allowed), file


def test_what_torch_needs_is_there_and_what_it_does_not_is_not():
    """Its requirements, and theirs, by what their distributions recorded."""
    pytest.importorskip("importlib.metadata").distribution("torch")
    names = {Path(path).name for path in readable_paths(())}
    assert {"torch", "sympy", "mpmath", "jinja2", "typing_extensions.py"} <= names
    assert not {"pytest", "textual", "cryptography"} & names


def test_a_named_package_is_added_with_what_it_needs():
    """As on the package index or as imported, in any spelling; what is not installed is left out."""
    names = {Path(path).name for path in readable_paths(("PyTest", "no-such-package"))}
    assert {"pytest", "_pytest", "pluggy"} <= names


def test_paths_are_real_outermost_and_computed_once():
    """The same tuple for the same choice, no path below another, no link."""
    allowed = readable_paths(("pytest", "numpy"))
    assert allowed is readable_paths(("numpy", "pytest", "numpy"))
    assert all(os.path.realpath(path) == path for path in allowed)
    kept = set(map(Path, allowed))
    assert not any(parent in kept for path in kept for parent in path.parents)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no /proc")
def test_proc_is_named_file_by_file():
    """Not as a whole: other processes live there."""
    below = {path for path in readable_paths(()) if path.startswith("/proc")}
    assert below <= {"/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory"}


def test_a_folder_with_something_hidden_is_named_by_its_other_entries(tmp_path):
    """All the way down, links to what is hidden included."""
    for name in ("lib/os.py", "lib/site-packages/leveling/x", "lib/json/a", "share/deep/hidden/y", "share/deep/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "lib" / "back").symlink_to(tmp_path / "lib" / "site-packages")
    hidden = frozenset({tmp_path / "lib" / "site-packages", tmp_path / "share" / "deep" / "hidden"})
    named = {str(path.relative_to(tmp_path)) for path in paths.without(tmp_path, hidden)}
    assert named == {"lib/os.py", "lib/json", "share/deep/z"}
