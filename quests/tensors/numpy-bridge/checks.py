"""Hidden checks of tensors/numpy-bridge. Arrays are made in the probes; the judge sends tensors and names."""

import warnings

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from leveling.checks import Check, Draw, Workload, case

SHARED_DTYPES = ("float32", "float64", "int16", "int64", "uint8", "bool")


def array(values, name="float32"):
    """A fresh array with the values of a tensor, in the dtype NumPy calls `name`."""
    return np.array(values.detach().tolist(), dtype=name).reshape(tuple(values.shape))


def steps(a):
    """Strides in elements, as tensors count them."""
    return tuple(stride // a.itemsize for stride in a.strides)


class SharesValues(Check):
    """share gives a CPU tensor with the values, the shape and the dtype of the array: float64, int16 and bool stay what they are."""

    calls = "share(a)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name in SHARED_DTYPES:
            yield case(f"a of dtype {name}", values=draw.integers(0, 9, 3, 4), name=name)
        yield case("no elements", values=draw.integers(0, 9, 0, 3), name="float32")
        yield case("0-d", values=draw.integers(0, 9), name="float32")

    def probe(self, solution, values, name):
        return solution.share(array(values, name))


class SharesMemory(Check):
    """A write to the array shows in share(a), and a write to the tensor shows in the array."""

    calls = "t = share(a), then a[...] = 5 and t[...] = 7"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name in SHARED_DTYPES[:4]:
            yield case(f"a of dtype {name}", values=draw.integers(10, 99, 6), name=name)

    def probe(self, solution, values, name):
        a = array(values, name)
        t = solution.share(a)
        a[1] = 5
        seen_in_tensor = t[1].item()
        t[2] = 7
        return {"t[1] after a[1] = 5": seen_in_tensor, "a[2] after t[2] = 7": a[2].item()}


class SharesStrides(Check):
    """share keeps strides: of a Fortran-ordered array, a transposed one and one with steps; 0-d stays ()."""

    calls = "share(a).stride()"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for layout in ("Fortran order", "transposed", "every second row", "a column", "0-d"):
            yield case(layout, values=draw.normal(6, 4), layout=layout)

    def probe(self, solution, values, layout):
        a = array(values)
        a = {
            "Fortran order": np.asfortranarray(a),
            "transposed": a.T,
            "every second row": a[::2],
            "a column": a[:, 1],
            "0-d": a[2, 3, ...],
        }[layout]
        t = solution.share(a)
        return {"shape": tuple(t.shape), "strides as in the array": tuple(t.stride()) == steps(a), "values": t.clone()}


class CopiesValues(Check):
    """copy gives float32 unless another dtype is asked for, whatever the dtype of the array."""

    calls = "copy(a, dtype)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name in ("float64", "float32", "float16", "int32", "uint8", "bool", "uint16"):
            yield case(f"{name}, no dtype given", values=draw.integers(0, 9, 3, 4), name=name, dtype=None)
        for dtype in (torch.float64, torch.int64, torch.float16, torch.bfloat16, torch.bool):
            yield case(f"float32 to {dtype}", values=draw.integers(0, 3, 5) + 0.5, name="float32", dtype=dtype)
        thirds = torch.tensor([1.0, 2.0], dtype=torch.float64) / 3
        yield case("thirds stay exact in float64", values=thirds, name="float64", dtype=torch.float64)

    def probe(self, solution, values, name, dtype):
        a = array(values, name)
        return solution.copy(a) if dtype is None else solution.copy(a, dtype)


class CopyIsIndependent(Check):
    """copy(a) owns its memory: later writes to a do not show, also where dtype already matches."""

    calls = "t = copy(a, dtype), then a[...] = 5 and t[...] = 7"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for name, dtype in (
            ("float32", torch.float32),
            ("int64", torch.int64),
            ("float64", torch.float32),
            ("bool", torch.bool),
        ):
            yield case(f"{name} to {dtype}", values=draw.integers(10, 99, 6), name=name, dtype=dtype)

    def probe(self, solution, values, name, dtype):
        a = array(values, name)
        a[3] = 0
        t = solution.copy(a, dtype)
        a[:] = 1
        before = t.clone()
        t[:] = 0
        return {"t after a[:] = 1": before, "a after t[:] = 0": a.tolist()}


class CopiesAnyArray(Check):
    """copy takes negative strides, big-endian and read-only arrays, and keeps the shape of 0-d and of empty ones."""

    calls = "copy(a, dtype)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind in (
            "a[::-1]",
            "a[:, ::-1]",
            "big-endian '>f4'",
            "big-endian '>i2'",
            "read-only",
            "0-d",
            "a single row, read-only and backwards",
            "shape (0, 3)",
            "shape (2, 0)",
            "Fortran order",
        ):
            yield case(kind, values=draw.integers(-99, 99, 3, 4), kind=kind)

    def probe(self, solution, values, kind):
        return solution.copy(odd_array(values, kind))


