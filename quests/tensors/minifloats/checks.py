"""Hidden checks of tensors/minifloats. Everything is exact: results are compared bit for bit."""

import torch

from leveling.checks import Check, Draw, Tolerance, Workload, case, expect, kind_raised

EXACT = Tolerance(relative=0.0, absolute=0.0)
FORMATS = ((2, 1), (3, 2), (5, 2), (4, 3), (2, 3), (1, 2), (6, 1))
INF = float("inf")


def numbers(exp_bits, man_bits):
    """All values that are not negative, in the order of their codes, float64."""
    values = []
    for code in range(1 << exp_bits + man_bits):
        field, fraction = divmod(code, 1 << man_bits)
        hidden = 1 if field else 0
        values.append((hidden + fraction / 2**man_bits) * 2.0 ** (max(field, 1) - (2 ** (exp_bits - 1) - 1)))
    return torch.tensor(values, dtype=torch.float64)


def both_signs(values):
    """values and their negatives, float32."""
    return torch.cat([values, -values]).float()


def searched(x, exp_bits, man_bits):
    """Codes (uint8) found by measuring the distance to every value in float64, of two equally near ones the even."""
    distance = (x.double().abs()[:, None] - numbers(exp_bits, man_bits)).abs()
    near = distance == distance.min(1, keepdim=True).values
    code = (near * (2 - torch.arange(distance.shape[1]) % 2)).argmax(1)
    return (code + (x.signbit().long() << exp_bits + man_bits)).to(torch.uint8)


def blocks(draw, *shape):
    """Normal values whose size differs from row to row and along rows by powers of two."""
    return draw.normal(*shape) * 2.0 ** draw.integers(-9, 9, *shape[:-1], 1) * 4.0 ** draw.integers(-1, 2, *shape)


class DecodesEveryCode(Check):
    """decode knows every code of E2M1, E3M2, E5M2 and other layouts, -0.0 among them."""

    calls = "decode(codes, exp_bits, man_bits)"
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            codes = torch.arange(2 << exp_bits + man_bits).to(torch.uint8)
            yield case(f"all codes of E{exp_bits}M{man_bits}", codes=codes, exp_bits=exp_bits, man_bits=man_bits)
        yield case("shape (2, 3, 5)", codes=draw.integers(0, 16, 2, 3, 5).to(torch.uint8), exp_bits=2, man_bits=1)
        yield case("no codes", codes=torch.zeros(0, 3, dtype=torch.uint8), exp_bits=2, man_bits=1)

    def probe(self, solution, codes, exp_bits, man_bits):
        values = solution.decode(codes, exp_bits, man_bits)
        return {"values": values, "signs": values.signbit(), "dtype": str(values.dtype)}

    def verify(self, case, got, want):
        table = both_signs(numbers(case["exp_bits"], case["man_bits"]))[case["codes"].long()]
        expect(torch.equal(got["values"], table), f"the values are {got['values'].tolist()}, expected {table.tolist()}")


class ThereAndBack(Check):
    """encode gives every value of a format its own code; minus zero keeps its sign bit."""

    calls = "encode(x, exp_bits, man_bits)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            x = both_signs(numbers(exp_bits, man_bits))
            yield case(f"all values of E{exp_bits}M{man_bits}", x=x, exp_bits=exp_bits, man_bits=man_bits)

    def probe(self, solution, x, exp_bits, man_bits):
        codes = solution.encode(x, exp_bits, man_bits)
        return {"codes": codes, "dtype": str(codes.dtype)}

    def verify(self, case, got, want):
        codes = torch.arange(len(case["x"])).to(torch.uint8)
        expect(
            torch.equal(got["codes"], codes), f"the codes are {got['codes'].tolist()}, expected 0, 1, 2, ... in order"
        )


class NearestValue(Check):
    """encode takes the nearest value: random numbers, and numbers just beside the middle of two codes."""

    calls = "encode(x, exp_bits, man_bits)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            values = numbers(exp_bits, man_bits)
            size = float(values[-1])
            x = both_signs(draw.uniform(40, high=size) * 2.0 ** -draw.integers(0, 12, 40))
            yield case(f"E{exp_bits}M{man_bits}, random", x=x, exp_bits=exp_bits, man_bits=man_bits)
            middles = ((values[1:] + values[:-1]) / 2).float()
            for label, side in (("above", INF), ("below", -INF)):
                x = torch.nextafter(middles, torch.tensor(side))
                yield case(
                    f"E{exp_bits}M{man_bits}, just {label} the middles",
                    x=both_signs(x),
                    exp_bits=exp_bits,
                    man_bits=man_bits,
                )

    def probe(self, solution, x, exp_bits, man_bits):
        return solution.encode(x, exp_bits, man_bits)

    def verify(self, case, got, want):
        expect(
            torch.equal(got, searched(**case)), f"the codes are {got.tolist()}, expected {searched(**case).tolist()}"
        )


