"""Dungeons: floors are judged from the lowest up, by the learner's own files and echoes, and nothing cleared is lost."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import solutions
from leveling.play.attempting import FloorBegun, FloorHolds, Progress
from leveling.play.dungeons.project import unbundled
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.saving import Store
from leveling.saving import solutions as kept
from leveling.world.dungeon import FloorState
from leveling.world.recommending import Deed
from leveling.world.words import Grade, Verdict
from tests.play.dungeons.tower import BASE, TOP, build

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BIG = '''
def row_sums(x):
    """Adds up the rows, at some length."""
    total = x.new_zeros(x.shape[0])
    for column in range(x.shape[1]):
        part = x[:, column]
        total = total + part * 1.0
    if total.numel() == 0:
        return total.reshape(-1)
    checked = total.clone().reshape(x.shape[0])
    return checked
'''


@pytest.fixture(scope="module")
def judge():
    with JudgeClient() as client:
        yield client


def game_of(pack, floors=("base", "top")):
    pack.quest(reference=BIG)
    build(pack.root, floors)
    return Game(Catalog([Pack("p", pack.root / "quests")]), clock=lambda: NOON)


def begun(game, floor, text):
    """Begin a floor and write `text` as its solution."""
    quest = game.named(f"tiny/tower/{floor}")
    path = game.begin(quest).path
    path.write_text(text)
    return quest, path


def attempt(game, judge, quest, path):
    return list(game.attempt(quest, path, judge))


def verdict_of(events):
    settled = events[-1]
    assert isinstance(settled, Settled), events
    return settled.judgement.verdict


def test_a_dungeon_is_climbed_floor_by_floor(pack, judge):
    """The second floor opens with the first one's clear, imports its file, and the whole is graded and gives XP."""
    game = game_of(pack)
    assert game.named("tower").id == "tiny/tower/base"
    with pytest.raises(Trouble, match="floor 1 comes first"):
        game.begin(game.named("tiny/tower/top"))
    base, path = begun(game, "base", BASE)
    assert path.name == "base.py" and path.parent.name == "tower"
    first = attempt(game, judge, base, path)
    assert verdict_of(first) == "cleared" and first[-1].xp > 0
    assert game.named("tower").id == "tiny/tower/top"
    top, path = begun(game, "top", TOP)
    events = attempt(game, judge, top, path)
    assert verdict_of(events) == "cleared"
    assert [event.quest.id for event in events if isinstance(event, FloorBegun)] == ["tiny/tower/top"]
    climbed = game.climb("tiny/tower")
    assert climbed.is_done and climbed.grade is not None and climbed.next == "tiny/tower/top"
    assert game.standing().cleared == 0, "floors are no quests of a rank"


def test_a_long_run_tells_how_far_it_is(pack, judge):
    """What a probe reports while it runs arrives as progress with its figure; the last step always does."""
    game = game_of(pack)
    base, path = begun(game, "base", BASE)
    attempt(game, judge, base, path)
    top, path = begun(game, "top", TOP)
    told = [event for event in attempt(game, judge, top, path) if isinstance(event, Progress) and event.of]
    assert told[-1] == Progress("step 2 of 2", 2, 2, 0.25, "loss")


def test_floors_below_are_judged_again_only_where_their_files_changed(pack, judge):
    """Untouched files hold as they are; a changed one is judged, and a broken one stops the climb with its own failure."""
    game = game_of(pack)
    base, low = begun(game, "base", BASE)
    attempt(game, judge, base, low)
    top, path = begun(game, "top", TOP)
    assert attempt(game, judge, top, path)[0] == FloorHolds(1, base)
    low.write_text(BASE.replace("x + x", "2 * x"))
    events = attempt(game, judge, top, path)
    assert FloorHolds(1, base, again=True) in events and verdict_of(events) == "cleared"
    low.write_text(BASE.replace("x + x", "3 * x"))
    events = attempt(game, judge, top, path)
    assert verdict_of(events) == "wrong" and events[-1].judgement.quest == "tiny/tower/base"
    assert not any(isinstance(event, FloorBegun) and event.quest == top for event in events)
    assert game.climb("tiny/tower").states == (FloorState.CLEARED, FloorState.CLEARED), "a clear is never taken away"


