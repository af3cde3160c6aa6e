"""Calls an alias missing although the shared tensor was filled."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.module import register_module_parameter_registration_hook


@contextmanager
def on_meta():
    twins = {}

    def replace(owner, name, parameter):
        if parameter is None or parameter.is_meta:
            return parameter
        if id(parameter) not in twins:
            twin = nn.Parameter(torch.empty_like(parameter, device="meta"), parameter.requires_grad)
            twins[id(parameter)] = parameter, twin
        return twins[id(parameter)][1]

    handle = register_module_parameter_registration_hook(replace)
    try:
        yield
    finally:
        handle.remove()


def skeleton(factory):
    with torch.random.fork_rng(devices=[]), on_meta():
        return factory()


def copied(value, old, device, dtype):
    kind = dtype if dtype and old.is_floating_point() else old.dtype
    new = torch.empty_like(value, device=device, dtype=kind).copy_(value)
    return nn.Parameter(new, old.requires_grad) if isinstance(old, nn.Parameter) else new


def materialise(model, shards, device="cpu", dtype=None):
    wanted = model.state_dict(keep_vars=True)
    filled, unexpected, named = {}, [], set()
    for path in shards:
        for name, value in torch.load(path, mmap=True, weights_only=True).items():
            if name not in wanted:
                unexpected.append(name)
                continue
            old = wanted[name]
            named.add(name)
            if old.shape != value.shape:
                raise ValueError(f"{name}: {tuple(value.shape)} in the shard, {tuple(old.shape)} in the model")
            if id(old) not in filled:
                filled[id(old)] = copied(value, old, device, dtype)
    missing = [name for name, old in wanted.items() if name not in named]
    if missing or unexpected:
        raise KeyError(f"missing {missing}, unexpected {unexpected}")
    for owner in list(model.modules()):
        held = list(owner.named_parameters(recurse=False, remove_duplicate=False))
        held += list(owner.named_buffers(recurse=False, remove_duplicate=False))
        for name, old in held:
            new = filled.get(id(old))
            setattr(owner, name, copied(old, old, device, dtype) if new is None else new)
    return model


def estimate(factory, batch):
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = factory()
        parameters = list(model.parameters())
        own = {each.untyped_storage()._cdata for each in (*parameters, *model.buffers())}
        kept = {}

        def pack(tensor):
            storage = tensor.untyped_storage()
            if storage._cdata not in own:
                kept[storage._cdata] = storage
            return tensor

        with saved_tensors_hooks(pack, lambda tensor: tensor):
            output = model(*[each.to("meta") for each in batch])
    return {
        "params": sum(each.numel() for each in parameters),
        "param_bytes": sum(each.numel() * each.element_size() for each in parameters),
        "activation_bytes": sum(storage.nbytes() for storage in kept.values()),
        "output_shape": tuple(output.shape),
    }
