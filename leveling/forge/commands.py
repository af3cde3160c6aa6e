"""`forge prove` and `forge new` as functions that return data; the command line prints it."""

import os
import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from leveling.catalog import Catalog, FaultyContent, Pack, UnknownQuest
from leveling.forge import ledger
from leveling.forge.facts import Inspector
from leveling.forge.judges import Judges
from leveling.forge.proof import Proof
from leveling.forge.proving import prove
from leveling.forge.side_by_side import Told, side_by_side
from leveling.play.dungeons.handing import lent
from leveling.play.trouble import Trouble
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest

SAMPLE = 3


def prove_quests(
    catalog: Catalog,
    ids: Sequence[str],
    *,
    full: bool = False,
    told: Told = lambda _quest, _text: None,
) -> Iterator[Proof]:
    """Prove the quests and yield their proofs, in order but for those heard twice, which come last.

    Quick proofs share the judges side by side; one against which only a clock speaks is heard once more, alone.
    Full proofs come one after the other, with nothing beside a gate that is weighed; one that holds is recorded in the ledger
    beside the quests.

    Raises:
        UnknownQuest: when no pack has one of the ids, before anything is proved.
        LedgerFault: when the ledger cannot be read or written.
    """
    names = list(dict.fromkeys(catalog.find(each) for each in ids))
    with Judges(os.cpu_count() or 1) as judges, Inspector() as inspector:
        judges.start()

        def one(name: str, telling: Told) -> Proof:
            return _proved(catalog, name, judges, inspector, full=full, told=telling)

        if full:
            for name in names:
                yield one(name, told)
            return
        doubtful = []
        for proof in side_by_side(names, one, judges, told):
            if rests_on_a_clock(proof):
                doubtful.append(proof)
            else:
                yield proof
        for first in doubtful:
            again = one(first.quest, told)
            again.notes.append(f"heard twice; the first time: {first.faults[0].where}: {first.faults[0].text}")
            yield again


def _proved(catalog: Catalog, name: str, judges: Judges, inspector: Inspector, *, full: bool, told: Told) -> Proof:
    try:
        quest = catalog.quest(name)
        proof = prove(quest, judges, inspector, full=full, told=partial(told, name), lent=lent(catalog, quest))
    except FaultyContent as faulty:
        proof = Proof(name, full=full)
        for fault in faulty.faults:
            proof.fault(f"{fault.file.name} {fault.key}".strip(), f"{fault.found}. {fault.advice}")
    else:
        _record(catalog, quest, proof)
    return proof


def rests_on_a_clock(proof: Proof) -> bool:
    """Whether all that speaks against a proof was measured by a clock: a second hearing may help that and nothing else."""
    timed = ("throughput", "too_slow")
    return (
        bool(proof.faults)
        and not proof.survivors
        and all(any(word in fault.text for word in timed) for fault in proof.faults)
    )


def _record(catalog: Catalog, quest: Quest, proof: Proof) -> None:
    """Keep a full proof that holds, unless the files changed while it ran."""
    if not (proof.full and proof.proved) or ledger.content_of(quest, lent(catalog, quest)) != proof.content:
        return
    tally = proof.mutants
    entry = ledger.Entry(proof.content, ledger.engine_hash(), tally.tried, tally.equivalent, round(tally.rate, 4))
    ledger.record(quest.folder.parents[2 if is_floor(quest.id) else 1], quest.id, entry)


def all_ids(catalog: Catalog) -> list[str]:
    """Every quest and every floor of every pack, also those whose files have faults."""
    return sorted({name for pack in catalog.packs for _, name in _folders(pack)})


def _folders(pack: Pack) -> Iterator[tuple[Path, str]]:
    """The folder of ledgers and the id of every quest and floor."""
    for place, pattern in ((pack.quests, "*/*/quest.toml"), (pack.dungeons, "*/*/*/quest.toml")):
        for path in sorted(place.glob(pattern)):
            yield place, path.parent.relative_to(place).as_posix()


def changed_ids(catalog: Catalog, sample: int = SAMPLE) -> list[str]:
    """Quests whose content has no proof, and `sample` of the others at random, those first that an older engine proved.

    Raises:
        LedgerFault: when a ledger cannot be read.
    """
    changed: list[str] = []
    stale: list[str] = []
    rest: list[str] = []
    engine = ledger.engine_hash()
    ledgers: dict[Path, dict[str, ledger.Entry]] = {}
    for place, name in (each for pack in catalog.packs for each in _folders(pack)):
        known = ledgers.setdefault(place, ledger.read(place) if place not in ledgers else {})
        entry = known.get(name)
        if entry is None or entry.content != _content(catalog, place, name):
            changed.append(name)
        else:
            (rest if entry.engine == engine else stale).append(name)
    lottery = secrets.SystemRandom()
    drawn = [*lottery.sample(stale, len(stale)), *lottery.sample(rest, len(rest))][:sample]
    return [*changed, *sorted(drawn)]


def _content(catalog: Catalog, place: Path, name: str) -> str:
    """The content that a proof would be valid for; none for a floor that cannot be read."""
    if not is_floor(name):
        return ledger.content_hash(place / name)
    try:
        quest = catalog.quest(name)
        return ledger.content_of(quest, lent(catalog, quest))
    except (UnknownQuest, FaultyContent, Trouble):
        return ""
