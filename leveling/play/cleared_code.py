"""The code of a clear and the reference it may be laid beside."""

import ast
import contextlib

from leveling.judge.protocol import Judgement
from leveling.play import solutions
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world.quest import Quest


def of_clear(game: Game, quest: Quest, judgement: Judgement) -> str:
    """The source that a judgement cleared, as it was kept; the learner's file where nothing was kept, else no text."""
    for clear in game.known(quest.id).clears:
        if clear.seed == judgement.seed and clear.solution:
            text = kept.text_of(game.store.folder, clear.solution)
            if text is not None:
                return text
    with contextlib.suppress(Trouble):
        return solutions.read(solutions.path_of(quest), quest.id)
    return ""


def function_of_reference(quest: Quest, name: str) -> str:
    """One function or class of the reference; the whole of it where there is none of that name."""
    source = solutions.reference_of(quest)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_source_segment(source, node) or source
    return source
