"""manage_rows: drop duplicates, sort."""

from __future__ import annotations

from local.standins.data_wrangler.frame import Frame
from local.standins.data_wrangler.operators.transform import Transform
from local.standins.data_wrangler.parameters import Parameters
from local.standins.data_wrangler.statistics import Statistics


def drop_duplicates(parameters: Parameters) -> Transform:
    """Keeps the first of equal rows, in order; Spark's order is undefined."""
    parameters.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        every = ", ".join(f"c{place}" for place in range(len(frame.columns)))
        query = (
            f"select {every} from (select row_number() over () as number, * from ({frame.query})) "  # noqa: S608
            f"qualify row_number() over (partition by {every} order by number) = 1 order by number"
        )
        return Frame(frame.columns, query)

    return apply


def sort(parameters: Parameters) -> Transform:
    """Sorts by a column, stably; nulls are the smallest."""
    name = parameters.column("sort_by")
    order = parameters.choice("order", ("Ascending", "Descending"))
    parameters.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        way = "asc nulls first" if order == "Ascending" else "desc nulls last"
        query = (
            f"select * exclude number from (select row_number() over () as number, * "  # noqa: S608
            f"from ({frame.query})) order by c{frame.place(name)} {way}, number"
        )
        return Frame(frame.columns, query)

    return apply
