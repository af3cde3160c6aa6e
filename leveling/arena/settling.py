"""What every worker does before it serves, however it was started: forget the surroundings, confine itself, say ready."""

import ctypes
import os
import signal
import sys
import tempfile
from typing import Any

from leveling.arena import frames
from leveling.arena.confine import Policy, confine

PR_SET_PDEATHSIG = 1
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
# torch.compile otherwise writes files of its own, which a worker may not; `.` is a folder that exists. Read when torch is imported.
COMPILER_VARIABLES = {"TORCHINDUCTOR_CACHE_DIR": ".", "TORCH_DYNAMO_AUTOMATIC_DYNAMIC_LOCAL_PGO": "0"}
KEPT_VARIABLES = (
    *COMPILER_VARIABLES,
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "HOME",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
)


def settle(request: dict[str, Any], channel: int, output: int) -> None:
    """Turn this process into a confined worker as `request` says, and tell the judge that it is ready.

    Raises:
        OSError, ConfinementError: when a limit that exists could not be set.
    """
    set_signals()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.chdir(request["folder"])
    tempfile.tempdir = request["folder"]  # libraries that only ask where to put files must not fail at import
    clear_environment(request.get("environment", {}))
    sys.argv = [""]
    if request.get("lean_memory"):
        tune_allocator()
    if request.get("device", "cpu") != "cpu":
        _wake(request["device"])
    layers = confine(policy_of(request))
    frames.write_all(channel, frames.frame({"ready": list(layers)}))


def policy_of(request: dict[str, Any]) -> Policy:
    """The worker's rights, as they came over the wire."""
    return Policy(**{key: _tuples(value) for key, value in request["policy"].items()})


def set_signals() -> None:
    """No inherited handler; Ctrl-C is the front's business, a closed pipe or a full file is an error, not an end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for name in ("SIGINT", "SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that made it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def clear_environment(extra: dict[str, str]) -> None:
    """Leave only what libraries need: no marker says that a judge is watching."""
    for name in list(os.environ):
        if name not in KEPT_VARIABLES:
            del os.environ[name]
    os.environ.update(extra)


def tune_allocator() -> None:
    """Give large blocks back to the system at once, so that address space follows live memory (JUDGE 3)."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 64 << 10)
        libc.mallopt(M_TRIM_THRESHOLD, 0)
        libc.mallopt(M_ARENA_MAX, 1)


def _wake(device: str) -> None:
    """Create the device's context before the sandbox closes: drivers open files of their own."""
    import torch

    torch.ones(8, device=device).sum().item()


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
