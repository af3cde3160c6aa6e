"""Read a learner's file without running it: is it Python, does it use what is forbidden, does it define what is asked?

Standard library only: the front calls this while the learner still types. What cannot be seen in a syntax tree is left to
the watch at run time (`leveling.arena.watching`).
"""

from leveling.judge.examine.examination import Examination, examine
from leveling.judge.examine.forbidden import ForbiddenUse
from leveling.judge.examine.signatures import MissingName
from leveling.judge.examine.syntax import SyntaxFault

__all__ = ["Examination", "ForbiddenUse", "MissingName", "SyntaxFault", "examine"]
