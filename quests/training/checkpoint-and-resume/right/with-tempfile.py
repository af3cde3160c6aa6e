"""Independent idiom: mkstemp, a file of its own layout, everything tried on copies without memory first."""

import contextlib
import os
import tempfile
from pathlib import Path

import torch


def save_checkpoint(path, model, optimizer, scheduler, epoch, step, generator):
    handle, name = tempfile.mkstemp(dir=Path(path).absolute().parent, prefix=".part-")
    states = [part.state_dict() for part in (model, optimizer, scheduler)]
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save([states, [epoch, step], dice(generator)], file)
            os.fsync(file.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def dice(generator):
    return [generator.get_state(), torch.random.get_rng_state()]


def load_checkpoint(path, model, optimizer, scheduler, generator, map_location="cpu"):
    (weights, moments, schedule), (epoch, step), (own, wide) = torch.load(path, map_location=map_location)
    mine = model.state_dict()
    if list(mine) != list(weights) or any(mine[name].size() != weights[name].size() for name in mine):
        raise KeyError("the checkpoint belongs to another model")
    for group, other in zip(optimizer.param_groups, moments["param_groups"], strict=True):
        if len(group["params"]) != len(other["params"]):
            raise KeyError("the checkpoint belongs to another optimizer")
    model.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    scheduler.load_state_dict(schedule)
    generator.set_state(own.cpu())
    torch.random.set_rng_state(wide.cpu())
    return dict(epoch=epoch, step=step)


def latest(folder, keep):
    whole = []
    for path in Path(folder).glob("epoch-*.pt"):
        if path.stem[6:].isdigit():
            with contextlib.suppress(Exception):  # what cannot be read is not complete
                torch.load(path, map_location="meta", weights_only=True)
                whole.append((int(path.stem[6:]), path))
    whole.sort(reverse=True)
    for _, path in whole[keep:]:
        path.unlink()
    return str(whole[0][1]) if whole else None
