"""What `forge new` left for the author to fill in: every placeholder that still stands is a fault, named by file and line."""

from leveling.forge.proof import Proof
from leveling.world.quest import Quest

PLACEHOLDER = "(to be written"


def report(quest: Quest, proof: Proof) -> None:
    """One fault for every file with a placeholder."""
    for path in sorted(quest.folder.rglob("*")):
        if path.suffix not in (".py", ".md", ".toml") or "__pycache__" in path.parts:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            proof.fault(path.relative_to(quest.folder).as_posix(), "is no UTF-8 text")
            continue
        found = [str(number) for number, line in enumerate(lines, 1) if PLACEHOLDER in line]
        if found:
            where = path.relative_to(quest.folder).as_posix()
            proof.fault(where, f"is empty: {PLACEHOLDER} ...) in line{'s' * (len(found) > 1)} {', '.join(found)}")
