"""Does luck decide? Under fresh seeds every right solution passes all checks, and every wrong one fails first at the check it names.

python -m benchmarks.luck [--of tensors,autograd,modules] [--floors] [--times 12] [--only right|wrong]
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from benchmarks.measuring import head, verdict_on
from leveling.catalog import Catalog
from leveling.catalog.reading import read_quest_file
from leveling.forge.commands import all_ids
from leveling.forge.judges import Judges, Outcome, Task
from leveling.judge.protocol import Job, Modules
from leveling.judge.seeds import fresh
from leveling.play.dungeons.handing import lent
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest
from leveling.world.words import Kind


def main() -> int:
    """Judge them all, print what luck decided, by file; 1 when there was any."""
    options = _options()
    catalog = Catalog()
    gates = options.of.split(",")
    ids = [name for name in all_ids(catalog) if name.split("/")[0] in gates and (options.floors or not is_floor(name))]
    head(f"solutions of {len(ids)} quests of {options.of}, {options.times} times each")
    began, judged, lucky = time.monotonic(), 0, 0
    with Judges(os.cpu_count() or 1) as judges:
        for quest in map(catalog.quest, ids):
            if quest.kind in (Kind.QUIZ, Kind.REPORT):
                continue
            given = lent(catalog, quest)
            tasks = [task for _ in range(options.times) for task in _tasks(quest, given, options.only, fresh())]
            outcomes = judges.judge(tasks)
            judged += len(outcomes)
            found = Counter(text for outcome in outcomes if (text := _by_luck(quest, outcome)))
            lucky += found.total()
            for text, count in found.items():
                print(f"  {quest.id}/{text}: {count} of {options.times}", flush=True)
    print(f"  {judged} judgings in {(time.monotonic() - began) / 60:.1f} min: luck decided {lucky}")
    return verdict_on("Luck", good=not lucky)


def _tasks(quest: Quest, given: Modules, only: str, seed: int) -> Iterator[Task]:
    """The right solutions, and the wrong ones that a check catches; these to their first failure."""
    by_gate = {gate.kind for gate in quest.gates} | {"forbidden"}
    by_check = [wrong.name for wrong in quest.wrong if wrong.caught_by not in by_gate]
    names = [f"right/{path.name}" for path in sorted(quest.folder.glob("right/*.py")) if only != "wrong"]
    names += [f"wrong/{name}.py" for name in by_check if only != "right"]
    for name in names:
        source = (quest.folder / name).read_text(encoding="utf-8")
        job = Job(
            quest, source, name, seed=seed, gates="none", diagnose=False, echoes=given, lent=given, keep="by luck"
        )
        yield Task(name, job, stop=_at_once if name.startswith("wrong/") else None)


def _at_once(_check: str) -> bool:
    return True


def _by_luck(quest: Quest, outcome: Outcome) -> str:
    """What another draw would not have brought; empty where all is as the author says."""
    folder, _, file = outcome.task.name.partition("/")
    stem = file.removesuffix(".py")
    if folder == "wrong":
        caught_by = next(wrong.caught_by for wrong in quest.wrong if wrong.name == stem)
        word = next(iter(outcome.failed), "nothing")
        return "" if word == caught_by else f"{outcome.task.name} is caught by {word}, expected {caught_by}"
    table = read_quest_file(quest.folder).right.get(stem)
    failed = [check for check in outcome.failed if table is None or check not in table.waive]
    return f"{outcome.task.name} fails {failed[0]}" if failed else ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", default="tensors,autograd,modules", help="gates, with commas between")
    parser.add_argument("--floors", action="store_true", help="the floors of their dungeons too")
    parser.add_argument("--times", type=int, default=12, help="judgings of each, under a seed of its own")
    parser.add_argument("--only", choices=("right", "wrong"), default="", help="only these")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
