"""`leveling certificate`: export one, or check anyone's."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_catalog, open_game
from leveling.cli.terminal import complain, mark, paint, rank_mark, say
from leveling.play.printed import safe

if TYPE_CHECKING:
    from leveling.catalog import Catalog
    from leveling.certificate.refusal import Refused
    from leveling.certificate.verifying import Checked
    from leveling.play.replaying import Replayed

FORMATS = ("svg", "png", "pdf", "json", "bundle")
VALID, NOT_VALID, BAD_INPUT, FAULT = 0, 1, 2, 3


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling certificate export|verify`."""
    parser = commands.add_parser("certificate", help="a certificate that anyone can check")
    actions = parser.add_subparsers(dest="action", metavar="export|verify", required=True)
    export = actions.add_parser("export", help="certify a rank or a completed path")
    export.add_argument(
        "--of", metavar="WHAT", default="overall", help="overall, a gate, or path:ID (default: overall)"
    )
    export.add_argument("--format", choices=FORMATS, default="svg", help="bundle adds the solutions (default: svg)")
    export.add_argument("--output", metavar="FILE", type=Path, help="a new file; without it one in this folder")
    export.add_argument("--name", metavar="NAME", default="", help="the name to write on it; without it the hunter's")
    export.add_argument("--json", action="store_true", help="one JSON object")
    verify = actions.add_parser("verify", help="check a certificate in any format")
    verify.add_argument("file", metavar="FILE", type=Path)
    verify.add_argument("--key", metavar="DID", default="", help="the did:key that must have signed it")
    verify.add_argument("--replay", action="store_true", help="of a bundle: judge every solution again, in the sandbox")
    verify.add_argument(
        "--judges", metavar="N", type=int, default=0, help="how many judge at once; one a core without it"
    )
    verify.add_argument("--insist", action="store_true", help="judge a stranger's code where the sandbox is not whole")
    verify.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    """Exit status of export: 0, or 2; of verify: 0 valid, 1 not valid, 2 bad input, 3 the judge failed."""
    return _export(options) if options.action == "export" else _verify(options)


def _export(options: argparse.Namespace) -> int:
    from leveling.play import certifying

    done = certifying.export(open_game(options), options.of, options.format, options.output, options.name)
    if options.json:
        say(json.dumps({**asdict(done), "path": str(done.path)}))
        return VALID
    say(f"{paint(done.title, 'bold')}   {done.path}")
    say(f"fingerprint {done.fingerprint}")
    say(f"key         {done.did}")
    say(f"anyone can check it: leveling certificate verify {done.path}")
    if done.note:
        say(terminal.wrapped(f"Mind: whoever checks it will read that {done.note}"))
    return VALID


def _verify(options: argparse.Namespace) -> int:
    from leveling.certificate.refusal import Refused
    from leveling.play import certifying

    catalog = open_catalog(options)
    try:
        checked = certifying.verify(catalog, options.file, key=options.key)
    except Refused as refused:
        return _refuse(refused, options)
    if not options.json:
        _tell(checked, options.file)
    results = _replayed(catalog, checked, options) if options.replay else []
    status = _status(checked, results)
    if options.json:
        say(json.dumps(_plain(checked, results, status, asked=options.replay)))
    else:
        _conclude(checked, results, status)
    return status


def _refuse(refused: "Refused", options: argparse.Namespace) -> int:
    status = BAD_INPUT if refused.fault.is_bad_input else NOT_VALID
    if options.json:
        problem = {"fault": refused.fault.value, "text": str(refused), "quest": ""}
        say(json.dumps({"valid": False, "problems": [problem]}))
    elif status == BAD_INPUT:
        complain(f"{options.file}: {safe(str(refused))}")
    else:
        say(f"{mark('failed')} {paint('not valid', 'bold', 'red')}  {options.file}")
        say(terminal.wrapped(f"{safe(str(refused))} ({refused.fault})", "  "))
    return status


