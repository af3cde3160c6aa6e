"""Which editor opens a file, and where: a pane or a window beside the app when there is one, else in its place."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp

WINDOWED = {
    "code",
    "codium",
    "code-insiders",
    "cursor",
    "windsurf",
    "zed",
    "subl",
    "gedit",
    "kate",
    "mate",
    "idea",
    "pycharm",
    "charm",
}
COMMON = ("nvim", "vim", "hx", "nano", "micro", "vi", "notepad")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, and whether the app has to step aside until it ends. `where` says it in words."""

    command: tuple[str, ...]
    steps_aside: bool
    where: str


def plan(
    path: Path,
    environment: Mapping[str, str],
    *,
    editor: str = "",
    place: Literal["auto", "here", "pane", "none"] = "auto",
) -> Plan | None:
    """How to open `path`; None when the player opens it, or there is no editor."""
    if place == "none":
        return None
    if (
        place in ("auto", "pane")
        and environment.get("TERM_PROGRAM") == "vscode"
        and not editor
        and shutil.which("code")
    ):
        return Plan(("code", "-r", str(path)), steps_aside=False, where="your VS Code window")
    command = words_of(editor or named(environment))
    if not command:
        return None
    if Path(command[0]).stem in WINDOWED:
        return Plan((*command, str(path)), steps_aside=False, where="a window of its own")
    whole = (*command, str(path))
    if place in ("auto", "pane"):
        if environment.get("TMUX") and shutil.which("tmux"):
            return Plan(("tmux", "split-window", "-h", shlex.join(whole)), steps_aside=False, where="a tmux pane")
        if environment.get("ZELLIJ") and shutil.which("zellij"):
            return Plan(("zellij", "run", "-c", "--", *whole), steps_aside=False, where="a zellij pane")
    return Plan(whole, steps_aside=True, where="this terminal")


def named(environment: Mapping[str, str]) -> str:
    """The editor that the environment names, or the first common one that is installed."""
    for name in ("LEVELING_EDITOR", "VISUAL", "EDITOR"):
        if environment.get(name):
            return environment[name]
    return next((name for name in COMMON if shutil.which(name)), "")


def words_of(command: str) -> tuple[str, ...]:
    """A command line as words; on Windows backslashes are no escapes."""
    try:
        return tuple(word.strip('"') for word in shlex.split(command, posix=os.name != "nt"))
    except ValueError:
        return tuple(command.split())


def open_in_editor(app: "LevelingApp", path: Path) -> None:
    """Open the learner's file; where that cannot be, say where it lies."""
    from textual.app import SuspendNotSupported

    found = plan(path, os.environ, editor=app.settings.editor, place=app.settings.editor_place)
    if found is None:
        app.tell_trouble(f"Open this file in your editor, save it, then press a:\n\n{path}\n\n{_advice(app)}")
        return
    try:
        if found.steps_aside:
            with app.suspend():
                status = subprocess.run(found.command, check=False).returncode
        else:
            status = subprocess.run(
                found.command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
            ).returncode
            if status == 0:
                app.notify(f"Opened in {found.where}. Save it, then press a.", timeout=4)
    except (OSError, SuspendNotSupported, subprocess.TimeoutExpired) as error:
        app.tell_trouble(
            f"{found.command[0]} could not be opened ({error}). Open the file yourself:\n\n{path}\n\n{_advice(app)}"
        )
        return
    if status and not found.steps_aside:
        app.tell_trouble(f"{found.command[0]} ended with status {status}. The file lies here:\n\n{path}")


def _advice(app: "LevelingApp") -> str:
    if app.settings.editor_place == "none":
        return "(Settings say that you open it yourself: press 6 to change that.)"
    return "To have it opened: set LEVELING_EDITOR, or name an editor in the settings (press 6)."
