"""One player's game: what the command line and the app call. Reads the catalog and the save, tells the save what happens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.play import activity, attempting, echoing, machine, settings_file, settling, solutions
from leveling.play.attempting import Event
from leveling.play.hints import hints_of
from leveling.play.machine import Machine
from leveling.play.settling import Settled
from leveling.play.trouble import Trouble
from leveling.saving import SaveTrouble, Store
from leveling.world import changes
from leveling.world.board import Board, lay_out
from leveling.world.card import Card
from leveling.world.dungeon import Climb, Dungeon, FloorState, climb, dungeon_of, is_floor
from leveling.world.quest import Quest
from leveling.world.record import QuestRecord, Record
from leveling.world.standing import Standing, standing
from leveling.world.unlocking import Door
from leveling.world.words import Kind
from leveling.world.xp import Slice, offered

Clock = Callable[[], datetime]


def now_utc() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class HintShown:
    """One hint: its number of how many, its text, and the XP it cost (0 when it was free)."""

    number: int
    of: int
    text: str
    cost: int


class Game:
    """Catalog and save joined. Cheap to make: both are read when needed."""

    def __init__(self, catalog: Catalog, store: Store | None = None, clock: Clock = now_utc) -> None:
        self.catalog = catalog
        self.store = store or Store(settings_file.slot())
        self.clock = clock
        self._paths: dict[str, tuple[str, ...]] = {}
        self._dungeons: dict[str, Dungeon | None] = {}

    # ---- looking

    def named(self, text: str) -> Quest:
        """The quest or floor that `text` names; for a whole dungeon the floor to go on with.

        Raises:
            UnknownQuest, FaultyContent: when there is none, or it cannot be read.
        """
        found = self.catalog.find(text)
        return self.catalog.quest(self.climb(found).next if self.catalog.is_dungeon(found) else found)

    @property
    def record(self) -> Record:
        """What happened so far.

        Raises:
            Trouble: when the save cannot be read; the message says what to do.
        """
        try:
            return self.store.load(self.today())
        except SaveTrouble as trouble:
            raise in_words(trouble) from trouble

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """Every quest of every pack."""
        return tuple(self.catalog.cards())

    @cached_property
    def machine(self) -> Machine:
        """What can be done here."""
        return machine.known(self.cards)

    @cached_property
    def board(self) -> Board:
        """The cards, laid out."""
        return lay_out(self.cards, self.machine.missing, has_cuda=self.machine.has_cuda)

    def today(self) -> date:
        """The local day."""
        return self.clock().astimezone().date()

    def standing(self) -> Standing:
        """Rank, XP, streak, advice: everything that follows from the record."""
        record = self.record
        return standing(
            record,
            self.cards,
            self.today(),
            now=self.clock(),
            missing_packages=self.machine.missing,
            has_cuda=self.machine.has_cuda,
            path=self.on_path(record.path),
            climbs=self._begun_climbs(record),
        )

    def _begun_climbs(self, record: Record) -> list[Climb]:
        """The dungeons of which a floor was begun; what cannot be read is left out: advice is no place for its faults."""
        begun = {dungeon_of(floor) for floor in record.quests if is_floor(floor)}
        for name in sorted(begun - self._dungeons.keys()):
            try:
                self._dungeons[name] = self.catalog.dungeon(name)
            except (UnknownQuest, FaultyContent):
                self._dungeons[name] = None
        return [climb(dungeon, record) for dungeon in self._dungeons.values() if dungeon is not None]

    def on_path(self, chosen: str) -> tuple[str, ...]:
        """The quests of a path in its order; none for a path that is gone or faulty: advice is no place for its faults."""
        from leveling.catalog.paths import UnknownPath  # brings pydantic: only for who follows a path

        if chosen and chosen not in self._paths:
            try:
                self._paths[chosen] = tuple(target.id for target in self.catalog.path(chosen).in_order())
            except (UnknownPath, FaultyContent):
                self._paths[chosen] = ()
        return self._paths.get(chosen, ())

    def door(self, quest_id: str) -> Door | None:
        """Whether a quest is open; None for one that is not on the board."""
        return self.standing().doors.get(quest_id)

    def known(self, quest_id: str) -> QuestRecord:
        """What happened in one quest."""
        return self.record.quest(quest_id)

    def echo(self, quest: Quest) -> echoing.Echo | None:
        """What can be imported of a quest; None before its clear.

        Raises:
            Trouble: when the save cannot be read or the solution is not the one that cleared.
        """
        return echoing.from_save(self.record, self.store)(quest)

    def climb(self, dungeon_id: str) -> Climb:
        """How far one has come in a dungeon.

        Raises:
            UnknownQuest, FaultyContent: when there is no such dungeon, or it cannot be read.
        """
        return climb(self.catalog.dungeon(dungeon_id), self.record)

    def climbs(self) -> list[Climb]:
        """Every dungeon, and how far one has come in it."""
        record = self.record
        return [climb(dungeon, record) for dungeon in self.catalog.dungeons()]

    def offered(self, quest: Quest) -> Slice:
        """The XP that a quest can still give, and what the next hint costs."""
        return offered(quest.rank, self.known(quest.id))

    # ---- doing

    def begin(self, quest: Quest, folder: Path | None = None) -> solutions.Begun:
        """Write the starter where no file is, and note that the quest was begun.

        A floor of a dungeon opens when the one below it is cleared.
        After a reveal the next start sets the old file aside and begins from blank, which makes a clear count again.

        Raises:
            Trouble: when the file or the save cannot be written.
        """
        if is_floor(quest.id):
            demand_open(self.climb(dungeon_of(quest.id)), quest.id)
        known = self.known(quest.id)
        if known.is_aided:
            solutions.set_aside(quest, folder, self.clock())
        begun = solutions.begin(quest, folder)
        if begun.written:
            self._change(lambda record: changes.started(record, quest.id, self.clock()))
        activity.touch(quest.id, self.clock())
        return begun

    def attempt(
        self,
        quest: Quest,
        path: Path,
        client: JudgeClient,
        *,
        device: str = "auto",
        seed: int | None = None,
        save: bool = True,
        source: str | None = None,
    ) -> Iterator[Event | Settled]:
        """Judge a file and, unless told not to, record what came of it. The last event is a `Settled`, or `Stopped`.

        `source` is the file's text where it was read already; a floor reads its whole project itself.

        Raises:
            Trouble: when the file cannot be judged, the quest is sealed here, or what was cleared cannot be saved.
        """
        if quest.kind is Kind.QUIZ:
            raise Trouble(f"{quest.id} is a quiz: it asks, you answer; there is no file to judge")
        if is_floor(quest.id):
            from leveling.play.dungeons.attempting import How, attempt_floor

            yield from attempt_floor(self, quest, path, client, How(device, seed, save))
            return
        source = solutions.read(path, quest.id) if source is None else source
        echoes = echoing.hand(self.catalog, quest, source, self.echo, self.record.quests)
        for event in attempting.judge_source(quest, source, path.name, client, device=device, seed=seed, echoes=echoes):
            yield event
            if isinstance(event, Judgement):
                yield self.settle(quest, event, source) if save else settling.unsaved(event)

    def settle(self, quest: Quest, judgement: Judgement, source: str = "") -> Settled:
        """Record a judgement and say what it changed: XP, ranks, doors.

        Raises:
            Trouble: when it cannot be saved; nothing is claimed then.
        """
        if judgement.verdict.is_ours:
            return settling.unsaved(judgement)
        before = self.standing()
        seconds = activity.since(quest.id, self.clock())
        change = settling.change_of(quest, judgement, source, self.store, self.clock(), self.today(), seconds)
        record = self._change(change)
        activity.touch(quest.id, self.clock())
        after = self.standing()
        if after.reached:
            record = self._change(settling.promotions(after.reached, self.today()))
        return settling.compare(judgement, quest, before, after, record)

    def hint(self, quest: Quest, number: int | None = None) -> HintShown:
        """The next hint, or one taken before. What it costs is said, and taken, the first time it is seen.

        Raises:
            Trouble: when there is no such hint yet.
        """
        hints = hints_of(quest)
        if not hints:
            raise Trouble(f"{quest.id} has no hints: its questions explain themselves after the answer")
        known = self.known(quest.id)
        taken = len(hints) if known.counts else max(known.hints, default=0)
        number = number or min(taken + 1, len(hints))
        if not 1 <= number <= len(hints):
            raise Trouble(f"{quest.id} has the hints 1 to {len(hints)}")
        if number > taken + 1:
            raise Trouble(f"hint {taken + 1} comes first: leveling hint {quest.id}")
        cost = 0 if known.counts or number in known.hints else self.offered(quest).hint
        if number not in known.hints:
            self._change(lambda record: changes.hinted(record, quest.id, number))
        return HintShown(number, len(hints), hints[number - 1], cost)

    def reveal(self, quest: Quest) -> str:
        """The reference. Before an own clear this forfeits the quest's XP until it is solved again from blank.

        Raises:
            Trouble: for a quiz, and when it cannot be recorded.
        """
        if quest.kind is Kind.QUIZ:
            raise Trouble(f"{quest.id} is a quiz: it tells every answer after you have given yours")
        self._change(lambda record: changes.revealed(record, quest.id, self.clock()))
        return (quest.folder / "reference.py").read_text(encoding="utf-8")

    def write_note(self, quest_id: str, text: str, *, learnt: bool = False) -> None:
        """Keep a note, or what was learnt, with a quest."""
        act = changes.learnt if learnt else changes.noted
        self._change(lambda record: act(record, quest_id, text, self.clock()))

    def choose(self, key: str, value: str) -> None:
        """Set `hunter`, `path`, `title` or `free_roam`."""
        self._change(lambda record: changes.chosen(record, key, value, self.clock()))

    def change(self, change: Callable[[Record], Record]) -> Record:
        """Apply any change of the record.

        Raises:
            Trouble: when it cannot be saved.
        """
        return self._change(change)

    def _change(self, change: Callable[[Record], Record]) -> Record:
        try:
            return self.store.update(change)
        except SaveTrouble as trouble:
            raise in_words(trouble) from trouble


def demand_open(found: Climb, floor: str) -> None:
    """Let a floor be begun only when those below it are cleared.

    Raises:
        Trouble: with the floor that comes first.
    """
    dungeon = found.dungeon
    if floor in dungeon.floors and found.states[dungeon.number(floor) - 1] is FloorState.CLOSED:
        number = dungeon.number(found.next)
        raise Trouble(f"floor {number} comes first: leveling start {found.next}")


def in_words(trouble: SaveTrouble) -> Trouble:
    """The message with the way out."""
    text = str(trouble)
    if trouble.backup is not None and "saves restore" not in text:
        text += f". A good backup is there ({trouble.backup.stem}): leveling saves restore"
    return Trouble(text)