def _tell(checked: "Checked", file: Path) -> None:
    told = checked.summary
    say(
        f"{paint(safe(told.hunter), 'bold')}   {safe(told.title)}" + (f"   {rank_mark(told.rank)}" if told.rank else "")
    )
    grades = ", ".join(f"{count} {grade}" for grade, count in told.grades.items() if count)
    say(
        f"  {told.quests} quests unaided (grades: {grades}), {told.trials} trials, {told.hours:g} hours, up to {told.until}"
    )
    say(f"  limits met: {safe(told.limits_in_words)}")
    say(f"  fingerprint {told.fingerprint}")
    say(f"  key         {told.issuer}")
    say(
        f"{mark('passed')} signature, {'picture, ' if checked.kind not in ('json', 'bundle') else ''}structure: good ({file})"
    )
    if checked.kind == "bundle":
        count = len(checked.solutions)
        say(f"{mark('passed')} {count} solution{'s' * (count != 1)}: each as its hash says")
    for problem in checked.problems:
        where = f"{safe(problem.quest)}: " if problem.quest else ""
        say(f"{mark('failed')} {where}{safe(problem.text)} ({problem.fault})")
    if not any(problem.quest for problem in checked.problems):
        say(f"{mark('passed')} {told.quests} quests: all here, none changed since")


def _replayed(catalog: "Catalog", checked: "Checked", options: argparse.Namespace) -> "list[Replayed]":
    from leveling.play.replaying import replay

    total, results = len(checked.quests), []
    live = not options.json and terminal.is_live(sys.stderr)
    found = replay(catalog, checked, insist=options.insist, judges=max(0, options.judges))
    try:
        for result in found:
            results.append(result)
            if not options.json:
                _clear(live=live)
                _tell_result(result)
            if live:
                sys.stderr.write(f"\rjudged {len(results)} of {total}")
                sys.stderr.flush()
    finally:
        found.close()
        _clear(live=live)
    return results


def _clear(*, live: bool) -> None:
    if live:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def _tell_result(result: "Replayed") -> None:
    sign = {"cleared": "passed", "not_judged": "sealed"}.get(result.outcome, "failed")
    grades = f"grade {result.grade}" + (f", now {result.now}" if result.now and result.now != result.grade else "")
    word = result.verdict or result.outcome.value
    text = f"  {safe(result.text)}" if result.text else ""
    say(f"{mark(sign)} {safe(result.quest)}  {word.replace('_', ' ')}  {paint(grades, 'dim')}{text}")


def _status(checked: "Checked", results: "list[Replayed]") -> int:
    outcomes = {result.outcome for result in results}
    if checked.problems or "not_cleared" in outcomes:
        return NOT_VALID
    return FAULT if "judge_fault" in outcomes else VALID


def _conclude(checked: "Checked", results: "list[Replayed]", status: int) -> None:
    if results:
        counts = {word: sum(result.outcome == word for result in results) for word in ("cleared", "not_judged")}
        left = f", {counts['not_judged']} not judged here" if counts["not_judged"] else ""
        say(f"judged again: {counts['cleared']} of {len(results)} cleared{left}")
    if status == VALID:
        extent = "its solutions clear its quests" if results else "nothing was altered since it was signed"
        say(
            f"{mark('passed')} {paint('valid', 'bold', 'green')}: {extent}. Self-issued: it does not prove who wrote them."
        )
        if checked.kind != "bundle":
            say("  To judge the solutions again, ask for the bundle: leveling certificate export --format bundle")
    elif status == FAULT:
        say(f"{mark('failed')} the judge failed on this machine; that says nothing of the certificate: leveling doctor")
    else:
        say(f"{mark('failed')} {paint('not valid', 'bold', 'red')}")


def _plain(checked: "Checked", results: "list[Replayed]", status: int, *, asked: bool) -> dict[str, Any]:
    told = asdict(checked.summary)
    told["by_gate"] = dict(told["by_gate"])
    plain: dict[str, Any] = {
        "valid": status == VALID,
        "kind": checked.kind,
        **told,
        "problems": [asdict(problem) for problem in checked.problems],
    }
    if asked:
        plain["replay"] = [asdict(result) for result in results]
    return plain
