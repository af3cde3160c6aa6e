"""Hidden checks of tensors/strided-arrays/flat-storage."""

import math

import torch

from leveling.checks import Check, Draw, Workload, case, expect, raised

GET = "x[index]"


def parsed(text):
    """ "1, ::-2, ..." -> (1, slice(None, None, -2), Ellipsis); without a comma the item itself."""

    def one(item):
        item = item.strip()
        if item == "...":
            return ...
        if ":" in item:
            return slice(*(int(part) if part.strip() else None for part in item.split(":")))
        return int(item)

    items = tuple(one(item) for item in text.split(",") if item.strip())
    return items if "," in text or not text else items[0]


def written(draw, shape):
    """A random index expression for an array of that shape, as text."""
    items = []
    for size in shape:
        kind = draw.integer(0, 3)
        if kind == 0 and size:
            items.append(str(draw.integer(-size, size - 1)))
        elif kind == 1:
            items.append(":")
        else:
            ends = [str(draw.integer(-size - 2, size + 2)) if draw.integer(0, 2) else "" for _ in range(2)]
            items.append(f"{ends[0]}:{ends[1]}:{draw.choice((-3, -2, -1, 1, 2, 3))}")
    cut = draw.integer(0, len(items))
    if draw.integer(0, 2) == 0:
        items = [*items[:cut], "...", *items[draw.integer(cut, len(items)) :]]
    return ", ".join(items) + ","


def dense(x):
    """The elements of an NDArray by its attributes alone, in the shape it claims."""
    places = torch.full((1,), x.offset)
    for size, stride in zip(x.shape, x.strides, strict=True):
        places = (places[:, None] + torch.arange(size) * stride).flatten()
    return x.storage[places].reshape(tuple(x.shape))


def made(solution, storage, shape, strides, offset):
    return solution.NDArray(storage, tuple(shape), tuple(strides), offset)


class ReadingOrder(Check):
    """array lays a tensor out row by row, row_major says with which strides, and elements reads it back."""

    calls = "array(values), row_major(shape), elements(x)"

    def cases(self, draw: Draw):
        for shape in ((2, 3), (3, 2, 5), (7,), (), (4, 0, 3), (1, 5, 1)):
            yield case(f"shape {shape}", values=draw.normal(*shape))
        yield case("a transposed tensor", values=draw.normal(4, 3).T)
        yield case("integers", values=draw.integers(-50, 50, 3, 4))

    def probe(self, solution, values):
        x = solution.array(values)
        return {
            "storage": x.storage,
            "shape": tuple(x.shape),
            "strides": tuple(x.strides),
            "offset": x.offset,
            "row_major of the shape": tuple(solution.row_major(tuple(values.shape))),
            "elements": solution.elements(x),
            "is a copy": x.storage.data_ptr() != values.data_ptr() or values.numel() == 0,
        }


class IntegersInARow(Check):
    """arange gives the integers from 0 below n."""

    calls = "arange(n)"

    def cases(self, draw: Draw):
        for n in (draw.integer(2, 20), 1, 0):
            yield dict(n=n)

    def probe(self, solution, n):
        x = solution.arange(n)
        return {"shape": tuple(x.shape), "elements": solution.elements(x)}


class ElementsOfAnyStrides(Check):
    """elements follows shape, strides and offset, also backwards, across, and with a stride of 0."""

    calls = "elements(NDArray(storage, shape, strides, offset))"

    def cases(self, draw: Draw):
        for label, shape, strides, offset in (
            ("row-major with an offset", (2, 3), (3, 1), 4),
            ("transposed", (3, 4), (1, 3), 0),
            ("backwards", (5,), (-1,), 9),
            ("both ways", (3, 2), (-2, 7), 5),
            ("every row the same", (3, 4), (0, 1), 2),
            ("windows that overlap", (4, 3), (1, 1), 6),
            ("a single element", (), (), 11),
            ("nothing", (3, 0, 2), (0, 2, 1), 0),
            ("three dimensions", (2, 3, 2), (1, 4, 2), 1),
        ):
            yield case(label, storage=draw.normal(17), shape=list(shape), strides=list(strides), offset=offset)

    def probe(self, solution, storage, shape, strides, offset):
        return solution.elements(made(solution, storage, shape, strides, offset))


class IndexingAsNumpyDoes(Check):
    """Ints, slices with any step and `...` pick what they pick in NumPy, negative numbers included."""

    calls = GET
    truth = False

    def cases(self, draw: Draw):
        for shape, texts in (
            ((6,), ("2", "-1", "1:4", "::-1", "4:1:-2", "10:", ":-10", "3:3", "...", "-20:20:3", "::-4")),
            ((3, 5), ("1", "-1, 2", ":, ::-2", "..., 1", "1, ...", "::-1, ::-1", "0:2, -3:", "2:0:-1, 4", "1, 2, ...")),
            ((2, 3, 4), ("1, ..., 2", "..., ::-1", ":, 1", "0, 1, 2", "::-1, 1:, ::3", "...,")),
            ((0, 3), (":, 1", "::-1", "..., ::2")),
        ):
            for text in texts:
                yield case(f"shape {shape}, index [{text}]", values=draw.normal(*shape), text=text)
        for _ in range(40):
            shape = tuple(draw.integer(1, 6) for _ in range(draw.integer(1, 4)))
            text = written(draw, shape)
            yield case(f"shape {shape}, index [{text}]", values=draw.normal(*shape), text=text)

    def probe(self, solution, values, text):
        x = solution.array(values)
        view = x[parsed(text)]
        return {"shape": tuple(view.shape), "values": dense(view), "shares the storage": view.storage is x.storage}


