"""What can be said of a quest by reading it: brief, hints, signatures, tables and files that must agree."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from leveling.catalog.schema import QuestFile
from leveling.forge import emptiness
from leveling.forge.facts import Facts
from leveling.forge.margins import MEMORY_LIKE, TIME_LIKE
from leveling.forge.proof import Proof
from leveling.world.dungeon import is_floor
from leveling.world.quest import Quest
from leveling.world.words import Kind

SECTION_BYTES = 2048
WORDS_A_MINUTE = 220
MINUTES = 15
LEAST_HINTS = 3
TEXT_WIDTH = 160
CODE_WIDTH = 140  # the formatter holds code to 120; a sentence may end where it ends


def check_content(quest: Quest, written: QuestFile, facts: Facts, proof: Proof) -> None:
    """Add a fault for everything that does not agree, and a note for what cannot be known here."""
    before = len(proof.faults)
    _brief(quest, proof)
    emptiness.report(quest, proof)
    if quest.kind is not Kind.QUIZ:
        _hints(quest, proof)
        if quest.kind is not Kind.REPORT:  # its starter is Markdown
            _signatures(quest, proof)
        _wrong(quest, facts, proof)
        _right(written, quest, facts, proof)
        _gates(quest, facts, proof)
    _checks(facts, proof)
    _lists(quest, proof)
    _needs(quest, proof)
    _widths(quest, proof)
    found = len(proof.faults) - before
    proof.show("content", "consistent" if not found else f"{found} fault{'s' * (found > 1)}")


def _brief(quest: Quest, proof: Proof) -> None:
    text = _read(quest.folder / "brief.md")
    if not text.strip():
        proof.fault("brief.md", "is missing or empty")
        return
    for title, body in sections(text):
        size = len(body.encode())
        if size > SECTION_BYTES:
            proof.fault("brief.md", f"section {title!r} has {size} bytes, at most {SECTION_BYTES}: cut it in two")
    words = len(text.split())
    if words > MINUTES * WORDS_A_MINUTE:
        proof.fault("brief.md", f"{words} words take {words / WORDS_A_MINUTE:.0f} minutes to read, at most {MINUTES}")


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The `## ` sections of a brief with their titles; what stands before the first is one too."""
    parts = re.split(r"(?m)^## +(.*)$", _without_fences(text))
    yield "the opening", parts[0]
    yield from zip((title.strip() for title in parts[1::2]), parts[2::2], strict=True)


def _without_fences(text: str) -> str:
    """The text with `#` lines inside code fences disarmed, so that a comment is no heading."""
    inside, lines = False, []
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(("```", "~~~")):
            inside = not inside
        lines.append(line.replace("#", "%", 1) if inside and line.startswith("#") else line)
    return "".join(lines)


def _hints(quest: Quest, proof: Proof) -> None:
    parts = re.split(r"(?m)^## +(.*)$", _without_fences(_read(quest.folder / "hints.md")))
    titles = [title.strip() for title in parts[1::2]]
    if len(titles) < LEAST_HINTS:
        proof.fault("hints.md", f"has {len(titles)} hints, at least {LEAST_HINTS}: concept, then shape, then plan")
    if titles != [str(number) for number in range(1, len(titles) + 1)]:
        proof.fault("hints.md", f"headings are {', '.join(titles)}; expected ## 1 to ## {len(titles)} in order")
    for title, body in zip(titles, parts[2::2], strict=True):
        if not body.strip():
            proof.fault("hints.md", f"hint {title} is empty")


def _signatures(quest: Quest, proof: Proof) -> None:
    """Starter and reference define the same public names with the same parameters, and all that the signature names."""
    starter, reference = (_definitions(quest.folder / name, proof) for name in ("starter.py", "reference.py"))
    if starter is None or reference is None:
        return
    for name, parameters in starter.items():
        if name not in reference:
            proof.fault("reference.py", f"does not define {name}, which starter.py asks for")
        elif parameters and reference[name] and parameters != reference[name]:
            shown = f"{name}({', '.join(reference[name])})"
            proof.fault("reference.py", f"has {shown}, starter.py {name}({', '.join(parameters)})")
    for line in quest.signature:
        match = re.match(r"(?:class |def )?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(", line)
        if match and match[1] not in reference and match[1].split(".")[0] not in reference:
            proof.fault("quest.toml", f"signature names {match[1]}, which reference.py does not define")
        elif match and match[1].split(".")[0] not in {name.split(".")[0] for name in starter}:
            proof.fault("quest.toml", f"signature names {match[1]}, which starter.py does not define")


def _definitions(path: Path, proof: Proof) -> dict[str, list[str]] | None:
    """Public functions, classes and methods with their parameters' names; None when the file cannot be read as Python."""
    try:
        tree = ast.parse(_read(path))
    except SyntaxError as error:
        proof.fault(path.name, f"is no Python: {error.msg} in line {error.lineno}")
        return None
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = _parameters(node)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = []
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    found[f"{node.name}.{item.name}"] = _parameters(item)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update({target.id: [] for target in targets if isinstance(target, ast.Name)})
    return {name: parameters for name, parameters in found.items() if not _private(name)}


