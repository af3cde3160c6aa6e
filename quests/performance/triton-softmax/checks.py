"""Hidden checks of performance/triton-softmax."""

import contextlib

import torch

from leveling.checks import Check, Draw, Workload, case, expect

SOFTMAX = "softmax_rows(x)"
NORM = "add_rmsnorm(x, residual, weight, eps)"


@contextlib.contextmanager
def watching():
    """Count kernel launches and, in the interpreter, elements that a program touches outside the tensors it was given.

    What lies outside is neither read nor written, so that a wrong kernel cannot take the process with it.
    """
    import numpy as np
    from triton.runtime import interpreter, jit

    seen = {"launches": 0, "reads": 0, "writes": 0}
    inside = np.zeros(0, np.uint64)
    executor, builder, native = interpreter.GridExecutor, interpreter.InterpreterBuilder, jit.JITFunction
    prepare = executor._init_args_hst  # noqa: SLF001 - no public place to look at
    load, store = builder.create_masked_load, builder.create_masked_store
    launch = native.run

    def prepared(self, args, kwargs):
        nonlocal inside
        seen["launches"] += 1
        found = prepare(self, args, kwargs)
        tensors = [each for each in (*found[0], *found[1].values()) if isinstance(each, torch.Tensor)]
        inside = np.unique(np.concatenate([addresses(each) for each in tensors] or [inside]))
        return found

    def within(pointers, mask, what):
        known = np.isin(pointers.data.astype(np.uint64), inside)
        seen[what] += int((mask.data & ~known).sum())
        return interpreter.TensorHandle(mask.data & known, mask.dtype)

    def loaded(self, pointers, mask, *others):
        return load(self, pointers, within(pointers, mask, "reads"), *others)

    def stored(self, pointers, value, mask, *others):
        return store(self, pointers, value, within(pointers, mask, "writes"), *others)

    def launched(self, *args, **kwargs):
        seen["launches"] += not kwargs.get("warmup", False)
        return launch(self, *args, **kwargs)

    executor._init_args_hst, native.run = prepared, launched  # noqa: SLF001 - see above
    builder.create_masked_load, builder.create_masked_store = loaded, stored
    try:
        yield seen
    finally:
        executor._init_args_hst, native.run = prepare, launch  # noqa: SLF001 - see above
        builder.create_masked_load, builder.create_masked_store = load, store


def addresses(tensor):
    """The address of every element."""
    places = torch.zeros((), dtype=torch.int64)
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        places = places.unsqueeze(-1) + torch.arange(size) * stride
    return (places.flatten() * tensor.element_size() + tensor.data_ptr()).numpy().astype("uint64")


def part(wide, columns):
    """The first columns of a wider tensor."""
    return wide[:, :columns]


class OneLaunch(Check):
    """Each call launches one Triton kernel; M = 0 launches none and returns an empty tensor."""

    calls = f"{SOFTMAX} and {NORM}"
    battery = False  # stride(1) is 1 by contract
    compare = False

    def cases(self, draw: Draw):
        for rows in (3, 0):
            yield case(f"M = {rows}", x=draw.normal(rows, 5), residual=draw.normal(rows, 5), weight=draw.normal(5))

    def probe(self, solution, x, residual, weight):
        with watching() as softmax:
            out = solution.softmax_rows(x)
        with watching() as norm:
            both = solution.add_rmsnorm(x, residual, weight, 1e-6)
        return {
            "launches": [softmax["launches"], norm["launches"]],
            "shapes": [list(each.shape) for each in (out, *both)],
        }

    def verify(self, case, got, want):
        wanted = int(len(case["x"]) > 0)
        for name, number in zip(("softmax_rows", "add_rmsnorm"), got["launches"], strict=True):
            expect(number == wanted, f"{name} launched {number} Triton kernels, expected {wanted}")
        expect(got["shapes"] == want["shapes"], f"the shapes are {got['shapes']}, expected {want['shapes']}")


class SoftmaxOfRows(Check):
    """softmax_rows equals softmax over each row, for any N and M."""

    calls = SOFTMAX
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        for label, rows, columns in (
            ("N a power of two", 3, 8),
            ("N not a power of two", 4, 13),
            ("N = 1", 3, 1),
            ("M = 1", 1, 7),
            ("N = 1025, just over a block of 1024", 2, 1025),
            ("N = 2500", 2, 2500),
        ):
            yield case(label, x=draw.normal(rows, columns, mean=-3.0, std=2.0))

    def probe(self, solution, x):
        with watching():
            return solution.softmax_rows(x)


