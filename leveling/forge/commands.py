"""`forge prove` and `forge new` as functions that return data; the command line prints it."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from leveling.catalog import Catalog, FaultyContent
from leveling.forge import ledger
from leveling.forge.facts import Inspector
from leveling.forge.judges import Judges
from leveling.forge.proof import Proof
from leveling.forge.proving import prove
from leveling.world.quest import Quest

SAMPLE = 3


def prove_quests(
    catalog: Catalog,
    ids: Sequence[str],
    *,
    full: bool = False,
    told: Callable[[str, str], None] = lambda _quest, _text: None,
) -> Iterator[Proof]:
    """Prove each quest in turn and yield its proof; a full one that holds is recorded in the ledger beside the quests.

    Raises:
        UnknownQuest: when no pack has one of the ids, before anything is proved.
        LedgerFault: when the ledger cannot be read or written.
    """
    names = [catalog.find(each) for each in ids]
    with Judges(os.cpu_count() or 1) as judges, Inspector() as inspector:
        judges.start()
        for name in names:
            try:
                quest = catalog.quest(name)
                proof = prove(quest, judges, inspector, full=full, told=partial(told, name))
            except FaultyContent as faulty:
                proof = Proof(name, full=full)
                for fault in faulty.faults:
                    proof.fault(f"{fault.file.name} {fault.key}".strip(), f"{fault.found}. {fault.advice}")
            else:
                _record(quest, proof)
            yield proof


def _record(quest: Quest, proof: Proof) -> None:
    """Keep a full proof that holds, unless the files changed while it ran."""
    if not (proof.full and proof.proved) or ledger.content_hash(quest.folder) != proof.content:
        return
    tally = proof.mutants
    entry = ledger.Entry(proof.content, ledger.engine_hash(), tally.tried, tally.equivalent, round(tally.rate, 4))
    ledger.record(quest.folder.parent.parent, quest.id, entry)


def all_ids(catalog: Catalog) -> list[str]:
    """Every quest of every pack, also those whose files have faults."""
    return sorted({_id(path) for pack in catalog.packs for path in pack.quests.glob("*/*/quest.toml")})


def _id(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}"


def changed_ids(catalog: Catalog, sample: int = SAMPLE) -> list[str]:
    """Quests whose content has no proof, and `sample` of the others at random, those first that an older engine proved.

    Raises:
        LedgerFault: when a ledger cannot be read.
    """
    changed: list[str] = []
    stale: list[str] = []
    rest: list[str] = []
    engine = ledger.engine_hash()
    for quests in dict.fromkeys(pack.quests for pack in catalog.packs):
        known = ledger.read(quests)
        for path in sorted(quests.glob("*/*/quest.toml")):
            name = _id(path)
            entry = known.get(name)
            if entry is None or entry.content != ledger.content_hash(path.parent):
                changed.append(name)
            else:
                (rest if entry.engine == engine else stale).append(name)
    lottery = secrets.SystemRandom()
    drawn = [*lottery.sample(stale, len(stale)), *lottery.sample(rest, len(rest))][:sample]
    return [*changed, *sorted(drawn)]
