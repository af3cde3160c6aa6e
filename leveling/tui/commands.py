"""What the palette finds: places, things to do, and every quest."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider

from leveling.tui.going import PLACES

if TYPE_CHECKING:
    from leveling.tui.app import LevelingApp


def commands_of(app: "LevelingApp") -> Iterator[SystemCommand]:
    """Every place, help, and what the machine is good for."""
    for place, (_, title) in PLACES.items():
        yield SystemCommand(title, f"Go to: {title.lower()}", lambda place=place: app.action_go(place))
    yield SystemCommand("Help", "Every key here, searchable", app.action_help)


class QuestProvider(Provider):
    """Quests by id and title."""

    async def discover(self) -> Hits:
        """What is advised now."""
        app = cast("LevelingApp", self.app)
        if app.known is not None:
            for advice in app.known.standing.advice:
                if advice.target in app.known.cards:
                    yield DiscoveryHit(
                        advice.target, lambda name=advice.target: app.show_quest(name), help=advice.reason
                    )

    async def search(self, query: str) -> Hits:
        """Quests that look like the query."""
        app = cast("LevelingApp", self.app)
        matcher = self.matcher(query)
        for card in app.known.cards.values() if app.known else ():
            words = f"{card.rank} {card.id}"
            score = max(matcher.match(words), matcher.match(card.title))
            if score > 0:
                yield Hit(score, matcher.highlight(words), lambda name=card.id: app.show_quest(name), help=card.title)
