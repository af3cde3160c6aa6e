"""The dungeons in the app: the list, the map of floors, a floor judged with its curve, the echoes."""

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.judge.protocol import Judgement
from leveling.play.attempting import FloorBegun, FloorHolds, Progress
from leveling.play.game import Game
from leveling.play.settling import Settled
from leveling.tui.widgets.judging_head import JudgingHead
from leveling.world.words import Grade, Verdict
from tests.play.dungeons.tower import BASE, TOP, build
from tests.tui.conftest import NOON, settled
from tests.tui.judging_app import until


@pytest.fixture
def game(pack):
    pack.quest()
    build(pack.root, ("base", "asked", "top"))
    game = Game(Catalog([Pack("pack", pack.root / "quests")]), clock=lambda: NOON)
    game.choose("hunter", "Ada")
    return game


def clear(game, name, source="def row_sums(x):\n    return x.sum(1)\n"):
    quest = game.catalog.quest(name)
    game.settle(quest, Judgement(name, Verdict.CLEARED, "", grade=Grade.A, seed=7), source)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_list_leads_to_the_map_and_to_a_floor(game, size, play):
    """0 lists the dungeons with a sign a floor; enter shows the tower with the boss on top; enter goes to the next floor."""
    clear(game, "tiny/tower/base", BASE)

    async def check(player):
        shown = await player.press("enter", "0")
        assert (
            "A tower" in shown and "■ ▣ □" in shown and "1 of 3 floors" in shown and "Doubling upon doubling." in shown
        )
        assert "0 Dungeons" in shown and "7 Doctor" in shown, "the head has room for every place"
        shown = await player.press("enter")
        lines = shown.splitlines()
        tops = [
            next(place for place, line in enumerate(lines) if f"Floor {name}" in line)
            for name in ("top", "asked", "base")
        ]
        assert tops == sorted(tops), "the boss is on top"
        assert "about 15 min" in lines[2] and "1 of 3 cleared" in shown, "how long, and how far, at any width"
        assert "· tiny/row-sums" in shown
        shown = await player.press("enter")
        assert "Floor asked" in shown and "A quiz" in shown
        shown = await player.press("escape")
        assert "FLOORS" in shown

    play(game, check, size)


def test_a_closed_floor_says_which_comes_first(game, play):
    """Beginning a floor above an uncleared one is a calm panel that names the floor to begin with."""

    async def check(player):
        shown = await player.press("enter", "0", "enter", "k", "k", "enter", "e")
        assert "floor 1 comes first: leveling start tiny/tower/base" in shown

    play(game, check, (110, 34))


def test_a_long_run_shows_its_curve_and_a_fallen_floor_its_own_name(game, monkeypatch, play):
    """While a floor trains the head shows step, curve and time left; what is told afterwards belongs to the floor judged."""
    for name, text in (("tiny/tower/base", BASE), ("tiny/tower/asked", "")):
        clear(game, name, text)
    top, base = game.catalog.quest("tiny/tower/top"), game.catalog.quest("tiny/tower/base")
    path = game.begin(top).path
    path.write_text(TOP)
    (path.parent / "base.py").write_text(BASE)
    steps = [Progress(f"step {at} of 8", at, 8, 1.0 / at, "loss") for at in range(1, 9)]
    judgement = Judgement(base.id, Verdict.WRONG, "it no longer doubles")

    def events(*_args, **_kwargs):
        yield FloorHolds(1, base)
        yield FloorBegun(3, 3, top)
        yield from steps
        yield FloorBegun(1, 3, base)
        yield judgement
        yield Settled(judgement, saved=False)

    seen = []
    monkeypatch.setattr(game, "attempt", events)

    async def check(player):
        await player.press("enter")
        run = JudgingHead.run

        def watched(head, state):
            seen.append(state)
            run(head, state)

        monkeypatch.setattr(JudgingHead, "run", watched)
        player.app.show_attempt(top, path)
        await until(player.pilot, lambda: "it no longer doubles" in player.shown)
        assert any("step 8 of 8" in state and "█" in state and "loss" in state for state in seen), seen
        assert "1 Floor base" in player.shown and "it no longer doubles" in player.shown and "holds: 1" in player.shown

    play(game, check, (110, 34))


def test_echoes_are_listed_and_lead_to_their_quest(game, play):
    """- lists what may be imported and how; enter opens the quest that granted it; without a clear it says how to get one."""

    async def check(player):
        shown = await player.press("enter", "minus")
        assert "No echoes yet. Clear a quest" in shown
        clear(game, "tiny/row-sums")
        player.app.refresh_known()
        await settled(player.pilot)
        shown = player.shown
        assert "echoes.tiny.row_sums" in shown and "from echoes.tiny import row_sums" in shown and "grade A" in shown
        shown = await player.press("s")
        assert "was cleared with one solution only" in shown
        shown = await player.press("escape", "enter")
        assert "Row sums" in shown and "YOUR FILE" in shown

    play(game, check, (110, 34))
