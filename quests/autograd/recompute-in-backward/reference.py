"""Activation checkpointing: forget what a call saved for backward, and run the call again when backward asks for it.

The idea of Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174, by means of saved-tensor hooks.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor


class Replay:
    """One checkpointed call: the function, its inputs, and the circumstances under which it ran."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.fn = fn
        self.args = args
        self.versions = versions(args)
        self.devices = sorted({arg.device.index for arg in tensors_in(args) if arg.device.type == "cuda"})
        self.random = (torch.get_rng_state(), [torch.cuda.get_rng_state(index) for index in self.devices])
        kinds = {"cpu", *(arg.device.type for arg in tensors_in(args))}
        self.autocast = [
            (kind, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in sorted(kinds)
        ]
        self.count = 0
        self.values: dict[int, Tensor] = {}

    def pack(self, _: Tensor) -> int:
        """Instead of the tensor, remember that it was the n-th one saved."""
        self.count += 1
        return self.count - 1

    def unpack(self, place: int) -> Tensor:
        """The n-th saved tensor, from a replay of the whole call when it is not at hand."""
        if place not in self.values:
            self.run_again()
        return self.values.pop(place)  # each is handed out once and then let go

    def run_again(self) -> None:
        """Call the function as it was called, to collect what it saves; its own graph is thrown away."""
        if versions(self.args) != self.versions:
            raise RuntimeError("an input of a checkpointed call was changed in place between forward and backward")
        collected: list[Tensor] = []

        def collect(tensor: Tensor) -> None:
            collected.append(tensor.detach())  # with its graph, list and graph would hold each other for ever

        with self.circumstances(), torch.autograd.graph.saved_tensors_hooks(collect, give_nothing):
            self.fn(*(own_leaf(arg) for arg in self.args))
        if len(collected) != self.count:
            raise RuntimeError(
                f"the replay saved {len(collected)} tensors, the forward {self.count}: fn is not repeatable"
            )
        self.values = dict(enumerate(collected))

    @contextlib.contextmanager
    def circumstances(self) -> Iterator[None]:
        """Random state, autocast and grad mode of the forward; the random state of now comes back afterwards."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.random.fork_rng(self.devices))
            torch.set_rng_state(self.random[0])
            for index, state in zip(self.devices, self.random[1], strict=True):
                torch.cuda.set_rng_state(state, index)
            for kind, enabled, dtype in self.autocast:
                stack.enter_context(torch.autocast(kind, dtype=dtype, enabled=enabled))
            stack.enter_context(torch.enable_grad())
            yield


def tensors_in(args: Sequence[Any]) -> list[Tensor]:
    """The tensors among the arguments."""
    return [arg for arg in args if isinstance(arg, Tensor)]


def versions(args: Sequence[Any]) -> list[int]:
    """The counters that every in-place change moves on."""
    return [arg._version for arg in tensors_in(args)]  # noqa: SLF001 - torch has no public name for the counter


def own_leaf(arg: Any) -> Any:
    """The same memory without history, wanting a gradient as before, so that the replay saves what the forward saved."""
    return arg.detach().requires_grad_(arg.requires_grad) if isinstance(arg, Tensor) else arg


def give_nothing(_: object) -> Tensor:
    """Nobody runs backward through the graph of a replay."""
    raise RuntimeError("backward was called on the graph of a replay")


def checkpoint(fn: Callable[..., Any], *args: Any) -> Any:
    """fn(*args) with the same results and gradients; until backward only the inputs are kept."""
    if not torch.is_grad_enabled():
        return fn(*args)
    replay = Replay(fn, args)
    with torch.autograd.graph.saved_tensors_hooks(replay.pack, replay.unpack):
        return fn(*args)


def checkpoint_chain(layers: Sequence[Callable[[Tensor], Tensor]], x: Tensor, segments: int) -> Tensor:
    """layers applied one after another, in `segments` checkpointed runs whose lengths differ by at most one."""
    for part in range(segments):
        first, last = (len(layers) * edge // segments for edge in (part, part + 1))
        x = checkpoint(run, layers[first:last], x)
    return x


def run(layers: Sequence[Callable[[Tensor], Tensor]], x: Tensor) -> Tensor:
    """layers[-1](... layers[0](x))."""
    for layer in layers:
        x = layer(x)
    return x
