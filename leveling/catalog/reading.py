"""Read one quest's folder into a `Quest`; every fault of the file at once."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from leveling.catalog.faults import Fault, FaultyContent
from leveling.catalog.schema import DungeonFile, QuestFile
from leveling.world.quest import Forbidden, GateSpec, Limits, Misconception, Quest
from leveling.world.words import Kind

M = TypeVar("M", bound=BaseModel)
LARGEST_FILE = 1 << 20
NEEDED = ("brief.md", "checks.py")
NEEDED_TO_SOLVE = ("hints.md", "starter.py", "reference.py")


def read_quest(folder: Path, quest_id: str, pack: str = "leveling") -> Quest:
    """The quest in `folder`.

    Raises:
        FaultyContent: with all faults of quest.toml, and the files that are missing beside it.
    """
    path = folder / "quest.toml"
    faults: list[Fault] = []
    tables = read_toml(path)
    written = checked(QuestFile, tables, path, faults)
    wanted: tuple[str, ...] = NEEDED if tables.get("kind") == Kind.QUIZ else NEEDED + NEEDED_TO_SOLVE
    if tables.get("kind") == Kind.REPORT:
        wanted = tuple(name.replace("starter.py", "starter.md") for name in wanted)
    faults += [_missing(folder / name) for name in wanted if not (folder / name).is_file()]
    if faults or written is None:
        raise FaultyContent(faults)
    return _quest(written, folder, quest_id, pack)


def read_quest_file(folder: Path) -> QuestFile:
    """quest.toml as written, with the tables that only authors need (right, equivalent).

    Raises:
        FaultyContent: with all faults of the file.
    """
    path = folder / "quest.toml"
    faults: list[Fault] = []
    written = checked(QuestFile, read_toml(path), path, faults)
    if written is None:
        raise FaultyContent(faults)
    return written


def read_dungeon_file(folder: Path) -> DungeonFile:
    """dungeon.toml as written.

    Raises:
        FaultyContent: with all faults of the file.
    """
    path = folder / "dungeon.toml"
    faults: list[Fault] = []
    written = checked(DungeonFile, read_toml(path), path, faults)
    if written is None:
        raise FaultyContent(faults)
    return written


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        FaultyContent: when it cannot be read, is too large, is no text or is no TOML.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FaultyContent([Fault(path, "", "larger than 1 MiB", "A quest.toml takes a few kilobytes.")])
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultyContent([Fault(path, "", f"cannot be read ({error.strerror})", "Check the file.")]) from error
    except UnicodeDecodeError as error:
        raise FaultyContent([Fault(path, "", "is no UTF-8 text", "Save it as UTF-8.")]) from error
    except tomllib.TOMLDecodeError as error:
        raise FaultyContent([Fault(path, "", f"is no TOML: {error}", "Mend the line it names.")]) from error


def checked(kind: type[M], tables: dict[str, Any], path: Path, faults: list[Fault]) -> M | None:
    """`tables` as the kind of file that it should be; None, and what is wrong added to `faults`, when it is not."""
    try:
        return kind.model_validate(tables)
    except ValidationError as error:
        faults += [_fault(path, detail, kind) for detail in error.errors()]
        return None


def _fault(path: Path, detail: Any, kind: type[BaseModel]) -> Fault:
    key = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    given = detail.get("input")
    shown = "" if isinstance(given, dict | list) else f", found {given!r}"
    match detail["type"]:
        case "extra_forbidden":
            return Fault(path, key, "is no key of this format", f"Known here: {_known(kind, detail['loc'])}.")
        case "missing":
            return Fault(path, key, "is missing", "Add it; docs/writing-quests.md says what it holds.")
        case "value_error":
            return Fault(path, key, str(detail["ctx"]["error"]), "Mend it.")
        case "string_pattern_mismatch":
            return Fault(path, key, f"has the wrong form{shown}", "Names are lower case with dashes, as in gate/quest.")
        case "enum" | "literal_error":
            return Fault(path, key, f"is none of the known words{shown}", f"Use {detail['ctx']['expected']}.")
    return Fault(path, key, f"{detail['msg'][:1].lower()}{detail['msg'][1:]}{shown}", "Mend it.")


def _known(kind: type[BaseModel], place: tuple[Any, ...]) -> str:
    """The keys of the table in which an unknown one was found, when it is the outermost; else a pointer."""
    return ", ".join(kind.model_fields) if len(place) == 1 else "see docs/writing-quests.md"


def _missing(path: Path) -> Fault:
    return Fault(path, "", "is missing", "Every quest has it; `leveling forge new` writes an empty one.")


def _quest(written: QuestFile, folder: Path, quest_id: str, pack: str) -> Quest:
    return Quest(
        id=quest_id,
        title=written.title,
        rank=written.rank,
        kind=written.kind,
        minutes=written.minutes,
        folder=folder,
        learns=written.learns,
        signature=written.signature,
        needs=written.needs,
        covers=written.covers,
        reading=written.reading,
        papers=written.papers,
        packages=written.packages,
        extra=written.extra,
        preload=written.preload,
        forbid=tuple(Forbidden(each.name, each.allowed_in, each.why) for each in written.forbid),
        forbid_ops=written.forbid_ops,
        limits=Limits(**written.limits.model_dump()),
        gates=tuple(GateSpec(**each.model_dump()) for each in written.gates),
        wrong=tuple(Misconception(name, each.caught_by, each.says) for name, each in written.wrong.items()),
        pack=pack,
    )
