"""Tell the judge of an exception in the solution: what, where in the learner's own lines, and the frames they can act on."""

import linecache
import traceback
from typing import Any

MAX_MESSAGE = 2_000
MAX_TRACE = 6_000


def describe(error: BaseException, paths: frozenset[str]) -> dict[str, Any]:
    """Plain facts of `error`. `paths` are the files of the solution; frames elsewhere are folded away."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in paths]
    last = own[-1] if own else None
    return {
        "type": type(error).__name__,
        "bases": [base.__name__ for base in type(error).__mro__],
        "message": _text(error)[:MAX_MESSAGE],
        "file": last.filename if last else "",
        "line": last.lineno if last else None,
        "function": last.name if last else "",
        "text": (linecache.getline(last.filename, last.lineno or 0).strip() if last else "")[:200],
        "trace": "".join(traceback.format_list(own))[-MAX_TRACE:],
    }


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as inner:  # a learner's __str__ may raise anything, even SystemExit
        return f"<str() of the exception raised {type(inner).__name__}>"
