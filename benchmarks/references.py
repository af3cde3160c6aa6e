"""Does every reference clear with all the gates of this machine beside busy neighbours? A refusal of one is a false verdict.

python -m benchmarks.references [--of tensors,autograd,modules] [--floors] [--times 20] [--neighbours 2]
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.judgings import busy_neighbours
from benchmarks.measuring import head, verdict_on
from benchmarks.specimens import judged, with_reference
from leveling.catalog import Catalog
from leveling.judge.client import JudgeClient
from leveling.play.dungeons.handing import lent
from leveling.world.quest import Quest
from leveling.world.words import GateStatus, Kind, Verdict


def main() -> int:
    """Judge them all, print every refusal as it falls, and the sum; 1 when there was one."""
    options = _options()
    catalog = Catalog()
    quests = list(_quests(catalog, options.of.split(","), with_floors=options.floors))
    head(f"{len(quests)} references, {options.times} times each, beside {options.neighbours} busy neighbours")
    began, refused, noisy = time.monotonic(), 0, 0
    with JudgeClient() as client, busy_neighbours(options.neighbours):
        for quest in quests:
            for _ in range(options.times):
                judgement = judged(client, replace(with_reference(quest), lent=lent(catalog, quest)))
                noisy += sum(gate.status is GateStatus.NOISY for gate in judgement.gates)
                if judgement.verdict is not Verdict.CLEARED:
                    refused += 1
                    print(f"  REFUSED: {quest.id} is {judgement.verdict}; seed {judgement.seed}; {judgement.cause}")
    minutes = (time.monotonic() - began) / 60
    count = len(quests) * options.times
    print(f"  {count} judgings in {minutes:.1f} min: {refused} refused, {noisy} gates not judged as too noisy")
    return verdict_on("References", good=not refused)


def _quests(catalog: Catalog, gates: list[str], *, with_floors: bool) -> Iterator[Quest]:
    """What has a reference to judge: quizzes are answered, reports are written from a run."""
    floors = (floor for dungeon in catalog.dungeons() for floor in dungeon.floors if with_floors)
    for quest_id in (*(card.id for card in catalog.cards()), *floors):
        if quest_id.split("/")[0] in gates:
            quest = catalog.quest(quest_id)
            if quest.kind not in (Kind.QUIZ, Kind.REPORT):
                yield quest


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", default="tensors,autograd,modules", help="gates, with commas between")
    parser.add_argument("--floors", action="store_true", help="the floors of their dungeons too")
    parser.add_argument("--times", type=int, default=20, help="judgings of each")
    parser.add_argument("--neighbours", type=int, default=2, help="processes that burn a core")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
