"""Questions of tensors/dtype-quiz. Every answer is computed by running the expression that the prompt shows."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from leveling.checks import Asked, Draw, Question

DTYPE = "a dtype such as float32, or the word error"
NUMBER = "a number"
WHOLE = "a whole number"
SHAPE = "a shape such as (2, 3), or the word error"

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
DTYPES = (torch.bool, *INTEGERS, *FLOATS, torch.complex64, torch.complex128)

LADDER = "Categories rise from bool over integer and float to complex."
VECTORS = "Both have dimensions, so both count in full: the smallest dtype of the higher category that takes both."
SCALARS = (
    "The vector decides. A 0-d tensor or a Python number only counts if its category is higher, and then lifts the result "
    "into that category; its width plays no part beside a vector of the same category."
)


def short(dtype: torch.dtype) -> str:
    """float32, without the module's name."""
    return str(dtype).removeprefix("torch.")


# Different dtypes; float16 with complex ends in complex32, which few people meet.
PAIRS = tuple(
    (first, second)
    for first in DTYPES
    for second in DTYPES
    if first is not second and not (torch.float16 in (first, second) and (first.is_complex or second.is_complex))
)


def zero_dim_result(vector: torch.dtype, single: torch.dtype) -> torch.dtype:
    """The dtype of a vector plus a 0-d tensor."""
    return torch.result_type(torch.ones(3, dtype=vector), torch.ones((), dtype=single))


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` returns, or "error" when it raises."""
    try:
        return function(*arguments)
    except (RuntimeError, TypeError):
        return "error"


def dtype_of(function: Callable[..., Tensor], *arguments: Any) -> str:
    """The dtype of what `function` returns, or "error"."""
    made = outcome(function, *arguments)
    return short(made.dtype) if isinstance(made, Tensor) else "error"


def misled(answer: str, **beliefs: str) -> dict[str, str]:
    """The answers of misconceptions, without those that happen to be right."""
    return {name.replace("_", "-"): given for name, given in beliefs.items() if given != answer}


def plain(value: float) -> str:
    """A number as people write it: -4 rather than -4.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


class TwoVectors(Question):
    """The dtype of the sum of two vectors."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        first, second = draw.choice(PAIRS)
        answer = dtype_of(torch.add, torch.ones(3, dtype=first), torch.ones(3, dtype=second))
        wider = max((first, second), key=lambda dtype: dtype.itemsize)
        return Asked(
            f"a is a vector of dtype {short(first)}, b a vector of dtype {short(second)}.\nWhat is the dtype of a + b?",
            answer,
            f"{LADDER} {VECTORS}",
            wrong=misled(answer, the_wider_one_wins=short(wider), the_first_one_wins=short(first)),
        )


class VectorAndZeroDim(Question):
    """The dtype of a vector plus a 0-d tensor."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        # most draws are such that a 0-d operand and a vector of its dtype give different results
        telling = [pair for pair in PAIRS if zero_dim_result(*pair) is not torch.promote_types(*pair)]
        vector, single = draw.choice(telling if draw.number() < 0.7 else PAIRS)
        answer = dtype_of(torch.add, torch.ones(3, dtype=vector), torch.ones((), dtype=single))
        return Asked(
            f"a is a vector of dtype {short(vector)}, b a 0-d tensor of dtype {short(single)}.\nWhat is the dtype of a + b?",
            answer,
            f"{LADDER} {SCALARS}",
            wrong=misled(
                answer,
                a_zero_dim_tensor_counts_in_full=short(torch.promote_types(vector, single)),
                a_zero_dim_tensor_never_counts=short(vector),
            ),
        )


class VectorAndPythonNumber(Question):
    """The dtype of a vector plus a Python number."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        vector = draw.choice(DTYPES)
        number = draw.choice((True, draw.integer(2, 9), draw.integer(1, 9) + 0.5, 2j))
        if vector is torch.float16 and isinstance(number, complex):
            number = 0.5
        answer = dtype_of(torch.add, torch.ones(3, dtype=vector), number)
        believed = (
            torch.promote_types(vector, torch.tensor(number, dtype=torch.float64).dtype)
            if type(number) is float
            else vector
        )
        return Asked(
            f"a is a vector of dtype {short(vector)}.\nWhat is the dtype of a + {number}?",
            answer,
            f"{LADDER} {SCALARS} A Python float that lifts integers makes float32, the default dtype, though Python's own "
            "floats have 64 bits.",
            wrong=misled(answer, python_floats_bring_float64=short(believed), numbers_never_count=short(vector)),
        )


class InPlace(Question):
    """The dtype after an in-place addition."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        target = draw.choice((torch.int32, torch.int64, torch.uint8, torch.float16, torch.float32))
        other = draw.choice((torch.int64, torch.float32, torch.float64, torch.bool))
        answer = dtype_of(lambda x, y: x.add_(y), torch.ones(3, dtype=target), torch.ones(3, dtype=other))
        return Asked(
            f"x is a vector of dtype {short(target)}, y a vector of dtype {short(other)}.\nWhat is the dtype of x after x += y?",
            answer,
            "The result has to fit into x's memory, so x keeps its dtype. A result of a higher category (a float into "
            "integers) is refused; one that is only wider is cut down to size in silence.",
            wrong=misled(
                answer,
                in_place_promotes_the_target=short(torch.promote_types(target, other)),
                in_place_rounds_silently=short(target),
            ),
        )


class UnsignedAndSigned(Question):
    """An unsigned with a signed integer dtype."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        signed = draw.choice((torch.int8, torch.int8, torch.int16, torch.int32))
        first, second = draw.shuffled((torch.uint8, signed))
        answer = dtype_of(torch.add, torch.ones(3, dtype=first), torch.ones(3, dtype=second))
        return Asked(
            f"Two vectors, {short(first)} and {short(second)}, are added.\nWhat is the dtype of the result?",
            answer,
            "uint8 holds 0 to 255, int8 -128 to 127: neither holds all values of the other, so the next larger signed "
            "dtype, int16, takes both. int16 and wider hold 255 anyway.",
            wrong=misled(answer, unsigned_wins="uint8", signed_wins=short(torch.int8)),
        )


class TwoHalves(Question):
    """float16 with bfloat16."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        first, second = draw.shuffled((torch.float16, torch.bfloat16))
        sign, function = draw.choice((("+", torch.add), ("*", torch.mul), ("-", torch.sub)))
        answer = dtype_of(function, torch.ones(3, dtype=first), torch.ones(3, dtype=second))
        return Asked(
            f"a is a vector of dtype {short(first)}, b one of dtype {short(second)}.\nWhat is the dtype of a {sign} b?",
            answer,
            "float16 has more digits, bfloat16 more range: neither holds the other's values. float32 holds both.",
            wrong=misled(answer, the_first_one_wins=short(first), equal_width_stays=short(second)),
        )


class WrapAround(Question):
    """Integer addition past the end of the range."""

    form = WHOLE

    def ask(self, draw: Draw) -> Asked:
        dtype = draw.choice((torch.uint8, torch.uint8, torch.int8))
        a, b = (
            (draw.integer(130, 250), draw.integer(130, 250))
            if dtype is torch.uint8
            else (draw.integer(70, 120), draw.integer(70, 120))
        )
        answer = plain((torch.tensor([a], dtype=dtype) + torch.tensor([b], dtype=dtype)).item())
        top = torch.iinfo(dtype).max
        return Asked(
            f"x = torch.tensor([{a}], dtype={short(dtype)}), y = torch.tensor([{b}], dtype={short(dtype)}).\nWhat is the value of x + y?",
            answer,
            f"Eight bits hold 256 values, up to {top} here. Integers do not saturate and do not raise, they wrap: "
            f"{a} + {b} - 256 = {a + b - 256}.",
            wrong=misled(answer, integers_saturate=str(top), integers_grow=str(a + b)),
        )


class _Division(Question):
    """A negative integer divided by a positive one."""

    form = NUMBER

    def operands(self, draw: Draw) -> tuple[int, int]:
        """A negative number and a divisor that leaves a remainder."""
        b = draw.choice((2, 4, 5))
        return -(b * draw.integer(2, 9) + draw.integer(1, b - 1)), b

    def asked(
        self, draw: Draw, words: str, function: Callable[[Tensor, Tensor], Tensor], why: str, **beliefs: Any
    ) -> Asked:
        """The question for an expression and its answer, both with the drawn numbers."""
        a, b = self.operands(draw)
        answer = plain(function(torch.tensor([a]), torch.tensor([b])).item())
        given = {name: plain(belief(a, b)) for name, belief in beliefs.items()}
        return Asked(
            f"x = torch.tensor([{a}]), y = torch.tensor([{b}]), both int64.\nWhat is the value of {words}?",
            answer,
            why,
            wrong=misled(answer, **given),
        )


class TrueDivision(_Division):
    """x / y of integers."""

    def ask(self, draw: Draw) -> Asked:
        why = "/ is always true division: integers give a float tensor, of the default dtype float32."
        return self.asked(draw, "x / y", torch.true_divide, why, integers_stay_integers=lambda a, b: a // b)


class FloorDivision(_Division):
    """x // y of a negative integer."""

    def ask(self, draw: Draw) -> Asked:
        why = "// rounds toward minus infinity, as in Python: down, also for negative numbers."
        return self.asked(draw, "x // y", torch.floor_divide, why, truncates_toward_zero=lambda a, b: math.trunc(a / b))


class TruncatingDivision(_Division):
    """torch.div with rounding_mode="trunc"."""

    def ask(self, draw: Draw) -> Asked:
        why = "rounding_mode='trunc' cuts the fraction off, toward zero, as C does."
        words = "torch.div(x, y, rounding_mode='trunc')"
        return self.asked(
            draw, words, lambda x, y: torch.div(x, y, rounding_mode="trunc"), why, trunc_means_floor=lambda a, b: a // b
        )


class Remainder(_Division):
    """x % y of a negative integer."""

    def ask(self, draw: Draw) -> Asked:
        why = "% is torch.remainder, what // leaves over: x - (x // y) * y. It has the sign of the divisor."
        return self.asked(draw, "x % y", torch.remainder, why, the_sign_of_the_dividend=math.fmod)


class Fmod(_Division):
    """torch.fmod of a negative integer."""

    def ask(self, draw: Draw) -> Asked:
        why = "fmod is what division toward zero leaves over. It has the sign of the dividend."
        return self.asked(draw, "torch.fmod(x, y)", torch.fmod, why, the_sign_of_the_divisor=lambda a, b: a % b)


class FloatToInteger(Question):
    """Casting a float to an integer, and rounding it."""

    form = WHOLE

    def ask(self, draw: Draw) -> Asked:
        whole = draw.integer(2, 9)
        words, value, function, why = draw.choice((
            (".to(torch.int64)", -(whole + 0.75), lambda x: x.to(torch.int64), "A cast to integers cuts the fraction off, toward zero."),
            (".floor()", -(whole + 0.25), torch.floor, "floor rounds down, toward minus infinity."),
            (".round()", 2 * whole + 0.5, torch.round, "round takes halves to the *even* neighbour, so that rounding up and down balance."),
        ))  # fmt: skip
        answer = plain(function(torch.tensor([value])).item())
        up = math.floor(abs(value) + 0.5)
        return Asked(
            f"x = torch.tensor([{value}]).\nWhat is the value of x{words}?",
            answer,
            why,
            wrong=misled(
                answer, halves_go_up=str(math.copysign(up, value)).removesuffix(".0"), cuts_off=str(math.trunc(value))
            ),
        )


class FirstGapBetweenIntegers(Question):
    """From where on adding 1 changes nothing."""

    form = WHOLE

    def ask(self, draw: Draw) -> Asked:
        dtype, bits = draw.choice(((torch.float32, 24), (torch.float16, 11), (torch.bfloat16, 8)))
        n = next(2**k for k in range(60) if torch.tensor(2**k, dtype=dtype) + 1 == torch.tensor(2**k, dtype=dtype))
        return Asked(
            "Which is the smallest positive integer n for which adding 1 changes nothing,\n"
            f"torch.tensor(n, dtype={short(dtype)}) + 1 == torch.tensor(n, dtype={short(dtype)})?\n"
            "(A power of two: write it out, or as 2**k.)",
            str(n),
            f"{short(dtype)} has {bits} significant bits (one of them implied). From 2**{bits} = {n} on its numbers are 2 apart; "
            "the sum lies half way and is rounded to the even neighbour, n itself.",
            wrong=misled(str(n), forgets_the_implied_bit=str(n // 2), bfloat16_has_float16s_digits="2048"),
        )

    def accepts(self, asked: Asked, text: str) -> bool:
        base, _, power = text.replace(" ", "").replace("^", "**").partition("**")
        if base == "2" and power.isdecimal() and len(power) < 3:
            text = str(2 ** int(power))
        return super().accepts(asked, text.replace(",", "").replace("'", ""))


class ReducedDtype(Question):
    """The dtype of a sum, a mean, a maximum."""

    form = DTYPE

    def ask(self, draw: Draw) -> Asked:
        call, dtype = draw.choice((
            ("sum()", torch.bool), ("sum()", torch.bool), ("sum()", torch.uint8), ("sum()", torch.int32),
            ("mean()", torch.int64), ("mean()", torch.int64), ("mean()", torch.bool), ("mean()", torch.float16),
            ("amax()", torch.uint8), ("sum()", torch.float16),
        ))  # fmt: skip
        name = call.removesuffix("()")
        answer = dtype_of(lambda x: getattr(x, name)(), torch.ones(3, dtype=dtype))
        return Asked(
            f"x is a vector of dtype {short(dtype)}.\nWhat is the dtype of x.{call}?",
            answer,
            "sum (and prod, cumsum) of bools and of integers of any width is int64, so that counts do not wrap. mean "
            "refuses integers: it cannot know the float dtype you want, x.float().mean() says it. Floats and maxima keep their dtype.",
            wrong=misled(
                answer,
                reductions_keep_the_dtype=short(dtype),
                means_are_float32="float32",
                sums_of_bools_are_bools="bool",
            ),
        )


class _Count(Question):
    """A question whose answer is a number of bytes: thousands may be set apart."""

    form = "a whole number of bytes"

    def accepts(self, asked: Asked, text: str) -> bool:
        text = text.lower().replace(",", "").replace("'", "").replace("bytes", "")
        return super().accepts(asked, text)


class BytesOfATensor(_Count):
    """How much memory a tensor takes."""

    def ask(self, draw: Draw) -> Asked:
        shape = (draw.choice((10, 20, 50)), draw.choice((30, 40)), draw.choice((100, 200)))
        dtype = draw.choice(
            (torch.bool, torch.int8, torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64)
        )
        x = torch.zeros(shape, dtype=dtype)
        return Asked(
            f"x has shape {shape} and dtype {short(dtype)}.\nHow many bytes do its elements take?",
            str(x.nbytes),
            f"{x.numel()} elements of {x.itemsize} byte{'s' * (x.itemsize > 1)}. A bool takes a whole byte.",
            wrong=misled(str(x.nbytes), bools_take_a_bit=str(x.numel() // 8), everything_is_float32=str(4 * x.numel())),
        )


class BytesKeptAlive(_Count):
    """How much memory a slice keeps from being freed."""

    def ask(self, draw: Draw) -> Asked:
        rows, columns = draw.choice((1000, 2000, 5000)), draw.choice((100, 200, 300))
        dtype = draw.choice((torch.float32, torch.float16, torch.float64))
        kept = draw.integer(2, 9)
        part = torch.zeros(rows, columns, dtype=dtype)[:kept]
        question, answer, other = draw.choice((
            ("How many bytes of memory stay in use because of part?", part.untyped_storage().nbytes(), part.nbytes),
            ("How many bytes do the elements of part take?", part.nbytes, part.untyped_storage().nbytes()),
        ))  # fmt: skip
        return Asked(
            f"x has shape {(rows, columns)} and dtype {short(dtype)}.\npart = x[:{kept}]; del x\n{question}",
            str(answer),
            f"part has {part.numel()} elements of {part.itemsize} bytes, {part.nbytes} in all, but it is a view: it keeps the whole "
            f"storage of {part.untyped_storage().nbytes()} bytes alive. x[:{kept}].clone() would let the rest go.",
            wrong=misled(str(answer), a_slice_owns_its_elements=str(other)),
        )


class CastToHalf(Question):
    """What becomes of a large or small number in half precision."""

    form = "the number of a sentence"

    def ask(self, draw: Draw) -> Asked:
        dtype = draw.choice((torch.float16, torch.bfloat16))
        value = draw.choice((1e4, 7e4, 7e4, 1e-8, 1e-8, 6e4, 1e6, 1e-5, 1e-20, 1e30))
        cast = torch.tensor(value).to(dtype)
        alive, infinite, zero = "a number near it", "inf", "0"
        answer = infinite if bool(cast.isinf()) else zero if bool(cast == 0) else alive
        other = torch.tensor(value).to(torch.bfloat16 if dtype is torch.float16 else torch.float16)
        believed = infinite if bool(other.isinf()) else zero if bool(other == 0) else alive
        return Asked(
            f"What does torch.tensor({value:g}).to(torch.{short(dtype)}) hold?",
            answer,
            "float16 ends at 65,504, and below 3e-8 everything is rounded to 0: 5 bits of exponent. bfloat16 has the 8 bits of "
            "float32 and nearly its range, about 1e-40 to 3e38, and pays with digits: 3 decimal ones become 2.",
            choices=(alive, infinite, zero),
            wrong=misled(answer, bfloat16_has_float16s_range=believed),
        )


class BitsReadAsAnotherType(Question):
    """view with a dtype: the same bytes, other elements."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b = draw.distinct(2, 9, 2)
        old, new = draw.choice((
            (torch.float32, torch.uint8), (torch.float64, torch.int16), (torch.int64, torch.int32),
            (torch.float32, torch.int32), (torch.float16, torch.uint8), (torch.bfloat16, torch.int16),
        ))  # fmt: skip
        reshaped = draw.choice((True, False))
        words = f"x.reshape({b}, {a}).view(torch.{short(new)})" if reshaped else f"x.view(torch.{short(new)})"
        x = torch.zeros(a, b, dtype=old)
        shape = tuple((x.reshape(b, a) if reshaped else x).view(new).shape)
        before = (b, a) if reshaped else (a, b)
        return Asked(
            f"x has shape {(a, b)} and dtype {short(old)}.\nWhat is the shape of {words}?",
            str(shape),
            f"view with a dtype converts nothing: it reads the same bytes as {short(new)}. Elements of {old.itemsize} bytes are read in "
            f"pieces of {new.itemsize}, and the last dimension grows by {old.itemsize // new.itemsize}. To convert values, say .to().",
            wrong=misled(
                str(shape),
                view_converts_values=str(before),
                bytes_are_a_new_dimension=str((*before, old.itemsize // new.itemsize)),
            ),
        )
