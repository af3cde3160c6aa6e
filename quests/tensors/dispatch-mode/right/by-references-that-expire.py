"""Independent idiom: a Counter, a table of rules, weak references that say themselves when they are dead."""

import collections
import math
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only


def product(first):
    return lambda args, out: 2 * math.prod(out.shape) * args[first].size(-1)


def convolution_backward(args, out):
    wanted = sum(1 for gradient in out[:2] if gradient is not None)
    return wanted * 2 * args[0].numel() * math.prod(args[2].shape[1:])


RULES = {
    torch.ops.aten.mm: product(0),
    torch.ops.aten.bmm: product(0),
    torch.ops.aten.addmm: product(1),
    torch.ops.aten.baddbmm: product(1),
    torch.ops.aten.convolution: lambda args, out: 2 * out.numel() * math.prod(args[1].shape[1:]),
    torch.ops.aten.convolution_backward: convolution_backward,
}


class OpLog(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.calls = collections.Counter()
        self.flops = 0
        self.peak_bytes = 0
        self.sizes = {}  # weak reference to a storage -> its bytes

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        before = set()
        tree_map_only(torch.Tensor, lambda t: before.add(t.untyped_storage().data_ptr()), (args, kwargs))
        result = func(*args, **(kwargs or {}))
        packet = func.overloadpacket
        self.calls[str(packet).rpartition(".")[2]] += 1
        if packet in RULES:
            self.flops += RULES[packet](args, result)
        fresh = []
        tree_map_only(torch.Tensor, fresh.append, result)
        for storage in {id(t.untyped_storage()): t.untyped_storage() for t in fresh}.values():
            if storage.nbytes() and storage.data_ptr() not in before and weakref.ref(storage) not in self.sizes:
                self.sizes[weakref.ref(storage)] = storage.nbytes()
        self.sizes = {ref: size for ref, size in self.sizes.items() if ref() is not None}
        self.peak_bytes = max(self.peak_bytes, sum(self.sizes.values()))
        return result
