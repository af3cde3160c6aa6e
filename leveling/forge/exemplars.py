"""The author's own solutions: wrong ones are caught where they say, right ones clear, slow and hungry ones are refused clearly."""

from pathlib import Path

from leveling.forge.judges import Outcome, Task
from leveling.forge.margins import TIMED, exemplar_fault, kinds_of, paired
from leveling.forge.trial_run import Run, Until
from leveling.world.quest import GateSpec, Misconception
from leveling.world.words import GateStatus, Verdict

REPEATS = {False: 1, True: 3}


def prove_wrong(run: Run) -> None:
    """Each wrong solution is caught first by the check or the gate that it names, under every seed tried."""
    folder = run.quest.folder / "wrong"
    known = [wrong for wrong in run.quest.wrong if (folder / f"{wrong.name}.py").is_file()]
    by_check = [wrong for wrong in known if not _gates(run, wrong)]
    by_gate = [wrong for wrong in known if _gates(run, wrong)]
    good = sum(_judged_wrong(run, group) for group in (by_check, by_gate))
    run.proof.show("wrong", f"{good} of {len(known)} caught by the check they name")


def _gates(run: Run, wrong: Misconception) -> list[GateSpec]:
    """The gates that a wrong solution's `caught_by` names."""
    return [gate for gate in run.quest.gates if gate.kind == wrong.caught_by]


def _judged_wrong(run: Run, group: list[Misconception]) -> int:
    repeated = [wrong for wrong in group for _ in range(REPEATS[run.proof.full])]
    tasks = [_wrong_task(run, wrong) for wrong in repeated]
    bad: dict[str, str] = {}
    for wrong, outcome in zip(repeated, run.judge("wrong solutions", tasks), strict=True):
        text = _wrong_fault(run, wrong, outcome)
        if text:
            bad.setdefault(wrong.name, text)
    for name, text in bad.items():
        run.proof.fault(f"wrong/{name}.py", text)
    return len(group) - len(bad)


def _wrong_task(run: Run, wrong: Misconception) -> Task:
    path = run.quest.folder / "wrong" / f"{wrong.name}.py"
    if gates := _gates(run, wrong):
        return _weighed_task(run, path, gates)
    # what is forbidden is told with the verdict
    until = Until.FAILURE if run.facts.check(wrong.caught_by) else Until.VERDICT
    seed = run.own_seed()
    return run.task(_name(path), _source(path), seed=seed, until=until, keep=True, only=_part(run, wrong))


def _weighed_task(run: Run, path: Path, aims: list[GateSpec] | None = None) -> Task:
    """One of the author's solutions with all gates; in a quick proof, with `aims`, to the first of these that refuses it.

    There those on time come first: what is far too slow is told within two pairs of calls, sooner than anything is counted.
    """
    if aims is None or run.proof.full:
        return run.task(_name(path), _source(path), gates="all", seed=run.own_seed(), keep=True)
    order = sorted(aims, key=lambda gate: gate.kind not in TIMED)
    return run.task(_name(path), _source(path), gates="first", seed=run.own_seed(), keep=True, weighed=order)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _part(run: Run, wrong: Misconception) -> tuple[str, ...]:
    """In a quick proof the checks of the drill in which it is wrong: the others see the reference's own code."""
    check = None if run.proof.full else run.facts.check(wrong.caught_by)
    return run.part(check.part) if check else ()


def _wrong_fault(run: Run, wrong: Misconception, outcome: Outcome) -> str:
    """Why this run does not show what the table says; empty when it does."""
    if outcome.ours:
        return f"the judge itself fails on it: {outcome.ours}"
    if outcome.judgement is not None and outcome.judgement.verdict is Verdict.FORBIDDEN:
        return "" if wrong.caught_by == "forbidden" else f"is forbidden before {wrong.caught_by} can catch it"
    found = [*outcome.failed, *outcome.failed_gates]
    if wrong.caught_by in found[:1] or (not outcome.failed and wrong.caught_by in outcome.failed_gates):
        return ""
    gates = _gates(run, wrong)
    if gates and not found and outcome.judgement is not None and _sealed(outcome, wrong.caught_by):
        return ""
    if not found:
        return f"is caught by nothing, expected {wrong.caught_by} (verdict {outcome.word})"
    message = next(iter(outcome.messages), "").strip().split("\n", 1)[0]
    return f"is caught first by {found[0]}, expected {wrong.caught_by}: {message}"


