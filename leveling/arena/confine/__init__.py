"""The sandbox: the calling process gives up, for good, all that a solution does not need.

Made of what an unprivileged Linux process can do to itself: resource limits, Landlock, seccomp. No root, no namespaces,
no other package. Elsewhere less exists, and `available_layers` says what is missing and why.
"""

from leveling.arena.confine.confining import confine, prepare
from leveling.arena.confine.kernel import ConfinementError
from leveling.arena.confine.layers import available_layers
from leveling.arena.confine.limits import refuse_inspection
from leveling.arena.confine.policy import Policy, readable_paths

__all__ = [
    "ConfinementError",
    "Policy",
    "available_layers",
    "confine",
    "prepare",
    "readable_paths",
    "refuse_inspection",
]
