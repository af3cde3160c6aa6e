"""What a cold start costs: `leveling attempt` against `import torch`, and the commands that must be instant.

python -m benchmarks.cold [--count 10]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import EMPTY_PROGRAM, PYTHON, ROOT, Series, head, interleaved, quiet, row, verdict_on
from benchmarks.specimens import quest_of, text_of

QUESTS = ("tensors/creation-drills", "transformers/scaled-dot-product-attention")
COLD_TARGET = 1.5  # x of (import torch + the quest's own compute)
INSTANT_TARGET = 0.150  # seconds
HEAVY = ("torch", "numpy", "textual")
LEVELING = (PYTHON, "-m", "leveling")

# What no judge can do without: torch, and the checks' own calls of the reference, once for each of the two sides.
OWN_COMPUTE = """
import importlib.util, sys
import torch
from pathlib import Path
torch.set_num_threads(1)
sys.dont_write_bytecode = True
folder = Path(sys.argv[1])
def load(name):
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
from leveling.checks import Check, Draw, Workload
checks, solution = load("checks"), load("reference")
own = [value for value in vars(checks).values() if isinstance(value, type) and value.__module__ == "checks"]
for each in own:
    if issubclass(each, Check | Workload) and "probe" in vars(each):
        for case in each().cases(Draw("1")):
            for _ in range(2):
                each().probe(solution, **getattr(case, "inputs", case))
"""


def main() -> int:
    """Measure and print; 1 when a target is missed or a heavy package was loaded."""
    options = _options()
    head("Cold starts")
    with tempfile.TemporaryDirectory() as home:
        return verdict_on("Cold starts", good=_instant(options.count, home) & _attempts(options.count, home))


def _instant(rounds: int, home: str) -> bool:
    environment = {"LEVELING_HOME": home}
    commands = {"leveling --version": ("--version",), "leveling quests": ("quests",)}
    runs = {"python -c pass": quiet(EMPTY_PROGRAM)}
    runs |= {name: quiet((*LEVELING, *arguments), environment) for name, arguments in commands.items()}
    for run in runs.values():  # the first list writes the index
        run()
    series = interleaved(rounds, runs)
    good = True
    for name, arguments in commands.items():
        good &= row(series[name], series["python -c pass"], INSTANT_TARGET)
        loaded = _heavy_loaded(arguments, environment)
        print(f"  {name}: of {', '.join(HEAVY)} it loads {', '.join(loaded) or 'none'}")
        good &= not loaded
    return good


def _heavy_loaded(arguments: tuple[str, ...], environment: dict[str, str]) -> list[str]:
    """Which heavy packages a real run had loaded at its end."""
    code = (
        "import contextlib, io, sys\nfrom leveling.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    main(sys.argv[1:])\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [PYTHON, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _attempts(rounds: int, home: str) -> bool:
    good = True
    for quest_id in QUESTS:
        quest = quest_of(quest_id)
        attempt = Path(home) / "mine.py"
        attempt.write_text(text_of(quest, "reference.py"), encoding="utf-8")
        own = (PYTHON, "-c", OWN_COMPUTE, str(quest.folder))
        subprocess.run(own, cwd=ROOT, check=True, capture_output=True)  # fails loudly here, not silently in the runs
        series = interleaved(
            rounds,
            {
                "import torch": quiet((PYTHON, "-c", "import torch")),
                "import torch and the quest's own compute": quiet(own),
                "leveling attempt": quiet((*LEVELING, "attempt", quest_id, str(attempt)), {"LEVELING_HOME": home}),
            },
        )
        print(f"  {quest_id}")
        base = series["import torch and the quest's own compute"]
        row(series["import torch"], base)
        row(base, base)
        good &= row(
            Series(f"leveling attempt {quest_id}", series["leveling attempt"].seconds), base, COLD_TARGET, by="ratio"
        )
    return good


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="rounds of each comparison, interleaved")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
