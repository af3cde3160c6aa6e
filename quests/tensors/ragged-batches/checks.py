"""Hidden checks of tensors/ragged-batches."""

import torch

from leveling.checks import Check, Draw, Workload, case, gradients

PAD, PACK = "pad(values, offsets, fill)", "pack(padded, mask)"


def offsets_of(lengths):
    """Lengths of rows -> offsets (B + 1,) int64."""
    return torch.tensor([0, *lengths]).cumsum(0)


def ragged(draw, lengths, *trailing, **options):
    """Packed values and their offsets."""
    return dict(values=draw.normal(sum(lengths), *trailing, mean=2.0, **options), offsets=offsets_of(lengths))


def padded(draw, lengths, *trailing, width=0, **options):
    """A padded table whose padding holds values of its own, and the mask."""
    width = max(width, *lengths)
    mask = torch.arange(width) < torch.tensor(lengths)[:, None]
    return dict(padded=draw.normal(len(lengths), width, *trailing, mean=2.0, **options), mask=mask)


class PadsEveryRow(Check):
    """Row b of the table is values[offsets[b]:offsets[b + 1]], then fill; the mask is True at real positions."""

    calls = PAD

    def cases(self, draw: Draw):
        yield case("lengths 3, 1, 5, 2", **ragged(draw, [3, 1, 5, 2]), fill=0.0)
        yield case("values (total, 3)", **ragged(draw, [2, 4, 1], 3), fill=0.0)
        yield case("values (total, 2, 5)", **ragged(draw, [4, 1, 3, 3, 2], 2, 5), fill=0.0)
        yield case("one row, B = 1", **ragged(draw, [6], 2), fill=0.0)
        yield case("rows of one", **ragged(draw, [1, 1, 1]), fill=0.0)
        lengths = [draw.integer(1, 9) for _ in range(11)]
        yield case("eleven rows", **ragged(draw, lengths, 3), fill=0.0)

    def probe(self, solution, values, offsets, fill):
        table, mask = solution.pad(values, offsets, fill)
        return {"padded": table, "mask": mask}


class FillStandsInThePadding(Check):
    """fill, 0 if it is not given, stands at every place behind the end of a row."""

    calls = PAD

    def cases(self, draw: Draw):
        for fill in (-1.0, 7.5, float("-inf"), float("nan")):
            yield case(f"fill {fill}", **ragged(draw, [2, 5, 1], 3), fill=fill)
        yield case("no fill given", **ragged(draw, [2, 5, 1], 3), fill=None)

    def probe(self, solution, values, offsets, fill):
        options = {} if fill is None else {"fill": fill}
        return solution.pad(values, offsets, **options)[0]


class EmptyRows(Check):
    """Empty rows, at the start, in the middle and at the end, are rows of padding."""

    calls = PAD

    def cases(self, draw: Draw):
        for lengths in ([0, 3, 2], [2, 0, 0, 3], [4, 1, 0], [0, 0, 2, 0]):
            yield case(f"lengths {lengths}", **ragged(draw, lengths, 2), fill=9.0)

    def probe(self, solution, values, offsets, fill):
        table, mask = solution.pad(values, offsets, fill)
        return {"padded": table, "mask": mask}


class PacksEveryRow(Check):
    """pack lists the valid entries row after row; offsets are int64, begin with 0 and end with the total."""

    calls = PACK

    def cases(self, draw: Draw):
        yield case("lengths 3, 1, 4", **padded(draw, [3, 1, 4]))
        yield case("trailing (2, 3)", **padded(draw, [2, 5, 1, 3], 2, 3))
        yield case("empty rows and a wide table", **padded(draw, [0, 2, 0, 3, 0], 2, width=7))
        yield case("one row", **padded(draw, [4], 3))

    def probe(self, solution, padded, mask):
        values, offsets = solution.pack(padded, mask)
        return {"values": values, "offsets": offsets, "dtype of offsets": str(offsets.dtype)}


class ThereAndBack(Check):
    """pack(*pad(values, offsets)) gives back values and offsets."""

    calls = "pack(*pad(values, offsets))"

    def cases(self, draw: Draw):
        for lengths in ([3, 1, 2], [0, 4, 0, 2, 0], [5], [1, 0, 0, 0], [0, 0, 7, 1]):
            yield case(f"lengths {lengths}", **ragged(draw, lengths, 3))

    def probe(self, solution, values, offsets):
        again, places = solution.pack(*solution.pad(values, offsets))
        return {"values": again, "offsets": places}


