"""Checks a data file strictly against its table, before a run reads it leniently as Athena does.

`python -m local.services.table_data REQUEST.json`, where the request is
{"table": [see tables.parse_table], "failure": "/abs/file", "encoding"?: [see labels.check_labels]}.
Every line must have the table's columns, every value that is not empty must be of its column's
type, there must be a row, and labels must not clash. The first problems are named by file, line and
column.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from local.services.database import explain, literal, open_database
from local.services.labels import check_labels
from local.services.request_file import run_job
from local.services.tables import (
    ColumnType,
    Table,
    find_files,
    parse_table,
    raw_csv,
    select_table,
)

_SHOWN = 5
_NO_TEXT = "\x07"  # stands in no field, so that only missing fields are null


def check_table_data(request: dict[str, Any]) -> None:
    """Checks the files of the request's table.

    Raises:
        ValueError: The first problems, one a line, and how many there are.
    """
    table = parse_table(request["table"])
    _check_folders(table, request["table"]["paths"])
    with open_database(tempfile.gettempdir()) as database:
        try:
            if table.file_format == "parquet":
                rows = _count_parquet(table, database)
            else:
                rows = sum(_check_csv(table, path, database) for path in table.paths)
            if "encoding" in request:
                check_labels(table, request["encoding"], database)
        except duckdb.Error as error:
            raise ValueError(f"table {table.full_name}: {explain(error)}") from None
    if not rows:
        files = ", ".join(path.name for path in table.paths) or "no file with content"
        raise ValueError(f"table {table.full_name}: no rows ({files})")


def _check_folders(table: Table, paths: list[str]) -> None:
    """Athena passes over files that are in no partition, so a user would miss their rows."""
    outside = sorted(set(find_files(paths)) - set(table.paths))
    if outside:
        folders = "/".join(f"{name}=<value>" for name in table.partition_keys)
        raise ValueError(
            f"table {table.full_name}: {_counted(len(outside), 'file')} in no folder {folders}: "
            + ", ".join(path.name for path in outside[:_SHOWN])
        )


def _count_parquet(table: Table, database: duckdb.DuckDBPyConnection) -> int:
    query = select_table(table, database)
    columns = database.execute(
        "select lower(name) from parquet_schema($files)", {"files": [str(p) for p in table.paths]}
    ).fetchall()
    if missing := [name for name in table.columns if (name,) not in columns]:
        raise ValueError(f"{table.paths[0].name}: column {missing[0]} is missing")
    return _single(database, f"select count(*) from ({query})")  # noqa: S608 - quoted


def _check_csv(table: Table, path: Path, database: duckdb.DuckDBPyConnection) -> int:
    """Checks one file; the number of its rows."""
    columns = list(table.columns.items())
    wrong_count, wrong_values = _conditions(table)
    counts = [f"count(*) filter ({condition})" for condition in (wrong_count, *wrong_values)]
    source = _lines(table, path)
    # A line with the wrong number of columns is one problem; its values tell nothing.
    query = f"select count(*), {', '.join(counts)} from {source}"  # noqa: S608 - quoted
    rows, *problems = database.execute(query).fetchall()[0]
    if not sum(problems):
        return int(rows)
    any_problem = " or ".join(f"({condition})" for condition in (wrong_count, *wrong_values))
    numbered = f"select row_number() over () as number, * from {source}"  # noqa: S608 - quoted
    found = database.execute(
        f"select number, fields from ({numbered}) where {any_problem} limit {_SHOWN}"  # noqa: S608 - quoted
    ).fetchall()
    lines = _line_numbers(path, [number + table.skip_header_lines for number, _ in found])
    shown: list[str] = []
    for line, (_, fields) in zip(lines, found, strict=True):
        where = f"{path.name}, line {line}"
        if len(fields) != len(columns):
            expected = f"{len(columns)} ({', '.join(table.columns)})"
            shown.append(f"{where}: {_counted(len(fields), 'column')}, expected {expected}")
            continue
        for number, (name, column_type) in enumerate(columns):
            value = fields[number]
            if _is_wrong(database, column_type, value):
                article = "an" if column_type.name[0] in "aeiou" else "a"
                kind = column_type.name
                shown.append(f"{where}: column {name} ({kind}): '{value}' is not {article} {kind}")
    total = sum(problems)
    shown = shown[:_SHOWN]
    if total > len(shown):
        shown.append(f"{path.name}: {_counted(total, 'problem')} in {_counted(rows, 'line')}")
    raise ValueError("\n".join(shown))


def _line_numbers(path: Path, places: list[int]) -> list[int]:
    """From places among the lines that are not empty, ascending, to places among all lines."""
    if path.suffix == ".gz":
        return places
    numbers: list[int] = []
    filled = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            filled += bool(line.strip(b"\r\n"))
            if filled == places[len(numbers)] and line.strip(b"\r\n"):
                numbers.append(number)
                if len(numbers) == len(places):
                    return numbers
    return numbers + places[len(numbers) :]


def _conditions(table: Table) -> tuple[str, list[str]]:
    """SQL conditions of a line's problems: the number of columns, and each column's value."""
    fits = f"len(fields) = {len(table.columns)}"
    values = [
        f"{fits} and {_wrong(column_type, f'fields[{number}]')}"
        for number, column_type in enumerate(table.columns.values(), 1)
        if not column_type.is_text
    ]
    return f"not {fits}", values


def _wrong(column_type: ColumnType, text: str) -> str:
    return f"({text} not in ('', '\\N') and ({column_type.parse(text)}) is null)"


def _is_wrong(database: duckdb.DuckDBPyConnection, column_type: ColumnType, value: str) -> bool:
    if column_type.is_text:
        return False
    return bool(_single(database, f"select {_wrong(column_type, literal(value))}"))


def _lines(table: Table, path: Path) -> str:
    """SQL for the file's lines, each with the list of its fields."""
    width = len(table.columns) + 1  # one more, to see that there are too many
    columns = ", ".join(f"c{number}" for number in range(width))
    return (
        f"(select list_filter([{columns}], lambda value: value is not null) as fields "  # noqa: S608 - quoted
        f"from {raw_csv(table, (path,), width, _NO_TEXT)})"
    )


def _single(database: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(database.execute(query).fetchall()[0][0])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


if __name__ == "__main__":
    sys.exit(run_job(sys.argv[1:], check_table_data))
