"""The quest board of a large pack: one gate and all gates, with a cold and a warm index, at growing sizes.

python -m benchmarks.board [--quests 10000] [--count 3]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import EMPTY_PROGRAM, PYTHON, ROOT, Series, head, interleaved, quiet, row, verdict_on

GATES = 20
LINEAR = 1.5  # a quest in the largest pack may cost so many times what it costs in one of a quarter of the size
YARDSTICK, START = "python -c pass", "leveling --version"
TOO_LITTLE = 0.03  # seconds of processor time beyond the start: below that nothing can be told

QUEST = """format = 1
title = "Quest {number}"
rank = "{rank}"
kind = "quest"
minutes = 30
learns = "You do the thing that number {number} asks for."
signature = ["thing_{number}(x) -> Tensor"]
needs = []

[[gates]]
kind = "ops"
device = "cpu"
on = "Wide"
limit = 12
unit = "ops"

[wrong.off-by-one]
caught_by = "matches-reference"
says = "It is one off."
"""
FILES = {
    "brief.md": "# Quest\n\nDo the thing.\n",
    "hints.md": "## 1\nA concept.\n\n## 2\nA shape.\n\n## 3\nA plan.\n",
    "starter.py": 'def thing(x):\n    raise NotImplementedError("thing")\n',
    "checks.py": '"""Not read by a list."""\n',
    "reference.py": "def thing(x):\n    return x\n",
}


def main() -> int:
    """Measure at three sizes; 1 when a list costs more a quest in a large pack than in a small one."""
    options = _options()
    sizes = sorted({max(GATES, options.quests // 4), max(GATES, options.quests // 2), max(GATES, options.quests)})
    head(f"The board of up to {sizes[-1]} quests in {GATES} gates")
    costs: dict[str, dict[int, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            pack = Path(folder) / "pack"
            began = time.perf_counter()
            write_pack(pack, size)
            print(f"  {size} quests (written in {time.perf_counter() - began:.1f} s)")
            for name, series in _listings(pack, Path(folder) / "home", options.count).items():
                costs.setdefault(name, {})[size] = series.cpu / len(series.seconds)
    return verdict_on("The board", good=_is_linear(costs, sizes))


def write_pack(root: Path, size: int) -> None:
    """`size` quests spread evenly over the gates."""
    for number in range(size):
        folder = root / "quests" / f"gate-{number % GATES}" / f"quest-{number}"
        (folder / "wrong").mkdir(parents=True)
        (folder / "quest.toml").write_text(QUEST.format(number=number, rank="EDCBAS"[number % 6]), encoding="utf-8")
        (folder / "wrong" / "off-by-one.py").write_text("def thing(x):\n    return x + 1\n", encoding="utf-8")
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")


def _listings(pack: Path, home: Path, rounds: int) -> dict[str, Series]:
    environment = {"LEVELING_HOME": str(home)}
    listing = (PYTHON, "-m", "leveling", "--pack", str(pack), "quests")

    def cold(*arguments: str) -> Callable[[], None]:
        run = quiet((*listing, *arguments), environment)

        def without_index() -> None:
            shutil.rmtree(home / "cache", ignore_errors=True)
            run()

        return without_index

    subprocess.run(
        [*listing, "--gate", "gate-0"], cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True
    )
    series = interleaved(
        rounds,
        {
            YARDSTICK: quiet(EMPTY_PROGRAM),
            START: quiet((PYTHON, "-m", "leveling", "--version"), environment),
            "one gate, cold index": cold("--gate", "gate-0"),
            "one gate, warm index": quiet((*listing, "--gate", "gate-0"), environment),
            "all gates, cold index": cold(),
            "all gates, warm index": quiet(listing, environment),
        },
    )
    for name, each in series.items():
        if name != YARDSTICK:
            row(each, series[YARDSTICK])
    return series


def _is_linear(costs: dict[str, dict[int, float]], sizes: list[int]) -> bool:
    """Whether processor time a quest, the program's start taken off, stays the same from the smallest pack to the largest."""
    small, large = sizes[0], sizes[-1]
    good = True
    for name, at in costs.items():
        if name in (YARDSTICK, START):
            continue
        little, much = (at[size] - costs[START][size] for size in (small, large))
        each = f"  {name}: {much / large * 1e6:.0f} us of processor time a quest of the pack"
        if small == large or little < TOO_LITTLE:
            print(f"{each}; too little at {small} quests to tell whether it is linear")
            continue
        growth = (much / large) / (little / small)
        good &= growth <= LINEAR
        print(f"{each}, {growth:.2f} x that at {small} quests ({'linear' if growth <= LINEAR else 'NOT linear'})")
    return good


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quests", type=int, default=10_000, help="in the largest pack")
    parser.add_argument("--count", type=int, default=3, help="rounds of every listing, interleaved")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
