"""An attempt on the terminal: results as they fall, a line that moves while nothing falls, the failure in full at the end."""

import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leveling.cli import terminal
from leveling.cli.terminal import mark, paint, rank_mark, say
from leveling.judge.protocol import CheckResult, GateResult, Judgement
from leveling.play.attempting import Announced, Event, FloorBegun, FloorHolds, Progress
from leveling.play.dungeons.curve import Curve
from leveling.play.printed import safe
from leveling.play.settling import Settled
from leveling.world.quest import Quest
from leveling.world.words import CheckStatus, GateStatus, Verdict

QUIET_SECONDS = 0.4
MOST_REMARKS = 3


class Report:
    """Prints the events of one attempt; with `as_json` it prints nothing but the moving line on stderr."""

    def __init__(self, quest: Quest, path: Path, *, as_json: bool, source: str = "") -> None:
        self.quest = quest
        self.path = path
        self.silent = as_json
        self.source = source
        self.live = terminal.is_live(sys.stderr)
        self.began = time.monotonic()
        self.now = "starting PyTorch"
        self.drawn = 0
        self.told_plain = False
        self.longest = 0
        self.curve = Curve()

    def tell(self, event: Event | Settled) -> None:
        """Print one event."""
        self._wipe()
        match event:
            case Announced():
                self._announce(event)
            case Progress():
                self.now = self._running(event)
            case FloorBegun() | FloorHolds():
                self._floor(event)
            case CheckResult():
                self.now = "checking"
                self._check(event)
            case GateResult():
                self._gate(event)
            case Judgement():
                self._verdict(event)
            case Settled() if not self.silent:
                for line in (*earned_lines(event), *advice_lines(event, self.quest, self.source)):
                    say(line)

    def tick(self) -> None:
        """Show that work goes on."""
        if self.live:
            self._wipe()
            text = f"{self.now} ... {time.monotonic() - self.began:.0f} s"
            sys.stderr.write(text)
            sys.stderr.flush()
            self.drawn = len(text)
        elif not self.told_plain and not self.silent:
            self.told_plain = True
            sys.stderr.write(f"{self.now} ...\n")
            sys.stderr.flush()

    def close(self) -> None:
        """Leave a clean line."""
        self._wipe()

    def _wipe(self) -> None:
        if self.drawn:
            sys.stderr.write("\r" + " " * self.drawn + "\r")
            sys.stderr.flush()
            self.drawn = 0

    def _check(self, result: CheckResult) -> None:
        if self.silent or result.status is CheckStatus.SKIPPED:
            return
        say(f"  {mark(result.status)} {result.name:<{self.longest}}  {paint(result.says, 'dim')}")

    def _gate(self, result: GateResult) -> None:
        if self.silent:
            return
        figures = "" if result.measured is None else f"{result.measured:g} of {_limit(result)}"
        text = figures or safe(result.message.strip().split("\n", 1)[0])
        say(f"  {mark(result.status)} {f'{result.gate} ({result.device})':<{self.longest}}  {text}")

    def _announce(self, announced: Announced) -> None:
        self.now = "checking"
        self.longest = max((len(name) for name, _ in announced.checks), default=0)
        if announced.echoes and not self.silent:
            say(paint(f"with your echo of {', '.join(announced.echoes)}", "dim"))

    def _floor(self, event: FloorBegun | FloorHolds) -> None:
        if isinstance(event, FloorBegun):
            self.quest, self.curve = event.quest, Curve()
            self.now = f"judging floor {event.number}"
            text = f"{paint(f'Floor {event.number} of {event.of}', 'bold')}  {event.quest.title}"
        else:
            how = "holds" if event.again else "holds, unchanged since its clear"
            text = (
                f"  {mark('passed')} {paint(f'floor {event.number}', 'bold')} {event.quest.title} {paint(how, 'dim')}"
            )
        if not self.silent:
            say(text)

    def _running(self, progress: Progress) -> str:
        """The line of a long run: how far it is, the curve of what it reports, the time left."""
        if not progress.of:
            return progress.text
        self.curve.add(progress.at, progress.of, progress.figure, time.monotonic())
        return self.curve.line(progress.name, plain=terminal.is_plain())

    def _verdict(self, judgement: Judgement) -> None:
        if self.silent:
            return
        skipped = sum(check.status is CheckStatus.SKIPPED for check in judgement.checks)
        if skipped:
            say(f"  {mark('skipped')} {paint(f'{skipped} later checks were not run', 'dim')}")
        for line in failure_lines(judgement):
            say(line)
        if judgement.output.strip():
            say(f"\n{paint('Your program printed:', 'bold')}\n{safe(judgement.output.rstrip())}")
        say(f"\n{headline(judgement)}")


def headline(judgement: Judgement) -> str:
    """The verdict, the grade, the time, the seed."""
    cleared = judgement.verdict is Verdict.CLEARED
    word = paint(judgement.verdict.value.replace("_", " "), "bold", "green" if cleared else "red")
    grade = f", grade {judgement.grade}" if judgement.grade else ""
    run = f"{judgement.seconds:.1f} s, seed {judgement.seed}" if judgement.seed else ""
    return f"{word}{grade}  {paint(run, 'dim')}".rstrip()


