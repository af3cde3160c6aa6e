"""Independent idiom: registration patched on the class, tensors grouped by object, filled group by group."""

import torch
from torch import nn


def skeleton(factory):
    twins, register = {}, nn.Module.register_parameter

    def on_meta(owner, name, parameter):
        if parameter is not None and not parameter.is_meta:
            twin = nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)
            parameter = twins.setdefault(id(parameter), (twin, parameter))[0]
        register(owner, name, parameter)

    state = torch.get_rng_state()
    nn.Module.register_parameter = on_meta
    try:
        return factory()
    finally:
        nn.Module.register_parameter = register
        torch.set_rng_state(state)


def cast(model, dtype):
    """As .to(dtype), which cannot keep a tie while it casts parameters on meta."""
    seen = {}
    for owner in list(model.modules()):
        for name, each in owner.named_parameters(recurse=False, remove_duplicate=False):
            if each.is_floating_point():
                made = seen.setdefault(id(each), (nn.Parameter(each.detach().to(dtype), each.requires_grad), each))
                setattr(owner, name, made[0])
        for name, each in owner.named_buffers(recurse=False):
            if each.is_floating_point():
                setattr(owner, name, each.to(dtype))


def materialise(model, shards, device="cpu", dtype=None):
    if dtype is not None:
        cast(model, dtype)
    rest = {}
    for name, each in [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]:
        rest.setdefault(id(each), []).append(name)
    saved = set(model.state_dict())
    groups = [names for names in rest.values() if saved & set(names)]
    unknown = set()
    for path in shards:
        shard = torch.load(path, weights_only=True, mmap=True)
        unknown |= shard.keys() - saved
        value = None
        for names in list(groups):
            value = next((shard[name] for name in names if name in shard), None)
            if value is None:
                continue
            groups.remove(names)
            fill(model, names, value, device)
        del shard, value
    lost = [name for names in groups for name in names]
    if lost or unknown:
        raise KeyError(f"no entry for {lost}; no place for {sorted(unknown)}")
    for owner in model.modules():
        for name, each in owner.named_buffers(recurse=False):
            setattr(owner, name, each.to(device))
    return model


def fill(model, names, value, device):
    old = at(model, names[0])
    if old.shape != value.shape:
        raise ValueError(f"{names[0]} is {list(value.shape)} in the file and {list(old.shape)} in the model")
    new = torch.empty(old.shape, dtype=old.dtype, device=device)
    new.copy_(value)
    if isinstance(old, nn.Parameter):
        new = nn.Parameter(new, requires_grad=old.requires_grad)
    for name in names:
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, new)


def at(model, name):
    owner, _, last = name.rpartition(".")
    return getattr(model.get_submodule(owner), last)


def estimate(factory, batch):
    state = torch.get_rng_state()
    try:
        with torch.device("meta"):
            model = factory()
        seen = {}
        with torch.autograd.graph.saved_tensors_hooks(lambda each: seen.setdefault(len(seen), each), lambda each: each):
            output = model(*[torch.empty_like(each, device="meta") for each in batch])
    finally:
        torch.set_rng_state(state)
    held = list(model.state_dict(keep_vars=True).values()) + list(model.buffers())
    bytes_of = {each.untyped_storage()._cdata: each.untyped_storage().nbytes() for each in seen.values()}
    for each in held:
        bytes_of.pop(each.untyped_storage()._cdata, None)
    return {
        "params": sum(each.numel() for each in model.parameters()),
        "param_bytes": sum(each.nbytes for each in model.parameters()),
        "activation_bytes": sum(bytes_of.values()),
        "output_shape": output.shape,
    }
