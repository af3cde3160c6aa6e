"""Every check earns its place: it is the first to refuse some faulty solution, or at least refuses one when it stands alone."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from leveling.forge.mutation import QUICK_CAP, sample
from leveling.forge.nulls import nulls
from leveling.forge.trial_run import Run

T = TypeVar("T")
FIRST, MOST = 4, 40


def prove_checks_earn_their_place(run: Run) -> None:
    """A check that nothing faulty ever fails is a fault; one that is never the first is a note."""
    never_first = [check.name for check in run.facts.checks if check.name not in run.proof.catches]
    for name in never_first:
        caught = _alone(run, name)
        if caught:
            run.proof.notes.append(f"{name} is never the first to refuse something (alone it refuses {caught})")
        else:
            text = "refuses no wrong solution, no null and no mutant: write a wrong/ that only it can catch, or leave it out"
            run.proof.fault(name, text)
    count = len(run.facts.checks)
    run.proof.show("checks", f"{count - len(never_first)} of {count} are the first to refuse something")


def _alone(run: Run, name: str) -> str:
    """A faulty solution that this check refuses when no other comes before it; empty when there is none.

    Those that concern its part come first: wrong ones, nulls, mutants. All others follow: a check is not blamed for what a
    sample left out.
    """
    only = _with_earlier(run, name)
    tasks = [run.task(key, source, only=only, seed=run.seed(key, 2), keep=True) for key, source in _faulty(run, name)]
    for group in growing(tasks):
        outcomes = run.judge(f"{name} alone", group)
        if caught := next((outcome.task.name for outcome in outcomes if name in outcome.failed), ""):
            return caught
    return ""


def _faulty(run: Run, name: str) -> list[tuple[str, str]]:
    """Every faulty solution, by key, in the order in which this check may be expected to refuse it."""
    check = run.facts.check(name)
    part = check.part if check else ""
    caught_by = {f"wrong/{wrong.name}.py": run.facts.check(wrong.caught_by) for wrong in run.quest.wrong}

    def far(key: str) -> bool:
        if key.startswith("wrong/"):
            other = caught_by.get(key)
            return other is None or other.part != part
        scope = key.split(":")[2] if key.startswith("null:") else key.partition(":")[0]
        return bool(part) and part not in (scope, scope.partition(".")[0])

    wrong = {f"wrong/{path.name}": path.read_text(encoding="utf-8") for path in run.files("wrong")}
    empty = {null.key: null.source for null in nulls(run.text("reference.py"), run.quest.signature)}
    every = run.mutants()
    chosen = sample(every, QUICK_CAP, run.proof.content)
    faulty = wrong | empty | {mutant.key: mutant.source for mutant in (*chosen, *every)}
    return sorted(faulty.items(), key=lambda pair: far(pair[0]))


def growing(tasks: Sequence[T]) -> Iterator[Sequence[T]]:
    """`tasks` in pieces, each twice the one before: most checks refuse one of the first few, and the rest need not be judged."""
    start, size = 0, FIRST
    while start < len(tasks):
        yield tasks[start : start + size]
        start, size = start + size, min(2 * size, MOST)


def _with_earlier(run: Run, name: str) -> tuple[str, ...]:
    """The check and those that must have passed before it."""
    wanted = [name]
    for each in wanted:
        check = run.facts.check(each)
        wanted += [other for other in (check.after if check else ()) if other not in wanted]
    return tuple(wanted)