def odd_array(values, kind):
    """An array that a tensor cannot simply lie over."""
    a = array(values)
    if kind == "a[::-1]":
        return a[::-1]
    if kind == "a[:, ::-1]":
        return a[:, ::-1]
    if kind.startswith("big-endian"):
        return a.astype(kind.split("'")[1])
    if kind == "0-d":
        return np.array(a[1, 2])
    if kind.startswith("shape"):
        return a[:0, :3] if "(0" in kind else a[:2, :0]
    if kind == "Fortran order":
        return np.asfortranarray(a)
    a.flags.writeable = False
    return a if kind == "read-only" else a[:1, ::-1]


class CopiesLargeIntegers(Check):
    """copy keeps every digit of int64 above 2**53 when asked for int64: nothing goes through a float."""

    calls = "copy(a, torch.int64)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield case("above 2**53", values=2**53 + 1 + 2 * draw.integers(0, 10**6, 5), name="int64")
        yield case("big-endian '>i8'", values=2**60 + 1 + 2 * draw.integers(0, 10**6, 2, 3), name=">i8")
        yield case("below -2**53", values=-(2**55) - 1 - 2 * draw.integers(0, 10**6, 4), name="int64")

    def probe(self, solution, values, name):
        return solution.copy(array(values, name), torch.int64)


class CopyIsQuiet(Check):
    """copy emits no warning, for a read-only array either, and leaves the array read-only."""

    calls = "copy(a) of a read-only array"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(3, 4))

    def probe(self, solution, values):
        a = array(values)
        a.flags.writeable = False
        before = torch.is_warn_always_enabled()
        torch.set_warn_always(True)  # else torch says it once in a process, and the second call looks clean
        try:
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                solution.copy(a)
        finally:
            torch.set_warn_always(before)
        return {"warnings": [str(each.message)[:60] for each in heard], "still read-only": not a.flags.writeable}


class ToNumpyValues(Check):
    """to_numpy gives an array with t's values, shape, strides and dtype."""

    calls = "to_numpy(t)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(t=draw.normal(3, 4))
        yield case("float64", t=draw.normal(3, 4, dtype=torch.float64))
        yield case("int64", t=draw.integers(-9, 9, 3, 4))
        yield case("bool", t=draw.booleans(5))
        yield case("transposed view", t=draw.normal(3, 4).t())
        yield case("0-d", t=draw.normal())
        yield case("no elements", t=draw.normal(0, 3))

    def probe(self, solution, t):
        a = solution.to_numpy(t)
        return {
            "kind": type(a).__name__,
            "dtype": str(a.dtype),
            "shape": a.shape,
            "strides as in the tensor": a.size == 0 or steps(a) == tuple(t.stride()),
            "values": a.tolist(),
        }


class ToNumpyWithGradients(Check):
    """to_numpy takes a leaf that requires grad and a result of a computation, and leaves their graph alone."""

    calls = "to_numpy(t) of a tensor that requires grad"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for kind in ("a leaf", "no leaf", "a transposed view of a leaf"):
            yield case(kind, x=draw.normal(3, 4, requires_grad=True), kind=kind)

    def probe(self, solution, x, kind):
        t = {"a leaf": x, "no leaf": x * 2, "a transposed view of a leaf": x.t()}[kind]
        a = solution.to_numpy(t)
        return {
            "values": a.tolist(),
            "t still requires grad": t.requires_grad,
            "t keeps its graph": t.grad_fn is not None,
        }


class ToNumpySharesMemory(Check):
    """to_numpy shares t's memory on the CPU: for a plain tensor, one that requires grad, a result and a transposed view."""

    calls = "a = to_numpy(t), then a[...] = 99"
    truth = False
    battery = False
    changes = ("x",)

    def cases(self, draw: Draw):
        yield case("plain", x=draw.normal(3, 4), kind="plain")
        for kind in ("a leaf", "no leaf", "a transposed view of a leaf"):
            yield case(kind, x=draw.normal(3, 4, requires_grad=True), kind=kind)

    def probe(self, solution, x, kind):
        t = {"plain": x, "a leaf": x, "no leaf": x * 2, "a transposed view of a leaf": x.t()}[kind]
        a = solution.to_numpy(t)
        a[1, 2] = 99.0
        return {"t[1, 2] after a[1, 2] = 99": t[1, 2].item()}


