"""Count what a call does, inside the worker: dispatched ops, FLOPs, bytes saved for backward, graph breaks.

These counts are the worker's own and could be forged by hostile code; the judge checks each against a clock or a
memory figure that it reads from outside (`leveling.judge.gates`).
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from leveling.arena.products import formulas

Figures = dict[str, Any]

# Ops that only look at memory in another way or read one number; counted apart from work.
VIEWS = frozenset(
    "view _unsafe_view reshape expand permute transpose t unsqueeze squeeze select slice narrow as_strided alias detach "
    "unbind split split_with_sizes chunk diagonal unfold _reshape_alias view_as_real view_as_complex movedim "
    "lift_fresh".split()
)
READS = frozenset(("_local_scalar_dense", "item", "is_nonzero", "equal"))


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.names: dict[str, int] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keeps the first count from importing torch._dynamo (about a second) only to switch it off."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._can_decompose() and torch.is_inference_mode_enabled():
            # inference mode hands composite ops over whole; outside of it they arrive in their parts
            with self:
                parts = func.decompose(*args, **(kwargs or {}))
            if parts is not NotImplemented:
                return parts
        name = func.overloadpacket.__name__
        self.names[name] = self.names.get(name, 0) + 1
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def metered(kind: str) -> Iterator[Figures]:
    """Fill the yielded dict with the figures of `kind` while the body runs; an empty `kind` counts nothing."""
    meters = {
        "": _nothing,
        "ops": _ops,
        "flops": _flops,
        "saved": _saved,
        "graphs": _graphs,
        "launches": _launches,
        "cuda_memory": _cuda_memory,
    }
    with meters[kind]() as figures:
        yield figures


@contextlib.contextmanager
def _nothing() -> Iterator[Figures]:
    yield {}


@contextlib.contextmanager
def _ops() -> Iterator[Figures]:
    figures: Figures = {}
    with _Counter() as counter:
        yield figures
    figures["views"] = sum(n for name, n in counter.names.items() if name in VIEWS)
    figures["reads"] = sum(n for name, n in counter.names.items() if name in READS)
    figures["ops"] = sum(counter.names.values()) - figures["views"] - figures["reads"]
    figures["names"] = dict(sorted(counter.names.items(), key=lambda pair: -pair[1])[:40])


@contextlib.contextmanager
def _flops() -> Iterator[Figures]:
    from torch.utils.flop_counter import FlopCounterMode

    figures: Figures = {}
    with FlopCounterMode(display=False, custom_mapping=formulas()) as counter:
        yield figures
    figures["flops"] = int(counter.get_total_flops())


@contextlib.contextmanager
def _saved() -> Iterator[Figures]:
    figures: Figures = {}
    seen: dict[int, tuple[torch.Tensor, int]] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = (tensor, storage.nbytes())  # holding the tensor keeps its address from being reused
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield figures
    figures["saved"] = sum(size for _, size in seen.values())


@contextlib.contextmanager
def _graphs() -> Iterator[Figures]:
    import torch._dynamo

    torch._dynamo.reset()
    counters = torch._dynamo.utils.counters
    counters.clear()
    figures: Figures = {}
    yield figures
    # a branch on a tensor's value is noted under "unimplemented" alone; a break that was an exception leaves that again
    breaks = (*counters["graph_break"].values(), *counters["unimplemented"].values())
    figures["graph_breaks"] = int(sum(breaks))
    figures["recompiles"] = max(0, int(counters["stats"].get("unique_graphs", 0)) - 1 - figures["graph_breaks"])
    figures["graphs"] = int(counters["stats"].get("unique_graphs", 0))


@contextlib.contextmanager
def _launches() -> Iterator[Figures]:
    from torch.profiler import ProfilerActivity, profile

    figures: Figures = {}
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        yield figures
        torch.cuda.synchronize()
    copies = ("Memcpy", "Memset")
    figures["launches"] = sum(
        1 for event in profiler.events() or () if event.device_type.name == "CUDA" and not event.name.startswith(copies)
    )


@contextlib.contextmanager
def _cuda_memory() -> Iterator[Figures]:
    figures: Figures = {}
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    yield figures
    torch.cuda.synchronize()
    figures["peak"] = int(torch.cuda.max_memory_allocated() - before)
