"""How far the player is on the guided routes."""

from leveling.catalog import Catalog
from leveling.catalog.paths import UnknownPath
from leveling.play.settings_file import slot
from leveling.play.trouble import Trouble
from leveling.saving import SaveTrouble, Store
from leveling.world.card import Card
from leveling.world.record import Record
from leveling.world.travelling import Progress, progress


def all_progress(catalog: Catalog, record: Record | None = None) -> list[Progress]:
    """Every path of the catalog, in order, by default for the save in use.

    Paths and quests with faults are left out; the faults stand in `catalog.faults`.

    Raises:
        Trouble: when the save cannot be read.
    """
    record = current_record() if record is None else record
    cards = cards_on_paths(catalog)
    return [progress(path, record, cards) for path in catalog.paths()]


def path_progress(catalog: Catalog, path_id: str, record: Record | None = None) -> Progress:
    """One path, by default for the save in use.

    Raises:
        Trouble: when there is no such path, or the save cannot be read.
        FaultyContent: when the path's file has faults.
    """
    try:
        path = catalog.path(path_id)
    except UnknownPath as unknown:
        raise Trouble(str(unknown)) from unknown
    record = current_record() if record is None else record
    return progress(path, record, cards_on_paths(catalog))


def cards_on_paths(catalog: Catalog) -> dict[str, Card]:
    """Quests and dungeons by id: what a path may send the learner to."""
    return {card.id: card for card in (*catalog.cards(), *(each.card for each in catalog.dungeons()))}


def current_record() -> Record:
    """What the save in use holds; an empty record before the first clear.

    Raises:
        Trouble: when the save cannot be read.
    """
    try:
        return Store(slot()).load()
    except SaveTrouble as trouble:
        raise Trouble(str(trouble)) from trouble
