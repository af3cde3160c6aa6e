"""A9: the judge and everybody else's processes are attacked."""

import os
import subprocess
import sys

ATTACK = """
import os, signal
def tried(what, act):
    try:
        act()
        print("DONE", what)
    except OSError as error:
        print("refused", what)
parent = os.getppid()
for target in (parent, 1, {victim}):
    tried(f"kill {{target}}", lambda: os.kill(target, signal.SIGKILL))
    tried(f"mem {{target}}", lambda: open(f"/proc/{{target}}/mem", "r+b"))
    tried(f"environ {{target}}", lambda: open(f"/proc/{{target}}/environ", "rb"))
    tried(f"fd {{target}}", lambda: os.listdir(f"/proc/{{target}}/fd"))
tried("kill all", lambda: os.kill(-1, signal.SIGKILL))
tried("group of parent", lambda: os.killpg(os.getpgid(parent), signal.SIGKILL))
def softmax(x):
    return x
"""


def test_no_other_process_can_be_touched(attempt):
    """Neither signals nor memory nor descriptors of the judge, of init, of a bystander."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        verdict = attempt(ATTACK.format(victim=bystander.pid))
        assert bystander.poll() is None
        bystander.kill()
    assert verdict.verdict == "wrong", verdict.cause
    assert "DONE mem" not in verdict.output and "DONE environ" not in verdict.output
    assert f"DONE kill {bystander.pid}" not in verdict.output and "DONE kill 1" not in verdict.output
    assert os.getpid()


def test_stopping_the_parent_does_not_hang_us(attempt):
    """SIGSTOP to the parent and to the group of the parent is refused."""
    source = "import os, signal\ntry:\n    os.kill(os.getppid(), signal.SIGSTOP)\nexcept OSError:\n    pass\ndef softmax(x):\n    return x\n"
    assert attempt(source).verdict == "wrong"
