"""Prove one quest: the whole of what must hold, in order, each stage a few solutions for the judges."""

import time
from collections.abc import Callable

from leveling.catalog.reading import read_quest_file
from leveling.forge import attacking, earning, exemplars, quizzing, reading
from leveling.forge.facts import Inspector
from leveling.forge.judges import Judges, Outcome
from leveling.forge.ledger import content_of
from leveling.forge.margins import margin_text, paired, reference_fault
from leveling.forge.proof import Proof
from leveling.forge.trial_run import Run
from leveling.judge.protocol import Modules
from leveling.play.dungeons.reports import as_module
from leveling.world.quest import Quest
from leveling.world.words import Kind, Verdict

Told = Callable[[str], None]
REFERENCE_RUNS = {False: (1, 1), True: (17, 3)}


def prove(
    quest: Quest,
    judges: Judges,
    inspector: Inspector,
    *,
    full: bool = False,
    told: Told = lambda _: None,
    lent: Modules = (),
) -> Proof:
    """Prove `quest`, or a floor with what is `lent` to it. Every fault found is in the result; nothing is raised for bad content.

    Raises:
        FaultyContent: when quest.toml cannot be read.
    """
    began = time.monotonic()
    proof = Proof(quest.id, quest.kind.value, full, content=content_of(quest, lent))
    written = read_quest_file(quest.folder)
    missing = inspector.missing(quest.packages)
    if missing:
        proof.sealed = f"it needs {', '.join(missing)}, which is not installed: pip install leveling[{quest.extra}]"
    told("reading")
    facts = inspector.facts(quest.folder)
    reading.check_content(quest, written, facts, proof)
    if proof.sealed or facts.fault:
        if facts.fault and not proof.sealed:
            proof.fault("checks.py", facts.fault)
    elif quest.kind is Kind.QUIZ:
        quizzing.prove_quiz(quest, facts, judges, proof)
    else:
        run = Run(quest, written, facts, judges, proof, told, lent=lent)
        _prove_solutions(run)
    proof.seconds = time.monotonic() - began
    return proof


def _prove_solutions(run: Run) -> None:
    if not _prove_reference(run):
        return
    _prove_starter(run)
    exemplars.prove_wrong(run)
    exemplars.prove_right(run)
    attacking.prove_nulls(run)
    attacking.prove_mutants(run)
    exemplars.prove_slow_and_hungry(run)
    earning.prove_checks_earn_their_place(run)


def _prove_reference(run: Run) -> bool:
    """Whether the reference clears, repeatedly; without that nothing else means anything."""
    plain, weighed = REFERENCE_RUNS[run.proof.full]
    source = run.text("reference.py")
    first = run.judge("the reference", [run.task("reference.py", source, gates="all")])
    again = [run.task("reference.py", source, seed=run.own_seed(), keep=True) for _ in range(plain)]
    outcomes = first + (run.judge("the reference again", again) if first[0].judgement and _cleared(first[0]) else [])
    if len(outcomes) > 1 and weighed > 1:
        more = [run.task("reference.py", source, gates="all") for _ in range(weighed - 1)]
        outcomes += run.judge("its gates again", more)
    bad = [outcome for outcome in outcomes if not _cleared(outcome)]
    for outcome in bad[:3]:
        run.proof.fault("reference.py", f"does not clear: {described(outcome)}")
    run.proof.show("reference", f"{len(outcomes) - len(bad)} of {len(outcomes)} cleared")
    if bad:
        return False
    run.seconds = max(outcome.judgement.seconds for outcome in outcomes[1:] if outcome.judgement)
    _prove_margins(run, [outcome for outcome in outcomes if outcome.judgement and outcome.judgement.gates])
    return True


def _prove_margins(run: Run, outcomes: list[Outcome]) -> None:
    said: set[str] = set()
    for outcome in outcomes:
        assert outcome.judgement is not None
        for spec, result in paired(run.quest, outcome.judgement):
            text = reference_fault(spec, result)
            if text and spec.name not in said:
                said.add(spec.name)
                run.proof.fault("quest.toml", text)
    if outcomes and outcomes[0].judgement:
        run.proof.show("gates", margin_text(run.quest, outcomes[0].judgement))


def _prove_starter(run: Run) -> None:
    [outcome] = run.judge("the starter", [run.task("starter.py", _starter(run), seed=run.own_seed(), keep=True)])
    if _cleared(outcome) and run.quest.gates:  # a review's only fault may be slowness, which the checks do not see
        [outcome] = run.judge("the starter's gates", [run.task("starter.py", _starter(run), gates="all")])
    run.proof.show("starter", outcome.word)
    if outcome.ours:
        run.proof.fault("starter.py", f"the judge itself fails on it: {outcome.ours}")
    elif _cleared(outcome):
        run.proof.fault("starter.py", "clears the quest as it is: leave a gap with raise NotImplementedError(...)")
    elif (
        outcome.judgement and outcome.judgement.verdict is not Verdict.UNFINISHED and run.quest.kind is not Kind.REVIEW
    ):
        run.proof.notes.append(f"starter.py is {outcome.word}, expected unfinished")


def _starter(run: Run) -> str:
    return as_module(run.text("starter.md")) if run.quest.kind is Kind.REPORT else run.text("starter.py")


def _cleared(outcome: Outcome) -> bool:
    return outcome.judgement is not None and outcome.judgement.verdict is Verdict.CLEARED


def described(outcome: Outcome) -> str:
    """The word of an outcome and the first line of what was said."""
    cause = outcome.ours or next(iter(outcome.messages), outcome.judgement.cause if outcome.judgement else "")
    lines = [line.strip() for line in cause.strip().splitlines()[:3]]
    return f"{outcome.word}: {' / '.join(lines)}" if lines else outcome.word
