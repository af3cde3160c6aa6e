"""Every check earns its place: it is the first to refuse some faulty solution, or at least refuses one when it stands alone."""

import hashlib

from leveling.forge.facts import CheckFacts
from leveling.forge.nulls import NAMES, WHOLE, nulls
from leveling.forge.trial_run import Run, Until

# Solutions judged at once: most checks refuse one of the first few, and the rest need not be judged.
FIRST, MOST = 2, 40


def prove_checks_earn_their_place(run: Run) -> None:
    """A check that nothing faulty ever fails is a fault; one that is never the first is a note."""
    never_first = [check.name for check in run.facts.checks if check.name not in run.proof.catches]
    caught = _refused_by(run, never_first)
    for name in never_first:
        if name in caught:
            run.proof.notes.append(f"{name} is never the first to refuse something (alone it refuses {caught[name]})")
        else:
            text = "refuses no wrong solution, no null and no mutant: write a wrong/ that only it can catch, or leave it out"
            run.proof.fault(name, text)
    count = len(run.facts.checks)
    run.proof.show("checks", f"{count - len(never_first)} of {count} are the first to refuse something")


def _refused_by(run: Run, names: list[str]) -> dict[str, str]:
    """For each of these checks a faulty solution that it refuses when no failure before it counts; none where there is none.

    All faulty solutions are tried in the end: a check is not blamed for what a sample left out.
    """
    caught: dict[str, str] = {}
    left, faulty, size = list(names), _faulty(run) if names else [], FIRST
    while left and faulty:
        faulty.sort(key=lambda pair: all(_far(run, pair[0], name) for name in left))
        group, faulty, size = faulty[:size], faulty[size:], min(2 * size, MOST)
        only = _with_earlier(run, left)
        tasks = [
            run.task(key, source, only=only, seed=run.seed(key, 0), until=Until.EVERY, keep=True)
            for key, source in group
        ]
        for outcome in run.judge("each check alone", tasks):
            for name in outcome.failed:
                caught.setdefault(name, outcome.task.name)
        left = [name for name in left if name not in caught]
    return caught


def _faulty(run: Run) -> list[tuple[str, str]]:
    """Every faulty solution by key: first the nulls of all functions at once, then all others well mixed.

    Those of a kind resemble each other, and what a check refuses alone is seldom of the kind that others refused first.
    """
    empty = [(null.key, null.source) for null in nulls(run.text("reference.py"), run.quest.signature)]
    wrong = [(f"wrong/{path.name}", path.read_text(encoding="utf-8")) for path in run.files("wrong")]
    rest = [*wrong, *empty[len(NAMES) :], *((mutant.key, mutant.source) for mutant in run.mutants())]
    return [*empty[: len(NAMES)], *sorted(rest, key=lambda pair: _mixed(run, pair[0]))]


def _mixed(run: Run, key: str) -> bytes:
    return hashlib.sha256(f"{run.proof.content} {key}".encode()).digest()


def _far(run: Run, key: str, name: str) -> bool:
    """Whether the faulty solution concerns another part than this check's, so that others are tried first."""
    part = _part_of(run.facts.check(name))
    if key.startswith("wrong/"):
        known = next((wrong for wrong in run.quest.wrong if f"wrong/{wrong.name}.py" == key), None)
        other = run.facts.check(known.caught_by) if known else None
        return other is None or other.part != part
    scope = key.split(":")[2] if key.startswith("null:") else key.partition(":")[0]
    return bool(part) and part not in (scope, scope.partition(".")[0]) and scope != WHOLE


def _part_of(check: CheckFacts | None) -> str:
    return check.part if check else ""


def _with_earlier(run: Run, names: list[str]) -> tuple[str, ...]:
    """The checks and those that must have passed before them."""
    wanted = list(names)
    for each in wanted:
        check = run.facts.check(each)
        wanted += [other for other in (check.after if check else ()) if other not in wanted]
    return tuple(wanted)