def test_a_file_of_the_learners_own_joins_the_project(pack, judge):
    """Other files of the folder can be imported; what is kept of the clear holds all of them."""
    game = game_of(pack)
    base, path = begun(game, "base", "from twice import twice\n\n\ndef double(x):\n    return twice(x)\n")
    (path.parent / "twice.py").write_text("def twice(x):\n    return 2 * x\n")
    (path.parent / "unused.py").write_text("raise SystemExit\n")
    assert verdict_of(attempt(game, judge, base, path)) == "cleared"
    text = kept.text_of(game.store.folder, game.known(base.id).clears[0].solution)
    assert text is not None
    assert list(unbundled(text)) == ["base.py", "twice.py"]
    assert unbundled(text)["twice.py"] == "def twice(x):\n    return 2 * x\n"


def test_an_own_echo_is_used_and_an_unearned_one_explained(pack, judge):
    """A floor imports a cleared quest; before its clear the import names the file, the line and what grants it."""
    game = game_of(pack)
    using = "from echoes.tiny import row_sums\n\n\ndef double(x):\n    return x + x + 0 * row_sums(x)[:, None]\n"
    base, path = begun(game, "base", using)
    with pytest.raises(Trouble, match=r"base.py, line 1: row_sums is granted by tiny/row-sums"):
        attempt(game, judge, base, path)
    quest = game.catalog.quest("tiny/row-sums")
    game.settle(
        quest, Judgement(quest.id, Verdict.CLEARED, "", grade=Grade.A), "def row_sums(x):\n    return x.sum(1)\n"
    )
    assert verdict_of(attempt(game, judge, base, path)) == "cleared"


def test_a_smuggled_reference_is_noticed(pack, judge):
    """The reference pasted in place of an echo is named, with its quest; under another name too; an own clear may be pasted."""
    game = game_of(pack)
    pasted = BIG.replace("row_sums", "mine").replace('"""Adds up the rows, at some length."""', '"""My own."""')
    base, path = begun(game, "base", pasted + BASE)
    events = attempt(game, judge, base, path)
    assert verdict_of(events) == "forbidden"
    assert "mine is, word for word, row_sums of the reference of tiny/row-sums" in events[-1].judgement.cause
    quest = game.catalog.quest("tiny/row-sums")
    game.settle(quest, Judgement(quest.id, Verdict.CLEARED, "", grade=Grade.A), BIG)
    assert verdict_of(attempt(game, judge, base, path)) == "cleared"


def test_nothing_in_the_folder_stands_in_for_the_echoes(pack, judge):
    """A file or folder called `echoes` is refused by name before anything is judged."""
    game = game_of(pack)
    base, path = begun(game, "base", BASE)
    (path.parent / "echoes.py").write_text("")
    with pytest.raises(Trouble, match="would stand in for your echoes"):
        attempt(game, judge, base, path)


def test_what_a_floor_forbids_is_forbidden_in_every_file_it_imports(pack, judge):
    """A forbidden call in another file of the project is found, with that file's name."""
    game = game_of(pack)
    toml = pack.root / "dungeons/tiny/tower/base/quest.toml"
    toml.write_text(toml.read_text() + 'forbid = ["torch.add"]\n')
    base, path = begun(game, "base", "from twice import twice\n\n\ndef double(x):\n    return twice(x)\n")
    (path.parent / "twice.py").write_text("import torch\n\n\ndef twice(x):\n    return torch.add(x, x)\n")
    events = attempt(game, judge, base, path)
    assert verdict_of(events) == "forbidden" and "twice.py: line 5" in events[-1].judgement.cause