class TiesGoToEven(Check):
    """A number in the middle of two codes takes the even one: 0.25 -> 0, 0.75 -> 1, 1.25 -> 1, 2.5 -> 2, 5 -> 4 in E2M1."""

    calls = "encode(x, exp_bits, man_bits)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            values = numbers(exp_bits, man_bits)
            x = both_signs((values[1:] + values[:-1]) / 2)
            yield case(f"all middles of E{exp_bits}M{man_bits}", x=x, exp_bits=exp_bits, man_bits=man_bits)

    def probe(self, solution, x, exp_bits, man_bits):
        return solution.encode(x, exp_bits, man_bits)

    def verify(self, case, got, want):
        expect(
            torch.equal(got, searched(**case)), f"the codes are {got.tolist()}, expected {searched(**case).tolist()}"
        )


class LargeNumbersSaturate(Check):
    """Numbers beyond the largest value, infinity too, become the largest, with their sign."""

    calls = "encode(x, exp_bits, man_bits)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            top = float(numbers(exp_bits, man_bits)[-1])
            x = both_signs(torch.tensor([top, 1.01 * top, 1.2 * top, 1.5 * top, 2.0 * top, 100.0 * top, 1e38, INF]))
            yield case(f"E{exp_bits}M{man_bits}", x=x, exp_bits=exp_bits, man_bits=man_bits)

    def probe(self, solution, x, exp_bits, man_bits):
        return solution.encode(x, exp_bits, man_bits)


class TinyNumbers(Check):
    """Numbers far below the smallest value, float32's subnormals too, become 0 and keep their sign bit."""

    calls = "encode(x, exp_bits, man_bits)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for exp_bits, man_bits in FORMATS:
            least = float(numbers(exp_bits, man_bits)[1])
            x = both_signs(
                torch.tensor([0.0, 1e-45, 1e-40, 1.2e-38, 1e-20, 0.49 * least, 0.5 * least, 0.51 * least, least])
            )
            yield case(f"E{exp_bits}M{man_bits}", x=x, exp_bits=exp_bits, man_bits=man_bits)

    def probe(self, solution, x, exp_bits, man_bits):
        return solution.encode(x, exp_bits, man_bits)


class NotANumber(Check):
    """NaN raises ValueError, in encode and in mx_quantize; so does infinity in mx_quantize."""

    calls = "encode(x, 2, 1) and mx_quantize(x)"
    battery = False

    def cases(self, draw: Draw):
        yield dict(x=draw.normal(2, 64))

    def probe(self, solution, x):
        poisoned, endless = x.clone(), x.clone()
        poisoned[1, 7], endless[0, 40] = float("nan"), INF
        return {
            "encode of NaN": kind_raised(ValueError, solution.encode, poisoned, 2, 1),
            "mx_quantize of NaN": kind_raised(ValueError, solution.mx_quantize, poisoned),
            "mx_quantize of inf": kind_raised(ValueError, solution.mx_quantize, endless),
        }


class AnyShape(Check):
    """encode takes single numbers, empty tensors and tensors that are not contiguous."""

    calls = "encode(x, 3, 2)"
    battery = False
    truth = False

    def cases(self, draw: Draw):
        for shape in ((3, 5, 2), (), (0,), (4, 0), (1,)):
            yield case(f"shape {shape}", x=draw.normal(*shape, std=4.0), transpose=False)
        yield case("transposed", x=draw.normal(5, 7, std=4.0), transpose=True)

    def probe(self, solution, x, transpose):
        return solution.encode(x.T if transpose else x, 3, 2)


class ExponentsOfBlocks(Check):
    """A block's exponent is floor(log2(amax)) - 2, exactly: at powers of two, just below them, for zeros -127."""

    calls = "mx_quantize(x, block)[1]"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield case("random blocks", x=blocks(draw, 6, 96), block=32)
        powers = 2.0 ** torch.arange(-20, 21)
        small = draw.uniform(41, 32, high=0.9)
        for label, top in (
            ("amax is a power of two", powers),
            ("amax is just below a power of two", torch.nextafter(powers, torch.tensor(0.0))),
            ("amax is 7/8 of the next power", powers * 1.75),
        ):
            x = small * top[:, None] / 2.0
            x[torch.arange(41), draw.integers(0, 32, 41)] = top * (1 - 2 * draw.integers(0, 2, 41))
            yield case(label, x=x, block=32)
        x = blocks(draw, 2, 64)
        x[0, :32] = 0.0
        x[1, 32:] = -0.0
        yield case("blocks of zeros", x=x, block=32)

    def probe(self, solution, x, block):
        exponents = solution.mx_quantize(x, block)[1]
        return {"exponents": exponents, "dtype": str(exponents.dtype)}


