"""What can be wrong with a solution in a check, as a word and a message for the learner; and blame for everything else."""

from dataclasses import dataclass
from typing import Any

from leveling.judge.forbidding import ForbiddenCall
from leveling.judge.troubles import Cancelled, Death, Flood, Garbled, Raised, TimeUp, TooLarge
from leveling.world.words import Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a check failed. `value` is the learner's result where there is one, for the diagnosis."""

    verdict: Verdict
    message: str
    value: Any = None
    inputs: Any = None
    seed: int = 0


ROOM_TROUBLE = (Raised, Death, TimeUp, Flood, Garbled, TooLarge, ForbiddenCall)


def of_trouble(error: BaseException, where: str, reference_seconds: float | None = None) -> Finding:
    """Turn an exception of the learner's room into a word and a message.

    Raises:
        the error itself when it is none of the learner's (`Cancelled`, faults of ours).
    """
    match error:
        case Raised():
            return _raised(error, where)
        case TimeUp():
            text = f"{where} did not return within {error.seconds:.0f} s"
            if reference_seconds is not None:
                text += f" (the reference took {_duration(reference_seconds)})"
            return Finding(Verdict.TOO_SLOW, f"{text}. Look for {error.suspect}.")
        case Death():
            return Finding(Verdict.CRASHED, f"{where}: {_death(error)}")
        case Flood():
            return Finding(Verdict.CRASHED, f"{where} printed more than 32 MB. Remove the print inside a loop.")
        case Garbled():
            return Finding(
                Verdict.CRASHED, f"{where}: the process answered with something that is no result ({error})."
            )
        case TooLarge():
            return Finding(Verdict.WRONG, f"{where} returned more than can be judged: {error}")
        case ForbiddenCall():
            return Finding(Verdict.FORBIDDEN, f"{where}, {error}")
        case Cancelled():
            raise error
    raise error


def _raised(error: Raised, where: str) -> Finding:
    facts = error.facts
    kind, message = str(facts.get("type", "Exception")), str(facts.get("message", ""))
    place = ""
    if facts.get("line"):
        file = str(facts.get("file", ""))[:200]
        of_echo = f" of your echo {file}" if file.startswith("echoes/") else ""
        place = f"\n  line {facts['line']}{of_echo} in {facts.get('function') or 'the file'}:  {facts.get('text', '')}"
    if error.unfinished:
        return Finding(Verdict.UNFINISHED, f"{where} is not written yet.{place}")
    return Finding(Verdict.CRASHED, f"{where} raised {kind}: {message}{place}{_advice(kind, message)}")


def _death(error: Death) -> str:
    if error.signal_number:
        return f"{error}. A crash below Python: often an index out of range handed to as_strided or to a C function."
    if error.exit_code is not None:
        return f"{error}, before an answer was given. Do not call exit in a solution."
    return f"{error} before an answer was given."


def _advice(kind: str, message: str) -> str:
    """One sentence for the errors that PyTorch words least kindly."""
    rules = (
        (
            "can't allocate memory",
            "\n  More memory was asked for than this quest grants; a broadcast of two large tensors is the usual cause.",
        ),
        (
            "modified by an inplace operation",
            "\n  An in-place change (x += ..., x[i] = ...) touched a tensor that the backward pass still needs.",
        ),
        (
            "does not require grad",
            "\n  The graph was cut: look for .detach(), .data, .item(), torch.tensor(...) or no_grad on the way.",
        ),
        (
            "a leaf Variable that requires grad is being used in an in-place",
            "\n  A leaf that requires grad was changed in place.",
        ),
        (
            "Operation not permitted",
            "\n  The arena allows no network, no other processes and no files but the scratch folder.",
        ),
    )
    for needle, text in rules:
        if needle in message:
            return text
    if kind == "PermissionError":
        return "\n  The arena allows no network, no other processes and no files but the scratch folder."
    if kind == "MemoryError":
        return "\n  More memory was asked for than this quest grants."
    return ""


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
