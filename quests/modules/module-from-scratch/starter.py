"""nn.Module from scratch. torch.nn is not allowed; tensors and autograd are."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import torch
from torch import Tensor


class Parameter:
    """Marks a tensor as trained: `data` is a leaf that requires grad (or not, when told so)."""

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        raise NotImplementedError("Parameter.__init__")

    @property
    def grad(self) -> Tensor | None:
        """The gradient of `data`."""
        raise NotImplementedError("Parameter.grad")


class Module:
    """The base class. Parameters, modules and buffers are registered as they are assigned."""

    training: bool

    def __init__(self) -> None:
        raise NotImplementedError("Module.__init__")

    def __setattr__(self, name: str, value: Any) -> None:
        """A Parameter or a Module is registered and replaces whatever had the name; a tensor over a buffer replaces it.

        None over a registered name leaves it unregistered, with None as its value.

        Raises:
            AttributeError: a Parameter or a Module before Module.__init__(); the text says what to call.
            TypeError: anything else over the name of a Parameter, a Module or a buffer.
        """
        raise NotImplementedError("Module.__setattr__")

    def __getattr__(self, name: str) -> Any:
        """The registered object of that name, or AttributeError."""
        raise NotImplementedError("Module.__getattr__")

    def __delattr__(self, name: str) -> None:
        raise NotImplementedError("Module.__delattr__")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """A tensor that follows to() and is not trained; in state_dict when persistent."""
        raise NotImplementedError("Module.register_buffer")

    def parameters(self) -> Iterator[Parameter]:
        raise NotImplementedError("Module.parameters")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, Parameter): own ones first, then each child's; every Parameter once, under its first name."""
        raise NotImplementedError("Module.named_parameters")

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """As named_parameters, for buffers of both kinds."""
        raise NotImplementedError("Module.named_buffers")

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """("", self), then all parts below, parents before children, each once."""
        raise NotImplementedError("Module.named_modules")

    def children(self) -> Iterator["Module"]:
        """The direct parts, each once."""
        raise NotImplementedError("Module.children")

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in all parts below."""
        raise NotImplementedError("Module.train")

    def eval(self) -> Self:
        raise NotImplementedError("Module.eval")

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """fn on every part once, children before parents, self last."""
        raise NotImplementedError("Module.apply")

    def to(self, dtype: torch.dtype) -> Self:
        """Floating-point parameters and buffers in dtype; Parameter objects keep their identity."""
        raise NotImplementedError("Module.to")

    def state_dict(self) -> dict[str, Tensor]:
        """Name -> detached tensor that shares memory: parameters under all their names, and persistent buffers."""
        raise NotImplementedError("Module.state_dict")

    def load_state_dict(self, state: dict[str, Tensor], strict: bool = True) -> tuple[list[str], list[str]]:
        """Copy values in place. Returns missing and unexpected keys, which strict does not allow.

        Raises:
            RuntimeError: one error that names all of them and all shapes that do not fit; nothing has been copied then.
        """
        raise NotImplementedError("Module.load_state_dict")

    def register_forward_hook(self, hook: Callable[["Module", tuple[Any, ...], Any], Any]) -> Any:
        """hook(module, args, output) runs after forward, in order; a result other than None replaces the output.

        Returns:
            A handle whose remove() takes the hook off.
        """
        raise NotImplementedError("Module.register_forward_hook")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """forward, then the hooks."""
        raise NotImplementedError("Module.__call__")


class ModuleList(Module):
    """Children "0", "1", ...; append, len, iteration, indexing (negative too)."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        raise NotImplementedError("ModuleList.__init__")

    def append(self, module: Module) -> Self:
        raise NotImplementedError("ModuleList.append")

    def __len__(self) -> int:
        raise NotImplementedError("ModuleList.__len__")

    def __iter__(self) -> Iterator[Module]:
        raise NotImplementedError("ModuleList.__iter__")

    def __getitem__(self, index: int) -> Module:
        raise NotImplementedError("ModuleList.__getitem__")


class Sequential(Module):
    """Children "0", "1", ..., called one after the other."""

    def __init__(self, *modules: Module) -> None:
        raise NotImplementedError("Sequential.__init__")

    def forward(self, x: Any) -> Any:
        raise NotImplementedError("Sequential.forward")
