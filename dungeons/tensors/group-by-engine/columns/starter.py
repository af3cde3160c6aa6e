"""Tables of named columns, each with a mask of what is known: filters in three-valued logic, and sorting by several keys."""

from typing import NamedTuple

from torch import Tensor


class Column(NamedTuple):
    """One column. What stands in `values` where `valid` is False means nothing."""

    values: Tensor  # (N,) integers, floats or bool
    valid: Tensor  # (N,) bool, False: null


Table = dict[str, Column]


def column(values: Tensor, valid: Tensor | None = None) -> Column:
    """Make a column; without `valid` everything is known."""
    raise NotImplementedError("column")


def take(table: Table, rows: Tensor) -> Table:
    """Make the table of the rows `rows`, in that order.

    Args:
        table: N rows; N may be 0
        rows: (M,) int64, each in [-1, N), repeated or not; -1 gives a row in which everything is null
    """
    raise NotImplementedError("take")


def compare(left: Column, how: str, right: Column | float) -> Column:
    """Compare a column with another one or with a number.

    Args:
        left: (N,)
        how: one of "==", "!=", "<", "<=", ">", ">="
        right: (N,) or a number

    Returns:
        a column of bool, null wherever one of the two sides is
    """
    raise NotImplementedError("compare")


def negate(a: Column) -> Column:
    """Compute "not a" for a column of bool."""
    raise NotImplementedError("negate")


def both(a: Column, b: Column) -> Column:
    """Compute "a and b": null is "either of True and False, we do not know which"."""
    raise NotImplementedError("both")


def either(a: Column, b: Column) -> Column:
    """Compute "a or b", in the same sense."""
    raise NotImplementedError("either")


def keep(table: Table, mask: Column) -> Table:
    """Keep the rows for which `mask` is known to be True, in their order."""
    raise NotImplementedError("keep")


def order(table: Table, by: list[tuple[str, bool]]) -> Tensor:
    """Find the order of the rows by several keys.

    Args:
        table: N rows
        by: (name, descending), at least one, from the first key to the last

    Returns:
        (N,) int64, the row that comes first, second, ... Rows that are equal in all keys keep their order; nulls
        come last in either direction, and are equal to each other; NaN counts as larger than every number
    """
    raise NotImplementedError("order")
