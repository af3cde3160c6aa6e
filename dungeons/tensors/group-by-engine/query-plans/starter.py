"""Run a query that is given as a plan: a list of steps."""

from columns import Table


def run(plan: list[tuple], tables: dict[str, Table]) -> Table:
    """Run the steps of a plan, in an order and on columns of your choice as long as the result is that of the plan.

    Args:
        plan: the first step is a scan, and there is no other
            ("scan", table name)
            ("filter", condition): condition is ("and", a, b), ("or", a, b), ("not", a) or (how, column, other), where
                how is a comparison and other a column's name or a number
            ("join", table name, on, how): how is "inner", "left" or "anti"; what came so far is the left side
            ("group", keys, aggregates)
            ("window", partition, by, functions)
            ("sort", by)
            ("limit", n): the first n rows, or all if there are fewer
            ("select", names): these columns, in this order
        tables: by name; not to be changed

    Returns:
        a table with the columns that the plan says, in its order; rows in any order unless the plan sorts them

    Raises:
        ValueError: for a step that is not known, naming it
    """
    raise NotImplementedError("run")
