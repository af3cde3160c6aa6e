"""Independent idiom: a registered pre-hook, chunks copied into one buffer, a rule table."""

import re

from torch import nn


class FusedAttentionWeights(nn.Module):
    _version = 2

    def __init__(self, dim, bias=True):
        super().__init__()
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias), nn.Linear(dim, dim, bias)
        self.register_load_state_dict_pre_hook(convert)


def convert(module, state, prefix, metadata, strict, missing, unexpected, errors):
    for key in [key for key in state if key.startswith(prefix)]:
        plain = prefix + re.sub(r"^((module|_orig_mod)\.)+", "", key[len(prefix) :])
        if plain not in state:
            state[plain] = state.pop(key)
    for kind in ("weight", "bias"):
        old = [f"{prefix}{letter}_proj.{kind}" for letter in "qkv"]
        turned = metadata.get("version", 2) < 2 and kind == "weight"
        if f"{prefix}qkv.{kind}" not in state and set(old) <= set(state):
            found = [state.pop(name) for name in old]
            rows = len(found[0])
            whole = found[0].new_empty(3 * rows, *found[0].shape[1:])
            for index, each in enumerate(found):
                whole[index * rows : (index + 1) * rows] = each.t() if turned else each
            state[f"{prefix}qkv.{kind}"] = whole
        if f"{prefix}out.{kind}" not in state and f"{prefix}out_proj.{kind}" in state:
            each = state.pop(f"{prefix}out_proj.{kind}")
            state[f"{prefix}out.{kind}"] = each.t() if turned else each


def rename_keys(state, rules):
    made, source = {}, {}
    for key in state:
        new = key
        for pattern, replacement in rules:
            if re.search(pattern, key):
                new = re.sub(pattern, replacement, key)
                break
        if new in source:
            raise ValueError(f"{source[new]} and {key} both become {new}")
        source[new] = key
        made[new] = state[key]
    return made


def load_report(model, state):
    own = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))
    names = list(model.state_dict())
    fits = [name for name in names if name in state and state[name].shape == own[name].shape]
    cast = [name for name in fits if state[name].dtype != own[name].dtype]
    for name in fits:
        own[name].data.copy_(state[name])
    return {
        "loaded": fits,
        "missing": [name for name in names if name not in state],
        "unexpected": [name for name in state if name not in own],
        "mismatched": [name for name in names if name in state and name not in fits],
        "cast": cast,
    }
