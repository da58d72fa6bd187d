"""Athena's SQL (engine version 3, which is Trino), checked and translated to DuckDB's.

Every expression has the same value and type as in Trino, or the query is refused with Athena's code
and a reason. `parser` implements Trino's grammar, `expressions` and `queries` check types and
names, `functions` lists the supported functions, and `macros` defines what DuckDB computes
differently.
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
    """A checked query, in DuckDB's dialect, after `create_macros`; column names are in lower case.

    Attributes:
        tables: Full names of the tables that it reads.
        is_plain: Whether it works row by row.
        types: The columns' types in Trino, in order.
    """

    sql: str
    tables: frozenset[str]
    is_plain: bool
    types: tuple[str, ...]


def parse_query(text: str, database: str, tables: list[Table]) -> Query:
    """Checks and translates a SELECT or CREATE TABLE AS.

    `database` is that of tables without one, and `tables` are all existing tables.

    Raises:
        UserError: Athena would refuse the query, or it is not supported here; one line.
    """
    planner = Planner(
        database, {table.full_name: table for table in tables}, datetime.datetime.now(datetime.UTC)
    )
    output = planner.query(parse(text))
    # Athena numbers columns without a name.
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