def _private(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    return any(part.startswith("_") and not part.startswith("__") for part in name.split(".")) or last == "__all__"


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = node.args
    named = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [*named, *(f"*{extra.arg}" for extra in (given.vararg, given.kwarg) if extra)]


def _wrong(quest: Quest, facts: Facts, proof: Proof) -> None:
    names = {wrong.name for wrong in quest.wrong}
    files = {path.stem for path in (quest.folder / "wrong").glob("*.py")}
    if not names and quest.kind is not Kind.REVIEW:
        proof.fault(
            "quest.toml", "names no wrong solution: one [wrong.NAME] table and one wrong/NAME.py per misconception"
        )
    for name in sorted(files - names):
        proof.fault(f"wrong/{name}.py", f"has no [wrong.{name}] table in quest.toml")
    for name in sorted(names - files):
        proof.fault("quest.toml", f"[wrong.{name}] has no file wrong/{name}.py")
    if facts.fault:
        return
    kinds = {gate.kind for gate in quest.gates}
    for wrong in quest.wrong:
        known = facts.check(wrong.caught_by) or wrong.caught_by in kinds or wrong.caught_by in ("battery", "forbidden")
        if not known:
            proof.fault(
                "quest.toml", f"[wrong.{wrong.name}] is caught_by {wrong.caught_by!r}: no check or gate of that name"
            )


def _right(written: QuestFile, quest: Quest, facts: Facts, proof: Proof) -> None:
    kinds = {gate.kind for gate in quest.gates} | {"battery"}
    for name, table in written.right.items():
        if not (quest.folder / "right" / f"{name}.py").is_file():
            proof.fault("quest.toml", f"[right.{name}] has no file right/{name}.py")
        for what in table.waive:
            if not facts.fault and facts.check(what) is None and what not in kinds:
                proof.fault("quest.toml", f"[right.{name}] waives {what!r}: no check or gate of that name")
    if quest.rank.level >= 2 and quest.kind is Kind.QUEST and not list((quest.folder / "right").glob("*.py")):
        proof.fault("right/", "holds no solution; from rank C on at least one independent idiom must be accepted")


def _gates(quest: Quest, facts: Facts, proof: Proof) -> None:
    workloads = dict(facts.workloads)
    for gate in quest.gates:
        if not facts.fault and gate.on not in workloads:
            proof.fault("quest.toml", f"gate {gate.kind} is on {gate.on!r}: no Workload of that name in checks.py")
        if gate.against and not (quest.folder / gate.against).is_file():
            proof.fault("quest.toml", f"gate {gate.kind} is against {gate.against!r}: no such file")
    for sort, kinds in (
        ("slow", TIME_LIKE & {"throughput", "ops", "flops"}),
        ("hungry", MEMORY_LIKE & {"memory", "saved"}),
    ):
        wanting = sorted({gate.kind for gate in quest.gates if gate.kind in kinds})
        exemplars = any((quest.folder / sort).glob("*.py"))
        caught = {wrong.caught_by for wrong in quest.wrong}
        if wanting and not exemplars and not caught.intersection(wanting):
            proof.fault(f"{sort}/", f"holds nothing that the {', '.join(wanting)} gate must refuse")


def _checks(facts: Facts, proof: Proof) -> None:
    for check in facts.checks:
        if not check.says:
            proof.fault(check.name, "has no docstring: its first line is what the learner reads")
    for name, documented in facts.workloads:
        if not documented:
            proof.fault(name, "has no docstring")
    for question in facts.questions:
        if not question.doc:
            proof.fault(question.name, "has no docstring")
    names = Counter(check.name for check in facts.checks)
    for name, count in names.items():
        if count > 1:
            proof.fault("checks.py", f"{count} checks are named {name}")


def _lists(quest: Quest, proof: Proof) -> None:
    for field in ("covers", "needs", "reading", "packages"):
        for item, count in Counter(getattr(quest, field)).items():
            if count > 1:
                proof.fault("quest.toml", f"{field} names {item!r} {count} times")


def _needs(quest: Quest, proof: Proof) -> None:
    """Needs may be quests that are planned and not written yet: unknown ones are a note."""
    place = quest.folder.parents[2].parent / "quests" if is_floor(quest.id) else quest.folder.parent.parent
    for need in quest.needs:
        if need == quest.id:
            proof.fault("quest.toml", "needs itself")
        elif not (place / need / "quest.toml").is_file():
            proof.notes.append(f"needs {need}, which is not written yet")


def _widths(quest: Quest, proof: Proof) -> None:
    paths = [path for path in sorted(quest.folder.rglob("*")) if path.suffix in (".py", ".md")]
    for path in paths:
        most = CODE_WIDTH if path.suffix == ".py" else TEXT_WIDTH
        for number, line in enumerate(_read(path).splitlines(), 1):
            if (
                len(line) > most and not line.lstrip().startswith("|") and "://" not in line
            ):  # tables and links stay whole
                where = path.relative_to(quest.folder).as_posix()
                proof.fault(where, f"line {number} has {len(line)} characters, at most {most}")
                break


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
