"""A large save: how long it takes to load and to commit a clear, and whether SIGKILL can lose what was confirmed.

python -m benchmarks.saves [--count 30] [--kills 1000] [--quests 1000]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.measuring import EMPTY_PROGRAM, PYTHON, ROOT, Series, head, interleaved, quiet, row, verdict_on
from leveling.saving import Store
from leveling.world import changes
from leveling.world.record import Clear, Measured, Record
from leveling.world.words import Grade, Rank

LOAD_TARGET, COMMIT_TARGET = 0.100, 0.030  # seconds, median
DAY = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
YARDSTICK = "python -c pass"

# Clears quest after quest for ever, and names each only after the save said that it is safe.
WRITER = """
import itertools, sys
from datetime import UTC, datetime
from pathlib import Path
from leveling.saving import Store
from leveling.world import changes
from leveling.world.record import Clear
from leveling.world.words import Grade, Rank
now = datetime.now(UTC)
store = Store(folder=Path(sys.argv[2]))
for number in itertools.count():
    name = f"{sys.argv[1]}/quest-{number % 7}"
    note = f"{number}"
    store.update(lambda record: changes.noted(
        changes.cleared(record, name, Clear(Grade.A, Rank.E, now, now.date())), name, note, now))
    print(name, note, flush=True)
"""


def main() -> int:
    """Measure and print; 1 when a target is missed or a confirmed change is lost."""
    options = _options()
    head(f"A save of {options.quests} cleared quests")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LEVELING_HOME"] = home
        good = _times(Path(home) / "saves", options.quests, options.count)
        good &= _kills(Path(home) / "killed", options.kills)
    return verdict_on("Saves", good=good)


def cleared_quests(count: int) -> Record:
    """A record in which `count` quests are cleared, each with two measured gates and every fact that a clear has."""
    record = Record(created=date(2026, 1, 1))
    for number in range(count):
        gates = (
            Measured("ops", "cpu", "passed", 11.0, 30.0, "ops"),
            Measured("memory", "cpu", "passed", 1.1, 1.3, "x"),
        )
        moment = DAY + timedelta(minutes=number)
        clear = Clear(
            Grade.A,
            Rank.D,
            moment,
            moment.date(),
            number,
            gates=gates,
            content="c" * 64,
            solution="a" * 64,
            seconds=1.5,
        )
        name = f"gate-{number % 20}/quest-{number}"
        record = changes.attempted(record, name, moment, moment.date(), 60.0, cleared=True)
        record = changes.cleared(record, name, clear)
    return record


def _times(folder: Path, quests: int, rounds: int) -> bool:
    store = Store(folder=folder)
    full = cleared_quests(quests)
    store.update(lambda _: full)
    alone = Store(folder=folder / "alone")  # nobody else writes there: it never has to load again
    alone.update(lambda _: full)
    numbers = iter(range(10**6))

    def again(opened: Store) -> None:
        number = next(numbers)
        clear = Clear(Grade.A, Rank.D, DAY + timedelta(days=number), DAY.date(), number, solution="b" * 64)
        opened.update(lambda record: changes.cleared(record, f"gate-0/quest-{20 * (number % 40)}", clear))

    def load_whole() -> None:
        store.cache.unlink(missing_ok=True)
        Store(folder=folder).load()

    runs: dict[str, Callable[[], None]] = {
        YARDSTICK: quiet(EMPTY_PROGRAM),
        "load, a fresh store, cache there": lambda: _ignore(Store(folder=folder).load()),
        "load, a fresh store, no cache": load_whole,
        "commit a clear, the store that loaded": lambda: again(alone),
        "load and commit a clear, a fresh store": lambda: again(Store(folder=folder)),
    }
    for run in runs.values():
        run()
    series = interleaved(rounds, runs)
    series["fsync of as many bytes"] = _fsyncs(folder, store.path.stat().st_size, rounds)
    targets = {
        "load, a fresh store, cache there": LOAD_TARGET,
        "commit a clear, the store that loaded": COMMIT_TARGET,
    }
    print(f"  the file has {store.path.stat().st_size / 1024:.0f} KiB")
    rows = [row(each, series[YARDSTICK], targets.get(name)) for name, each in series.items() if name != YARDSTICK]
    return all(rows)


def _fsyncs(folder: Path, size: int, rounds: int) -> Series:
    """What the disk itself asks for: write and fsync as many bytes as the save has."""
    seconds = []
    path = folder / "as-large"
    for _ in range(rounds):
        began = time.perf_counter()
        with path.open("wb") as file:
            file.write(b"x" * size)
            file.flush()
            os.fsync(file.fileno())
        seconds.append(time.perf_counter() - began)
    path.unlink()
    return Series("fsync of as many bytes", seconds)


def _ignore(_: object) -> None:
    """A run has no result."""


def _kills(folder: Path, kills: int) -> bool:
    """Kill writers at random moments; whether every confirmed change stands in the save and the file stays whole."""
    chance = random.Random(5)  # noqa: S311 - moments of a kill
    lost = confirmed = broken = 0
    for turn in range(kills):
        writer = subprocess.Popen(
            [PYTHON, "-c", WRITER, f"turn-{turn % 50}", str(folder)],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 4))]
        threading.Event().wait(chance.random() * 0.02)
        writer.kill()
        lines += [line for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        lines = [line for line in lines if line]
        try:
            quests = Store(folder=folder).load().quests
        except Exception as error:  # whatever a torn save raises is the finding
            broken += 1
            print(f"  BROKEN after kill {turn}: {error}")
            continue
        last = dict(line.split() for line in lines)
        confirmed += len(lines)
        for name, note in last.items():
            found = quests.get(name)
            kept = int(found.note.value) if found is not None and found.is_cleared and found.note is not None else -1
            lost += kept < int(note)
    left = len(list(folder.glob(".*.tmp")))
    print(
        f"  {kills} SIGKILLs, {confirmed} confirmed changes: {lost} lost, {broken} broken saves; "
        f"{left} temporary files wait to be swept (an hour after their death)"
    )
    return lost == 0 and broken == 0 and (confirmed > 0 or kills == 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=30, help="rounds of loading and committing")
    parser.add_argument("--quests", type=int, default=1000, help="cleared quests in the save")
    parser.add_argument("--kills", type=int, default=1000, help="writers killed at random moments")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
