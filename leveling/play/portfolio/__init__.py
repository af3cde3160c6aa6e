"""A folder that is ready to be a repository: the learner's cleared work, what was measured, and what they wrote."""

from leveling.play.portfolio.exporting import export
from leveling.play.portfolio.gathering import Contents
from leveling.play.portfolio.licensing import LICENCES
from leveling.play.portfolio.manifest import Written

__all__ = ["LICENCES", "Contents", "Written", "export"]
