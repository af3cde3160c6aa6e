"""Group-by: one row for each different key, and aggregates of the rows that share it."""

from columns import Table
from torch import Tensor


def group_ids(table: Table, keys: list[str]) -> tuple[Tensor, Tensor]:
    """Number the groups of rows with equal keys, in ascending order of the first key, then the second, ...

    Args:
        table: N rows
        keys: names of columns of integers or bool, at least one

    Returns:
        ids (N,) int64, the group of each row, -1 where one of its keys is null; and (groups,) int64, the row of the
        table in which each group occurs first
    """
    raise NotImplementedError("group_ids")


def group_by(table: Table, keys: list[str], aggregates: dict[str, tuple]) -> Table:
    """Compute one row for each group, in key order: the columns of the keys, then one for each aggregate.

    Args:
        table: N rows
        keys: names of columns of integers or bool, at least one; a null in one of them leaves the row out
        aggregates: name in the result -> (how, column), where how is "count", "sum", "mean", "min", "max" or
            "distinct", or -> ("quantile", column, q) with q in [0, 1]. Only known values take part
    """
    raise NotImplementedError("group_by")