class StaysInside(Check):
    """No program reads or writes outside its tensors, whether N fills a block or not."""

    calls = SOFTMAX
    battery = False  # stride(1) is 1 by contract
    compare = False

    def cases(self, draw: Draw):
        for columns in (8, 13, 1030):
            yield case(f"N = {columns}", x=draw.normal(3, columns), residual=draw.normal(3, columns))

    def probe(self, solution, x, residual):
        found = {}
        with watching() as found["softmax_rows"]:
            solution.softmax_rows(x)
        with watching() as found["add_rmsnorm"]:
            solution.add_rmsnorm(x, residual, torch.ones_like(x[0]), 1e-6)
        return found

    def verify(self, case, got, want):
        for name, seen in got.items():
            for what in ("reads", "writes"):
                expect(
                    not seen[what],
                    f"{name} {what} {seen[what]} elements outside its tensors: mask every load and store",
                )


class WiderRows(Check):
    """x may be a slice of a wider tensor: the row stride is larger than N, and the margin is never touched."""

    calls = "softmax_rows(wide[:, :N])"
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        for columns in (7, 16):
            wide = draw.normal(4, columns + 3)
            wide[:, columns:] = float("nan")
            yield case(f"N = {columns}, row stride {columns + 3}", wide=wide, columns=columns)

    def probe(self, solution, wide, columns):
        with watching() as seen:
            out = solution.softmax_rows(part(wide, columns))
        return {"out": out, "elements of the margin touched": seen["reads"] + seen["writes"]}


class HardRows(Check):
    """Very large values stay finite and -inf entries get exactly 0."""

    calls = SOFTMAX
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        yield case("values near 1e4 and -1e4", x=draw.normal(3, 11) + torch.tensor([[1e4], [-1e4], [0.0]]))
        x = draw.normal(4, 1100)
        x[0, 3:9] = x[1, :1050] = x[2, 1024:] = x[3, ::2] = float("-inf")
        yield case("-inf entries, whole blocks of them", x=x)
        x = draw.normal(2, 9)
        x[0, 4] = 80.0
        x[1, 0] = -200.0
        yield case("one entry outweighs the rest", x=x)

    def probe(self, solution, x):
        with watching():
            return solution.softmax_rows(x)


class HalfRows(Check):
    """float16 and bfloat16 rows are computed in float32 and returned in their dtype."""

    calls = SOFTMAX
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        for dtype in (torch.float16, torch.bfloat16):
            yield case(str(dtype), x=draw.normal(2, 1500, std=0.5, dtype=dtype))

    def probe(self, solution, x):
        with watching():
            return solution.softmax_rows(x)


class AddAndNormalise(Check):
    """add_rmsnorm returns the normalised sum and the sum itself, for any N and row strides."""

    calls = NORM
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        for label, rows, columns in (("N = 8", 3, 8), ("N = 13", 4, 13), ("N = 1", 2, 1), ("N = 1030", 2, 1030)):
            yield case(
                label,
                x=draw.normal(rows, columns, mean=1.0),
                wide=draw.normal(rows, columns + 5),
                weight=draw.normal(columns, mean=1.0),
                eps=0.1,
            )

    def probe(self, solution, x, wide, weight, eps):
        with watching():
            return solution.add_rmsnorm(x, part(wide, x.shape[1]), weight, eps)


class EpsAndDtypes(Check):
    """eps counts, also for a row of zeros; a weight of another dtype is fine; half precision is computed in float32."""

    calls = NORM
    battery = False  # stride(1) is 1 by contract

    def cases(self, draw: Draw):
        x = draw.normal(3, 13, std=0.02)
        x[1] = 0.0
        residual = draw.normal(3, 13, std=0.02)
        residual[1] = 0.0
        weight = draw.normal(13, mean=1.0)
        yield case("a row of zeros, eps 0.01", x=x, residual=residual, weight=weight, eps=0.01)
        for dtype in (torch.float16, torch.bfloat16):
            pair = (draw.normal(3, 1100, dtype=dtype) * 300 for _ in range(2))  # squares beyond float16's range
            x, residual = pair
            yield case(f"{dtype} with a float32 weight", x=x, residual=residual, weight=draw.normal(1100), eps=1e-6)

    def probe(self, solution, x, residual, weight, eps):
        with watching():
            return solution.add_rmsnorm(x, residual, weight, eps)


class WideRows(Workload):
    """4096 x 4096 float32 on the GPU."""

    calls = "softmax_rows(x) at 4096 x 4096"

    def cases(self, draw: Draw, size: int = 4096):
        yield dict(x=draw.normal(size, size))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw))

    def probe(self, solution, x):
        return solution.softmax_rows(x)


class WideNorm(Workload):
    """4096 x 4096 float32 on the GPU."""

    calls = "add_rmsnorm(x, residual, weight, eps) at 4096 x 4096"

    def cases(self, draw: Draw, size: int = 4096):
        yield dict(x=draw.normal(size, size), residual=draw.normal(size, size), weight=draw.normal(size))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw))

    def probe(self, solution, x, residual, weight):
        return solution.add_rmsnorm(x, residual, weight, 1e-6)
