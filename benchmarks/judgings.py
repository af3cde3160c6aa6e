"""Many judgings of solutions whose verdict is known, half of them beside busy neighbours: how many verdicts are wrong?

python -m benchmarks.judgings [--count 1000] [--neighbours 2]
"""

import argparse
import collections
import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.measuring import PYTHON, Series, head, row, verdict_on
from benchmarks.specimens import (
    HUNGRY_SOFTMAX,
    SLOW_SOFTMAX,
    WRONG_SOFTMAX,
    Specimen,
    judged,
    quest_of,
    softmax,
    softmax_quest,
    text_of,
    with_known_wrong,
    with_reference,
)
from leveling.judge.client import JudgeClient
from leveling.judge.protocol import Judgement
from leveling.world.words import GateStatus

BURN = "while True: pass"


def specimens() -> list[Specimen]:
    """Accepted ones (references and other right solutions), slow ones, hungry ones, and a wrong one of each."""
    attention, mlp = quest_of("transformers/scaled-dot-product-attention"), quest_of("modules/first-mlp")
    reference = text_of(softmax_quest("throughput"), "reference.py")
    return [
        softmax("reference", "cleared", reference, "throughput"),
        softmax("slow", "too_slow", SLOW_SOFTMAX, "throughput"),
        softmax("reference", "cleared", reference, "memory"),
        softmax("hungry", "too_hungry", HUNGRY_SOFTMAX, "memory"),
        softmax("reference", "cleared", reference, "throughput", "memory"),
        softmax("wrong", "wrong", WRONG_SOFTMAX, "throughput", "memory"),
        with_reference(attention),
        Specimen(attention, "right", text_of(attention, "right/with-einsum.py"), "cleared"),
        Specimen(attention, "slow", text_of(attention, "slow/one-head-at-a-time.py"), "too_slow"),
        Specimen(attention, "hungry", text_of(attention, "hungry/copies-the-scores.py"), "too_hungry"),
        with_known_wrong(attention, "masks-after-softmax"),
        with_reference(mlp),
    ]


@contextlib.contextmanager
def busy_neighbours(count: int) -> Iterator[None]:
    """`count` processes that burn a core each for as long as the body runs."""
    burning = [subprocess.Popen([PYTHON, "-I", "-c", BURN], stdin=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def main() -> int:
    """Judge, print every wrong verdict as it falls, and the sum; 1 when there was one."""
    options = _options()
    head(f"{options.count} judgings, half of them beside {options.neighbours} busy neighbours")
    order = specimens() * (options.count // len(specimens()) + 1)
    chosen = order[: options.count]
    random.Random(options.seed).shuffle(chosen)  # noqa: S311 - only the order of the runs
    began = time.monotonic()
    half = len(chosen) // 2
    alone = Round(chosen[:half])
    with JudgeClient() as client:
        judged(client, alone.chosen[0] if alone.chosen else chosen[0])
        alone.judge(client)
        beside = Round(chosen[half:])
        with busy_neighbours(options.neighbours):
            beside.judge(client)
    minutes = (time.monotonic() - began) / 60
    if alone.chosen:
        row(alone.series("alone"), alone.series("alone"))
        row(beside.series("beside neighbours"), alone.series("alone"))
    noisy = alone.noisy + beside.noisy
    wrong = alone.wrong + beside.wrong
    print(
        f"  {len(chosen)} judgings in {minutes:.1f} min: {wrong} wrong verdicts, {noisy} gates not judged as too noisy"
    )
    return verdict_on("Judgings", good=not wrong)


class Round:
    """A number of judgings under the same circumstances."""

    def __init__(self, chosen: list[Specimen]) -> None:
        self.chosen = chosen
        self.seconds: list[float] = []
        self.wrong = 0
        self.noisy = 0

    def judge(self, client: JudgeClient) -> None:
        """Judge every specimen once."""
        for specimen in self.chosen:
            began = time.perf_counter()
            judgement = judged(client, specimen)
            self.seconds.append(time.perf_counter() - began)
            self.noisy += sum(gate.status is GateStatus.NOISY for gate in judgement.gates)
            if judgement.verdict != specimen.right:
                self.wrong += 1
                print(f"  WRONG: {_told(specimen, judgement)}")

    def series(self, name: str) -> Series:
        """Their times."""
        return Series(name, self.seconds)


def _told(specimen: Specimen, judgement: Judgement) -> str:
    gates = collections.Counter(f"{gate.gate} {gate.status}" for gate in judgement.gates)
    return (
        f"{specimen.name} is {judgement.verdict}, should be {specimen.right}; seed {judgement.seed}; "
        f"{', '.join(gates) or 'no gate weighed'}; {judgement.cause}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="judgings in all")
    parser.add_argument("--neighbours", type=int, default=2, help="processes that burn a core in the second half")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the judgings")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
