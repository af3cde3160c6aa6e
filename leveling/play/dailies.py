"""Daily drills: single functions of cleared drill sets, written again from blank when they are due. At most five a day, no debt."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leveling import places
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Job, Judgement
from leveling.play import attempting, remembering, solutions
from leveling.play.attempting import Event
from leveling.play.echoing import refuse_echoes
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.world import changes
from leveling.world.drills import due_drills, split_drill_id
from leveling.world.quest import Quest
from leveling.world.words import Verdict

FIRST_TRY = 1


@dataclass(frozen=True, slots=True)
class Drill:
    """One due function: its id (`quest#function`), its quest, where it is written."""

    id: str
    quest: Quest
    function: str
    path: Path


def due(game: Game) -> list[Drill]:
    """Today's drills, the most forgotten first; none is a good answer."""
    names = due_drills(game.record, game.clock(), game.today(), game.board.reachable)
    return [_drill(game, name) for name in names]


def _drill(game: Game, name: str) -> Drill:
    quest_id, function = split_drill_id(name)
    gate, _, quest_name = quest_id.partition("/")
    folder = places.workspace() / "daily" / game.today().isoformat()
    path = folder / f"{gate}__{quest_name.replace('-', '_')}__{function}.py"
    return Drill(name, game.catalog.quest(quest_id), function, path)


def begin(drill: Drill) -> solutions.Begun:
    """Write the blank function, unless it was begun today already.

    Raises:
        Trouble: when the file cannot be written.
    """
    if drill.path.exists():
        return solutions.Begun(drill.path, written=False)
    text = blank(drill.quest, drill.function)
    try:
        drill.path.parent.mkdir(parents=True, exist_ok=True)
        drill.path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{drill.path} cannot be written: {error.strerror}") from error
    return solutions.Begun(drill.path, written=True)


def blank(quest: Quest, function: str) -> str:
    """The starter's imports and this one function, with its docstring and its gap."""
    source = (quest.folder / "starter.py").read_text(encoding="utf-8")
    kept = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function)
    ]
    return "\n\n\n".join(filter(None, ("\n".join(_texts(source, kept[:-1])), *_texts(source, kept[-1:])))) + "\n"


def _texts(source: str, nodes: Sequence[ast.stmt]) -> list[str]:
    return [ast.get_source_segment(source, node) or "" for node in nodes]


def attempt(game: Game, drill: Drill, client: JudgeClient, tries: int, *, save: bool = True) -> Iterator[Event]:
    """Judge the one function by its own checks; a clear, after how many tries, says when it comes back.

    Raises:
        Trouble: when the file cannot be judged or the recall not saved.
    """
    source = solutions.read(drill.path, drill.quest.id)
    refuse_echoes(source, "a drill")
    client.start()
    job = Job(drill.quest, source, drill.path.name, gates="none", part=drill.function)
    for event in attempting.judge_job(job, client):
        if isinstance(event, Judgement) and event.verdict is Verdict.CLEARED and save:
            recalled(game, drill, tries, knew=True)
        yield event


def recalled(game: Game, drill: Drill, tries: int, *, knew: bool) -> None:
    """Schedule the function anew: known at once, after some tries, or not known (give up: it comes back soon)."""
    now = game.clock()
    memory = remembering.reviewed(game.record.drills.get(drill.id), now, recalled=knew, tries=tries)
    game.change(lambda record: changes.drilled(record, drill.id, memory, game.today(), was_due=True))
