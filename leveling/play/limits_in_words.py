"""A gate as a sentence for the learner."""

from leveling.world.quest import GateSpec

_SUBJECTS = {
    "throughput": "time",
    "memory": "peak memory",
    "saved": "bytes kept for the backward pass",
    "ops": "tensor operations",
    "reads": "reads from tensor to Python",
    "flops": "floating-point operations",
    "launches": "kernel launches",
    "graph_breaks": "graph breaks",
    "recompiles": "recompilations",
    "params": "parameters",
    "quality": "quality",
    "file_size": "file size",
    "comm": "bytes sent",
    "collectives": "collective calls",
    "lines": "lines of code",
    "calls": "calls",
    "seconds": "time",
}
_NAMES = {"ops": "operations", "flops": "FLOPs"}


def gate_in_words(gate: GateSpec) -> str:
    """Such as `peak memory (cpu): at most 1.3 x the reference`."""
    rule = _rule(gate)
    optional = "" if gate.required else " (optional: lifts the grade)"
    why = f"; {gate.why}" if gate.why else ""
    return f"{_SUBJECTS.get(gate.kind, gate.kind)} ({gate.device}): {rule}{optional}{why}"


def _rule(gate: GateSpec) -> str:
    number = f"{gate.limit:g}"
    plus = f" + {gate.plus:g}" if gate.plus else ""
    opponent = f"that of {gate.against}" if gate.against else "the reference"
    match gate.unit:
        case "reference":
            return f"at most {number} x {opponent}{plus}"
        case "at_least_reference":
            return f"at least {number} x {opponent}{plus}"
        case "at_least":
            return f"at least {number}"
        case "same":
            return f"the same at every size, within {number} x{plus}" if gate.limit else f"the same at every size{plus}"
        case "bytes":
            return f"at most {_bytes(gate.limit)}"
    return f"at most {number} {_NAMES.get(gate.unit, gate.unit)}{plus}"


def _bytes(count: float) -> str:
    for size, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= size:
            return f"{count / size:g} {unit}"
    return f"{count:g} bytes"
