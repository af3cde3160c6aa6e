"""Checkpoints that resume exactly: everything a run needs in one file that is complete or absent."""

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn


def save_checkpoint(path, model, optimizer, scheduler, epoch: int, step: int, generator) -> None:
    """Write the state of a run to `path`, which holds a complete checkpoint at every moment."""
    state = {
        "model": model.state_dict(),  # parameters and buffers
        "optimizer": optimizer.state_dict(),  # momentum, second moments, learning rates
        "scheduler": scheduler.state_dict(),
        "epoch": epoch,
        "step": step,
        "generator": generator.get_state(),  # the shuffle goes on where it was, not from its seed
        "rng": torch.get_rng_state(),  # dropout draws from the global generator
    }
    unfinished = Path(f"{path}.unfinished")  # beside `path`: a rename is atomic only within one file system
    with unfinished.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # on the disk before its name is
    unfinished.replace(path)


def load_checkpoint(path, model, optimizer, scheduler, generator, map_location: Any = "cpu") -> dict[str, int]:
    """Bring all four back to where they were; returns {"epoch", "step"}. Raises ValueError before it changes anything."""
    state = torch.load(path, map_location=map_location, weights_only=True)
    _must_fit(state, model, optimizer)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])  # moves its tensors to the device of their parameters
    scheduler.load_state_dict(state["scheduler"])
    generator.set_state(state["generator"].cpu())  # generator states live on the CPU whatever map_location says
    torch.set_rng_state(state["rng"].cpu())
    return {"epoch": state["epoch"], "step": state["step"]}


def latest(folder, keep: int) -> str | None:
    """The complete epoch-N.pt with the largest N; of the complete ones only the last `keep` stay."""
    named = ((re.fullmatch(r"epoch-(\d+)\.pt", path.name), path) for path in Path(folder).iterdir())
    found = {int(match[1]): path for match, path in named if match}
    # The table of contents stands at the end of a zip file: what was cut off has none.
    complete = [found[epoch] for epoch in sorted(found) if zipfile.is_zipfile(found[epoch])]
    for old in complete[:-keep]:
        old.unlink()
    return str(complete[-1]) if complete else None


def _must_fit(state: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """load_state_dict copies what fits before it complains about the rest, so complain first."""
    here = {name: value.shape for name, value in model.state_dict().items()}
    there = {name: value.shape for name, value in state["model"].items()}
    if here != there:
        raise ValueError(f"the checkpoint is of another architecture: {there}, expected {here}")
    groups = [len(group["params"]) for group in optimizer.param_groups]
    if groups != [len(group["params"]) for group in state["optimizer"]["param_groups"]]:
        raise ValueError(f"the checkpoint's optimizer has other parameter groups than {groups}")
