"""What `compare` answers when two values differ."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["structure", "attributes", "values", "exact"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: of which kind, where in the result, and what the learner reads (a first line that stands alone)."""

    kind: Kind
    where: str
    message: str
