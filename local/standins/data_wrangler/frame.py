"""A table as SQL, with Spark's types of its columns, and what operators are made of."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from local.standins.database import Database
from local.standins.errors import UserError

INTEGRAL_TYPES = ("byte", "short", "int", "long")
FRACTIONAL_TYPES = ("float", "double", "decimal")
NUMERIC_TYPES = (*INTEGRAL_TYPES, *FRACTIONAL_TYPES)


@dataclass(frozen=True)
class Column:
    """A column, whose name is any text, and case-sensitive.

    Its type is Spark's, without a decimal's precision, or `vector` for ML vectors, whose values are
    the text that Spark writes.
    """

    name: str
    type: str


@dataclass(frozen=True)
class Frame:
    """A lazily computed table.

    Its query's columns are c0, c1, ..., as names may be any text, and may only differ in case.
    """

    columns: tuple[Column, ...]
    query: str

    def place(self, name: str) -> int:
        """The index of a column by its exact name.

        Raises:
            UserError: There is no such column.
        """
        for place, column in enumerate(self.columns):
            if column.name == name:
                return place
        there_are = ", ".join(column.name for column in self.columns)
        raise UserError(f"column {name} does not exist; there are {there_are}")

    def typed(self, name: str, allowed: Collection[str], takes: str) -> int:
        """The index of a column, which must have one of these types.

        Raises:
            UserError: There is no such column, or it has another type than the operator `takes`.
        """
        place = self.place(name)
        if self.columns[place].type not in allowed:
            raise UserError(f"column {name} is {self.columns[place].type}; {takes}")
        return place

    def select(self, items: list[tuple[Column, str]], where: str | None = None) -> Frame:
        """Computes columns by SQL on c0, c1, ..., of the rows that meet a condition."""
        if not items:
            raise UserError("no column is left")
        values = ", ".join(
            f"{expression} as c{place}" for place, (_, expression) in enumerate(items)
        )
        condition = f" where {where}" if where else ""
        query = f"select {values} from ({self.query}){condition}"  # noqa: S608 - made of SQL
        return Frame(tuple(column for column, _ in items), query)

    def items(self) -> list[tuple[Column, str]]:
        """Every column with itself as the expression, to modify for `select`."""
        return [(column, f"c{place}") for place, column in enumerate(self.columns)]

    def with_column(self, column: Column, expression: str) -> Frame:
        """Replaces the column with that name, ignoring case, or adds one at the end."""
        items = self.items()
        for place, existing in enumerate(self.columns):
            if existing.name.lower() == column.name.lower():
                items[place] = (column, expression)
                return self.select(items)
        return self.select([*items, (column, expression)])

    def where(self, condition: str) -> Frame:
        """Keeps the rows for which the SQL condition is true."""
        return self.select(self.items(), condition)


class Statistics:
    """Runs aggregate queries on frames.

    They run on one thread, because a sum of floats depends on the order of additions.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, frame: Frame, query: str) -> list[tuple[Any, ...]]:
        """Runs a query on the frame as the table t."""
        threads = self._database.execute("select current_setting('threads')").fetchall()[0][0]
        self._database.execute("set threads = 1")
        try:
            return self._database.execute(f"with t as ({frame.query}) {query}").fetchall()
        finally:
            self._database.execute(f"set threads = {threads}")

    def row(self, frame: Frame, expressions: str, where: str = "true") -> tuple[Any, ...]:
        """Aggregates the frame's rows to one."""
        return self.rows(frame, f"select {expressions} from t where {where}")[0]  # noqa: S608


# From table to table.
Transform = Callable[[Frame, Statistics], Frame]


def identity(frame: Frame, _: Statistics) -> Frame:
    """Returns the table unchanged; a placeholder for an operator with invalid parameters."""
    return frame
