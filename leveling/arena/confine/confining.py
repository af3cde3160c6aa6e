"""Put every layer that exists here onto the calling process, in the order in which they allow one another."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from typing import TypeVar

from leveling.arena.confine import kernel, landlock, limits, seccomp
from leveling.arena.confine.kernel import ConfinementError
from leveling.arena.confine.policy import Policy

T = TypeVar("T")


def prepare(*policies: Policy) -> None:
    """Do before the fork what need not be done after it, and let imports work when folders can no longer be listed.

    Cheap when repeated. Call it in the zygote with the policies to come.
    """
    importlib.util.find_spec("leveling_has_no_such_name")  # has the import system list every folder of sys.path now
    tempfile.gettempdir()
    if (machine := kernel.architecture()) is None:
        return
    version, _ = landlock.probe()
    for policy in policies or (Policy(),):
        scoped = version >= landlock.SCOPE_VERSION
        seccomp.compiled(machine, seccomp.shape_of(policy, scoped))


def confine(policy: Policy) -> tuple[str, ...]:
    """Confine the calling process for good; returns the names of the layers that now hold.

    The process must have one thread: the kernel confines a thread and what it starts, not its neighbours.

    Raises:
        ConfinementError: a layer that exists here could not be put on. The process must not run foreign code.
    """
    _settle_temporary_folder(policy)
    if sys.platform == "win32":
        return ()
    if sys.platform != "linux":
        _must("resource limits", lambda: limits.set_limits(policy))
        return ("rlimits",)
    return _confine_on_linux(policy)


def _confine_on_linux(policy: Policy) -> tuple[str, ...]:
    _refuse_threads()
    _must("resource limits", lambda: limits.set_limits(policy))
    _must("no new privileges", kernel.forbid_new_privileges)
    held = ["rlimits", "no-new-privileges"]
    scoped = False
    if version := landlock.probe()[0]:
        scoped = _must("Landlock", lambda: landlock.restrict(policy))
        held.append(f"landlock-{version}")
    if kernel.architecture() is not None:
        _must("giving up capabilities", limits.drop_capabilities)
        held.append("no-capabilities")
    if not policy.devices:  # a GPU's driver writes the names of its threads, which this would forbid
        _must("refusing inspection", limits.refuse_inspection)
        held.append("no-inspection")
    _must("dying with the parent", limits.die_with_parent)
    held.append("dies-with-parent")
    if not seccomp.unavailable():
        _must("seccomp", lambda: seccomp.restrict(seccomp.shape_of(policy, scoped)))
        held.append("seccomp")
    return tuple(held)


def _settle_temporary_folder(policy: Policy) -> None:
    """Name the folder for temporary files while one can still be looked for: libraries ask for its name at import."""
    if policy.scratch is not None:
        tempfile.tempdir = os.environ["TMPDIR"] = policy.scratch
    else:
        tempfile.gettempdir()


def _refuse_threads() -> None:
    if (count := len(os.listdir("/proc/self/task"))) > 1:
        raise ConfinementError(
            f"this process has {count} threads and only the calling one would be confined; "
            "confine it before it starts any (OPENBLAS_NUM_THREADS=1 keeps NumPy from starting some)"
        )


def _must(name: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except OSError as error:
        raise ConfinementError(f"{name} exists on this system but could not be put on: {error}") from error
