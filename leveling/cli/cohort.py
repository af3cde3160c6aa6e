"""`leveling cohort judge DIR`: many learners' solutions at once."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import mark, paint, say
from leveling.places.writing import write_atomically
from leveling.play.cohorts import ENGINES, Cohort, Fallen, Journal, Row, as_csv, as_json, engine_of, summaries
from leveling.play.cohorts import journal as journals
from leveling.play.printed import safe
from leveling.play.trouble import Trouble
from leveling.world.words import Verdict

TOLD_EVERY = 0.1  # of the whole, where no line can be drawn over


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling cohort judge DIR [--out FILE] [--csv] [--jobs N] [--engine local|ray] [--resume] [--insist] [--json]`."""
    parser = commands.add_parser("cohort", help="judge the solutions of many learners")
    actions = parser.add_subparsers(dest="action", metavar="judge", required=True)
    judge = actions.add_parser("judge", help="every <learner>/<gate>/<quest>.py and certificate bundle in a folder")
    judge.add_argument("folder", metavar="DIR", type=Path)
    judge.add_argument("--out", metavar="FILE", type=Path, help="results; without it DIR.results.json beside DIR")
    judge.add_argument("--csv", action="store_true", help="results as a table for spreadsheets")
    judge.add_argument("--jobs", metavar="N", type=_positive, help="judges at once; without it one for each core")
    judge.add_argument("--engine", choices=ENGINES, default="local", help="ray: the cluster that RAY_ADDRESS names")
    judge.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu", help="as in `attempt`")
    judge.add_argument("--resume", action="store_true", help="judge only what an earlier run did not")
    judge.add_argument("--insist", action="store_true", help="trust the learners where the sandbox is not whole")
    judge.add_argument("--json", action="store_true", help="one JSON object on stdout as well")


def run(options: argparse.Namespace) -> int:
    """Exit status: 0 all judged, 1 something could not be, 2 something has to be put right, 3 a judge failed, 130 cut off."""
    catalog = open_catalog(options)
    out = _place(options)
    cohort = Cohort.found(options.folder, catalog, options.device)
    journal = out.with_suffix(".journal.jsonl")
    _take_up(cohort, journal, resume=options.resume)
    began = time.monotonic()
    cut_off = False
    if cohort.tasks():
        try:
            _judge(cohort, journal, options, began)
        except KeyboardInterrupt:
            cut_off = True
    rows = cohort.rows()
    _write(out, as_csv(rows) if options.csv else as_json(rows))
    if options.json:
        say(as_json(rows))
    else:
        _print(cohort, rows, out)
    if cut_off:
        terminal.complain(
            f"cut off; {len(cohort.tasks())} solutions are not judged yet. Go on: the same command with --resume"
        )
        return 130
    return _status(rows)


def _judge(cohort: Cohort, journal: Path, options: argparse.Namespace, began: float) -> None:
    engine = engine_of(options.engine, cohort.quests, jobs=options.jobs, device=options.device, insist=options.insist)
    try:
        with Journal(journal) as kept:
            for fallen in cohort.judge(engine, kept):
                _tell(fallen, began)
    finally:
        _wipe()
        engine.close()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _place(options: argparse.Namespace) -> Path:
    if options.out is not None:
        return Path(options.out)
    folder = options.folder.resolve()
    return Path(folder.with_name(f"{folder.name}.results.{'csv' if options.csv else 'json'}"))


def _take_up(cohort: Cohort, journal: Path, *, resume: bool) -> None:
    known = journals.read(journal)
    if known and not resume:
        raise Trouble(
            f"{journal} holds {len(known)} results of an earlier run. Use them: --resume. "
            "Judge all again: name other results with --out FILE, or remove that file"
        )
    cohort.remember(known)


def _write(out: Path, text: str) -> None:
    try:
        write_atomically(out, text.encode())
    except OSError as error:
        raise Trouble(f"{out} cannot be written: {error.strerror}. Nothing is lost: --resume --out FILE") from error


# ---- progress


def _tell(fallen: Fallen, began: float) -> None:
    """A line that moves, or one line for every tenth."""
    line = _progress(fallen, time.monotonic() - began)
    if terminal.is_live(sys.stderr):
        _wipe()
        print(line, end="", file=sys.stderr, flush=True)  # noqa: T201 - the moving line
    elif int(fallen.done / (TOLD_EVERY * fallen.of)) != int((fallen.done - 1) / (TOLD_EVERY * fallen.of)):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress beside the results


def _progress(fallen: Fallen, seconds: float) -> str:
    left = seconds / fallen.done * (fallen.of - fallen.done)
    remaining = f", about {left / 60:.0f} min left" if left >= 90 else f", about {left:.0f} s left" if left >= 1 else ""
    return f"{fallen.done} of {fallen.of} judged{remaining}"


def _wipe() -> None:
    if terminal.is_live(sys.stderr):
        print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201 - the moving line


# ---- the table


def _print(cohort: Cohort, rows: Sequence[Row], out: Path) -> None:
    longest = max((len(safe(each.learner)) for each in summaries(rows)), default=0)
    for each in summaries(rows):
        others = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in each.others)
        share = f"{each.cleared:>3} of {each.handed_in:<3} cleared"
        say(f"{paint(f'{safe(each.learner):<{longest}}', 'bold')}  {share}  {others}".rstrip())
    lines = list(_not_cleared(rows))
    if lines:
        say()
    for line in lines:
        say(line)
    alike = len({(row.submission.quest, row.submission.digest) for row in rows if row.alike})
    if alike:
        say(f"\n{alike} solutions were handed in word for word by more than one learner (column `alike`).")
    say(
        f"\n{len(rows)} of {len(cohort.submissions)} submissions, {len(cohort.known)} different solutions judged: {out}"
    )


def _not_cleared(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if not row.outcome.is_cleared:
            what = row.submission.quest or row.submission.origin
            reason = safe(" ".join((row.outcome.failed and f"{row.outcome.failed}:", row.outcome.cause)).strip())
            text = f"{safe(row.submission.learner)}  {safe(what)}  {row.outcome.word.replace('_', ' ')}"
            say_room = max(20, terminal.width(160) - len(text) - 6)
            short = reason if len(reason) <= say_room else f"{reason[: say_room - 3]}..."
            yield f"{mark('failed')} {text}  {paint(short, 'dim')}"


def _status(rows: Sequence[Row]) -> int:
    words = {row.outcome.word for row in rows}
    if Verdict.JUDGE_FAULT.value in words:
        return 3
    return 1 if words & {"refused", "sealed"} else 0
