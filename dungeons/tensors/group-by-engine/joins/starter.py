"""Joins of two tables by equal keys, by sorting and searching."""

from columns import Table


def join(left: Table, right: Table, on: list[str], how: str) -> Table:
    """Pair the rows of two tables whose keys are equal. The order of the rows is up to you.

    Args:
        left: N rows
        right: M rows
        on: names of columns of integers or bool that both tables have, with the same dtype; at least one. A null
            equals nothing, not even another null
        how: "inner": one row for each pair of rows with equal keys; "left": besides, each row of left without a
            partner once, its columns from right null; "anti": only the rows of left without a partner

    Returns:
        the columns of left in their order, then those of right that are not in `on` (for "anti", those of left alone)

    Raises:
        ValueError: naming a column that both tables have and that is not in `on`, for any `how`
    """
    raise NotImplementedError("join")
