"""What every screen shows of the game, read together so that the parts fit."""

from collections.abc import Mapping
from dataclasses import dataclass

from leveling.play.game import Game
from leveling.world.board import Board
from leveling.world.card import Card
from leveling.world.ranks import Tally, tallies
from leveling.world.record import Record
from leveling.world.standing import Standing


@dataclass(frozen=True, slots=True)
class Known:
    """Cards, record and what follows from them. `path` lists the chosen path's quests in order."""

    cards: Mapping[str, Card]
    board: Board
    record: Record
    standing: Standing
    tallies: Mapping[str, Tally]
    path: tuple[str, ...] = ()


def know(game: Game) -> Known:
    """Read it all. Tens of milliseconds for a thousand quests, more the first time: call in a thread.

    Raises:
        Trouble: when the save cannot be read.
    """
    record, board = game.record, game.board
    return Known(board.cards, board, record, game.standing(), tallies(record, board), game.on_path(record.path))
