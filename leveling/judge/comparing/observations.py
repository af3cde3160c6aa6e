"""Short true remarks on how a wrong tensor relates to the expected one. The first that fits is said."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from leveling.judge.comparing.factors import name_of_factor
from leveling.judge.comparing.wording import index_of, number

LARGE = 4_000_000
ROUNDED = {torch.float64: torch.float32, torch.complex128: torch.complex64}


@dataclass(frozen=True, slots=True)
class Seen:
    """A wrong result and what it was held against: all of one shape, float64 (or complex128 for the values)."""

    got: Tensor
    want: Tensor
    scale: Tensor
    allowed: Tensor
    bad: Tensor
    dtype: torch.dtype

    @property
    def finite(self) -> bool:
        """Whether no NaN and no infinity is on either side."""
        return bool(self.got.isfinite().all()) and bool(self.want.isfinite().all())

    def near(self, values: Tensor, want: Tensor | None = None) -> bool:
        """Whether `values` equal the expected ones for all that matters to a remark: four budgets, at least 1e-6."""
        slack = (4 * self.allowed).maximum(1e-6 * self.scale) if self.dtype.is_floating_point else 4 * self.allowed
        return bool(((values - (self.want if want is None else want)).abs() <= slack).all())


def observe(seen: Seen) -> str:
    """The first remark that is true; empty text where none is."""
    if seen.got.numel() > LARGE:
        return not_finite(seen)
    rules = OF_FINITE if seen.finite else (not_finite, one_slice)
    return next((text for rule in rules if (text := rule(seen))), "")


def not_finite(seen: Seen) -> str:
    """NaN or infinities on one side alone."""
    for name, test in (("NaN", torch.isnan), ("an infinity", torch.isinf)):
        got, want = test(seen.got), test(seen.want)
        if bool((got & ~want).any()):
            return (
                f"{name} appears first at {_first(got & ~want)} ({_count(got & ~want)} in all), where none is expected"
            )
        if bool((want & ~got).any()):
            return f"{name} is expected at {_first(want & ~got)} ({_count(want & ~got)} such places)"
    if bool((seen.got.isinf() & seen.want.isinf() & (seen.got != seen.want)).any()):
        return "an infinity has the wrong sign"
    return ""


def all_zero(seen: Seen) -> str:
    """Nothing but zeros."""
    if not _several(seen) or bool(seen.got.any()) or seen.dtype is torch.bool:
        return ""
    return "every value is zero"


def inverted(seen: Seen) -> str:
    """A mask of the opposite meaning."""
    if seen.dtype is torch.bool and bool(seen.bad.all()) and _several(seen):
        return "the mask is inverted: True and False are exchanged"
    return ""


def sign_flipped(seen: Seen) -> str:
    """The negative of the expected values."""
    return "the sign of every value is flipped" if seen.near(-seen.got) else ""


def all_equal(seen: Seen) -> str:
    """One value everywhere."""
    first = seen.got.flatten()[0]
    if not _several(seen) or not bool((seen.got == first).all()):
        return ""
    return f"every value is the same: {_plain(first, seen)}"


def transposed(seen: Seen) -> str:
    """Two dimensions of equal size exchanged."""
    for one, other in combinations(range(seen.got.ndim), 2):
        if seen.got.shape[one] == seen.got.shape[other] > 1 and seen.near(seen.got.transpose(one, other)):
            return f"it equals the expected values with dimensions {one} and {other} exchanged"
    return ""


def reversed_order(seen: Seen) -> str:
    """A dimension that runs backwards."""
    for axis, size in enumerate(seen.got.shape):
        if size > 1 and seen.near(seen.got.flip(axis)):
            return f"it equals the expected values in reverse order along dimension {axis}"
    return ""


def rolled(seen: Seen) -> str:
    """A dimension shifted by one, cyclically or with another value at the end."""
    for axis, size in enumerate(seen.got.shape):
        for shift in (1, -1):
            if size < 3:
                continue
            if seen.near(seen.got.roll(-shift, axis)):
                return f"it equals the expected values rolled by {shift} along dimension {axis}"
            kept = slice(None, -1) if shift == 1 else slice(1, None)
            index = (slice(None),) * axis + (kept,)
            apart = (seen.got.roll(-shift, axis) - seen.want).abs()[index]
            if bool((apart <= 4 * seen.allowed[index]).all()) and not bool((seen.want == seen.want.flatten()[0]).all()):
                return f"it equals the expected values shifted by {shift} along dimension {axis}"
    return ""


def constant_factor(seen: Seen) -> str:
    """The expected values times one number."""
    weight = (seen.want.abs() ** 2).sum()
    if not seen.dtype.is_floating_point or float(weight) == 0:
        return ""
    ratio = float((seen.got * seen.want).sum() / weight)
    if ratio == 0 or not seen.near(seen.got / ratio):
        return ""
    if abs(ratio - 1) < 1e-4 or not (_several(seen) or name_of_factor(ratio)):
        return ""
    named = name_of_factor(ratio)
    every = "every value" if _several(seen) else "it"
    return f"{every} is {number(ratio, 5)} times the expected one" + (f" ({named})" if named else "")


def constant_offset(seen: Seen) -> str:
    """The expected values plus one number."""
    if not _several(seen) or seen.dtype is torch.bool or seen.dtype.is_complex:
        return ""
    errors = seen.got - seen.want
    offset = errors.mean()
    unexplained = (errors - offset).abs().max()
    if not seen.near(seen.got - offset) or unexplained > errors.abs().max() / 4:
        return ""
    text = _plain(offset, seen)
    return f"every value is too {'large' if float(offset) > 0 else 'small'} by {text.removeprefix('-')}"


def one_slice(seen: Seen) -> str:
    """All errors in one row, column or other slice."""
    names = {1: ("value",), 2: ("row", "column")}.get(seen.bad.ndim)
    for axis, size in enumerate(seen.bad.shape):
        if size < 3:
            continue
        others = [each for each in range(seen.bad.ndim) if each != axis]
        hit = (seen.bad.sum(others) if others else seen.bad).nonzero().flatten().tolist()
        if len(hit) == 1:
            end = {0: "first", size - 1: "last"}.get(hit[0], "")
            if names is None:
                return f"only index {hit[0]} of dimension {axis} differs" + (f", the {end}" if end else "")
            return f"only the {end} {names[axis]} differs" if end else f"only {names[axis]} {hit[0]} differs"
    return ""


def rounded(seen: Seen) -> str:
    """Right, but for the precision of a narrower dtype."""
    relative = float(((seen.got - seen.want).abs() / seen.scale).max())
    if seen.dtype in ROUNDED and 1e-12 < relative < 1e-5:
        return "it agrees to float32's precision only, where float64 was asked: a step ran in float32"
    if seen.dtype in (torch.float32, torch.float64):
        for narrow in (torch.bfloat16, torch.float16):
            if bool((seen.got.to(narrow).to(torch.float64) == seen.got).all()) and relative < 0.05 and _several(seen):
                name = str(narrow).removeprefix("torch.")
                return f"every value is a {name} number: the computation ran in {name} somewhere"
        if relative < 8e-3:
            digits = next(n for n in range(2, 8) if relative >= 0.5 * 10.0**-n or n == 7)
            half = ": a constant (such as an eps) differs, or a step ran in half precision" if relative > 2e-5 else ""
            return f"it agrees to about {digits - 1} digits{half}"
    return ""


def _several(seen: Seen) -> bool:
    return seen.got.numel() > 1 and not bool((seen.want == seen.want.flatten()[0]).all())


def _plain(value: Tensor, seen: Seen) -> str:
    whole = not (seen.dtype.is_floating_point or seen.dtype.is_complex)
    if seen.dtype is torch.bool:
        return str(bool(value))
    return number(round(float(value))) if whole and float(value).is_integer() else number(value.item(), 5)


def _first(places: Tensor) -> str:
    index = index_of(int(places.flatten().to(torch.uint8).argmax()), tuple(places.shape))
    return f"[{', '.join(map(str, index))}]" if index else "the value itself"


def _count(places: Tensor) -> str:
    return f"{int(places.sum()):,} of {places.numel():,}"


OF_FINITE: tuple[Callable[[Seen], str], ...] = (
    all_zero,
    inverted,
    sign_flipped,
    all_equal,
    transposed,
    reversed_order,
    rolled,
    constant_factor,
    constant_offset,
    one_slice,
    rounded,
)