class OnCuda(TorchFunctionMode):
    """Lets a meta tensor play one that lies on a GPU and holds `values`, so that no GPU is needed."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def __torch_function__(self, func, types, args=(), kwargs=None):
        options = dict(kwargs or {})
        if not (args and isinstance(args[0], torch.Tensor) and args[0].is_meta):
            return func(*args, **options)
        owner = getattr(func, "__self__", None)
        if owner is torch.Tensor.is_cuda:
            return True
        if owner is torch.Tensor.device:
            return torch.device("cuda", 0)
        if func.__name__ == "is_cpu" or owner is torch.Tensor.is_cpu:
            return False
        moved = func.__name__ in ("cpu", "to") or (func.__name__ == "numpy" and options.get("force", False))
        if not moved:
            return func(*args, **options)
        here = self.values.clone().requires_grad_(args[0].requires_grad)
        return here.detach().numpy() if func.__name__ == "numpy" else here


class ToNumpyFromCuda(Check):
    """to_numpy brings a tensor on a GPU over, with or without gradient."""

    calls = "to_numpy(t) with t on cuda"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for wanted in (False, True):
            yield case(f"requires_grad={wanted}", values=draw.normal(2, 3), wanted=wanted)

    def probe(self, solution, values, wanted):
        t = values.to("meta").requires_grad_(wanted)
        with OnCuda(values):
            a = solution.to_numpy(t)
        return {"kind": type(a).__name__, "values": a.tolist()}


class SameMemory(Check):
    """same_memory is True for an array and a tensor over the same memory, False for equal values in other memory."""

    calls = "same_memory(a, t)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(3, 4))

    def probe(self, solution, values):
        a = array(values)
        t = torch.from_numpy(a)
        return {
            "t over a": solution.same_memory(a, t),
            "t a view of a, transposed": solution.same_memory(a, t.t()),
            "t requires grad": solution.same_memory(a, torch.from_numpy(a).requires_grad_()),
            "t a copy of a": solution.same_memory(a, t.clone()),
            "t elsewhere": solution.same_memory(a, torch.zeros(3, 4)),
        }


class OverlappingSlices(Check):
    """same_memory is True for slices that overlap and start at different places, False for neighbours and for empty ones."""

    calls = "same_memory(a[...], t[...])"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(12))

    def probe(self, solution, values):
        a = array(values)
        t = torch.from_numpy(a)
        table, rows = a.reshape(3, 4), t.view(3, 4)
        return {
            "a[2:8] and t[5:9]": solution.same_memory(a[2:8], t[5:9]),
            "a[6:] and t[:7]": solution.same_memory(a[6:], t[:7]),
            "a[:6] and t[6:], neighbours": solution.same_memory(a[:6], t[6:]),
            "a[8:] and t[:8], neighbours": solution.same_memory(a[8:], t[:8]),
            "a backwards and t[3:4]": solution.same_memory(a[::-1], t[3:4]),
            "a[3:3], empty, and t": solution.same_memory(a[3:3], t),
            "a and t[3:3], empty": solution.same_memory(a, t[3:3]),
            "a row and a column that cross": solution.same_memory(table[1], rows[:, 2]),
        }


class InterleavedSlices(Check):
    """same_memory is False where two slices are dovetailed without an element in common: even and odd places, two columns."""

    calls = "same_memory(a[::2], t[1::2])"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield dict(values=draw.normal(12))

    def probe(self, solution, values):
        a = array(values)
        t = torch.from_numpy(a)
        table, rows = a.reshape(3, 4), t.view(3, 4)
        return {
            "a[::2] and t[1::2]": solution.same_memory(a[::2], t[1::2]),
            "a[::2] and t[::3]": solution.same_memory(a[::2], t[::3]),
            "two columns": solution.same_memory(table[:, 0], rows[:, 1]),
            "the same column": solution.same_memory(table[:, 1], rows[:, 1]),
        }


class LargeArrays(Workload):
    """share and to_numpy of 64 MiB: neither may take memory."""

    calls = "share(a) and to_numpy(t) of 64 MiB"

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(4096, 4096))

    def warm_up(self, draw: Draw):
        return dict(x=draw.normal(4, 3))

    def probe(self, solution, x):
        t = solution.share(x.numpy())
        a = solution.to_numpy(x.requires_grad_())
        return t[0, :2], float(a[1, 1])
