"""How far a solution stands from a gate's limit. A limit too near to an honest solution will one day refuse it."""

import math

from leveling.judge.protocol import GateResult, Judgement
from leveling.world.quest import GateSpec, Quest
from leveling.world.words import GateStatus, Verdict

CLEAR = 1.5
# Against itself the reference measures 1.0; a timed gate is never wrong at 25 % or more from its limit (JUDGE 2.3).
CLEAR_OF_ITSELF = 1.25
TIMED = frozenset(("throughput", "launches", "seconds"))
COUNTED = frozenset(("ops", "flops", "reads", "graph_breaks", "recompiles", "comm", "collectives", "calls"))
TIME_LIKE = TIMED | COUNTED
MEMORY_LIKE = frozenset(("memory", "saved", "params", "file_size"))
NOISY = TIMED | {"memory"}
MEASURED = NOISY | {"ops", "flops"}  # `saved` and the figures are the same bytes on every machine


def over(result: GateResult, spec: GateSpec) -> float:
    """Measured over limit, above 1 when the gate is failed, whichever way its limit points. 0 when nothing was measured."""
    measured, limit = result.measured, result.limit
    if measured is None:
        return math.inf if result.status is GateStatus.FAILED else 0.0
    if spec.unit == "reference" and spec.plus and result.yours is not None and result.theirs is not None:
        measured, limit = result.yours, spec.limit * result.theirs + spec.plus
    if spec.unit.startswith("at_least"):
        measured, limit = limit, measured
    if limit <= 0:
        return math.inf if measured > 0 else 0.0
    return measured / limit


def paired(quest: Quest, judgement: Judgement) -> list[tuple[GateSpec, GateResult]]:
    """The gates that were weighed, each with its line of quest.toml."""
    waiting = list(judgement.gates)
    pairs = []
    for spec in quest.gates:
        for result in waiting:
            if (result.gate, result.device, result.on) == (spec.kind, spec.device, spec.on):
                waiting.remove(result)
                pairs.append((spec, result))
                break
    return pairs


def reference_fault(spec: GateSpec, result: GateResult) -> str:
    """Why the reference stands too near to this limit; empty when it stands well inside."""
    if result.status is GateStatus.SEALED:
        return ""
    ratio = over(result, spec)
    if result.status is GateStatus.FAILED or ratio > 1:
        return f"the reference fails {spec.name}: {result.message}"
    if spec.kind not in MEASURED or spec.unit in ("same", "at_least", "at_least_reference"):
        return ""  # an exact figure that is the same on every machine needs no distance
    itself = spec.unit == "reference" and not spec.against
    if itself and spec.kind not in NOISY:
        return ""
    wanted = CLEAR_OF_ITSELF if itself else CLEAR
    if itself and spec.limit > 0:
        ratio = max(ratio, 1 / spec.limit)  # compared with itself it measures 1; noise below that is no merit
    if ratio * wanted > 1.005:
        return f"{spec.name}: the reference stands {1 / ratio:.2f}x inside the limit, wanted {wanted}x; raise the limit"
    return ""


def kinds_of(sort: str) -> frozenset[str]:
    """The kinds of gates that a slow (hungry) exemplar is there for."""
    return TIME_LIKE if sort == "slow" else MEMORY_LIKE


def exemplar_fault(sort: str, quest: Quest, judgement: Judgement) -> str:
    """Why a slow or hungry exemplar proves nothing; empty when it stands 1.5x beyond a limit of its sort, and is told so.

    A gate that it failed in another way (`GateResult.word`: a crash, a wrong result at scale) is not refused for its cost,
    and one that was stopped by its time cap shows a solution to be slow, never to be hungry.
    """
    kinds, word = kinds_of(sort), Verdict.TOO_SLOW if sort == "slow" else Verdict.TOO_HUNGRY
    pairs = paired(quest, judgement)
    for spec, result in pairs:
        if result.word not in (None, Verdict.TOO_SLOW, Verdict.TOO_HUNGRY):
            return f"{spec.name}: it is {result.word} at full size, its cost is not weighed: {_headline(result)}"
    pairs = [(spec, result) for spec, result in pairs if spec.kind in kinds or result.word is word]
    if not pairs:
        return f"no gate of this quest was weighed that a {sort} solution could fail ({', '.join(sorted(kinds))})"
    open_pairs = [pair for pair in pairs if pair[1].status is not GateStatus.SEALED]
    if not open_pairs:
        return ""
    spec, result = max(open_pairs, key=lambda pair: over(pair[1], pair[0]))
    ratio = over(result, spec)
    if result.status is not GateStatus.FAILED:
        return f"it is not refused: {spec.name} measured {result.measured} against {result.limit}"
    if result.word is not None and result.word is not word:
        return f"{spec.name}: it is {result.word.value}, expected {word.value}: {_headline(result)}"
    if ratio < CLEAR:
        return f"{spec.name}: only {ratio:.2f}x over the limit, wanted {CLEAR}x; lower the limit or make the exemplar plainer"
    return _told_otherwise(word, judgement) if spec.required else ""


def _told_otherwise(word: Verdict, judgement: Judgement) -> str:
    """Why the verdict is not the one that an exemplar shows; empty when it is."""
    if judgement.verdict is word:
        return ""
    return f"its verdict is {judgement.verdict.value}, expected {word.value}: {judgement.cause}"


def _headline(result: GateResult) -> str:
    return result.message.strip().split("\n", 1)[0]


def margin_text(quest: Quest, judgement: Judgement) -> str:
    """Every weighed gate in a few characters: `ops(cpu) 15/30, memory(cuda) sealed`."""
    parts = []
    for spec, result in paired(quest, judgement):
        weighed = result.measured is not None and result.status is not GateStatus.SEALED
        figure = f"{result.measured:g}/{result.limit:g}" if weighed else result.status.value
        parts.append(f"{spec.kind}({spec.device}) {figure}")
    return ", ".join(parts)
