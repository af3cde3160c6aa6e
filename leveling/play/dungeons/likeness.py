"""Notice a reference that stands in a project where the learner's own echo should be.

The sandbox keeps code from reading a reference; nothing keeps a person from pasting one. What is compared is the syntax
tree without comments, docstrings and annotations, of functions and classes large enough that nobody writes them alike
by chance. Whoever wrote the same text in a clear of their own, or revealed the reference, may of course use it.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from leveling.catalog import FaultyContent, UnknownQuest
from leveling.play.solutions import reference_of
from leveling.saving import solutions as kept
from leveling.world.dungeon import dungeon_of
from leveling.world.echoes import module_of, solutions_of
from leveling.world.quest import Quest

if TYPE_CHECKING:
    from leveling.play.game import Game

FEWEST_NODES = 80


def smuggled(game: "Game", floor: Quest, files: Iterable[tuple[str, str]]) -> list[str]:
    """One sentence for each definition in `files` (name, text) that is the reference of a quest the dungeon builds on."""
    known = {shape: (quest, name) for quest in _foreign(game, floor) for name, shape in _shapes(reference_of(quest))}
    if not known:
        return []
    said = []
    for path, text in files:
        for name, shape in _shapes(text):
            if shape in known:
                quest, theirs = known[shape]
                said.append(
                    f"{path}: {name} is, word for word, {theirs} of the reference of {quest.id}, which is no clear of yours. "
                    f"Use your own:  from {module_of(quest.id)} import {theirs}   or borrow it openly: "
                    f"leveling reveal {quest.id}"
                )
    return said


def _foreign(game: "Game", floor: Quest) -> Iterator[Quest]:
    """The quests that the dungeon builds on and whose reference this learner has no right to yet."""
    for name in game.catalog.dungeon(dungeon_of(floor.id)).echoes:
        known = game.known(name)
        if known.revealed_at is not None:
            continue
        try:
            quest = game.catalog.quest(name)
        except (UnknownQuest, FaultyContent):  # planned and not written, or not readable: no reference to paste
            continue
        reference = {shape for _, shape in _shapes(reference_of(quest))}
        own = {
            shape
            for digest in solutions_of(known)
            for _, shape in _shapes(kept.text_of(game.store.folder, digest) or "")
        }
        if not reference & own:
            yield quest


def _shapes(text: str) -> list[tuple[str, str]]:
    """Name and bare syntax tree of every large definition at the top level."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name
            bare = _Bare().visit(node)
            bare.name = ""
            if sum(1 for _ in ast.walk(bare)) >= FEWEST_NODES:
                found.append((name, ast.dump(bare)))
    return found


class _Bare(ast.NodeTransformer):
    """Takes docstrings and annotations out."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = _without_docstring(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _without_docstring(node.body)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return body[1:] or [ast.Pass()] if is_text else body
