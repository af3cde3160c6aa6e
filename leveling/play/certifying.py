"""Make a certificate from the save, and check anyone's: what the command line and the app call."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from leveling import __version__
from leveling.catalog import Catalog, FaultyContent, UnknownQuest
from leveling.catalog.hashing import content_hash
from leveling.certificate import credential, evidence, formats, reading, verifying
from leveling.certificate.evidence import Achievement, Of, Rules
from leveling.certificate.keys import key_of
from leveling.certificate.lettering import fault_of_name
from leveling.certificate.refusal import CannotExport, Fault
from leveling.certificate.verifying import Checked, Problem
from leveling.places.writing import write_atomically
from leveling.play.game import Game, in_words
from leveling.play.paths import cards_on_paths, path_progress
from leveling.play.trouble import Trouble
from leveling.saving import SaveTrouble
from leveling.saving import solutions as kept
from leveling.world.board import lay_out
from leveling.world.dungeon import is_floor
from leveling.world.path import TargetKind
from leveling.world.ranks import RankStanding, gate_standings, overall_standing
from leveling.world.record import OVERALL, Clear, QuestRecord, Record, Sitting, TrialRecord, trial_key
from leveling.world.travelling import progress
from leveling.world.words import Grade, Kind, Rank

PATH_PREFIX = "path:"


@dataclass(frozen=True, slots=True)
class Exported:
    """Where the certificate lies and how it is known. `note` warns of what a reader will find."""

    path: Path
    form: str
    title: str
    fingerprint: str
    did: str
    note: str = ""


# ---------------------------------------------------------------- making


def export(game: Game, of: str = OVERALL, form: str = "svg", output: Path | None = None, name: str = "") -> Exported:
    """Write a certificate to a new file.

    Args:
        game: whose save.
        of: `overall`, a gate, or `path:ID`.
        form: one of `formats.FORMATS`.
        output: the file; by default one in the working folder, named for what is certified.
        name: the name to write on it; by default the hunter's.

    Raises:
        Trouble: when nothing is there to certify, something is missing, or the file cannot be written.
    """
    achievement = achievement_of(game, of, name)
    path = output or Path(f"leveling-{of.replace(':', '-')}{formats.SUFFIXES[form]}")
    if path.exists():
        raise Trouble(f"{path} is there already; name another file: --output FILE")
    try:
        key = key_of(game.store.path)
        document = credential.build(achievement, key.did)
        solutions = _solutions(game, achievement) if form == "bundle" else {}
        data = formats.write(form, document, achievement, key, solutions)
    except CannotExport as error:
        raise Trouble(str(error)) from error
    except SaveTrouble as error:
        raise in_words(error) from error
    try:
        write_atomically(path, data)
        _share(path)
    except OSError as error:
        raise Trouble(f"{path} cannot be written: {error.strerror}") from error
    note = _doubt(verifying.check(reading.take(data), _content_of(game.catalog)), game.catalog)
    return Exported(path, form, achievement.title, credential.fingerprint(document), key.did, note)


def achievement_of(game: Game, of: str = OVERALL, name: str = "") -> Achievement:
    """What can be certified, with its evidence.

    Raises:
        Trouble: when there is no such thing, or it is not reached yet; the text says what is missing.
    """
    record = game.record
    hunter = " ".join((name or record.hunter).split())
    if fault := fault_of_name(hunter):
        raise Trouble(fault)
    rules = Rules(
        __version__,
        tuple(sorted({card.pack for card in game.cards})),
        tuple(sorted(game.machine.missing)),
        game.machine.has_cuda,
    )
    if of.startswith(PATH_PREFIX):
        found = _of_path(game, record, hunter, of.removeprefix(PATH_PREFIX), rules)
    else:
        found = _of_rank(game, record, hunter, of, rules)
    if not found.quests:
        raise Trouble("there is no unaided clear to show for it, so there is nothing to certify")
    return found


def _of_rank(game: Game, record: Record, hunter: str, of: str, rules: Rules) -> Achievement:
    standing = game.standing()
    where = standing.overall if of == OVERALL else standing.gates.get(of)
    if where is None:
        gates = ", ".join(sorted(standing.gates)) or "none"
        raise Trouble(f"there is no gate {of!r} here. There are: {gates}; and overall, and path:ID")
    if where.rank is None:
        missing = "; ".join(map(str, where.remaining))
        raise Trouble(f"no rank is reached {_place(of)} yet, so there is nothing to certify. For rank E: {missing}")
    overall = of == OVERALL
    return Achievement(
        hunter=hunter,
        of=Of.OVERALL if overall else Of.GATE,
        where="" if overall else of,
        title=f"Rank {where.rank} {_place(of)}",
        rank=where.rank,
        reached=evidence.reached_on(record, of, where.rank),
        quests=evidence.quests_of(
            record,
            _titles(game),
            lambda quest: not is_floor(quest) and (overall or quest.split("/", 1)[0] == of),  # no rank rests on floors
        ),
        trials=evidence.trials_of(record, lambda place: overall or place == of),
        rules=rules,
    )


def _place(of: str) -> str:
    return OVERALL if of == OVERALL else f"in {of}"


def _of_path(game: Game, record: Record, hunter: str, path_id: str, rules: Rules) -> Achievement:
    found = path_progress(game.catalog, path_id, record)
    if not found.is_complete:
        told = found.mandatory
        raise Trouble(f"the path {path_id} is not completed: {told.cleared} of its {told.planned} quests are cleared")
    targets = {stop.target.id: stop for row in found.rows if row.counts for stop in row.stops}
    names = [
        name
        for target, stop in targets.items()
        if stop.target.kind is not TargetKind.TRIAL
        for name in ((stop.card.floors if stop.card is not None else ()) or (target,))
    ]
    aided = [name for name in names if record.quest(name).is_cleared and not record.quest(name).counts]
    if aided:
        raise Trouble(
            f"{', '.join(aided[:3])} of the path {path_id} were cleared with the reference revealed; a certificate rests "
            f"on unaided clears. Begin anew from blank: leveling start {aided[0]}"
        )
    trials = {
        (stop.card.gate, stop.card.rank)
        for stop in targets.values()
        if stop.card is not None and stop.card.kind is Kind.TRIAL
    }
    passed = evidence.trials_of(record)
    return Achievement(
        hunter=hunter,
        of=Of.PATH,
        where=path_id,
        title=found.path.title,
        rank=None,
        reached=None,
        quests=evidence.quests_of(record, _titles(game), {*targets, *names}.__contains__),
        trials=tuple(each for each in passed if (each.where, each.rank) in trials),
        rules=rules,
        promises=found.path.promise,
    )


def _titles(game: Game) -> dict[str, str]:
    titles = {card.id: card.title for card in game.cards}
    for name in game.record.quests:
        if is_floor(name):
            with contextlib.suppress(UnknownQuest, FaultyContent):  # a floor whose pack is gone keeps its id
                titles[name] = game.catalog.quest(name).title
    return titles


def _solutions(game: Game, achievement: Achievement) -> dict[str, str]:
    found: dict[str, str] = {}
    for quest in achievement.quests:
        if not quest.solution:
            continue
        text = kept.text_of(game.store.folder, quest.solution)
        if text is None:
            path = kept.path_of(game.store.folder, quest.solution)
            raise Trouble(
                f"the solution of {quest.quest} is gone or was changed ({path}), so no bundle can be made. Put the file "
                "back from a backup, or clear the quest again; SVG, PNG, PDF and JSON do not need it"
            )
        found[quest.solution] = text
    return found


def _share(path: Path) -> None:
    """A certificate is for others: it gets the permissions of an ordinary new file instead of a temporary one's."""
    import os

    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        path.chmod(0o666 & ~mask)