def test_the_figures_of_a_report_are_computed_again(pack, judge):
    """A report clears with the figure of the learner's own project, not with another; with dots for it, nothing is judged."""
    game = game_of(pack, ("base", "top", "told"))
    for floor, text in (("base", BASE), ("top", TOP)):
        attempt(game, judge, *begun(game, floor, text))
    told, path = begun(game, "told", "")
    assert path.name == "told.md"
    path.write_text("# Report\n\nIn all `total = ...`.\n")
    with pytest.raises(Trouble, match=r"told.md has no number yet for total"):
        attempt(game, judge, told, path)
    path.write_text("# Report\n\nIn all `total = 13`.\n")
    events = attempt(game, judge, told, path)
    assert verdict_of(events) == "wrong" and "the report says 13.0, the run gives 12.0" in events[-1].judgement.cause
    path.write_text("# Report\n\nIn all `total = 12`.\n")
    assert verdict_of(attempt(game, judge, told, path)) == "cleared"


def test_a_quiz_below_must_be_passed_and_is_not_asked_again(pack, judge):
    """A quiz as a floor stands in the way until it is cleared, and never again."""
    game = game_of(pack, ("base", "asked", "top"))
    attempt(game, judge, *begun(game, "base", BASE))
    path = solutions.path_of(game.named("tiny/tower/top"))
    path.write_text(TOP)
    with pytest.raises(Trouble, match="floor 2 is a quiz that comes first: leveling attempt tiny/tower/asked"):
        attempt(game, judge, game.named("tiny/tower/top"), path)
    asked = game.named("tiny/tower/asked")
    game.settle(asked, Judgement(asked.id, Verdict.CLEARED, "", grade=Grade.A))
    assert verdict_of(attempt(game, judge, game.named("tiny/tower/top"), path)) == "cleared"


RUNNING = """
import sys
from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.judge.client import JudgeClient
from leveling.play import solutions
from leveling.play.game import Game
from pathlib import Path

game = Game(Catalog([Pack("p", Path(sys.argv[1]) / "quests")]))
quest = game.named("tiny/tower/top")
with JudgeClient() as client:
    for event in game.attempt(quest, solutions.path_of(quest), client):
        print(type(event).__name__, flush=True)
"""


def test_a_killed_run_loses_no_cleared_floor(pack, judge):
    """The front is killed while the second floor trains: the first one's clear stands, and the climb goes on."""
    game = game_of(pack)
    attempt(game, judge, *begun(game, "base", BASE))
    top, path = begun(game, "top", TOP.replace("return", "import time; time.sleep(60)\n    return"))
    command = [sys.executable, "-c", RUNNING, str(pack.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy())
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "Announced":
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    fresh = Game(game.catalog, Store(), clock=lambda: NOON)
    assert fresh.climb("tiny/tower").states == (FloorState.CLEARED, FloorState.OPEN)
    path.write_text(TOP)
    assert verdict_of(attempt(fresh, judge, top, path)) == "cleared"


def test_a_long_run_can_be_stopped(pack):
    """Cancelling during a floor ends it without a verdict and leaves the judge usable."""
    game = game_of(pack)
    slow = "import time\n\n\ndef double(x):\n    time.sleep(60)\n    return x + x\n"
    base, path = begun(game, "base", slow)
    with JudgeClient() as client:
        kinds = []
        for event in game.attempt(base, path, client):
            kinds.append(type(event).__name__)
            if kinds[-1] == "Announced":
                client.cancel()
        assert kinds[-1] == "Stopped"
        path.write_text(BASE)
        assert verdict_of(attempt(game, client, base, path)) == "cleared"


def test_a_dungeon_with_floors_left_is_advised(pack, judge):
    """Once a floor was cleared the next one is among the advice; the dungeon's end is none."""
    game = game_of(pack, ("base", "top"))
    assert Deed.DUNGEON not in [each.deed for each in game.standing().advice]
    attempt(game, judge, *begun(game, "base", BASE))
    [advice] = [each for each in game.standing().advice if each.deed is Deed.DUNGEON]
    assert advice.target == "tiny/tower" and advice.reason.startswith("Floor 2 of 2 of ")
    attempt(game, judge, *begun(game, "top", TOP))
    assert Deed.DUNGEON not in [each.deed for each in game.standing().advice]
