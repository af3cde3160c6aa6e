"""How long a learner waits for a verdict from a warm judge: `JudgeClient.attempt` called, verdict event received.

python -m benchmarks.verdicts [--count 30]
"""

import argparse
import sys
from collections.abc import Callable

import psutil

from benchmarks.measuring import (
    EMPTY_PROGRAM,
    cpu_of_this_and_ended_children,
    head,
    interleaved,
    quiet,
    row,
    verdict_on,
)
from benchmarks.specimens import (
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

E_TARGET, C_TARGET = 0.100, 0.400  # seconds, median, on an idle machine
YARDSTICK = "python -c pass"


def easy() -> list[Specimen]:
    """Two quests of rank E: ten drills, and one with a counted gate."""
    drills, mlp = quest_of("tensors/creation-drills"), quest_of("modules/first-mlp")
    return [
        with_reference(drills),
        with_known_wrong(drills, "mask-looks-ahead"),
        with_reference(mlp),
        with_known_wrong(mlp, "layers-in-a-list"),
    ]


def hard() -> list[Specimen]:
    """What a quest of rank C asks: a throughput and a memory gate; and attention with ops and memory."""
    both = softmax_quest("throughput", "memory")
    attention = quest_of("transformers/scaled-dot-product-attention")
    gates = ("throughput", "memory")
    return [
        softmax("reference", "cleared", text_of(both, "reference.py"), *gates),
        softmax("wrong", "wrong", WRONG_SOFTMAX, *gates),
        with_reference(attention),
        with_known_wrong(attention, "masks-after-softmax"),
    ]


def main() -> int:
    """Measure and print; 1 when a verdict was wrong or a median misses its target."""
    options = _options()
    head("Warm verdicts")
    specimens = {each.name: (each, E_TARGET) for each in easy()} | {each.name: (each, C_TARGET) for each in hard()}
    wrong: list[str] = []
    with JudgeClient() as client:
        client.warm()
        runs: dict[str, Callable[[], None]] = {YARDSTICK: quiet(EMPTY_PROGRAM)}
        runs |= {name: _judging(client, each, wrong) for name, (each, _) in specimens.items()}
        for run in runs.values():  # the first judging of a quest imports what it needs
            run()
        series = interleaved(options.count, runs, lambda: cpu_of_this_and_ended_children() + _cpu_of_judge(client))
    good = [row(series[name], series[YARDSTICK], target) for name, (_, target) in specimens.items()]
    for line in wrong:
        print(f"  WRONG VERDICT: {line}")
    return verdict_on("Warm verdicts", good=all(good) and not wrong)


def _judging(client: JudgeClient, specimen: Specimen, wrong: list[str]) -> Callable[[], None]:
    def run() -> None:
        judgement = judged(client, specimen)
        if judgement.verdict != specimen.right:
            wrong.append(f"{specimen.name}: {judgement.verdict}, should be {specimen.right}: {judgement.cause}")

    return run


def _cpu_of_judge(client: JudgeClient) -> float:
    """Seconds of processor time of judge and zygote with every worker that has ended (in ticks of 10 ms: look at means)."""
    assert client.process is not None
    judge = psutil.Process(client.process.pid)
    every = [judge.cpu_times(), *(each.cpu_times() for each in judge.children())]
    total: float = sum(each.user + each.system + each.children_user + each.children_system for each in every)
    return total


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=30, help="rounds of all specimens, interleaved")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
