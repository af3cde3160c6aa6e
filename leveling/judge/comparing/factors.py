"""Names for the factors by which results are typically wrong."""

import math
from collections.abc import Iterator

CLOSE = 2e-5
LONGEST = 3


def name_of_factor(ratio: float) -> str:
    """Such as `sqrt(8)` or `7/6, as n / (n - 1)`; empty text for a number without a likely origin."""
    size = abs(ratio)
    names = [name for value, name in _known() if math.isclose(size, value, rel_tol=CLOSE)]
    return " = ".join(names[:LONGEST])


def _known() -> Iterator[tuple[float, str]]:
    for n in range(2, 129):
        yield n, str(n)
        yield 1 / n, f"1/{n}"
    for n in range(2, 129):
        yield n / (n - 1), f"{n}/{n - 1}, as n / (n - 1)" if n > 2 else "2/1, as n / (n - 1)"
        yield (n - 1) / n, f"{n - 1}/{n}, as (n - 1) / n"
    for n in range(2, 1025):
        if n < 129 or n & (n - 1) == 0:
            yield math.sqrt(n), f"sqrt({n})"
            yield 1 / math.sqrt(n), f"1/sqrt({n})"
    for n in (256, 512, 1024, 2048, 4096):
        yield n, str(n)
        yield 1 / n, f"1/{n}"
    yield math.log(2), "log 2"
    yield 1 / math.log(2), "1 / log 2, the logarithm to base 2"
    yield math.log(10), "log 10"
    yield 1 / math.log(10), "1 / log 10, the logarithm to base 10"
    yield math.pi, "pi"
    yield 2 * math.pi, "2 pi"
    yield math.sqrt(2 * math.pi), "sqrt(2 pi)"
    yield 1 / math.sqrt(2 * math.pi), "1/sqrt(2 pi)"
    yield math.sqrt(2 / math.pi), "sqrt(2/pi)"
