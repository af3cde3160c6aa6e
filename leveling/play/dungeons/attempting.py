"""Judge a floor: first those below it, as far as their files changed since they were cleared, then the floor itself."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from leveling.catalog.hashing import content_hash
from leveling.judge.client import JudgeClient
from leveling.judge.examine import examine
from leveling.judge.protocol import Judgement
from leveling.play import attempting, settling, solutions
from leveling.play.attempting import Event, FloorBegun, FloorHolds, Progress
from leveling.play.dungeons.handing import handed, lent, reported
from leveling.play.dungeons.likeness import smuggled
from leveling.play.dungeons.project import bundled, read_project
from leveling.play.dungeons.reports import as_module, still_open
from leveling.play.echoing import Handed
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world.dungeon import dungeon_of
from leveling.world.quest import Quest
from leveling.world.words import Kind, Verdict

if TYPE_CHECKING:
    from leveling.play.game import Game


@dataclass(frozen=True, slots=True)
class How:
    """How an attempt was asked for."""

    device: str = "auto"
    seed: int | None = None
    save: bool = True


@dataclass(frozen=True, slots=True)
class Handing:
    """One floor's file as it goes to the judge, and the text under which it is kept when it clears."""

    quest: Quest
    path: Path
    source: str
    echoes: Handed
    bundle: str


def attempt_floor(game: "Game", floor: Quest, path: Path, client: JudgeClient, how: How) -> Iterator[Event | Settled]:
    """Judge the floors from the first to this one; stops at the first that does not hold.

    Raises:
        Trouble: when a file cannot be judged, a floor below is not there, or what was cleared cannot be saved.
    """
    dungeon = game.catalog.dungeon(dungeon_of(floor.id))
    number = dungeon.number(floor.id)
    for at, each in enumerate(dungeon.up_to(floor.id)[:-1], 1):
        below = game.catalog.quest(each)
        if below.kind is Kind.QUIZ:
            _demand_clear(game, below, at)
            continue
        hand = _hand(game, below, path.parent / solutions.file_name(below))
        if _is_held(game, hand):
            yield FloorHolds(at, below)
            continue
        yield FloorBegun(at, number, below)
        if not (yield from _below(game, hand, at, client, replace(how, seed=None))):
            return
    hand = _hand(game, floor, path)
    yield FloorBegun(number, number, floor)
    for event in _judged(game, hand, client, how):
        yield event
        if isinstance(event, Judgement):
            yield _settled(game, hand, event, how)


def _below(
    game: "Game", hand: Handing, number: int, client: JudgeClient, how: How
) -> Generator[Event | Settled, None, bool]:
    """Judge a floor below; whether it holds. Only where it does not is all told that was found."""
    found: list[Event] = []
    for event in _judged(game, hand, client, how):
        if isinstance(event, Progress):
            yield event
        else:
            found.append(event)
    last = found[-1]
    settled = _settled(game, hand, last, how) if isinstance(last, Judgement) else None
    if settled is not None and settled.judgement.verdict is Verdict.CLEARED:
        yield FloorHolds(number, hand.quest, again=True)
        return True
    yield from found
    if settled is not None:
        yield settled
    return False


def _settled(game: "Game", hand: Handing, judgement: Judgement, how: How) -> Settled:
    return game.settle(hand.quest, judgement, hand.bundle) if how.save else settling.unsaved(judgement)


def _demand_clear(game: "Game", quest: Quest, number: int) -> None:
    if not game.known(quest.id).is_cleared:
        raise Trouble(f"floor {number} is a quiz that comes first: leveling attempt {quest.id}")


def _hand(game: "Game", quest: Quest, path: Path) -> Handing:
    text = solutions.read(path, quest.id)
    waiting = still_open(text) if quest.kind is Kind.REPORT else []
    if waiting:
        raise Trouble(f"{path.name} has no number yet for {', '.join(waiting)}: write each in place of its dots")
    source = as_module(text) if quest.kind is Kind.REPORT else text
    project = read_project(path)
    if quest.kind is Kind.REPORT:
        echoes = reported(game.catalog, quest, project, game.echo)
    else:
        echoes = handed(game.catalog, quest, source, path, project, game.echo)
    return Handing(quest, path, source, echoes, bundled((path.name, text), echoes.modules))


def _is_held(game: "Game", hand: Handing) -> bool:
    """Whether this very text, with all that it imports, cleared the floor as it is now."""
    digest, content = kept.digest_of(hand.bundle), content_hash(hand.quest.folder)
    clears = game.known(hand.quest.id).clears
    return any(clear.solution == digest and clear.content == content for clear in clears)


def _judged(game: "Game", hand: Handing, client: JudgeClient, how: How) -> Iterator[Event]:
    quest = hand.quest
    if (refusal := _refusal(game, hand)) is not None:
        yield refusal
        return
    yield from attempting.judge_source(
        quest,
        hand.source,
        hand.path.name,
        client,
        device=how.device,
        seed=how.seed,
        echoes=hand.echoes,
        lent=lent(game.catalog, quest),
    )


def _refusal(game: "Game", hand: Handing) -> Judgement | None:
    """The verdict where a file of the project uses what the floor forbids, or holds a reference in place of an echo."""
    lines: list[str] = []
    for module, text, path in hand.echoes.modules:
        if not module.startswith("echoes"):
            lines += [f"{path}: {use.says()}" for use in examine(text, path, hand.quest).forbidden]
    lines += smuggled(game, hand.quest, ((hand.path.name, hand.source), *_own(hand)))
    return Judgement(hand.quest.id, Verdict.FORBIDDEN, "\n".join(lines)) if lines else None


def _own(hand: Handing) -> Iterator[tuple[str, str]]:
    for module, text, path in hand.echoes.modules:
        if not module.startswith("echoes"):
            yield path, text
