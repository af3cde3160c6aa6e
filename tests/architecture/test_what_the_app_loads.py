"""What a fresh interpreter loads for the app: law 8, held from outside."""

import subprocess
import sys
from pathlib import Path

SCREENS = sorted(path.stem for path in Path(__file__).parents[2].joinpath("leveling/tui/screens").glob("[a-z]*.py"))


def loaded_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_first_frame_needs_neither_torch_nor_pydantic():
    """Title and app: no torch, no NumPy, no pydantic, no watcher of files."""
    assert not {"torch", "numpy", "pydantic", "watchfiles"} & loaded_by("import leveling.tui.app")


def test_no_place_loads_torch():
    """Every screen imported at once: still neither torch nor NumPy."""
    assert len(SCREENS) > 10
    assert not {"torch", "numpy"} & loaded_by("\n".join(f"import leveling.tui.screens.{name}" for name in SCREENS))