class GenuineFillValuesSurvive(Check):
    """Values that equal fill are values: the mask is True there and pack returns them."""

    calls = "pad(values, offsets, fill), then pack"

    def cases(self, draw: Draw):
        for fill in (0.0, -1.0):
            inputs = ragged(draw, [3, 2, 4], 2)
            inputs["values"][torch.tensor([0, 4, 8])] = fill  # the first row's start, the second's and the third's end
            yield case(f"three values equal fill = {fill}", **inputs, fill=fill)
        ids = dict(values=torch.tensor([5, 0, 0, 7, 0, 3]), offsets=offsets_of([2, 3, 1]))
        yield case("token ids, 0 is a token", **ids, fill=0)

    def probe(self, solution, values, offsets, fill):
        table, mask = solution.pad(values, offsets, fill)
        again, places = solution.pack(table, mask)
        return {"mask": mask, "values": again, "offsets": places}


class AllRowsEmpty(Check):
    """Only empty rows give a table (B, 0, ...); packing it gives total 0 and B + 1 zeros. No rows work as well."""

    calls = "all four functions, called with total = 0,"
    battery = False

    def cases(self, draw: Draw):
        for rows in (3, 1, 0):
            for trailing in ((), (2,)):
                yield case(f"B = {rows}, values (0, *{trailing})", **ragged(draw, [0] * rows, *trailing))

    def probe(self, solution, values, offsets):
        table, mask = solution.pad(values, offsets)
        again, places = solution.pack(table, mask)
        return {
            "shape of padded": tuple(table.shape),
            "shape of mask": tuple(mask.shape),
            "values": again,
            "offsets": places,
            "last_valid": solution.last_valid(table, mask),
            "reverse_valid": solution.reverse_valid(table, mask),
        }


class ShortOffsetsAndOtherDtypes(Check):
    """offsets may be int32; values keep their dtype, integers and bools as well."""

    calls = "pad(values, offsets), then pack"
    truth = False

    def cases(self, draw: Draw):
        inputs = ragged(draw, [2, 0, 3], 2)
        yield case("int32 offsets", values=inputs["values"], offsets=inputs["offsets"].to(torch.int32))
        places = offsets_of([1, 4, 2])
        for dtype in (torch.bfloat16, torch.float16, torch.float64):
            yield case(f"{dtype} values", values=draw.normal(7, 2, dtype=dtype), offsets=places)
        yield case("int64 values above 2**53", values=draw.integers(2**60, 2**60 + 99, 7), offsets=places)
        yield case("bool values", values=draw.booleans(7, 3), offsets=places)

    def probe(self, solution, values, offsets):
        table, mask = solution.pad(values, offsets)
        again, places = solution.pack(table, mask)
        return {
            "padded": table,
            "mask": mask,
            "values": again,
            "offsets": places,
            "dtypes": [str(x.dtype) for x in (table, mask, again, places)],
            "last_valid": solution.last_valid(table, mask),
        }


class LastOfEveryRow(Check):
    """last_valid picks the entry at the last True position of each row."""

    calls = "last_valid(padded, mask)"

    def cases(self, draw: Draw):
        yield case("lengths 3, 1, 4, 2", **padded(draw, [3, 1, 4, 2]))
        yield case("trailing (3,)", **padded(draw, [2, 5, 1], 3, width=6))
        yield case("trailing (2, 3)", **padded(draw, [4, 1], 2, 3))
        yield case("one column", **padded(draw, [1, 1, 1], 2))

    def probe(self, solution, padded, mask):
        return solution.last_valid(padded, mask)


class LastOfNothing(Check):
    """last_valid of a row without a True is zeros, whatever the padding holds."""

    calls = "last_valid(padded, mask)"

    def cases(self, draw: Draw):
        yield case("lengths 0, 3, 0", **padded(draw, [0, 3, 0], 2))
        yield case("lengths 2, 0, padding after every row", **padded(draw, [2, 0], width=4))
        yield case("no row has an entry", **padded(draw, [0, 0], 3, width=5))

    def probe(self, solution, padded, mask):
        return solution.last_valid(padded, mask)


