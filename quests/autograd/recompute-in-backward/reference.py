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
        devices = {arg.device for arg in tensors_in(args)}
        self.random = torch.get_rng_state()
        self.cuda_random = {d: torch.cuda.get_rng_state(d) for d in devices if d.type == "cuda"}
        kinds = {"cpu", *(device.type for device in devices)}
        self.autocast = [(kind, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in kinds]
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
        """Call the function as it was called, to collect what it saves, in the same order; the graph is thrown away."""
        if versions(self.args) != self.versions:
            raise RuntimeError("an input of a checkpointed call was changed in place between forward and backward")
        collected: list[Tensor] = []

        def collect(tensor: Tensor) -> None:
            collected.append(tensor.detach())  # with its graph, list and graph would hold each other for ever

        with self.circumstances(), torch.autograd.graph.saved_tensors_hooks(collect, self.unpack):
            self.fn(*self.args)
        self.values = dict(enumerate(collected))

    @contextlib.contextmanager
    def circumstances(self) -> Iterator[None]:
        """Random state, autocast and grad mode of the forward; the random state of now comes back afterwards."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.random.fork_rng(self.cuda_random))
            torch.set_rng_state(self.random)
            for device, state in self.cuda_random.items():
                torch.cuda.set_rng_state(state, device)
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


def checkpoint(fn: Callable[..., Any], *args: Any) -> Any:
    """fn(*args) with the same results and gradients; until backward only the inputs are kept."""
    replay = Replay(fn, args)  # lives as long as something was packed: under no_grad not beyond this call
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
