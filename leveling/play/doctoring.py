"""Look over the machine: interpreter, PyTorch, devices, sandbox, folders, packs, optional packages."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from leveling import __version__, places
from leveling.catalog import Catalog
from leveling.judge.client import JudgeClient, JudgeGone
from leveling.world.card import Card


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined. `absent` is a lack that blocks nothing but what says so."""

    what: str
    state: Literal["good", "bad", "absent"]
    found: str
    advice: str = ""


def examine_machine(catalog: Catalog) -> Iterator[Finding]:
    """Findings as they are made; the judge is started on the way."""
    cards = list(catalog.cards())
    yield Finding("leveling", "good", f"{__version__} in {places.PACKAGE}")
    yield _content(catalog, cards)
    yield _folder("solutions", places.workspace())
    yield _folder("saves", places.data_folder())
    with JudgeClient() as client:
        try:
            packages = sorted({package for card in cards for package in card.packages})
            facts = client.request({"do": "facts", "packages": packages})["facts"]
        except JudgeGone as gone:
            advice = "Install PyTorch for it, or name another interpreter: LEVELING_PYTHON=/path/to/python"
            yield Finding("judge", "bad", str(gone), advice)
            return
    yield from _judge(facts)
    yield from _sandbox(facts)
    yield from _optional(facts, cards)


def _content(catalog: Catalog, cards: list[Card]) -> Finding:
    if catalog.faults:
        advice = " ".join(str(fault) for fault in catalog.faults[:3])
        return Finding("quests", "bad", f"{len(cards)} quests, {len(catalog.faults)} faults", advice)
    if not cards:
        return Finding("quests", "bad", "none found", "Install leveling again, or name a folder with --pack DIR.")
    return Finding("quests", "good", f"{len(cards)} quests in {len({card.gate for card in cards})} gates")


def _folder(what: str, folder: Path) -> Finding:
    """Whether a file can be written there, tried for real in the nearest folder that exists."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=nearest) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        advice = "Choose another place for everything: leveling --home DIR, or LEVELING_HOME=DIR"
        return Finding(what, "bad", f"{folder}: {error.strerror}", advice)
    return Finding(what, "good", str(folder))


def _judge(facts: dict[str, Any]) -> Iterator[Finding]:
    yield Finding("python", "good", f"{facts['python']} at {facts['executable']}")
    yield Finding("torch", "good", f"{facts['torch']}, {facts['cores']} cores, {facts['system']}")
    if facts["cuda_devices"]:
        yield Finding("gpu", "good", ", ".join(facts["cuda_devices"]))
    elif facts["cuda_build"]:
        advice = "GPU gates are sealed and block nothing. If there is an NVIDIA GPU: does `nvidia-smi` see it?"
        yield Finding("gpu", "absent", f"PyTorch is built for CUDA {facts['cuda_build']} but finds no device", advice)
    else:
        advice = "GPU gates are sealed and block nothing. With an NVIDIA GPU, install a CUDA build of PyTorch."
        yield Finding("gpu", "absent", "this PyTorch is built without CUDA", advice)


def _sandbox(facts: dict[str, Any]) -> Iterator[Finding]:
    lacking = {name: why for name, why in facts["layers"].items() if why != "live"}
    held = [name for name, why in facts["layers"].items() if why == "live"]
    if not lacking:
        yield Finding("sandbox", "good", ", ".join(held))
        return
    text = "; ".join(f"{name}: {why}" for name, why in lacking.items())
    advice = "Your own solutions are judged all the same, in a process apart. Strangers' code is refused here."
    yield Finding("sandbox", "absent", f"{text} (live: {', '.join(held) or 'none'})", advice)


def _optional(facts: dict[str, Any], cards: list[Card]) -> Iterator[Finding]:
    for extra in sorted({card.extra for card in cards if card.extra}):
        wanting = [card for card in cards if card.extra == extra]
        missing = sorted({name for card in wanting for name in card.packages} & set(facts["missing"]))
        if missing:
            advice = f"{len(wanting)} quests are sealed without it: pip install 'leveling[{extra}]'"
            yield Finding(f"[{extra}]", "absent", f"{', '.join(missing)} not installed", advice)
        else:
            yield Finding(f"[{extra}]", "good", "installed")
