"""Which editor opens a file, and where."""

from pathlib import Path

import pytest

from leveling.tui.editing import named, plan, words_of

FILE = Path("/somewhere/row sums.py")


@pytest.fixture(autouse=True)
def everything_is_installed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("environment", "editor", "place", "command", "aside"),
    [
        ({"EDITOR": "vim"}, "", "auto", ("vim",), True),
        ({"EDITOR": "vim", "VISUAL": "hx"}, "", "auto", ("hx",), True),
        ({"EDITOR": "vim", "VISUAL": "hx", "LEVELING_EDITOR": "nano -l"}, "", "auto", ("nano", "-l"), True),
        ({"EDITOR": "vim"}, "micro", "auto", ("micro",), True),
        ({"EDITOR": "code -w"}, "", "here", ("code", "-w"), False),
        ({"EDITOR": "vim", "TMUX": "x"}, "", "here", ("vim",), True),
        ({"EDITOR": "vim", "ZELLIJ": "0"}, "", "auto", ("zellij", "run", "-c", "--", "vim"), False),
        ({"EDITOR": "vim", "TERM_PROGRAM": "vscode"}, "", "auto", ("code", "-r"), False),
        ({"EDITOR": "vim", "TERM_PROGRAM": "vscode"}, "hx", "auto", ("hx",), True),
    ],
)
def test_the_plan_follows_settings_then_environment(environment, editor, place, command, aside):
    """The setting goes before LEVELING_EDITOR, VISUAL and EDITOR; windows and panes need no stepping aside."""
    found = plan(FILE, environment, editor=editor, place=place)
    assert found.command == (*command, str(FILE))
    assert found.steps_aside is aside


def test_tmux_gets_one_quoted_command():
    """tmux hands its words to a shell, so a path with a blank is quoted."""
    found = plan(FILE, {"EDITOR": "vim", "TMUX": "x"})
    assert found.command == ("tmux", "split-window", "-h", "vim '/somewhere/row sums.py'")
    assert not found.steps_aside


def test_none_means_the_player_opens_it():
    """No plan: the screen tells the path."""
    assert plan(FILE, {"EDITOR": "vim"}, place="none") is None


def test_an_unnamed_editor_is_sought():
    """Without any variable the first common editor that is installed."""
    assert named({}) == "nvim"
    assert words_of('vim "a b"') == ("vim", "a b")
    assert words_of("vim 'open") == ("vim", "'open")
