"""`leveling paths` as it prints."""

import argparse
import json
from datetime import UTC, datetime

import pytest

from leveling.cli import paths
from leveling.play.trouble import Trouble
from leveling.saving import Store
from leveling.world import changes
from leveling.world.record import Clear
from leveling.world.words import Grade, Rank

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WALK = """
format = 1
title = "A walk"
promise = "You walk."
length = "2 days"

[[sections]]
title = "Day 1"
[[sections.parts]]
title = "Morning"
hours = 2
[[sections.parts.entries]]
kind = "lab"
title = "A first lab"
by = ["tiny/one"]
[[sections.parts.entries]]
kind = "project"
title = "A project"
by = ["dungeon:tiny/deep"]
hours = 6
[[sections.parts.entries]]
kind = "lab"
title = "More of it"
by = ["tiny/two"]
optional = true
[[sections.parts.entries]]
kind = "reading"
title = "A page"
link = "https://example.org/page"
"""


@pytest.fixture
def show(pack, capsys):
    """Run the command on a pack with one path and two quests, of which the first is cleared."""
    pack.quest("tiny/one")
    pack.quest("tiny/two")
    folder = pack.root / "quests" / "paths"
    folder.mkdir()
    (folder / "a-walk.toml").write_text(WALK, encoding="utf-8")
    clear = Clear(Grade.C, Rank.E, NOW, NOW.date())
    Store().update(lambda record: changes.cleared(record, "tiny/one", clear))
    parser = argparse.ArgumentParser()
    parser.set_defaults(plain=True, pack=[str(pack.root)])
    paths.add_parser(parser.add_subparsers())

    def show(*arguments):
        status = paths.run(parser.parse_args(["paths", *arguments]))
        return status, capsys.readouterr().out

    return show


def test_the_list_tells_both_figures(show):
    """Percent of what is forged and of the whole, and how many are not yet forged; our own five are there too."""
    _, out = show()
    text = " ".join(out.split())
    assert "100% done of what is forged (1 of 1), 50% of the whole path (1 of 2); 1 not yet forged" in text
    assert "nlp-research" in text


def test_the_checklist_ticks_off(show):
    """A tick, an open box, a mark for what is not yet forged; mandatory and optional; hours; readings with their link."""
    status, out = show("a-walk")
    assert status == 0
    lines = [line.strip() for line in out.splitlines()]
    assert "[x] A first lab (lab, mandatory)" in lines
    assert "[.] A project (project, mandatory, 6.0 h, not yet forged)" in lines
    assert "[.] tiny/deep dungeon (not yet forged)" in lines
    assert "[ ] More of it (lab, optional)" in lines
    assert "https://example.org/page" in lines
    assert "Morning (about 2.0 h)" in lines


def test_json_is_one_value(show):
    """An array of paths, or one object with its sections."""
    _, out = show("--json")
    assert {each["path"] for each in json.loads(out)} > {"a-walk", "llm-week"}
    _, out = show("a-walk", "--json")
    told = json.loads(out)
    assert told["mandatory"] == {
        "cleared": 1,
        "forged": 1,
        "planned": 2,
        "percent_of_forged": 100,
        "percent_of_whole": 50,
    }
    states = [entry["state"] for entry in told["sections"][0]["parts"][0]["entries"]]
    assert states == ["done", "not yet forged", "open", "not judged"]


def test_an_unknown_path_is_bad_input(show):
    """One message that names what is near."""
    with pytest.raises(Trouble, match="Did you mean llm-week"):
        show("lm-week")
