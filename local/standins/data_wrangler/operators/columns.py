"""manage_columns: drop, move, rename and duplicate columns; manage_rows: drop duplicates, sort."""

from __future__ import annotations

from local.standins.data_wrangler.frame import Column, Frame, Statistics, Transform, identity
from local.standins.data_wrangler.parameters import Parameters, group_name
from local.standins.errors import UserError

_MOVES = ("Move to start", "Move to end", "Move to index", "Move after", "Move before")


def drop_column(parameters: Parameters) -> Transform:
    """Drops columns."""
    names = parameters.columns("column_to_drop")
    parameters.finish()

    def apply(frame: Frame, _: Statistics) -> Frame:
        dropped = {frame.place(name) for name in names}
        return frame.select(
            [item for place, item in enumerate(frame.items()) if place not in dropped]
        )

    return apply


def _two_names(parameters: Parameters) -> tuple[str, str]:
    name, new_name = parameters.text("input_column"), parameters.text("new_name")
    parameters.finish()
    if name and name == new_name:
        parameters.note("new_name", "must differ from input_column")
    return name, new_name


def rename_column(parameters: Parameters) -> Transform:
    """Renames a column in place."""
    name, new_name = _two_names(parameters)

    def apply(frame: Frame, _: Statistics) -> Frame:
        items = frame.items()
        renamed = frame.place(name)
        for place, column in enumerate(frame.columns):
            if place != renamed and column.name.lower() == new_name.lower():
                raise UserError(f"new_name {new_name}: there is already a column {column.name}")
        items[renamed] = (Column(new_name, frame.columns[renamed].type), f"c{renamed}")
        return frame.select(items)

    return apply


def duplicate_column(parameters: Parameters) -> Transform:
    """Adds a copy of a column at the end."""
    name, new_name = _two_names(parameters)

    def apply(frame: Frame, _: Statistics) -> Frame:
        place = frame.place(name)
        return frame.with_column(Column(new_name, frame.columns[place].type), f"c{place}")

    return apply


def move_column(parameters: Parameters) -> Transform:
    """Moves columns, which keep their order among themselves."""
    move = parameters.choice("move_type", _MOVES)
    if not move:
        return identity
    group = parameters.group(group_name(move))
    parameters.finish(other_operators=True)
    names = group.columns("column_to_move")
    index = int(group.number("index", -1)) if move == "Move to index" else 0
    target = group.text("target_column") if move in ("Move after", "Move before") else ""
    group.finish()
    if index < 0:
        group.note("index", "must be an integer, 0 or more")
    if target in names and target:
        group.note("target_column", "must not be a column to move")

    def apply(frame: Frame, _: Statistics) -> Frame:
        moved = sorted(frame.place(name) for name in names)
        rest = [place for place in range(len(frame.columns)) if place not in moved]
        if move == "Move to start":
            at = 0
        elif move == "Move to end":
            at = len(rest)
        elif move == "Move to index":
            if index >= len(frame.columns):
                raise UserError(f"index {index}: there are {len(frame.columns)} columns, from 0")
            at = index
        else:
            at = rest.index(frame.place(target)) + (move == "Move after")
        items = frame.items()
        return frame.select([items[place] for place in (*rest[:at], *moved, *rest[at:])])

    return apply


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
