"""A dispatch mode that counts operators and FLOPs and follows the bytes of live storages."""

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class OpLog(TorchDispatchMode):
    """What ran inside `with log:`.

    Attributes:
        calls: operator name without overload ("mm", "add_") -> how often it ran
        flops: floating-point operations of matrix products and convolutions
        peak_bytes: most bytes that storages made inside the block held at one time
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, int] = {}
        self.flops = 0
        self.peak_bytes = 0
        self._bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = set(_storages((args, kwargs)))
        out = func(*args, **kwargs)  # the mode is off in here: outer modes see this call, we do not
        name = func.overloadpacket.__name__
        self.calls[name] = self.calls.get(name, 0) + 1
        self.flops += _flops(name, args, out)
        for key, storage in _storages(out).items():
            if key not in given:  # neither a view, nor in place, nor an out= buffer
                self._made(storage)
        return out

    def _made(self, storage: torch.UntypedStorage) -> None:
        size = storage.nbytes()
        self._bytes += size
        self.peak_bytes = max(self.peak_bytes, self._bytes)
        # the storage, not the tensor: it lives on when a view or the graph holds it
        weakref.finalize(storage, self._freed, size)

    def _freed(self, size: int) -> None:
        self._bytes -= size


def _storages(nest: Any) -> dict[int, torch.UntypedStorage]:
    """Each storage once, however many tensors show it, by the address of its C++ object."""
    found = [leaf.untyped_storage() for leaf in tree_leaves(nest) if isinstance(leaf, torch.Tensor)]
    return {storage._cdata: storage for storage in found}  # noqa: SLF001 - torch names it so


def _flops(name: str, args: Any, out: Any) -> int:
    """Two for each multiply-add; biases are free."""
    if name in ("mm", "bmm"):  # (m, k) (k, n), batched or not: every output element is a sum of k products
        return 2 * out.numel() * args[0].shape[-1]
    if name in ("addmm", "baddbmm"):
        return 2 * out.numel() * args[1].shape[-1]
    if name == "convolution":  # a weight is (C_out, C_in / groups, *kernel)
        return 2 * out.numel() * args[1].shape[1:].numel()
    if name == "convolution_backward":  # each of the gradients of input and weight costs what the forward did
        grad_out, _, weight = args[:3]
        return 2 * grad_out.numel() * weight.shape[1:].numel() * sum(args[-1][:2])
    return 0
