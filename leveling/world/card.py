"""What a list shows of a quest: small enough to hold ten thousand."""

from dataclasses import dataclass

from leveling.world.words import Kind, Rank


@dataclass(frozen=True, slots=True)
class Card:
    """One quest on the board. `gates` holds (kind, device) pairs; `extra` names the optional packages it needs.

    A dungeon has a card too, on paths and not on the board: its `floors` are ids.
    """

    id: str
    title: str
    rank: Rank
    kind: Kind
    minutes: int
    learns: str = ""
    needs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extra: str = ""
    gates: tuple[tuple[str, str], ...] = ()
    pack: str = "leveling"
    floors: tuple[str, ...] = ()

    @property
    def gate(self) -> str:
        """The topic: the part of the id before the slash."""
        return self.id.split("/", 1)[0]
