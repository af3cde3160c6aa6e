"""What a certificate would say, and what was found in one, as texts."""

from dataclasses import dataclass
from pathlib import Path

from textual.content import Content

from leveling.certificate import credential, keys
from leveling.certificate.refusal import CannotExport
from leveling.certificate.summary import Summary, in_one_line, summary_of
from leveling.certificate.verifying import Checked
from leveling.play.certifying import Exported, achievement_of
from leveling.play.game import Game
from leveling.play.printed import safe
from leveling.play.trouble import Trouble
from leveling.saving import SaveTrouble
from leveling.tui.widgets.drawing import badge, joined, quiet

NO_KEY_YET = "comes with the first export, which makes your key"
SELF_ISSUED = "Self-issued: it does not prove who wrote the solutions."


@dataclass(frozen=True, slots=True)
class Preview:
    """The figures of a certificate, or the trouble why there is none. `fingerprint` is empty before the first key."""

    summary: Summary | None
    fingerprint: str = ""
    trouble: str = ""


def preview_of(game: Game, of: str) -> Preview:
    """What a certificate would show, counted as the certificate itself counts. Makes no key. Call in a thread."""
    try:
        achievement = achievement_of(game, of)
    except Trouble as trouble:
        return Preview(None, trouble=str(trouble))
    save = game.store.path
    if not keys.path_of(save).exists():
        return Preview(summary_of(credential.build(achievement, "")))
    try:
        told = summary_of(credential.build(achievement, keys.key_of(save).did))
    except (CannotExport, SaveTrouble) as error:
        return Preview(None, trouble=str(error))
    return Preview(told, told.fingerprint)


def drawn(preview: Preview) -> Content:
    """Hunter, achievement, evidence, fingerprint; or what is missing."""
    told = preview.summary
    if told is None:
        return Content.assemble((preview.trouble, "$warning"))
    lines = [
        Content.assemble((told.hunter, "bold"), "   ", told.title, "   ", badge(told.rank) if told.rank else ""),
        quiet(f"reached on {told.reached}" if told.reached else f"up to {told.until}"),
        Content(f"{in_one_line(told)}, {told.hours:g} hours"),
        _pair("grades", _grades(told)),
        _pair("limits met", told.limits_in_words),
        _pair("fingerprint", preview.fingerprint or NO_KEY_YET),
        quiet(SELF_ISSUED),
        _pair("gates", ", ".join(f"{gate} {sum(ranks.values())}" for gate, ranks in told.by_gate)),
    ]
    return joined(lines)


def written(done: Exported) -> str:
    """Where it lies, and how others know it."""
    lines = [
        done.title,
        str(done.path),
        "",
        f"fingerprint {done.fingerprint}",
        f"key         {done.did}",
        "",
        f"Anyone can check it: leveling certificate verify {done.path}",
    ]
    return "\n".join([*lines, f"Mind: whoever checks it will read that {done.note}"] if done.note else lines)


def found(path: Path, checked: Checked) -> str:
    """What a file says and what is wrong with it; a stranger wrote it, so nothing in it may steer the terminal."""
    told = checked.summary
    lines = [
        str(path),
        "",
        f"{told.hunter}   {told.title}",
        f"{in_one_line(told)}, {told.hours:g} hours, up to {told.until}",
        f"grades      {_grades(told)}",
        f"limits met  {told.limits_in_words}",
        f"fingerprint {told.fingerprint}",
        f"key         {told.issuer}",
        "",
        "✓ signature and structure are good",
    ]
    lines += [f"✗ {f'{each.quest}: ' if each.quest else ''}{each.text} ({each.fault})" for each in checked.problems]
    if checked.is_valid:
        lines.append(f"✓ nothing was altered since it was signed. {SELF_ISSUED}")
        if checked.kind == "bundle":
            lines.append(f"To judge its solutions again: leveling certificate verify --replay {path}")
    return safe("\n".join(lines))


def _grades(told: Summary) -> str:
    return ", ".join(f"{count} {grade}" for grade, count in told.grades.items() if count)


def _pair(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<12} ", "$quiet"), value)
