"""A real child process for each truth: it confines itself, tries one thing, and says what came of it."""

import json
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from leveling.arena.confine import Policy, available_layers, confine, readable_paths
from leveling.arena.confine.kernel import syscall
from leveling.judge.house import short_folder

PATIENCE_SECONDS = 60  # a child that hangs is ended by this alarm and fails its test


@dataclass(frozen=True)
class Outcome:
    """What a child did: its value, or the error it met, or the signal that ended it."""

    value: Any = None
    error: str = ""
    errno: int | None = None
    signal: int = 0


Body = Callable[[], Any]


def in_child(body: Body) -> Outcome:
    """Run `body` in a forked child and wait for it."""
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12: a fork beside the test runner's own threads
        pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _live_as_child(body, write_end)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return Outcome(**json.loads(told), signal=ended_by) if told else Outcome(signal=ended_by)


def _live_as_child(body: Body, write_end: int) -> None:
    try:
        signal.alarm(PATIENCE_SECONDS)
        told = {"value": body()}
    except BaseException as error:  # whatever it met is what the test asks about; nothing may return to pytest
        told = {"error": type(error).__name__, "errno": getattr(error, "errno", None), "value": str(error)}
    os.write(write_end, json.dumps(told).encode())
    os._exit(0)


@pytest.fixture(scope="session")
def layers() -> dict[str, str]:
    """What this system offers."""
    return available_layers()


@pytest.fixture
def needs(layers: dict[str, str]) -> Callable[..., None]:
    """Skip, with the system's own reason, where a layer is not live."""

    def check(*names: str) -> None:
        for name in names:
            if layers[name] != "live":
                pytest.skip(f"{name}: {layers[name]}")

    return check


@pytest.fixture
def forked() -> Callable[[Body], Outcome]:
    """`in_child`, for tests that put single layers on."""
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")
    return in_child


@pytest.fixture
def confined(needs: Callable[..., None]) -> Callable[..., Outcome]:
    """Run a body in a child under the whole sandbox; keywords change the strictest policy."""
    needs("landlock", "seccomp")
    packages = readable_paths(())

    def run(body: Body, **changes: Any) -> Outcome:
        policy = replace(Policy(read=packages, file_bytes=1 << 20), **changes)

        def confine_and_run() -> Any:
            confine(policy)
            return body()

        return in_child(confine_and_run)

    return run


@pytest.fixture
def scratch() -> Iterator[str]:
    """A folder that a policy may name as writable: its path is short, as a judge's is, for sockets are bound below it."""
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=short_folder()) as folder:
        yield folder


@pytest.fixture
def call() -> Callable[..., int]:
    """A raw system call by the name it has in our tables."""
    from leveling.arena.confine import kernel, syscalls

    def by_name(name: str, *arguments: int) -> int:
        return syscall(syscalls.numbers(kernel.architecture() or "")[name], *arguments)

    return by_name
