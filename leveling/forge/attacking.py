"""Null solutions and mutants of the reference: each must be refused, or marked equivalent with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from leveling.forge.judges import Outcome, Task
from leveling.forge.mutation import FULL_CAP, QUICK_CAP, Mutant, sample
from leveling.forge.nulls import MARK, WHOLE, Null, nulls
from leveling.forge.proof import Survivor, Tally
from leveling.forge.trial_run import Run, Until

MOST_SAID = 3
QUICK_NULLS = 10


@dataclass(frozen=True, slots=True)
class Attack:
    """A faulty solution with the key under which it may be marked equivalent. `only`: checks that concern it, all when empty."""

    survivor: Survivor
    source: str
    only: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its survivor."""
        return self.survivor.key


def prove_nulls(run: Run) -> None:
    """Every null that applies is refused: all of them in a full proof, else those of all functions at once and a sample."""
    every = nulls(run.text("reference.py"), run.quest.signature)
    _report_stale(run, "null:", {null.key for null in every})
    chosen = every if run.proof.full else few_nulls(every, run.proof.content)
    attacks = [Attack(Survivor(null.key), null.source, _part(run, null)) for null in chosen]
    run.proof.survivors += _attack(run, "null solutions", attacks, run.proof.nulls)
    run.proof.show("nulls", f"{_summed(run.proof.nulls)}{_of(chosen, every)}")


def few_nulls(every: list[Null], seed: str) -> list[Null]:
    """Those that replace all functions at once, and a sample of the others: the same ones for the same `seed`."""
    whole = [null for null in every if null.target == WHOLE]
    single = [null for null in every if null.target != WHOLE]
    return [*whole, *sample(single, QUICK_NULLS - len(whole), seed)]


def _of(chosen: Sequence[object], every: Sequence[object]) -> str:
    return f" (of {len(every)})" if len(chosen) < len(every) else ""


def _part(run: Run, null: Null) -> tuple[str, ...]:
    """The checks of a drill, for a null of that drill alone."""
    return () if null.target == WHOLE else run.part(null.target, null.target.split(".")[0])


def _part_of(run: Run, mutant: Mutant) -> tuple[str, ...]:
    """In a quick proof the checks of a drill, for a mutant of that drill."""
    return () if run.proof.full else run.part(mutant.scope)


def prove_mutants(run: Run) -> None:
    """Every mutant of the reference that is judged is refused: all of them in a full proof, else a sample."""
    every = run.mutants()
    run.proof.total_mutants = len(every)
    _report_stale(run, "", {mutant.key for mutant in every})
    chosen = sample(every, FULL_CAP if run.proof.full else QUICK_CAP, run.proof.content)
    attacks = [Attack(_survivor(mutant), mutant.source, _part_of(run, mutant)) for mutant in chosen]
    run.proof.survivors += _attack(run, "mutants", attacks, run.proof.mutants)
    run.proof.show("mutants", f"{_summed(run.proof.mutants)}{_of(chosen, every)}")


def _survivor(mutant: Mutant) -> Survivor:
    return Survivor(mutant.key, mutant.line, mutant.before, mutant.after)


def _summed(tally: Tally) -> str:
    text = f"{tally.caught} of {tally.tried - tally.equivalent} refused ({tally.rate:.1%})"
    return f"{text}, {tally.equivalent} equivalent" if tally.equivalent else text


def _report_stale(run: Run, prefix: str, known: set[str]) -> None:
    for key in run.written.equivalent:
        if key.startswith("null:") == bool(prefix) and key not in known:
            run.proof.fault("quest.toml", f"[equivalent] names {key!r}, which no longer exists: leave it out")


def _attack(run: Run, what: str, attacks: list[Attack], tally: Tally) -> list[Survivor]:
    """Judge; judge what passed once more, under another seed and with the exact gates; what is left survives."""
    marked = [attack for attack in attacks if attack.key in run.written.equivalent]
    wanted = [attack for attack in attacks if attack.key not in run.written.equivalent]
    passed, idle = _passing(run, what, wanted, 0)
    left, idle_again = _passing(run, f"{what} that passed", passed, 1) if passed else ([], 0)
    tally.equivalent = len(marked)
    tally.tried = len(attacks) - idle - idle_again
    tally.caught = tally.tried - tally.equivalent - len(left)
    _check_marks(run, what, marked)
    return [attack.survivor for attack in left]


def _passing(run: Run, what: str, attacks: list[Attack], number: int) -> tuple[list[Attack], int]:
    """The attacks that nothing refused, and how many were nulls with nothing to replace."""
    outcomes = run.judge(what, [_task(run, attack, number) for attack in attacks])
    pairs = list(zip(attacks, outcomes, strict=True))
    _blame_the_judge(run, pairs)
    hung = sum(outcome.hung for outcome in outcomes)
    if hung:
        run.proof.notes.append(f"{hung} of the {what} were stopped because they did not end; they count as refused")
    passed = [(attack, outcome) for attack, outcome in pairs if not outcome.caught]
    applied = [attack for attack, outcome in passed if _applies(attack, outcome)]
    return applied, len(passed) - len(applied)


def _task(run: Run, attack: Attack, number: int) -> Task:
    # what a drill's own checks let through, another drill's may refuse: the second time a mutant meets all of them
    only = () if number and not attack.key.startswith("null:") else attack.only
    return run.task(
        attack.key,
        attack.source,
        gates="all" if number else "none",
        seed=run.seed(attack.key, number),
        only=only,
        until=Until.LEARNT,
        keep=True,
        weighed=run.exact(),
    )


def _applies(attack: Attack, outcome: Outcome) -> bool:
    """Whether this is a mutant, or a null that had something to replace."""
    return not attack.key.startswith("null:") or outcome.judgement is None or MARK in outcome.judgement.output


def _blame_the_judge(run: Run, pairs: list[tuple[Attack, Outcome]]) -> None:
    ours = [(attack, outcome) for attack, outcome in pairs if outcome.ours]
    for attack, outcome in ours[:MOST_SAID]:
        run.proof.fault(attack.key, f"the judge itself fails on it: {outcome.ours}")


def _check_marks(run: Run, what: str, marked: list[Attack]) -> None:
    """In a full proof: what is marked equivalent is judged too, and a mark on what is refused is said."""
    if not run.proof.full or not marked:
        return
    passed, idle = _passing(run, f"{what} marked equivalent", marked, 0)
    passed, more = _passing(run, f"{what} marked equivalent", passed, 1) if passed else ([], 0)
    if len(passed) + idle + more < len(marked):
        for attack in marked:
            if attack not in passed:
                run.proof.notes.append(f"{attack.key} is marked equivalent but was refused: is the mark still true?")
