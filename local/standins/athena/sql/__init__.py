"""Athena's SQL (engine version 3, Trino's): parsed, checked, and written for DuckDB.

For every expression the result is what Trino gives, in value and type, or the query is refused with
Athena's code and a reason. `parser` takes what Trino's grammar has, `expressions` and `queries`
check types and names, `functions` is the table of what there is, and `macros` is what DuckDB
computes in another way.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from local.standins.athena.sql.macros import create_macros, explain_failure
from local.standins.athena.sql.parser import parse
from local.standins.athena.sql.queries import Planner
from local.standins.athena.sql.types import DAYS, MONTHS, UNKNOWN
from local.standins.athena.tables import Table
from local.standins.database import quote
from local.standins.errors import UserError

__all__ = ["Query", "create_macros", "explain_failure", "parse_query"]


@dataclass(frozen=True)
class Query:
    """A checked query.

    Attributes:
        sql: In DuckDB's dialect, after `create_macros`; its columns have names in lower case.
        tables: The full names of the tables it reads.
        is_plain: Whether it works row by row.
        types: The columns' types in Trino, by their place.
    """

    sql: str
    tables: frozenset[str]
    is_plain: bool
    types: tuple[str, ...]


def parse_query(text: str, database: str, tables: list[Table]) -> Query:
    """Checks and translates a query.

    Args:
        text: One SELECT, or a CREATE TABLE AS one.
        database: Where tables without a database are.
        tables: All that there are.

    Raises:
        UserError: The query is not one Athena would run, or is not available here; one line.
    """
    planner = Planner(
        database, {table.full_name: table for table in tables}, datetime.datetime.now(datetime.UTC)
    )
    output = planner.query(parse(text), None, {})
    # Athena names a column without a name by its place.
    names = [name or f"_col{place}" for place, name in enumerate(output.names)]
    for name, kind in zip(names, output.types, strict=True):
        if kind == UNKNOWN:
            raise UserError(f"COLUMN_TYPE_UNKNOWN: Column type is unknown: {name}")
        if kind in (DAYS, MONTHS) or "zone" in kind.base:
            raise UserError(f"NOT_SUPPORTED: Unsupported Hive type: {kind} (column {name})")
    columns = ", ".join(f"c{place} as {quote(name)}" for place, name in enumerate(names, start=1))
    return Query(
        sql=f"select {columns} from ({output.sql}) as q",  # noqa: S608 - quoted
        tables=frozenset(planner.used),
        is_plain=planner.is_plain,
        types=tuple(map(str, output.types)),
    )