# ---------------------------------------------------------------- checking


def verify(catalog: Catalog, path: Path, *, key: str = "") -> Checked:
    """Check a file by everything but judging again.

    Args:
        catalog: the quests of this version.
        path: a certificate in any format.
        key: the did:key that must have signed it; empty for any.

    Raises:
        Refused: when it is no certificate, or not one that can be trusted; says why.
        Trouble: when something is missing that checking needs.
    """
    try:
        checked = verifying.check(reading.read(path), _content_of(catalog), key=key)
    except CannotExport as error:
        raise Trouble(str(error)) from error
    doubt = "" if checked.problems else _doubt(checked, catalog)
    return replace(checked, problems=(Problem(Fault.UNSUPPORTED, doubt),)) if doubt else checked


def _content_of(catalog: Catalog) -> Callable[[str], str | None]:
    def content_of(quest_id: str) -> str | None:
        try:
            return content_hash(catalog.quest(quest_id).folder)
        except (UnknownQuest, FaultyContent):
            return None

    return content_of


def _doubt(checked: Checked, catalog: Catalog) -> str:
    """Whether the evidence earns what the certificate claims, by the rules of the version that made it, when that is ours."""
    facts = checked.document["leveling"]
    if facts["version"] != __version__:
        return ""
    record = _record_of(checked)
    cards = [card for card in catalog.cards() if card.pack in facts["packs"]]
    if facts["of"] == Of.PATH:
        return _doubt_of_path(facts["where"], record, catalog)
    board = lay_out(cards, facts["missing"], has_cuda=facts["cuda"])
    gates = gate_standings(record, board)
    where = overall_standing(record, gates.values()) if facts["of"] == Of.OVERALL else gates.get(facts["where"])
    return _doubt_of_rank(where, Rank(facts["rank"]))


def _doubt_of_rank(where: RankStanding | None, claimed: Rank) -> str:
    earned = where.rank if where is not None else None
    if earned is not None and earned.level >= claimed.level:
        return ""
    return (
        f"the evidence earns {f'rank {earned}' if earned else 'no rank'} by the rules of this version, not rank {claimed}. "
        "(A rank once reached is kept when quests are added later; the evidence for it then has to be added too.)"
    )


def _doubt_of_path(path_id: str, record: Record, catalog: Catalog) -> str:
    found = next((path for path in catalog.paths() if path.id == path_id), None)
    if found is None:
        return f"there is no path {path_id!r} in the packs here"
    told = progress(found, record, cards_on_paths(catalog))
    if told.is_complete:
        return ""
    return f"the evidence covers {told.mandatory.cleared} of the {told.mandatory.planned} quests that the path asks for"


def _record_of(checked: Checked) -> Record:
    """The history that the evidence alone tells: no rank that was recorded earlier, so that it must be earned by it."""
    quests: dict[str, QuestRecord] = {}
    trials: dict[str, TrialRecord] = {}
    for each in checked.document["evidence"]:
        at = datetime.fromisoformat(each["at"]).astimezone(UTC)
        if each["genre"] == "quest":
            day = date.fromisoformat(each["day"])
            clear = Clear(Grade(each["grade"]), Rank(each["rank"]), at, day)
            quests[each["quest"]] = QuestRecord(clears=(clear,), first_clear=day, last_clear=day)
        else:
            tasks = tuple(each["tasks"])
            sitting = Sitting(at, 0, tasks, each["minutes"], cleared=frozenset(tasks))
            trials[trial_key(each["where"], Rank(each["rank"]))] = TrialRecord(1, sitting, sitting)
    return Record(created=_day_of(checked.document), quests=quests, trials=trials)


def _day_of(document: Mapping[str, str]) -> date:
    return date.fromisoformat(document["awardedDate"][:10])
