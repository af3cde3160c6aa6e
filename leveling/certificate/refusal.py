"""Every way in which a file fails to be a valid certificate, and why one cannot be made."""

from enum import StrEnum


class Fault(StrEnum):
    """What is wrong, as a word that scripts can rely on."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    HOSTILE = "hostile"
    NOT_A_CERTIFICATE = "not_a_certificate"
    FUTURE_FORMAT = "future_format"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    OTHER_KEY = "other_key"
    ALTERED = "altered"
    PICTURE_ALTERED = "picture_altered"
    NOT_YET = "not_yet"
    SOLUTION_MISSING = "solution_missing"
    SOLUTION_ALTERED = "solution_altered"
    UNKNOWN_QUEST = "unknown_quest"
    CHANGED_CONTENT = "changed_content"
    UNSUPPORTED = "unsupported"

    @property
    def is_bad_input(self) -> bool:
        """Whether there is nothing that could be checked: exit status 2 instead of 1."""
        return self in _BAD_INPUT


_BAD_INPUT = frozenset((Fault.UNREADABLE, Fault.TOO_LARGE, Fault.NOT_A_CERTIFICATE, Fault.FUTURE_FORMAT))


class Refused(Exception):
    """A certificate that is not accepted; the text says what was found and what to do."""

    def __init__(self, fault: Fault, text: str) -> None:
        self.fault = fault
        super().__init__(text)


class CannotExport(Exception):
    """A certificate that cannot be made, in words for the person who asked for it."""
