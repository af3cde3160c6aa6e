"""Checkpoints that resume exactly."""

from typing import Any

import torch
from torch import nn


def save_checkpoint(
    path: str,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: Any,
    epoch: int,
    step: int,
    generator: torch.Generator,
) -> None:
    """Write all that the run needs to go on to `path`, so that at every moment `path` holds a complete checkpoint.

    Args:
        path: where; an older checkpoint may lie there
        scheduler: one of torch.optim.lr_scheduler
        epoch, step: how many are done
        generator: the one that shuffles the data; dropout draws from torch's global one
    """
    raise NotImplementedError("save_checkpoint")


def load_checkpoint(
    path: str,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: Any,
    generator: torch.Generator,
    map_location: Any = "cpu",
) -> dict[str, int]:
    """Bring model, optimizer, scheduler, generator and torch's global generator back to where they were.

    Args:
        map_location: as in torch.load: where the file's tensors are put

    Returns:
        {"epoch": ..., "step": ...}

    Raises:
        some exception for a checkpoint of another architecture; nothing has been changed then
    """
    raise NotImplementedError("load_checkpoint")


def latest(folder: str, keep: int) -> str | None:
    """The path of the newest complete checkpoint in `folder`; None when there is none.

    Checkpoints are called epoch-N.pt, the newest has the largest N. Of the complete ones the newest `keep` (at least 1)
    stay, older ones are deleted; other files are left alone.
    """
    raise NotImplementedError("latest")
