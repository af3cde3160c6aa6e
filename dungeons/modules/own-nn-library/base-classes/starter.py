"""The floor everything stands on: the base classes, how many numbers are trained, and a model as bytes.

Without torch.nn. The classes are those of modules/module-from-scratch; write them here instead of the import, if you
would rather have others. What they have to do is in that quest's brief, and in short in this floor's.
"""

from echoes.modules.module_from_scratch import Module, Parameter, Sequential

__all__ = ["Module", "Parameter", "Sequential", "count", "from_bytes", "to_bytes"]


def count(module: Module) -> int:
    """Numbers that training changes: shared parameters once, frozen ones and buffers not at all."""
    raise NotImplementedError("count")


def to_bytes(module: Module) -> bytes:
    """The state as it is now: a few hundred bytes an entry beyond its own numbers, and no more."""
    raise NotImplementedError("to_bytes")


def from_bytes(module: Module, data: bytes) -> Module:
    """Fill a module of the same make with that state, in place, and return it. Runs no code that `data` may hold.

    Raises:
        RuntimeError: when names or shapes do not fit; nothing has been changed then.
    """
    raise NotImplementedError("from_bytes")
