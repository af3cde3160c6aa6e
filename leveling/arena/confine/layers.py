"""Which protections exist on this system, told without putting any of them on."""

import sys

from leveling.arena.confine import kernel, landlock, seccomp

LIVE = "live"


def available_layers() -> dict[str, str]:
    """Layer -> `live`, or the reason why it is not there."""
    on_linux, on_windows = sys.platform == "linux", sys.platform == "win32"
    linux_only = "" if on_linux else "it exists on Linux only"
    known_machine = linux_only or ("" if kernel.architecture() else "this machine's system calls are not known here")
    reasons = {
        "rlimits": "Windows has no resource limits" if on_windows else "",
        "no-new-privileges": linux_only,
        "landlock": linux_only or landlock.probe()[1],
        "no-capabilities": known_machine,
        "no-inspection": linux_only,
        "dies-with-parent": linux_only,
        "seccomp": linux_only or seccomp.unavailable(),
    }
    return {layer: reason or LIVE for layer, reason in reasons.items()}
