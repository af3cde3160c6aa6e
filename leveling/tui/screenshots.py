"""Draw the pictures of docs/screenshots: `python -m leveling.tui.screenshots [FOLDER]`.

A made-up hunter plays the quests that are here, in a folder of its own: no save is touched. Two of the pictures show real
judgings, so their figures differ a little from run to run.
"""

import asyncio
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from leveling.catalog import Catalog
from leveling.play.game import Game
from leveling.tui.app import LevelingApp
from leveling.tui.judging import JudgeState
from leveling.tui.screens.attempt import AttemptScreen
from leveling.tui.screens.clear import ClearScreen
from leveling.world import changes
from leveling.world.record import Clear, Measured, Record
from leveling.world.words import Grade, Rank

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SIZE = (110, 34)
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # they would be fetched from elsewhere
JUDGED = "transformers/scaled-dot-product-attention"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: the keys that lead there, and the file of JUDGED's folder that is judged at the end."""

    name: str
    keys: tuple[str, ...]
    solution: str = ""


SHOTS = (
    Shot("title", ()),
    Shot("status", ("enter",)),
    Shot("board", ("enter", "2", "down", "down")),
    Shot("gates", ("enter", "3", "down", "down", "right")),
    Shot("quest", ("enter", "2", *"dot", "enter")),
    Shot("attempt", ("enter", "2", *"dot", "enter", "a"), "wrong/masks-after-softmax.py"),
    Shot("clear", ("enter", "2", *"dot", "enter", "a"), "reference.py"),
    Shot("paths", ("enter", "4")),
    Shot("path", ("enter", "4", "enter")),
    Shot("dungeons", ("enter", "0")),
    Shot("dungeon", ("enter", "0", "down", "down", "enter")),
    Shot("settings", ("enter", "6")),
    Shot("help", ("enter", "question_mark")),
)


def main() -> None:
    """Write one SVG a shot."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEVELING_HOME"] = home
        os.environ.pop("NO_COLOR", None)
        for each in SHOTS:
            svg = asyncio.run(shot(each.keys, each.solution))
            (folder / f"{each.name}.svg").write_text(svg.replace(home, "~/leveling"), encoding="utf-8")


async def shot(keys: tuple[str, ...], solution: str = "", *, theme: str = "", size: tuple[int, int] = SIZE) -> str:
    """The app after some keys, as SVG; with a solution, once that was judged."""
    game = Game(Catalog(), clock=lambda: NOON)
    game.change(lambda record: played(record, game))
    if solution:
        quest = game.catalog.quest(JUDGED)
        game.begin(quest).path.write_text((quest.folder / solution).read_text(encoding="utf-8"), encoding="utf-8")
    app = LevelingApp(game, warm=bool(solution))
    async with app.run_test(size=size) as pilot:
        if theme:
            app.theme = theme
        if not solution:
            app.judge_state = JudgeState("warm")
        await settled(app)
        for key in keys:
            await pilot.press(key)
            if solution and key == "a":
                await judged(pilot)
            else:
                await settled(app)
        await pilot.pause(0.2)
        return FONT_FACES.sub("", app.export_screenshot(title="leveling"))


async def settled(app: LevelingApp) -> None:
    """Wait until nothing works in the background, on the app or any screen."""
    await asyncio.sleep(0.05)
    await app.workers.wait_for_complete()
    await asyncio.sleep(0.05)


async def judged(pilot: Pilot[None]) -> None:
    """Wait for the verdict of the attempt that was begun; its worker that watches the file never ends."""
    while not isinstance(pilot.app.screen, ClearScreen | AttemptScreen):
        await pilot.pause(0.05)
    while isinstance(pilot.app.screen, AttemptScreen) and pilot.app.screen.judging.running:
        await pilot.pause(0.05)
    await pilot.pause(1.0)


def played(record: Record, game: Game) -> Record:
    """Some weeks of a hunter who cleared the easier half of what is here."""
    record = changes.chosen(record, "hunter", "Ada", NOON)
    record = changes.chosen(record, "path", "llm-week", NOON)
    cards = sorted(game.cards, key=lambda card: (card.rank.level, card.id))
    for place, card in enumerate(cards[: len(cards) // 2]):
        now = NOON - timedelta(days=2 * place)
        record = changes.started(record, card.id, now)
        if card.rank.level <= Rank.D.level and place % 4 != 3:
            for _ in range(place % 3):
                record = changes.attempted(record, card.id, now, now.date(), 600.0, cleared=False)
            record = changes.attempted(record, card.id, now, now.date(), 900.0, cleared=True)
            record = changes.cleared(record, card.id, _clear(card.rank, place, now))
    return record


def _clear(rank: Rank, place: int, now: datetime) -> Clear:
    gates = (Measured("memory", "cpu", "passed", 1.04, 1.3, "reference"),)
    return Clear(tuple(Grade)[1 + place % 3], rank, now, now.date(), seed=place, gates=gates)


if __name__ == "__main__":
    main()
