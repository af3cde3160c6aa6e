"""Window functions: a value for every row, computed from the rows around it in its partition."""

from columns import Table


def window(table: Table, partition: list[str], by: list[tuple[str, bool]], functions: dict[str, tuple]) -> Table:
    """Add columns computed along the ordered rows of each partition; the rows keep their places.

    Args:
        table: N rows
        partition: names of columns of integers or bool, at least one; rows with equal keys form a partition. A row with
            a null in one of them belongs to none, and all its new columns are null
        by: (name, descending), at least one: the order inside a partition, as `order` of the columns floor has it
        functions: name of the new column -> one of
            ("row_number",): 1, 2, 3, ... int64
            ("rank",): 1 + the number of rows in the partition that come strictly before by the keys; ties share it
            ("lag", column, k): the value of the row k >= 1 places before in the partition; null where there is none
            ("running_sum", column): the sum of the known values up to this row, itself included, in int64 or float64;
                null while there is none

    Returns:
        the columns of table, then the new ones
    """
    raise NotImplementedError("window")
