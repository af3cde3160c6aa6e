"""Large modules without large memory: a skeleton with parameters on the meta device, filled from disk shard by shard."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.utils.weak import WeakIdKeyDictionary


def skeleton(factory: Callable[[], nn.Module]) -> nn.Module:
    """factory()'s module with every parameter on the meta device; buffers are real, as the factory made them."""
    with torch.random.fork_rng(devices=[]), parameters_on_meta():
        return factory()


@contextmanager
def parameters_on_meta() -> Iterator[None]:
    """Each parameter is replaced by one without memory at the moment it is registered."""
    twins = WeakIdKeyDictionary()  # one twin for each parameter, also when it is registered twice: a tie

    def replace(_owner: nn.Module, _name: str, parameter: nn.Parameter) -> nn.Parameter:
        if parameter.is_meta:
            return parameter
        if parameter not in twins:
            twins[parameter] = nn.Parameter(parameter.to("meta"), requires_grad=parameter.requires_grad)
        return twins[parameter]

    handle = register_module_parameter_registration_hook(replace)
    try:
        yield
    finally:
        handle.remove()


def materialise(
    model: nn.Module, shards: Sequence[str], device: str = "cpu", dtype: torch.dtype | None = None
) -> nn.Module:
    """Fill a skeleton from files that torch.save wrote: dicts of names and tensors. Peak: the model and one shard.

    Raises:
        KeyError: names all missing or unexpected entries.
        ValueError: names an entry of another shape.
    """
    wanted = dict(model.state_dict(keep_vars=True))  # the tensors themselves; an alias maps to the same object
    homes = tensor_homes(model)
    saved = {id(old) for old in wanted.values()}
    for old in list(model.buffers()):
        if id(old) not in saved:  # not persistent: the factory's own values
            replace_everywhere(homes[id(old)], old, old, device, dtype)
    done: set[int] = set()  # ids of the old tensors, which `wanted` keeps alive
    unexpected: list[str] = []

    def fill_from(path: str) -> None:
        """Copy one file's entries; its mapping ends with this call, before the next file is opened."""
        shard = torch.load(path, map_location="cpu", mmap=True, weights_only=True)  # pages are read when copied
        unexpected.extend(shard.keys() - wanted.keys())
        for name in shard.keys() & wanted.keys():
            old, value = wanted[name], shard[name]
            if old.shape != value.shape:
                raise ValueError(f"{name} has shape {tuple(value.shape)} in {path}, expected {tuple(old.shape)}")
            if id(old) not in done:  # a tied tensor is filled once
                replace_everywhere(homes[id(old)], old, value, device, dtype)
                done.add(id(old))

    for path in shards:
        fill_from(path)
    missing = [name for name, old in wanted.items() if id(old) not in done]
    if missing or unexpected:
        raise KeyError(f"missing in the shards: {missing}; not in the model: {unexpected}")
    return model


def tensor_homes(model: nn.Module) -> dict[int, list[tuple[nn.Module, str]]]:
    """For the id of each parameter and buffer all the places (module, attribute) where it is registered."""
    homes = defaultdict(list)
    for owner in model.modules():
        for name, tensor in owner.named_parameters(recurse=False, remove_duplicate=False):
            homes[id(tensor)].append((owner, name))
        for name, tensor in owner.named_buffers(recurse=False):
            homes[id(tensor)].append((owner, name))
    return homes


def replace_everywhere(
    places: list[tuple[nn.Module, str]], old: Tensor, value: Tensor, device: str, dtype: torch.dtype | None
) -> None:
    """Put one copy of value, in old's role and dtype (or in `dtype`, if floating), wherever old stood."""
    kind = dtype if dtype is not None and old.is_floating_point() else old.dtype
    new = value.to(device, kind, copy=True)  # a copy: nothing points into the file afterwards
    if isinstance(old, nn.Parameter):
        new = nn.Parameter(new, requires_grad=old.requires_grad)
    for owner, name in places:
        setattr(owner, name, new)


def estimate(factory: Callable[[], nn.Module], batch: tuple[Tensor, ...]) -> dict[str, Any]:
    """What factory()(*batch) would take, in elements and bytes, without memory for any of it.

    Returns:
        {"params", "param_bytes", "activation_bytes", "output_shape"}
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = factory()
        own = {storage_id(tensor) for tensor in (*model.parameters(), *model.buffers())}
        kept: dict[int, torch.UntypedStorage] = {}  # holding the storages keeps their ids from being used again

        def pack(tensor: Tensor) -> Tensor:
            if storage_id(tensor) not in own:
                kept[storage_id(tensor)] = tensor.untyped_storage()
            return tensor

        with saved_tensors_hooks(pack, lambda tensor: tensor):
            output = model(*(each.to("meta") for each in batch))
    parameters = list(model.parameters())
    return {
        "params": sum(each.numel() for each in parameters),
        "param_bytes": sum(each.nbytes for each in parameters),
        "activation_bytes": sum(storage.nbytes() for storage in kept.values()),
        "output_shape": tuple(output.shape),
    }


def storage_id(tensor: Tensor) -> int:
    """The identity of the memory under a tensor; on the meta device data_ptr() is 0 for all."""
    return tensor.untyped_storage()._cdata
