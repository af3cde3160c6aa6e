"""nn.Module from scratch: three dictionaries that __setattr__ fills and everything else walks. After torch.nn.modules.module."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import torch
from torch import Tensor

Hook = Callable[["Module", tuple[Any, ...], Any], Any]
REGISTRIES = ("_parameters", "_buffers", "_modules")


class Parameter:
    """Marks a tensor as trained. `data` is the leaf that forward computes with."""

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        self.data = data.detach().requires_grad_(requires_grad)

    @property
    def grad(self) -> Tensor | None:
        return self.data.grad


class Handle:
    """Takes one hook off again."""

    def __init__(self, hooks: dict["Handle", Hook]) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        self._hooks.pop(self, None)


class Module:
    """The base class."""

    training: bool

    def __init__(self) -> None:
        for name in (*REGISTRIES, "_temporary", "_hooks"):
            object.__setattr__(self, name, {})  # one set of dictionaries for each object
        object.__setattr__(self, "training", True)

    # -- registration ---------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        kept = self.__dict__
        if "_modules" not in kept:
            if isinstance(value, Parameter | Module):
                kind = type(value).__name__
                raise AttributeError(
                    f"cannot assign {kind} {name!r} before Module.__init__(): call super().__init__() first"
                )
            object.__setattr__(self, name, value)
            return
        kinds = {"_parameters": Parameter, "_buffers": Tensor, "_modules": Module}
        holder = next((registry for registry in REGISTRIES if name in kept[registry]), None)
        if isinstance(value, Parameter | Module):
            registry = "_parameters" if isinstance(value, Parameter) else "_modules"
            self._forget(name, but=registry)  # whatever had the name must not be found first, or found as well
            kept[registry][name] = value  # a name that is assigned again keeps its place in the order
        elif holder is None:
            object.__setattr__(self, name, value)
        elif value is None or isinstance(value, kinds[holder]):
            kept[holder][name] = value  # None keeps the name and holds nothing
        else:
            raise TypeError(
                f"cannot assign {type(value).__name__} to {name!r}, expected {kinds[holder].__name__} or None"
            )

    def __getattr__(self, name: str) -> Any:  # only asked when the ordinary look-up has failed
        for registry in REGISTRIES:
            held = self.__dict__.get(registry, {})  # by way of __dict__: self._modules might end up here again
            if name in held:
                return held[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__[registry] for registry in REGISTRIES):
            self._forget(name)
        else:
            object.__delattr__(self, name)

    def _forget(self, name: str, but: str = "") -> None:
        self.__dict__.pop(name, None)
        for registry in (*REGISTRIES, "_temporary"):
            if registry != but:
                self.__dict__[registry].pop(name, None)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """A tensor that moves with the module and is not trained; saved when persistent."""
        self._buffers[name] = tensor
        if not persistent:
            self._temporary[name] = True

    # -- traversal ------------------------------------------------------------------------------------------------

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """Itself and all parts below, each once, parents first."""
        seen: set[Module] = set()

        def walk(prefix: str, part: Module) -> Iterator[tuple[str, Module]]:
            if part in seen:
                return
            seen.add(part)
            yield prefix, part
            for name, child in part.__dict__["_modules"].items():
                if child is not None:
                    yield from walk(joined(prefix, name), child)

        return walk("", self)

    def children(self) -> Iterator["Module"]:
        """The direct parts, each once."""
        yield from dict.fromkeys(child for child in self._modules.values() if child is not None)

    def _named(self, registry: str) -> Iterator[tuple[str, Any]]:
        """Every held object once, under its first name."""
        seen = set()
        for prefix, part in self.named_modules():
            for name, value in part.__dict__[registry].items():
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    yield joined(prefix, name), value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return self._named("_parameters")

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        return self._named("_buffers")

    def parameters(self) -> Iterator[Parameter]:
        return (value for _, value in self.named_parameters())

    def train(self, mode: bool = True) -> Self:
        for _, part in self.named_modules():
            part.training = mode
        return self

    def eval(self) -> Self:
        return self.train(mode=False)

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """fn on every part once, children before their parents."""
        seen: set[Module] = set()

        def visit(part: Module) -> None:
            seen.add(part)
            for child in part.children():
                if child not in seen:
                    visit(child)
            fn(part)

        visit(self)
        return self

    def to(self, dtype: torch.dtype) -> Self:
        """Floating-point parameters and buffers in another dtype; Parameter objects stay the same objects."""
        for parameter in self.parameters():
            data = parameter.data
            if data.is_floating_point():
                parameter.data = data.detach().to(dtype).requires_grad_(data.requires_grad)
        for _, part in self.named_modules():
            for name, buffer in part.__dict__["_buffers"].items():
                if buffer is not None and buffer.is_floating_point():
                    setattr(part, name, buffer.to(dtype))
        return self

    # -- saving ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """All names, aliases included, of parameters and persistent buffers; the tensors are the module's own memory."""
        held = {name: value.data.detach() for name, value in self._parameters.items() if value is not None}
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._temporary:
                held[name] = buffer
        for name, child in self._modules.items():
            if child is not None:
                held |= {joined(name, below): value for below, value in child.state_dict().items()}
        return held

    def load_state_dict(self, state: dict[str, Tensor], strict: bool = True) -> tuple[list[str], list[str]]:
        """Copy values in, all or none.

        Raises:
            RuntimeError: names every missing and unexpected key (strict) and every shape that does not fit.
        """
        own = self.state_dict()
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        faults = [f"missing key {name!r}" for name in missing] if strict else []
        faults += [f"unexpected key {name!r}" for name in unexpected] if strict else []
        faults += [
            f"{name!r} has shape {tuple(state[name].shape)}, expected {tuple(value.shape)}"
            for name, value in own.items()
            if name in state and state[name].shape != value.shape
        ]
        if faults:  # before anything is copied
            raise RuntimeError(f"cannot load into {type(self).__name__}: " + "; ".join(faults))
        for name, value in own.items():
            if name in state:
                value.copy_(state[name])  # value is detached and shares memory with the parameter
        return missing, unexpected

    # -- calling --------------------------------------------------------------------------------------------------

    def register_forward_hook(self, hook: Hook) -> Handle:
        """hook(module, args, output) runs after forward; what it returns, unless None, replaces the output."""
        handle = Handle(self._hooks)
        self._hooks[handle] = hook
        return handle

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        output = self.forward(*args, **kwargs)
        for hook in list(self._hooks.values()):  # a copy: hooks may remove hooks
            replaced = hook(self, args, output)
            if replaced is not None:
                output = replaced
        return output


class ModuleList(Module):
    """A list that is looked into: children "0", "1", ..."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Self:
        setattr(self, str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index: int) -> Module:
        return list(self._modules.values())[index]


class Sequential(ModuleList):
    """Parts that are called one after the other."""

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x


def joined(prefix: str, name: str) -> str:
    """body and 0.weight -> body.0.weight"""
    return f"{prefix}.{name}" if prefix else name
