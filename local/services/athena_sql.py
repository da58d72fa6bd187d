"""Athena's SQL: parsed, checked against the tables, and translated to DuckDB's."""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from local.services.tables import Table

_CATALOG = "awsdatacatalog"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
# The order of the rows that these see depends on the number of threads.
_ORDERED = (
    exp.AggFunc, exp.Join, exp.Window, exp.Distinct, exp.Group, exp.Order, exp.Limit,
    exp.SetOperation, exp.TableSample, exp.Rand,
)  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A checked query.

    Attributes:
        sql: In DuckDB's dialect; its columns have names in lower case.
        tables: The full names of the tables it reads.
        is_plain: Whether it works row by row.
    """

    sql: str
    tables: frozenset[str]
    is_plain: bool


def parse_query(text: str, database: str, tables: list[Table]) -> Query:
    """Checks and translates a query.

    Args:
        text: One SELECT, or a CREATE TABLE AS one.
        database: Where tables without a database are.
        tables: All that there are.

    Raises:
        ValueError: The query is not one Athena would run; the message is one line.
    """
    tree = _single_select(text)
    used = _resolve_tables(tree, database, tables)
    _name_columns(tree)
    schema = _schema(tables)
    try:
        tree = qualify(tree, schema=schema, db=database, dialect="athena")
        tree = annotate_types(tree, schema=schema, dialect="athena")
    except OptimizeError as error:
        raise ValueError(f"COLUMN_NOT_FOUND: {_one_line(error)}") from None
    except SqlglotError as error:
        raise ValueError(f"SYNTAX_ERROR: {_one_line(error)}") from None
    _check_types(tree)
    return Query(
        sql=tree.sql(dialect="duckdb", comments=False),
        tables=used,
        is_plain=not any(True for _ in tree.find_all(*_ORDERED)),
    )


def _schema(tables: list[Table]) -> MappingSchema:
    schema = MappingSchema(dialect="athena")
    for table in tables:
        columns = {name: _sql_type(column.name) for name, column in table.all_columns.items()}
        schema.add_table(exp.table_(table.name, db=table.database, quoted=True), columns)
    return schema


def _single_select(text: str) -> exp.Query:
    try:
        statements = [item for item in sqlglot.parse(text, read="athena") if item is not None]
    except ParseError as error:
        place = error.errors[0]
        raise ValueError(
            f"SYNTAX_ERROR: line {place['line']}:{place['col']}: {place['description']}"
        ) from None
    except SqlglotError as error:
        raise ValueError(f"SYNTAX_ERROR: {_one_line(error)}") from None
    if len(statements) != 1:
        raise ValueError(f"the query must be one statement, not {len(statements)}")
    tree = statements[0]
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression:
        tree = tree.expression
    if isinstance(tree, exp.Subquery):
        tree = tree.unnest()
    if not isinstance(tree, exp.Query):
        raise ValueError(
            f"the query must be a SELECT or a CREATE TABLE AS SELECT, not {tree.key.upper()}"
        )
    return tree


def _resolve_tables(tree: exp.Query, database: str, tables: list[Table]) -> frozenset[str]:
    """Gives every table its database, in lower case; the full names of the tables read."""
    known = {table.full_name for table in tables}
    defined = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    used = set()
    for node in tree.find_all(exp.Table):
        if not isinstance(node.this, exp.Identifier):
            function = node.this.sql(dialect="athena")
            raise ValueError(f"FUNCTION_NOT_FOUND: {function}: not a table function of Athena")
        name, of = node.name.lower(), node.db.lower()
        if not of and name in defined:
            continue
        if node.catalog.lower() not in ("", _CATALOG):
            raise ValueError(f"CATALOG_NOT_FOUND: {node.catalog}; there is {_CATALOG}")
        full_name = f"{of or database}.{name}"
        if full_name not in known:
            there_are = ", ".join(sorted(known)) or "none"
            raise ValueError(f"TABLE_NOT_FOUND: {full_name} does not exist; there are {there_are}")
        node.set("catalog", None)
        node.set("db", exp.to_identifier(of or database, quoted=True))
        node.set("this", exp.to_identifier(name, quoted=True))
        used.add(full_name)
    return frozenset(used)


def _name_columns(tree: exp.Query) -> None:
    """Names expressions without an alias as Athena does: _col0, by their place."""
    for select in tree.find_all(exp.Select):
        named = [
            exp.alias_(item, f"_col{place}")
            if not isinstance(item, exp.Alias | exp.Column | exp.Star) else item
            for place, item in enumerate(select.expressions)
        ]  # fmt: skip
        select.set("expressions", named)


def _check_types(tree: exp.Expr) -> None:
    """Refuses operations between numbers and texts, which Athena does not convert."""
    for node in tree.find_all(*_COMPARISONS, *_ARITHMETIC):
        left, right = (_family(side) for side in (node.left, node.right))
        if {left, right} == {"number", "text"}:
            raise ValueError(
                f"TYPE_MISMATCH: {node.sql(dialect='athena')}: the operator takes no "
                f"{_type_name(node.left)} and {_type_name(node.right)}; use CAST"
            )


def _family(node: exp.Expr) -> str:
    if node.type is None:
        return "unknown"
    if node.type.this in exp.DataType.NUMERIC_TYPES:
        return "number"
    return "text" if node.type.this in exp.DataType.TEXT_TYPES else "other"


def _type_name(node: exp.Expr) -> str:
    return str(node.type.sql(dialect="athena")).lower() if node.type else "unknown"


def _sql_type(glue: str) -> str:
    return "varchar" if glue == "string" else "real" if glue == "float" else glue


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
