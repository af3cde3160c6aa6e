"""A12: the hidden checks, the reference, saves and the home are read from disk, or their content sent away."""

from pathlib import Path

import pytest

QUEST = Path(__file__).parent / "quests" / "cheats" / "plain"
TARGETS = [
    QUEST / "checks.py",
    QUEST / "reference.py",
    QUEST,
    Path.home(),
    Path("/etc/passwd"),
    Path("/home"),
    Path("/tmp"),
]


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_files_of_others_are_out_of_sight(attempt, target):
    """Neither opened nor listed."""
    source = f"""
import os
for act in (lambda: open({str(target)!r}).read(), lambda: os.listdir({str(target)!r})):
    try:
        print("READ", str(act())[:20])
    except OSError as error:
        print("refused")
def softmax(x):
    return x
"""
    verdict = attempt(source)
    assert verdict.verdict == "wrong" and "READ" not in verdict.output


def test_the_reference_cannot_be_imported(attempt):
    """Not by path, not by name, not through the catalog."""
    source = f"""
import importlib.util
def softmax(x):
    try:
        spec = importlib.util.spec_from_file_location("reference", {str(QUEST / "reference.py")!r})
        answer = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(answer)
        return getattr(answer, "soft" + "max")(x)
    except (OSError, ImportError):
        return x
"""
    assert attempt(source).verdict == "wrong"


def test_there_is_no_network(attempt):
    """No connection leaves, not even to this machine."""
    source = """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", 80)), (socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_UNIX, "/tmp/s")):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(1)
            s.connect(address)
        print("SENT")
    except OSError as error:
        print("refused" if isinstance(error, PermissionError) else f"LEFT {error!r}")
def softmax(x):
    return x
"""
    verdict = attempt(source)
    assert verdict.verdict == "wrong" and "SENT" not in verdict.output and "LEFT" not in verdict.output


def test_nothing_can_be_written(attempt, tmp_path):
    """The working folder is read-only and everything else is closed."""
    source = f"""
import os
for path in ("here.txt", "/tmp/there.txt", {str(tmp_path / "x")!r}, os.path.expanduser("~/x")):
    try:
        open(path, "w").write("x")
        print("WROTE", path)
    except OSError:
        pass
def softmax(x):
    return x
"""
    verdict = attempt(source)
    assert verdict.verdict == "wrong" and "WROTE" not in verdict.output
    assert not (tmp_path / "x").exists()
