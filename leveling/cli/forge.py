"""`leveling forge new|prove|simulate`: for authors. Parses, prints; decides nothing."""

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from leveling.cli.terminal import complain, is_live, say

if TYPE_CHECKING:
    from leveling.catalog import Catalog
    from leveling.forge.proof import Proof
    from leveling.world.card import Card

PROVED, NOT_PROVED, BAD_INPUT = 0, 1, 2
KINDS = ("drills", "quest", "review", "quiz", "trial")
WIDTH = 118
NARROW = 78


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `forge` with its own commands."""
    forge = subparsers.add_parser("forge", help="for authors: write a new quest, prove one, simulate learners")
    actions = forge.add_subparsers(dest="forge_command", required=True, metavar="new|prove|simulate")
    new = actions.add_parser("new", help="write the folder of a new quest")
    new.add_argument("id", metavar="GATE/QUEST", help="such as transformers/rotary-positions")
    new.add_argument("--kind", choices=KINDS, default="quest", help="what shape the quest has (default: quest)")
    prove = actions.add_parser("prove", help="prove that quests judge what they say they judge")
    prove.add_argument("ids", nargs="*", metavar="ID", help="quests; all of them when none is named")
    prove.add_argument("--full", action="store_true", help="every mutant, many runs; what holds is kept in PROOFS.toml")
    prove.add_argument("--changed", action="store_true", help="what has no valid proof, and a few of the others")
    prove.add_argument("--json", action="store_true", help="one JSON object with everything found")
    simulated = actions.add_parser(
        "simulate", help="how rank and XP go for made-up learners, under the table of thresholds"
    )
    simulated.add_argument(
        "--real", action="store_true", help="on the quests that exist, not on a made-up board of full size"
    )
    simulated.add_argument("--path", metavar="PATH", help="on the quests of one path that exist")
    simulated.add_argument("--days", type=int, default=364, help="how long they play (default: 364)")
    simulated.add_argument("--json", action="store_true", help="one JSON object with every row")


def run(args: argparse.Namespace) -> int:
    """Exit status: 0 proved (or written), 1 not proved, 2 bad input."""
    from leveling.catalog import Catalog, FaultyContent, UnknownQuest, find_packs
    from leveling.forge.ledger import LedgerFault
    from leveling.forge.new import NewFault

    try:
        named = list(getattr(args, "pack", None) or ())
        packs = find_packs(named, installed=False)
        catalog = Catalog(packs[: len(named)] or packs)
        if args.forge_command == "simulate":
            return _simulate(args, _cards(args, catalog))
        return _new(args, catalog.packs[0].quests) if args.forge_command == "new" else _prove(args, catalog)
    except (UnknownQuest, FaultyContent, LedgerFault, NewFault) as error:
        complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("stopped; what was proved in full before is recorded")
        return NOT_PROVED


def _new(args: argparse.Namespace, quests: Path) -> int:
    from leveling.forge.new import write_quest

    folder = write_quest(quests, args.id, args.kind)
    say(str(folder))
    say(f"Fill in every (to be written ...), then: leveling forge prove {args.id}")
    return PROVED


def _cards(args: argparse.Namespace, catalog: "Catalog") -> "list[Card] | None":
    """The quests to play on; None for the made-up board."""
    from leveling.catalog.paths import UnknownPath
    from leveling.forge.new import NewFault

    if args.path is None:
        return list(catalog.cards()) if args.real else None
    try:
        along = {target.id for target in catalog.path(args.path).in_order()}
    except UnknownPath as unknown:
        raise NewFault(str(unknown)) from unknown
    return [card for card in catalog.cards() if card.id in along]


def _simulate(args: argparse.Namespace, cards: "list[Card] | None") -> int:
    from leveling.forge.simulating import HEAD, line, rows, to_json

    if args.days < 1:
        complain(f"--days is at least 1, and {args.days} is less")
        return BAD_INPUT
    if args.json:
        say(json.dumps({"rows": [to_json(row) for of_one in rows(cards, args.days) for row in of_one]}, indent=2))
        return PROVED
    say(HEAD)
    for of_one in rows(cards, args.days):
        for row in of_one:
            say(line(row))
    return PROVED


def _prove(args: argparse.Namespace, catalog: object) -> int:
    from leveling.catalog import Catalog
    from leveling.forge.commands import all_ids, changed_ids, prove_quests

    assert isinstance(catalog, Catalog)
    if args.ids and args.changed:
        complain("name quests or say --changed, not both")
        return BAD_INPUT
    ids = args.ids or (changed_ids(catalog) if args.changed else all_ids(catalog))
    progress = _Progress(len(ids))
    proofs = []
    for proof in prove_quests(catalog, ids, full=args.full, told=progress.tell):
        progress.clear()
        proofs.append(proof)
        if not args.json:
            print_proof(proof)
    good = sum(proof.proved or bool(proof.sealed and not proof.faults) for proof in proofs)
    if args.json:
        say(json.dumps({"proved": good == len(proofs), "quests": [proof.to_json() for proof in proofs]}, indent=2))
    elif len(proofs) > 1:
        failing = [proof.quest for proof in proofs if proof.faults or proof.survivors]
        say(f"{good} of {len(proofs)} quests hold" + (f"; not proved: {', '.join(failing)}" if failing else ""))
    return PROVED if good == len(proofs) else NOT_PROVED


def print_proof(proof: "Proof") -> None:
    """The table of one quest, then what must be mended."""
    from leveling.forge.proof import KILL_IT

    word = "sealed" if proof.sealed and not proof.faults else "proved" if proof.proved else "NOT PROVED"
    depth = "in full" if proof.full else "quickly"
    say(f"{proof.quest}: {word} ({depth}, {proof.seconds:.1f} s)")
    if proof.sealed:
        say(f"  not proved on this machine: {proof.sealed}")
    for what, result in proof.lines:
        say(f"  {what:10} {result}")
    for fault in proof.faults:
        _print_item("fault", f"{fault.where}: {fault.text}")
    for note in proof.notes:
        _print_item("note", note)
    if proof.survivors:
        say(f"  {len(proof.survivors)} survived; for each: {KILL_IT}")
    for survivor in proof.survivors:
        where = f"line {survivor.line}: {survivor.before} -> {survivor.after}" if survivor.line else "null solution"
        say(f"    {where}\n      {json.dumps(survivor.key, ensure_ascii=False)}")


def _print_item(word: str, text: str) -> None:
    first = f"  {word:10} "
    say(textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False))


class _Progress:
    """On a terminal one line of stderr that changes; elsewhere one line a quest."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.seen: list[str] = []
        self.live = is_live(sys.stderr)

    def tell(self, quest: str, text: str) -> None:
        """Show that `quest` is at `text`."""
        fresh = quest not in self.seen
        if fresh:
            self.seen.append(quest)
        line = f"[{len(self.seen)}/{self.count}] {quest}"
        if self.live:
            self._write(f"\r\x1b[K{f'{line}: {text}'[:NARROW]}")
        elif fresh:
            self._write(f"{line}\n")

    def clear(self) -> None:
        """Take the line away."""
        if self.live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
