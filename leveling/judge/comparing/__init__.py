"""Compare a learner's result with the reference's, and word the first difference for the learner.

One file for each kind of mismatch: `structure`, `attributes`, `values` (with its error `budget` and the `observations`
that make a wrong value understandable), `exact`.
"""

from leveling.judge.comparing.comparison import compare
from leveling.judge.comparing.mismatch import Mismatch
from leveling.judge.comparing.wording import summary

__all__ = ["Mismatch", "compare", "summary"]
