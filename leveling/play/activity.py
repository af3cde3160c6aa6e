"""How long somebody works on a quest: the time between what they do, as far as it is no pause. A note in the cache, no fact of the save."""

import contextlib
import json
from datetime import datetime

from leveling import places

LONGEST_SECONDS = 20 * 60.0
MOST_QUESTS = 200


def touch(quest_id: str, now: datetime) -> None:
    """Something was done in a quest."""
    path = places.cache_folder() / "activity.json"
    seen = {**_seen(), quest_id: now.isoformat()}
    newest = dict(sorted(seen.items(), key=lambda item: item[1])[-MOST_QUESTS:])
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(newest), encoding="utf-8")


def since(quest_id: str, now: datetime) -> float:
    """Seconds of work since the last thing done in a quest; a longer absence counts as twenty minutes, none as 0."""
    with contextlib.suppress(KeyError, ValueError, TypeError):
        passed = (now - datetime.fromisoformat(_seen()[quest_id])).total_seconds()
        return min(max(passed, 0.0), LONGEST_SECONDS)
    return 0.0


def _seen() -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        held = json.loads((places.cache_folder() / "activity.json").read_text(encoding="utf-8"))
        if isinstance(held, dict):
            return {str(key): str(value) for key, value in held.items()}
    return {}
