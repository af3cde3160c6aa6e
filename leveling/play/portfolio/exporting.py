"""The folder as a whole."""

from pathlib import Path

from leveling.play.game import Game
from leveling.play.portfolio import figures, licensing, manifest, own, pages, quality, rubric
from leveling.play.portfolio.drawing import badge
from leveling.play.portfolio.gathering import Contents, gather
from leveling.play.portfolio.manifest import Written
from leveling.play.trouble import Trouble


def export(game: Game, folder: Path, licence: str | None = None) -> tuple[Contents, Written]:
    """Write or rebuild the portfolio. Without `licence` the one of the last export holds, and at first none.

    Raises:
        Trouble: when nothing is cleared yet, or the folder cannot be read or written.
    """
    if folder.exists() and not folder.is_dir():
        raise Trouble(f"{folder} is no folder. Name a folder for the portfolio; it is made when it is not there")
    known = manifest.read(folder)
    contents = gather(game)
    if not contents.everything:
        raise Trouble("there is nothing to show yet: clear a quest first (leveling quests)")
    known.licence = licence or (known.licence if known.licence in licensing.LICENCES else "none")
    names = set(known.files) | set(_files_of(contents, own.Own(), known.licence))
    wanted = _files_of(contents, own.look(folder, names), known.licence)
    return contents, manifest.rebuild(folder, wanted, known)


def _files_of(contents: Contents, added: own.Own, licence: str) -> dict[str, bytes]:
    """Every generated file by its path."""
    texts = {
        "README.md": pages.readme_page(contents, added, licence),
        "RUBRIC.md": rubric.rubric_page(contents, quality.quality_of(contents.everything), added),
        "figures/measured.md": figures.measured_page(contents),
    }
    terms = licensing.licence_text(licence, contents)
    if terms:
        texts["LICENSE"] = terms
    texts |= {work.solution: work.source for work in contents.works if work.solution}
    texts |= {work.post: pages.post_page(work) for work in contents.everything if work.post}
    for climb in contents.climbs:
        texts[climb.page] = pages.dungeon_page(climb)
        texts |= dict(climb.files)
    drawn = {
        "figures/overview.svg": figures.overview(contents),
        "badges/overall.svg": badge("PyTorch", contents.overall.rank),
    }
    drawn |= {f"badges/{each.where}.svg": badge(each.where, each.rank) for each in contents.gates}
    drawn |= {work.plot: figures.plot(work) for work in contents.everything if work.plot}
    return drawn | {name: text.encode("utf-8", "replace") for name, text in texts.items()}