def earned_lines(settled: Settled) -> Iterator[str]:
    """What it meant: XP, ranks, doors; nothing for an attempt that changed nothing."""
    if settled.aided:
        yield "Cleared with the reference at hand: it opens what lies behind. For its XP, begin it again from blank with `start`."
    elif settled.xp:
        yield f"{paint(f'+{settled.xp} XP', 'bold', 'yellow')}, {settled.total_xp} in all"
    for where, rank in settled.ranks:
        yield f"{paint('Rank up:', 'bold', 'yellow')} {where} {rank_mark(rank)}"
    if settled.opened:
        shown = ", ".join(settled.opened[:4]) + (
            f" and {len(settled.opened) - 4} more" if len(settled.opened) > 4 else ""
        )
        yield f"Now open: {shown}"


def advice_lines(settled: Settled, quest: Quest, source: str) -> Iterator[str]:
    """What to do next: after a failure where to read on, after a clear what would make the code better."""
    from leveling.coach import explain, review

    judgement = settled.judgement
    if judgement.verdict is Verdict.CLEARED:
        found = review(source, quest, judgement)
        for remark in (*found.remarks, *found.architecture)[:MOST_REMARKS]:
            yield terminal.wrapped(safe(f"line {remark.line}: {remark.text} {remark.better}"), "  ")
        for challenge in found.challenges[:1]:
            yield terminal.wrapped(safe(f"Still to win: {challenge}"))
        return
    explained = explain(judgement, quest)
    if explained and explained.section and not judgement.verdict.is_ours:
        yield paint(f"The brief has a part on this: {explained.section.title} (leveling show {quest.id})", "dim")


def failure_lines(judgement: Judgement) -> Iterator[str]:
    """What failed, in full: the first failing check of every part, then failing gates, then the cause alone."""
    failed = [check for check in judgement.checks if check.status is CheckStatus.FAILED]
    blank = [check for check in failed if _is_blank(check)]
    for check in [check for check in failed if check not in blank] or blank[:1]:
        yield f"\n{paint(check.name, 'bold')}: {check.says}"
        yield safe(check.message)
    if len(blank) > 1:
        yield "\nNot written yet: " + ", ".join(check.part or check.name for check in blank)
    gates = [gate for gate in judgement.gates if gate.status is GateStatus.FAILED]
    for gate in gates:
        yield f"\n{paint(f'{gate.gate} ({gate.device})', 'bold')}"
        yield safe(gate.message)
    if judgement.diagnosis:
        yield f"\n{paint('What may have happened:', 'bold')} {judgement.diagnosis}"
    if judgement.verdict is not Verdict.CLEARED and not failed and not gates:
        yield f"\n{safe(judgement.cause)}"
    if judgement.verdict is Verdict.JUDGE_FAULT:
        yield "This is a fault of ours, not of your solution; nothing was counted. `leveling doctor` may say more."


def _is_blank(check: CheckResult) -> bool:
    """Whether it failed only because its function is not written yet: ten such messages say no more than one."""
    return check.message.split("\n", 1)[0].endswith("is not written yet.")


def _limit(gate: GateResult) -> str:
    bound = "at least" if gate.unit.startswith("at_least") else "at most"
    unit = {"at_least_reference": "x reference", "at_least": "", "same": ""}.get(gate.unit, gate.unit)
    return f"{bound} {gate.limit:g} {unit}".rstrip()


def with_clock(events: Iterator[Event | Settled], report: Report) -> Iterator[Event | Settled]:
    """`events`, ticking the report whenever none falls for a moment. An exception of the source is raised here."""
    waiting: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def pump() -> None:
        try:
            for event in events:
                waiting.put(("event", event))
            waiting.put(("end", None))
        except BaseException as error:
            waiting.put(("raised", error))

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            kind, value = waiting.get(timeout=QUIET_SECONDS)
        except queue.Empty:
            report.tick()
            continue
        if kind == "raised":
            raise value
        if kind == "end":
            return
        yield value


def as_json(settled: Settled) -> dict[str, Any]:
    """The object of DESIGN 11, with what failed in words beside it. `xp` was earned by this attempt; `rank` is the hunter's."""
    judgement = settled.judgement
    return {
        "quest": judgement.quest,
        "verdict": judgement.verdict.value,
        "cause": judgement.cause,
        "checks": [
            {"name": check.name, "status": check.status.value, "message": check.message} for check in judgement.checks
        ],
        "gates": [
            {
                "gate": gate.gate,
                "device": gate.device,
                "status": gate.status.value,
                "measured": gate.measured,
                "limit": gate.limit,
                "unit": gate.unit,
                "message": gate.message,
            }
            for gate in judgement.gates
        ],
        "grade": judgement.grade.value if judgement.grade else None,
        "xp": settled.xp,
        "rank": settled.rank.value if settled.rank else None,
        "seed": judgement.seed,
        "device": judgement.device,
        "seconds": round(judgement.seconds, 3),
        "output": judgement.output,
        "diagnosis": judgement.diagnosis,
        "sandbox": list(judgement.sandbox),
    }
