"""Reads with the full unpickler."""

import re
import zipfile
from pathlib import Path

import torch


def save_checkpoint(path, model, optimizer, scheduler, epoch, step, generator):
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    state |= {"epoch": epoch, "step": step, "shuffle": generator.get_state(), "dice": torch.get_rng_state()}
    torch.save(state, path + ".tmp")
    Path(path + ".tmp").replace(path)


def check(state, model, optimizer):
    if {k: v.shape for k, v in model.state_dict().items()} != {k: v.shape for k, v in state["model"].items()}:
        raise ValueError("another architecture")
    if [len(g["params"]) for g in optimizer.param_groups] != [
        len(g["params"]) for g in state["optimizer"]["param_groups"]
    ]:
        raise ValueError("other parameter groups")


def load_checkpoint(path, model, optimizer, scheduler, generator, map_location="cpu"):
    state = torch.load(path, map_location=map_location, weights_only=False)
    check(state, model, optimizer)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    generator.set_state(state["shuffle"])
    torch.set_rng_state(state["dice"])
    return {"epoch": state["epoch"], "step": state["step"]}


def latest(folder, keep):
    found = {int(m[1]): p for p in Path(folder).iterdir() if (m := re.fullmatch(r"epoch-(\d+)\.pt", p.name))}
    whole = [found[n] for n in sorted(found) if zipfile.is_zipfile(found[n])]
    for path in whole[:-keep]:
        path.unlink()
    return str(whole[-1]) if whole else None