def _sealed(outcome: Outcome, kind: str) -> bool:
    """Whether no gate of that kind can be weighed on this machine."""
    assert outcome.judgement is not None
    weighed = [gate for gate in outcome.judgement.gates if gate.gate == kind]
    return bool(weighed) and all(gate.status is GateStatus.SEALED for gate in weighed)


def prove_right(run: Run) -> None:
    """Each right solution clears, except for the checks that it may fail with a reason."""
    paths = run.files("right")
    if not paths:
        return
    repeated = [path for path in paths for _ in range(REPEATS[run.proof.full])]
    tasks = [_weighed_task(run, path) for path in repeated]
    bad: dict[str, str] = {}
    for path, outcome in zip(repeated, run.judge("right solutions", tasks), strict=True):
        text = _right_fault(run, path.stem, outcome)
        if text:
            bad.setdefault(path.name, text)
    for name, text in bad.items():
        run.proof.fault(f"right/{name}", text)
    run.proof.show("right", f"{len(paths) - len(bad)} of {len(paths)} cleared")


def _right_fault(run: Run, name: str, outcome: Outcome) -> str:
    table = run.written.right.get(name)
    waived = set(table.waive) if table else set()
    if outcome.ours:
        return f"the judge itself fails on it: {outcome.ours}"
    for what, message in zip([*outcome.failed, *outcome.failed_gates], outcome.messages, strict=False):
        if what not in waived and not _optional(outcome, what):
            return f"fails {what}: {' / '.join(line.strip() for line in message.strip().splitlines()[:3])}"
    judgement = outcome.judgement
    refused = judgement is not None and judgement.verdict is not Verdict.CLEARED and not outcome.failed
    if judgement is not None and refused and not outcome.failed_gates:
        return f"does not clear: {outcome.word}: {judgement.cause}"
    return ""


def _optional(outcome: Outcome, kind: str) -> bool:
    """Whether `kind` is a gate that no clear depends on."""
    assert outcome.judgement is not None
    failed = [gate for gate in outcome.judgement.gates if gate.gate == kind and gate.status is GateStatus.FAILED]
    return bool(failed) and not any(gate.required for gate in failed)


def prove_slow_and_hungry(run: Run) -> None:
    """Each slow (hungry) solution passes the checks and stands 1.5x beyond a time-like (memory-like) limit."""
    for sort in ("slow", "hungry"):
        paths = run.files(sort)
        if not paths:
            continue
        own = [gate for gate in run.quest.gates if gate.kind in kinds_of(sort)]
        outcomes = run.judge(f"{sort} solutions", [_weighed_task(run, path, own) for path in paths])
        shown = []
        for path, first in zip(paths, outcomes, strict=True):
            outcome, text = first, _exemplar_fault(run, sort, first)
            if text and not run.proof.full:  # another gate may show it, by a word of its own
                [outcome] = run.judge(f"{sort}/{path.name} with all gates", [_weighed_task(run, path)])
                text = _exemplar_fault(run, sort, outcome)
            if text:
                run.proof.fault(_name(path), text)
            shown.append(_weighed(run, outcome))
        run.proof.show(sort, "; ".join(shown))


def _exemplar_fault(run: Run, sort: str, outcome: Outcome) -> str:
    if outcome.ours:
        return f"the judge itself fails on it: {outcome.ours}"
    if outcome.failed:
        message = next(iter(outcome.messages), "").strip().split("\n", 1)[0]
        return f"fails the check {outcome.failed[0]}, but a {sort} solution must be correct: {message}"
    if outcome.judgement is None:
        return outcome.word
    return exemplar_fault(sort, run.quest, outcome.judgement)


def _weighed(run: Run, outcome: Outcome) -> str:
    """The gates an exemplar failed, in figures."""
    pairs = paired(run.quest, outcome.judgement) if outcome.judgement else []
    failed = [(spec, gate) for spec, gate in pairs if gate.status is GateStatus.FAILED]
    if not failed:
        return "not refused" if not outcome.failed else f"fails {outcome.failed[0]}"
    return ", ".join(
        f"{spec.kind} {'stopped' if gate.measured is None else f'{gate.measured:g}/{gate.limit:g}'}"
        for spec, gate in failed
    )
