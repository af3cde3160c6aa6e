"""torch computes inside the sandbox as it does outside."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import leveling

PROGRAM = Path(__file__).with_name("torch_in_the_sandbox.py")
ROOT = str(Path(leveling.__file__).resolve().parents[1])

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed here")


def run(scratch: str, when: str, threads: int, what: str) -> str:
    """What the program printed; fails with its error output."""
    environment = {**os.environ, "PYTHONPATH": ROOT, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(PROGRAM), when, str(threads), what, scratch]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_network_is_trained(needs, scratch, when, threads):
    """With what the zygote preloads, and with the same imported late, from files the sandbox lets through."""
    needs("landlock", "seccomp")
    assert f"{threads} threads" in run(scratch, when, threads, "train")


def test_loader_processes_work_where_processes_are_allowed(needs, scratch):
    """Queues, shared tensors and the sockets that pass them."""
    needs("landlock", "seccomp")
    run(scratch, "before", 1, "load")


def test_collectives_work_where_loopback_is_allowed(needs, scratch):
    """gloo, meeting in a file of the scratch folder."""
    needs("landlock", "seccomp")
    run(scratch, "before", 1, "reduce")
