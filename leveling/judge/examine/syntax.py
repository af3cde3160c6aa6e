"""Is it Python at all?"""

import ast
import warnings
from dataclasses import dataclass

_PLAIN = (
    ("was never closed", "this bracket is opened and never closed"),
    ("unmatched", "this bracket closes nothing that was opened"),
    ("does not match", "this bracket closes one of another kind"),
    ("expected an indented block", "the line above ends with a colon, so what follows must be indented"),
    ("unexpected indent", "this line is indented further than the one above, without a reason"),
    ("unindent does not match", "this line is indented like none of the blocks around it"),
    ("inconsistent use of tabs", "tabs and spaces are mixed in the indentation; use spaces alone"),
    ("expected ':'", "a colon is missing at the end of this line"),
    ("Maybe you meant '=='", "= assigns; to compare write =="),
    ("unterminated", "a text begins here and has no closing quote"),
    ("invalid character", "a character that Python does not know, often a quote or dash copied from a web page"),
    ("'return' outside function", "return stands outside of every function; is it indented as it should be?"),
)


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Why a file cannot be read as Python. Line and column count from 1, 0 where there is no place."""

    line: int
    column: int
    text: str
    message: str

    def says(self) -> str:
        """One sentence, and the line with a caret under the place."""
        head = f"line {self.line}: {self.message}" if self.line else self.message
        if not self.text.strip():
            return head
        caret = f"\n    {' ' * (self.column - 1)}^" if self.column else ""
        return f"{head}\n    {self.text.rstrip()}{caret}"


def parse(source: str, path: str) -> ast.Module | SyntaxFault:
    """The syntax tree, or what keeps it from being one."""
    if "\0" in source:
        line = source.count("\n", 0, source.index("\0")) + 1
        return SyntaxFault(line, 0, "", "there is a null byte: this is not a text file (or it was saved as UTF-16)")
    try:
        source.encode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, path)
            compile(source, path, "exec", dont_inherit=True)  # finds what the parser alone lets through
    except SyntaxError as error:
        return _fault(error)
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        return SyntaxFault(line, 0, "", "there are bytes that are not UTF-8 text: save the file as UTF-8")
    except (ValueError, OverflowError) as error:
        return SyntaxFault(0, 0, "", f"it cannot be read as Python: {error}")
    except (RecursionError, MemoryError):
        return SyntaxFault(0, 0, "", "its expressions are nested too deep for Python to read")
    return tree


def _fault(error: SyntaxError) -> SyntaxFault:
    raw = error.msg or "invalid syntax"
    plain = next((words for needle, words in _PLAIN if needle in raw), "")
    message = f"{plain} ({raw})" if plain else f"this is not valid Python: {raw}"
    text = (error.text or "").replace("\t", " ")[:200]
    return SyntaxFault(error.lineno or 0, max(0, error.offset or 0), text, message)
