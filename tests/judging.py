"""Sources and a shorthand for tests that judge for real."""

from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement
from leveling.world.quest import Quest

RIGHT = "def row_sums(x):\n    return x.sum(1)\n"
WRONG = "def row_sums(x):\n    return x.sum(0)\n"
ENDLESS = "def row_sums(x):\n    while True:\n        pass\n"


def judged(client: JudgeClient, quest: Quest, source: str, **options: object) -> Judgement:
    """The judgement on a source."""
    last: dict[str, object] = {}
    for event in client.attempt(Job(quest, source, "mine.py", **options)):  # type: ignore[arg-type]  # options of Job by name
        last = event
    judgement = last["judgement"]
    assert isinstance(judgement, dict)
    return Judgement.from_json(judgement)
