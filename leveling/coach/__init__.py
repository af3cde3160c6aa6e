"""What to tell after a verdict: why an attempt failed, or what would make cleared code better. Standard library only.

`explain` is for a failure, `review` for a clear. Both read a judgement and files; neither runs anything.
"""

from leveling.coach.explaining import Explanation, Section, explain
from leveling.coach.findings import Remark
from leveling.coach.reviewing import Measured, Review, review

__all__ = ["Explanation", "Measured", "Remark", "Review", "Section", "explain", "review"]
