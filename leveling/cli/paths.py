"""`leveling paths`: the guided routes, and the checklist of one."""

import argparse
import itertools
import json
import textwrap

from leveling.cli import terminal
from leveling.cli.quests import Subparsers, open_catalog
from leveling.cli.terminal import paint, say
from leveling.play.paths import all_progress, path_progress
from leveling.world.path import TargetKind
from leveling.world.travelling import Progress, Row, State, Stop, Tally

SIGNS = {
    State.DONE: "[x]",
    State.DONE_SO_FAR: "[+]",
    State.BEGUN: "[~]",
    State.OPEN: "[ ]",
    State.NOT_FORGED: "[.]",
    State.NOT_JUDGED: " - ",
}
STYLES = {
    State.DONE: "green",
    State.DONE_SO_FAR: "green",
    State.BEGUN: "yellow",
    State.NOT_FORGED: "dim",
    State.NOT_JUDGED: "dim",
}
LEGEND = "[x] done  [+] done as far as it is forged  [~] begun  [ ] open  [.] not yet forged   - to read or to have"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """`leveling paths [PATH] [--json]`."""
    parser = commands.add_parser("paths", help="the guided routes, with what is done")
    parser.add_argument("path", metavar="PATH", nargs="?", help="the checklist of one, such as llm-week")
    parser.add_argument("--json", action="store_true", help="one JSON array; with PATH one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print all paths with percent done, or the checklist of one. Faulty files are named on stderr."""
    catalog = open_catalog(options)
    if options.path is not None:
        one = path_progress(catalog, options.path)
        if options.json:
            say(json.dumps(_summary(one) | {"sections": _sections(one)}))
        else:
            _print_checklist(one)
    else:
        found = all_progress(catalog)
        if options.json:
            say(json.dumps([_summary(each) for each in found]))
        else:
            _print_list(found)
    for fault in catalog.faults:
        terminal.complain(str(fault))
    return 2 if catalog.faults else 0


def _print_list(found: list[Progress]) -> None:
    if not found:
        say("No pack here has a path.")
    for each in found:
        say(f"{paint(each.path.id, 'bold')}  {each.path.title}  {paint(each.path.length, 'dim')}")
        say(terminal.wrapped(each.path.promise, "  "))
        for line in _figures(each):
            say(terminal.wrapped(line, "  "))
        say()
    if found:
        say(f"Checklist of one: leveling paths {found[0].path.id}")


def _figures(each: Progress) -> list[str]:
    """Both percentages, hours, and what comes next."""
    lines = [f"{_done(each.mandatory)}. {_hours(each.hours_spent)} of about {_hours(each.hours_planned)} spent."]
    if each.optional.planned:
        lines.append(f"Optional, not counted: {_done(each.optional)}.")
    if each.following is not None:
        lines.append(f"Next: {each.following.target.id}")
    return lines


def _done(tally: Tally) -> str:
    if not tally.forged:
        return f"{tally.not_forged} not yet forged"
    text = f"{tally.percent_of_forged}% done of what is forged ({tally.cleared} of {tally.forged})"
    if tally.not_forged:
        whole = f"{tally.percent_of_whole}% of the whole path ({tally.cleared} of {tally.planned})"
        return f"{text}, {whole}; {tally.not_forged} not yet forged"
    return text


def _hours(hours: float) -> str:
    if 0 < hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.1f} h" if 0 < hours < 10 else f"{hours:.0f} h"


def _print_checklist(each: Progress) -> None:
    say(f"{paint(each.path.title, 'bold')}  {paint(each.path.length, 'dim')}")
    say(terminal.wrapped(each.path.promise))
    if each.path.note:
        say(terminal.wrapped(each.path.note))
    for line in _figures(each):
        say(terminal.wrapped(line))
    say(paint(LEGEND, "dim"))
    rows = iter(each.rows)
    for section in each.path.sections:
        say(f"\n{paint(_headed(section.title, section.span), 'bold')}")
        if section.note:
            say(terminal.wrapped(section.note, "  "))
        for part in section.parts:
            hours = f"about {_hours(part.planned_hours)}" if part.planned_hours else ""
            choice = f"choose {part.choose} of {len(part.entries)}" if part.choose else ""
            say(f"  {_headed(part.title, part.span, hours, choice)}")
            if part.note:
                say(terminal.wrapped(part.note, "    "))
            for row in itertools.islice(rows, len(part.entries)):
                _print_row(row)


def _headed(title: str, *facts: str) -> str:
    known = ", ".join(fact for fact in facts if fact)
    return f"{title} ({known})" if known else title


def _print_row(row: Row) -> None:
    entry = row.entry
    facts = [entry.kind.value]
    if entry.kind.is_judged and entry.targets:
        facts.append("mandatory" if row.counts else "optional")
    if entry.hours:
        facts.append(_hours(entry.hours))
    if row.state is State.NOT_FORGED:
        facts.append(State.NOT_FORGED.value)
    sign = paint(SIGNS[row.state], STYLES.get(row.state, ""))
    about = paint(f"({', '.join(facts)})", "dim")
    say(f"    {sign} {entry.title} {about}")
    for line in filter(None, (entry.note, entry.link)):
        say(_hanging(line, "        "))
    for stop in row.stops:
        say(f"        {paint(_stop(stop), STYLES.get(stop.state, ''))}")


def _hanging(text: str, indent: str) -> str:
    """A note in the terminal's width; a link is never broken."""
    return textwrap.fill(
        text,
        terminal.width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _stop(stop: Stop) -> str:
    kind = "" if stop.target.kind is TargetKind.QUEST else f" {stop.target.kind}"
    if stop.card is None:
        about = stop.state.value
    else:
        about = f"{stop.card.rank}, {stop.card.minutes} min"
        about += "" if stop.state is State.OPEN else f", {stop.state.value}"
    return f"{SIGNS[stop.state]} {stop.target.id}{kind} ({about})"


def _summary(each: Progress) -> dict[str, object]:
    return {
        "path": each.path.id,
        "title": each.path.title,
        "promise": each.path.promise,
        "length": each.path.length,
        "mandatory": _tally(each.mandatory),
        "optional": _tally(each.optional),
        "hours_spent": round(each.hours_spent, 2),
        "hours_planned": round(each.hours_planned, 2),
        "next": each.following.target.id if each.following else None,
        "complete": each.is_complete,
        "pack": each.path.pack,
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {
        "cleared": tally.cleared,
        "forged": tally.forged,
        "planned": tally.planned,
        "percent_of_forged": tally.percent_of_forged,
        "percent_of_whole": tally.percent_of_whole,
    }


def _sections(each: Progress) -> list[dict[str, object]]:
    rows = iter(each.rows)
    return [
        {
            "title": section.title,
            "span": section.span,
            "note": section.note,
            "parts": [
                {
                    "title": part.title,
                    "span": part.span,
                    "hours": part.planned_hours,
                    "choose": part.choose,
                    "entries": [_row(row) for row in itertools.islice(rows, len(part.entries))],
                }
                for part in section.parts
            ],
        }
        for section in each.path.sections
    ]


def _row(row: Row) -> dict[str, object]:
    entry = row.entry
    return {
        "title": entry.title,
        "kind": entry.kind,
        "state": row.state,
        "counts": row.counts,
        "hours": entry.hours,
        "note": entry.note,
        "link": entry.link,
        "items": entry.items,
        "targets": [{"id": stop.target.id, "kind": stop.target.kind, "state": stop.state} for stop in row.stops],
    }
