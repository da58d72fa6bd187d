"""manage_columns: drop, move, rename and duplicate columns."""

from __future__ import annotations

from local.standins.data_wrangler.frame import Column, Frame
from local.standins.data_wrangler.operators.transform import Transform, identity
from local.standins.data_wrangler.parameters import Parameters, group_name
from local.standins.data_wrangler.statistics import Statistics
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


def rename_column(parameters: Parameters) -> Transform:
    """Renames a column in place."""
    name, new_name = parameters.text("input_column"), parameters.text("new_name")
    parameters.finish()
    if name and name == new_name:
        parameters.note("new_name", "must differ from input_column")

    def apply(frame: Frame, _: Statistics) -> Frame:
        place = frame.place(name)
        _expect_free(frame, new_name, place)
        items = frame.items()
        items[place] = (Column(new_name, frame.columns[place].type), f"c{place}")
        return frame.select(items)

    return apply


def duplicate_column(parameters: Parameters) -> Transform:
    """Adds a copy of a column at the end."""
    name, new_name = parameters.text("input_column"), parameters.text("new_name")
    parameters.finish()
    if name and name == new_name:
        parameters.note("new_name", "must differ from input_column")

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


def _expect_free(frame: Frame, name: str, but: int) -> None:
    for place, column in enumerate(frame.columns):
        if place != but and column.name.lower() == name.lower():
            raise UserError(f"new_name {name}: there is already a column {column.name}")
