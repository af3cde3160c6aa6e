"""Many learners' solutions judged at once, on all cores of this machine or on a cluster."""

from leveling.play.cohorts.journal import Journal
from leveling.play.cohorts.judging import ENGINES, Cohort, Fallen, engine_of
from leveling.play.cohorts.local import Engine, LocalEngine
from leveling.play.cohorts.outcomes import Key, Outcome
from leveling.play.cohorts.results import Row, Summary, as_csv, as_json, summaries

__all__ = [
    "ENGINES",
    "Cohort",
    "Engine",
    "Fallen",
    "Journal",
    "Key",
    "LocalEngine",
    "Outcome",
    "Row",
    "Summary",
    "as_csv",
    "as_json",
    "engine_of",
    "summaries",
]