class ViewsOfViews(Check):
    """A view can be indexed again, and again."""

    calls = "x[first][second][third]"
    truth = False

    def cases(self, draw: Draw):
        for texts in (("::-1", "1:", "::-2"), ("1:, ::-1", "..., 1:", "1, ::2"), (":, ::3", "::-1, ::-1", "..., -1")):
            yield dict(values=draw.normal(5, 7), texts=list(texts))
        for _ in range(10):
            yield dict(values=draw.normal(6, 5, 7), texts=["::-1, 1:5, ::2", written(draw, (6, 4, 4)), "..."])

    def probe(self, solution, values, texts):
        view = x = solution.array(values)
        for text in texts:
            view = view[parsed(text)]
        return {"shape": tuple(view.shape), "values": dense(view), "shares the storage": view.storage is x.storage}


class WritesGoThrough(Check):
    """Writing through a view changes the array it is a view of, there and nowhere else."""

    calls = "x[first][second] = number"
    truth = False

    def cases(self, draw: Draw):
        for first, second in (
            ("...", "1, 2"),
            ("::-1", "0"),
            (":, 1::2", "..., -1"),
            ("2", "..."),
            ("::-2, ::-1", "1:, 1:3"),
            ("1:1", "..."),
            ("1", "3"),
        ):
            yield case(f"x[{first}][{second}] = v", values=draw.normal(4, 5), first=first, second=second)
        yield case("integers", values=draw.integers(0, 9, 4, 5), first="1", second="::2")

    def probe(self, solution, values, first, second):
        x = solution.array(values)
        before = x.storage
        x[parsed(first)][parsed(second)] = 77
        return {"values": dense(x), "the storage is still the same object": x.storage is before}


class SharedElementsAreNotWritten(Check):
    """A write to a view with stride 0 along a dimension larger than 1 raises ValueError and changes nothing."""

    calls = "x[...] = number"
    truth = False

    def cases(self, draw: Draw):
        for label, shape, strides, index in (
            ("every row the same", (3, 4), (0, 1), "..."),
            ("a part of it", (3, 4), (0, 1), "1:, 2"),
            ("one row of it may be written", (3, 4), (0, 1), "1"),
            ("a dimension of size 1 may have stride 0", (1, 4), (0, 1), "..."),
            ("one place of many", (2, 2), (0, 0), "0"),
        ):
            yield case(label, storage=draw.normal(8), shape=list(shape), strides=list(strides), text=index)

    def probe(self, solution, storage, shape, strides, text):
        storage = storage.clone()
        x = made(solution, storage, shape, strides, 2)
        return {"raised": raised(x.__setitem__, parsed(text), 5.0)["raised"], "storage afterwards": storage}


class ErrorsSayWhere(Check):
    """An index out of range raises IndexError that names the axis and its size; too many name the dimensions."""

    calls = GET
    compare = False

    def cases(self, draw: Draw):
        for shape, text, axis, size in (
            ((13,), "13", 0, 13),
            ((11, 7), "0, -8", 1, 7),
            ((4, 17, 3), "..., 17, 0", 1, 17),
            ((0, 19), "0", 0, 0),
            ((12, 23), ":, 23", 1, 23),
        ):
            named = {"axis": axis, "size": size}
            yield case(f"shape {shape}, index [{text}]", shape=list(shape), text=text, named=named)
        named = {"number of dimensions": 3}
        yield case("four indices for three dimensions", shape=[7, 6, 8], text="0, 1, 2, 4", named=named)
        named = {"number of dimensions": 6}
        yield case("eight indices for six dimensions", shape=[2] * 6, text="0, 0, 0, 0, 0, 0, 0, 0", named=named)
        yield case("one index for none", shape=[], text="0", named={"number of dimensions": 0})
        yield case("two ellipses", shape=[2, 3, 4], text="..., 0, ...", named={})

    def probe(self, solution, shape, text, named):
        x = solution.array(torch.zeros(shape))
        return raised(x.__getitem__, parsed(text))

    def verify(self, case, got, want):
        expect(got["raised"] == "IndexError", f"what was raised is {got['raised']}, expected IndexError")
        words = got["message"].replace(",", " ").replace(".", " ").replace(":", " ").replace("-", " ").split()
        for name, number in case["named"].items():
            expect(str(number) in words, f"the message does not name the {name}, {number}: {got['message']!r}")


class ItemsAreNumbers(Check):
    """item gives the only element as a Python number, and raises ValueError where there is none or more than one."""

    calls = "x.item()"
    truth = False

    def cases(self, draw: Draw):
        yield case("an element of floats", values=draw.normal(3, 4), text="2, -1")
        yield case("an element of integers", values=draw.integers(-9, 9, 3, 4), text="0, 3")
        yield case("shape (1, 1)", values=draw.normal(3, 4), text="1:2, -1:")
        yield case("two elements", values=draw.normal(3, 4), text="1, :2")
        yield case("none", values=draw.normal(3, 4), text="1, 2:2")

    def probe(self, solution, values, text):
        view = solution.array(values)[parsed(text)]
        count = math.prod(view.shape)
        return view.item() if count == 1 else raised(view.item)["raised"]


class ManyViews(Workload):
    """Views of an array of 2,000 x 3,000 elements."""

    calls = "x[1], x[::-1, 5], x[..., ::2], x[3:, -7:-900:-3] at 2000 x 3000"

    def cases(self, draw: Draw, rows: int = 2000, columns: int = 3000):
        yield dict(values=draw.normal(rows, columns))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=9, columns=11))

    def probe(self, solution, values):
        x = solution.NDArray(values.view(-1), tuple(values.shape), values.stride(), 0)
        views = [x[parsed(text)] for text in ("1", "::-1, 5", "..., ::2", "3:, -7:-900:-3")]
        return [tuple(view.shape) for view in views]
