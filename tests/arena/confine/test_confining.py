"""The door of the sandbox: what it promises, what it tells, and when it refuses."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import leveling
from leveling.arena.confine import ConfinementError, Policy, available_layers, confine, landlock, prepare

ROOT = str(Path(leveling.__file__).resolve().parents[1])


def test_what_is_announced_is_what_holds(forked):
    """`doctor` and a real worker name the same layers."""
    announced = {layer for layer, reason in available_layers().items() if reason == "live"}
    held = forked(lambda: confine(Policy())).value
    assert {"landlock" if layer.startswith("landlock-") else layer for layer in held} == announced


def test_a_layer_that_is_missing_has_a_reason():
    """Never an empty word."""
    assert all(available_layers().values())


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_asking_confines_nobody():
    """The process that asks keeps its rights."""
    before = Path("/proc/self/status").read_text()
    available_layers()
    prepare(Policy(loopback=True), Policy(scratch="/nowhere"))
    after = Path("/proc/self/status").read_text()
    for name in ("NoNewPrivs", "Seccomp", "CapEff"):
        assert [line for line in before.splitlines() if line.startswith(name)] == [
            line for line in after.splitlines() if line.startswith(name)
        ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines single threads")
def test_a_process_with_threads_is_refused(forked):
    """A thread that stays free would be the way out."""

    def with_a_thread() -> None:
        stop = threading.Event()
        threading.Thread(target=stop.wait, daemon=True).start()
        confine(Policy())

    outcome = forked(with_a_thread)
    assert outcome.error == "ConfinementError"
    assert "2 threads" in outcome.value


def test_a_layer_that_exists_and_fails_is_an_error(forked, needs, monkeypatch):
    """Foreign code never runs half confined."""
    needs("landlock")

    def broken(policy: Policy) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(landlock, "restrict", broken)
    outcome = forked(lambda: confine(Policy()))
    assert outcome.error == ConfinementError.__name__
    assert "Landlock" in outcome.value


@pytest.mark.parametrize("missing", ["landlock", "seccomp"])
def test_a_kernel_without_a_layer_gets_the_others(forked, needs, monkeypatch, missing):
    """A missing feature is no error: the names that come back say what holds."""
    needs("landlock", "seccomp")
    from leveling.arena.confine import seccomp

    if missing == "landlock":
        monkeypatch.setattr(landlock, "probe", lambda: (0, "not here"))
    else:
        monkeypatch.setattr(seccomp, "unavailable", lambda: "not here")
    held = forked(lambda: confine(Policy())).value
    assert not any(layer.startswith(missing) for layer in held)
    assert {"rlimits", "no-capabilities"} < set(held)


def test_a_kernel_that_knows_less_is_asked_for_less(forked, needs, monkeypatch):
    """Some kernels claim a version and refuse a part of it: the scopes go, the files stay guarded."""
    needs("landlock", "seccomp")
    from leveling.arena.confine import kernel

    whole = kernel.syscall

    def picky(number: int, *arguments: int) -> int:
        if number == 444 and len(arguments) == 3 and arguments[1] == 24:
            raise OSError(22, "Invalid argument")
        return whole(number, *arguments)

    landlock.probe()
    monkeypatch.setattr(kernel, "syscall", picky)

    def look_outside() -> None:
        confine(Policy())
        Path(__file__).read_text()

    assert forked(look_outside).error == "PermissionError"


@pytest.mark.parametrize("version", range(1, 8))
def test_every_version_of_landlock_guards_files(forked, needs, monkeypatch, version):
    """Rights and sizes of each version are what its kernels take."""
    needs("landlock")
    if landlock.probe()[0] < version:
        pytest.skip(f"this kernel's Landlock is version {landlock.probe()[0]}")
    monkeypatch.setattr(landlock, "probe", lambda: (version, ""))

    def look_outside() -> None:
        assert f"landlock-{version}" in confine(Policy())
        Path(__file__).read_text()

    assert forked(look_outside).error == "PermissionError"


def test_the_sandbox_needs_the_standard_library_only():
    """It stands alone: no torch, nothing that is installed."""
    program = (
        f"import sys; sys.path.insert(0, {ROOT!r}); before = set(sys.modules); import leveling.arena.confine; "
        "print([name for name in set(sys.modules) - before if 'site-packages' in (getattr(sys.modules[name], '__file__', '') or '')])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
