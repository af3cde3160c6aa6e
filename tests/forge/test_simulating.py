import json

from leveling.cli import main
from leveling.forge.simulating import HEAD, line, rows, to_json
from leveling.world.simulation import LEARNERS


def test_every_learner_has_rows_on_the_quests_that_exist(capsys):
    """`forge simulate --real --json` prints one object with rows for each way to play."""
    assert main(["forge", "simulate", "--real", "--days", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["rows"]
    assert {row["learner"] for row in found} == {learner.name for learner in LEARNERS}
    assert max(row["day"] for row in found) == 4 and set(found[0]["gates"]) == set("EDCBAS")


def test_lines_stand_under_their_head():
    """The table is a table; an empty board gives rows without rank."""
    row = next(rows([], 3))[-1]
    assert len(line(row)) == len(HEAD)
    assert to_json(row)["overall"] is None


def test_no_days_are_refused(capsys):
    """Exit status 2 and one line that says what to do."""
    assert main(["forge", "simulate", "--days", "0"]) == 2
    assert "--days" in capsys.readouterr().err