class MasksWithHoles(Check):
    """last_valid takes any mask: padding in front, gaps between."""

    calls = "last_valid(padded, mask)"

    def cases(self, draw: Draw):
        mask = torch.tensor([[0, 0, 1, 1, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]).bool()
        yield case("left padding and gaps", padded=draw.normal(4, 5, 2), mask=mask)
        yield case("a random mask", padded=draw.normal(9, 7), mask=draw.booleans(9, 7, p=0.4))

    def probe(self, solution, padded, mask):
        return solution.last_valid(padded, mask)


class ReversesEveryRow(Check):
    """reverse_valid turns round the valid part of each row."""

    calls = "reverse_valid(padded, mask)"

    def cases(self, draw: Draw):
        yield case("lengths 3, 5, 2", **padded(draw, [3, 5, 2]))
        yield case("trailing (3,)", **padded(draw, [4, 2, 3], 3, width=6))
        yield case("trailing (2, 3), full rows", **padded(draw, [4, 4], 2, 3))

    def probe(self, solution, padded, mask):
        return {"valid part": solution.reverse_valid(padded, mask)[mask]}


class PaddingStaysWhereItIs(Check):
    """reverse_valid leaves padding in place with its values; rows of length 0 and 1 do not change."""

    calls = "reverse_valid(padded, mask)"

    def cases(self, draw: Draw):
        yield case("lengths 3, 1, 0, 5", **padded(draw, [3, 1, 0, 5], width=7))
        yield case("lengths 1, 0, 2, trailing (2,)", **padded(draw, [1, 0, 2], 2))
        yield case("one row of length 1", **padded(draw, [1], 2, width=3))

    def probe(self, solution, padded, mask):
        return solution.reverse_valid(padded, mask)


class PaddingMayHoldAnything(Check):
    """NaN and infinity in the padding reach neither a result nor a gradient."""

    calls = "last_valid and pack of a table with NaN in its padding, then backward,"

    def cases(self, draw: Draw):
        for value in (float("nan"), float("inf")):
            inputs = padded(draw, [3, 0, 2], 2, width=4)
            inputs["padded"][~inputs["mask"]] = value
            inputs["padded"].requires_grad_()
            yield case(f"padding of {value}", **inputs)

    def probe(self, solution, padded, mask):
        last, values = solution.last_valid(padded, mask), solution.pack(padded, mask)[0]
        return {
            "last_valid": last,
            "pack": values,
            "through last_valid": gradients(last, x=padded),
            "through pack": gradients(values, x=padded),
        }


class EveryValueOnce(Check):
    """Gradients reach every value exactly once through pad, and padding receives none through the other three."""

    calls = "each function, then backward"

    def cases(self, draw: Draw):
        for lengths in ([2, 0, 3, 1], [4, 1]):
            inputs = ragged(draw, lengths, 2, requires_grad=True)
            table = padded(draw, lengths, 2, requires_grad=True)
            yield case(f"lengths {lengths}", **inputs, **table)

    def probe(self, solution, values, offsets, padded, mask):
        return {
            "through pad": gradients(solution.pad(values, offsets)[0], values=values),
            "through pad, the sum": gradients(solution.pad(values, offsets)[0].sum(), values=values),
            "through pack": gradients(solution.pack(padded, mask)[0], padded=padded),
            "through last_valid": gradients(solution.last_valid(padded, mask), padded=padded),
            "through reverse_valid": gradients(solution.reverse_valid(padded, mask), padded=padded),
        }


class ManyRowsPadded(Workload):
    """pad of 4 and of 256 rows."""

    calls = "pad(values, offsets) at B = 256"

    def cases(self, draw: Draw):
        for rows in (4, 256):
            yield case(f"B = {rows}", **ragged(draw, [draw.integer(0, 20) for _ in range(rows)], 3))

    def probe(self, solution, values, offsets):
        return solution.pad(values, offsets)[0]


class ManyRowsPacked(Workload):
    """pack of 4 and of 256 rows."""

    calls = "pack(padded, mask) at B = 256"

    def cases(self, draw: Draw):
        for rows in (4, 256):
            yield case(f"B = {rows}", **padded(draw, [draw.integer(0, 20) for _ in range(rows)], 3))

    def probe(self, solution, padded, mask):
        return solution.pack(padded, mask)[0]


class WideTable(Workload):
    """256 rows of up to 512 vectors of 128 numbers: the table takes 64 MiB."""

    calls = "pad(values, offsets) to a table of 64 MiB"

    def cases(self, draw: Draw, rows: int = 256, longest: int = 512):
        lengths = [longest, *(draw.integer(0, longest) for _ in range(rows - 1))]
        yield ragged(draw, lengths, 128)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=3, longest=5))

    def probe(self, solution, values, offsets):
        table, mask = solution.pad(values, offsets)
        return table[::37, ::41, ::17].clone(), mask[::37, ::41].clone()
