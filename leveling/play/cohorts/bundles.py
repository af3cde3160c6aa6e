"""Solutions out of certificate bundles. Strangers may have written them: what the signature does not cover is refused."""

from dataclasses import dataclass
from pathlib import Path

from leveling.certificate import reading, verifying
from leveling.certificate.refusal import CannotExport, Refused
from leveling.play.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Bundled:
    """One quest of a bundle; `refused` tells why its solution is not there."""

    quest: str
    source: str
    refused: str = ""


def is_bundle(path: Path) -> bool:
    """Whether a file is taken for a bundle, by its name."""
    return path.suffix == ".zip" and not path.is_symlink() and path.is_file()


def solutions_in(path: Path) -> list[Bundled]:
    """Every quest with a solution that a bundle's certificate names.

    Raises:
        Trouble: when it is no bundle, or was altered since it was signed.
    """
    try:
        checked = verifying.check(reading.read(path), lambda _: None)
    except (Refused, CannotExport) as error:
        raise Trouble(f"{path.name}: {error}") from error
    return [_bundled(path, quest, checked.solutions) for quest in checked.quests if quest["solution"]]


def _bundled(path: Path, quest: dict[str, str], solutions: dict[str, str]) -> Bundled:
    source = solutions.get(quest["solution"])
    if source is None:
        return Bundled(quest["quest"], "", f"{path.name} names a solution of {quest['quest']} that is not in it")
    return Bundled(quest["quest"], source)
