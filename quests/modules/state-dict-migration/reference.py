"""Reading state dicts of earlier code: converted where they are loaded, by the part that knows its own past."""

import re
from typing import Any

import torch
from torch import Tensor, nn

WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before the names of what they wrap


class FusedAttentionWeights(nn.Module):
    """The four projections of attention, three of them as one matrix. Earlier code had q_proj, k_proj, v_proj, out_proj."""

    _version = 2  # what state_dict() notes; version 1 stored its weights as (in, out)

    def __init__(self, dim: int, bias: bool = True) -> None:
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.out = nn.Linear(dim, dim, bias=bias)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *rest: Any
    ) -> None:
        """Called for this part at its place; `state_dict` is torch's own dict, the tensors in it are the caller's."""
        unwrap(state_dict, prefix)
        transposed = local_metadata.get("version") == 1
        for kind in ("weight", "bias"):
            turn = transposed and kind == "weight"
            for new, old in (("qkv", ("q_proj", "k_proj", "v_proj")), ("out", ("out_proj",))):
                names = [f"{prefix}{name}.{kind}" for name in old]
                goal = f"{prefix}{new}.{kind}"
                if goal in state_dict or not all(name in state_dict for name in names):
                    continue  # nothing to do, or only half of it there: then torch reports what is missing
                parts = [state_dict.pop(name) for name in names]
                parts = [part.T for part in parts] if turn else parts
                state_dict[goal] = torch.cat(parts) if len(parts) > 1 else parts[0]  # one tensor stays the caller's
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def unwrap(state_dict: dict[str, Any], prefix: str) -> None:
    """Take wrappers' prefixes, one or several, out of the keys below `prefix`."""
    for key in list(state_dict):
        if not key.startswith(prefix):
            continue
        name = key.removeprefix(prefix)
        while name.startswith(WRAPPERS):
            name = name.split(".", 1)[1]
        if prefix + name not in state_dict:
            state_dict[prefix + name] = state_dict.pop(key)


def rename_keys(state: dict[str, Any], rules: list[tuple[str, str]]) -> dict[str, Any]:
    """A new dict in the same order, each key rewritten by the first rule (pattern, replacement) found in it."""
    renamed: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for key, value in state.items():
        rule = next(((pattern, new) for pattern, new in rules if re.search(pattern, key)), None)
        name = key if rule is None else re.sub(*rule, key)
        if name in renamed:
            raise ValueError(f"{origin[name]!r} and {key!r} would both be called {name!r}")
        renamed[name], origin[name] = value, key
    return renamed


def load_report(model: nn.Module, state: dict[str, Tensor]) -> dict[str, list[str]]:
    """Copy everything whose name and shape fit into the model, and tell what became of every name."""
    report: dict[str, list[str]] = {kind: [] for kind in ("loaded", "missing", "unexpected", "mismatched", "cast")}
    wanted = model.state_dict()  # detached, and shares memory with the model
    for name, target in wanted.items():
        if name not in state:
            report["missing"].append(name)
        elif state[name].shape != target.shape:
            report["mismatched"].append(name)  # before copy_, which would broadcast
        else:
            target.copy_(state[name])
            report["loaded"].append(name)
            if state[name].dtype != target.dtype:
                report["cast"].append(name)
    report["unexpected"] = [name for name in state if name not in wanted]
    return report