class PackedCodes(Check):
    """Two codes lie in a byte, the even index in the low four bits; zeros have code 0."""

    calls = "mx_quantize(x, block)[0]"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        yield case("one block", x=blocks(draw, 1, 32), block=32)
        yield case("rows of three blocks", x=blocks(draw, 5, 96), block=32)
        x = blocks(draw, 2, 64)
        x[0, :32] = 0.0
        yield case("a block of zeros", x=x, block=32)

    def probe(self, solution, x, block):
        packed = solution.mx_quantize(x, block)[0]
        return {"packed": packed, "dtype": str(packed.dtype)}


class BlocksLieInTheLastDimension(Check):
    """Leading dimensions stay; blocks of other sizes, one row, no rows and transposed x work."""

    calls = "mx_quantize(x, block)"
    truth = False
    battery = False

    def cases(self, draw: Draw):
        for shape, block in (((2, 3, 64), 32), ((64,), 16), ((4, 6), 2), ((64, 64), 64), ((0, 32), 32), ((3, 0), 32)):
            x = blocks(draw, *shape) if 0 not in shape else torch.zeros(shape)
            yield case(f"x {shape}, block {block}", x=x, block=block, transpose=False)
        yield case("transposed", x=blocks(draw, 64, 32), block=32, transpose=True)

    def probe(self, solution, x, block, transpose):
        packed, exponents = solution.mx_quantize(x.T if transpose else x, block)
        return {"packed": packed, "exponents": exponents}


class IncompleteBlocks(Check):
    """K that is no multiple of block raises ValueError."""

    calls = "mx_quantize(x, block)"
    battery = False

    def cases(self, draw: Draw):
        for k, block in ((33, 32), (16, 32), (64, 24)):
            yield case(f"K = {k}, block {block}", x=draw.normal(2, k), block=block)

    def probe(self, solution, x, block):
        return kind_raised(ValueError, solution.mx_quantize, x, block)


class DequantisesBlocks(Check):
    """mx_dequantize gives back value times 2**exponent, for every code and exponents from -127 to 125."""

    calls = "mx_dequantize(packed, exponents, block)"
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        for exponent in (0, 3, -9, 125, -127):
            packed = (torch.arange(0, 16, 2) | torch.arange(1, 17, 2) << 4).to(torch.uint8)
            exponents = torch.tensor([exponent], dtype=torch.int8)
            yield case(f"all codes, exponent {exponent}", packed=packed, exponents=exponents, block=16)
        packed = draw.integers(0, 256, 2, 3, 24).to(torch.uint8)
        exponents = draw.integers(-30, 30, 2, 3, 3).to(torch.int8)
        yield case("blocks of 16 in (2, 3, 48)", packed=packed, exponents=exponents, block=16)

    def probe(self, solution, packed, exponents, block):
        return solution.mx_dequantize(packed, exponents, block)


class ExtremesStayFinite(Check):
    """Values of 1e38 and float32 subnormals survive: finite results, exponents within int8, nothing wraps."""

    calls = "mx_quantize(x), then mx_dequantize"
    truth = False
    tolerance = EXACT
    battery = False

    def cases(self, draw: Draw):
        for level in (1e38, 3.4e38, 1e-38, 1e-40, 1.5e-45):
            x = draw.uniform(2, 32, low=-1.0, high=1.0) * level
            x[0, 3], x[1, 9] = level, -level
            yield case(f"values up to {level:g}", x=x)
        yield case("1e38 and 1e-38 in one block", x=torch.tensor([1e38, 1e-38] * 16)[None])

    def probe(self, solution, x):
        packed, exponents = solution.mx_quantize(x)
        return {"packed": packed, "exponents": exponents, "values": solution.mx_dequantize(packed, exponents)}


class MillionNumbers(Workload):
    """encode of 1,000,000 numbers to E2M1."""

    calls = "encode(x, 2, 1) of 1000000 numbers"

    def cases(self, draw: Draw, count: int = 1_000_000):
        yield dict(x=draw.normal(count, std=2.0))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, count=9))

    def probe(self, solution, x):
        return solution.encode(x, 2, 1)


class LargeTensor(Workload):
    """mx_quantize of 32 MiB."""

    calls = "mx_quantize(x) of 512 x 16384 numbers"

    def cases(self, draw: Draw, rows: int = 512, columns: int = 16384):
        yield dict(x=draw.normal(rows, columns))

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, rows=2, columns=64))

    def probe(self, solution, x):
        packed, exponents = solution.mx_quantize(x)
        return packed[::37, ::5].clone(), exponents[::7].clone()
