"""Checks data files strictly, before a run reads them leniently, like Athena.

`python -m local.standins.athena.table_data REQUEST.json`, where the request is

    {"table": [see tables.parse_table], "types"?: {name: Glue type},
     "form"?: [see value_form.parse_form] and {"dateFormats"?: {name: format}},
     "failure": "/abs/file", "warnings"?: "/abs/file", "encoding"?: [see labels.check_labels]}

`types` are those that text columns are cast to, and `dateFormats` the formats of dates in text.
Every line must have the table's columns, every non-empty value must have its column's type, there
must be a row, and labels must not clash. Each column's problems are reported in one line, with
their number and the first line of the file. pipeline/dataFiles checks the beginnings of files
before.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from local.standins.athena.csv_check import (
    are,
    article,
    count_sql,
    counted,
    csv_problems,
    printable,
)
from local.standins.athena.labels import check_labels
from local.standins.athena.parquet_types import stored_columns
from local.standins.athena.sql.patterns import try_date_parse_sql
from local.standins.athena.tables import (
    ColumnType,
    Table,
    find_files,
    parse_table,
    parse_type,
    raw_parquet,
    select_table,
)
from local.standins.athena.text_files import not_utf8, open_quote
from local.standins.athena.value_form import parse_form
from local.standins.database import Database, explain, open_database, quote
from local.standins.errors import UserError
from local.standins.files import run_service

_MAX_PROBLEMS = 20
_MAX_EXAMPLES = 3
_MAX_LABELS = 1000
_MIN_IDENTIFIERS = 50


@dataclass(frozen=True)
class FormattedDate(ColumnType):
    """The type of a text column with dates in a format of date_parse."""

    form: str

    def parse(self, text: str) -> str:
        """An SQL expression that is null if the SQL expression `text` does not have the format."""
        return try_date_parse_sql(text, self.form)


def check_table_data(request: dict[str, Any]) -> None:
    """Checks the files of the request's table.

    Raises:
        UserError: The problems, one per line, and the number of further ones.
    """
    table = parse_table(request["table"])
    types = {name: parse_type(kind) for name, kind in request.get("types", {}).items()}
    formats: dict[str, str] = request.get("form", {}).get("dateFormats", {})
    dates = {
        name: FormattedDate(
            f"{_moment(form)} in the form {form}", "timestamp", is_text=False, form=form
        )
        for name, form in formats.items()
    }
    types = {**table.columns, **types, **dates}
    form = parse_form(request.get("form"))
    if table.quote_character is None:
        form = replace(form, null_texts=(*form.null_texts, table.null_format))
    _check_folders(table, request["table"]["paths"])
    rows = 0
    problems: list[str] = []
    with open_database(tempfile.gettempdir()) as database:
        for path in table.paths:
            try:
                if table.file_format == "parquet":
                    count, found = _parquet_problems(table, types, path, database)
                else:
                    count, found = csv_problems(table, types, path, database, form)
            except duckdb.Error as error:
                count, found = 0, [unreadable(path, error)]
            rows += count
            problems += [f"{path.name}: {problem}" for problem in found]
        if problems:
            raise UserError("\n".join(_first(problems)))
        if not rows:
            files = ", ".join(path.name for path in table.paths) or "no file with content"
            raise UserError(f"table {table.full_name}: no rows ({files})")
        if "encoding" in request:
            try:
                labels = check_labels(table, request["encoding"], database)
            except duckdb.Error as error:
                raise UserError(f"table {table.full_name}: {explain(error)}") from None
            if "warnings" in request and (warnings := _identifiers(labels, rows)):
                Path(request["warnings"]).write_text("\n".join(warnings), "utf-8")


def _moment(form: str) -> str:
    return "date" if re.search("%[Yy]", form) else "time"


def _first(problems: list[str]) -> list[str]:
    more = len(problems) - _MAX_PROBLEMS
    return [*problems[:_MAX_PROBLEMS], f"and {more:,} more problems"] if more > 0 else problems


def _identifiers(labels: dict[str, int], rows: int) -> list[str]:
    """Warnings about columns with so many labels that they may be identifiers."""
    return [
        f"{column}: {count:,} labels in {rows:,} rows become as many features, which is slow and "
        "rarely useful; if they identify rows, list the column under dataset.dropped, otherwise "
        "under dataset.encode"
        for column, count in labels.items()
        if count > _MAX_LABELS or (count > _MIN_IDENTIFIERS and count * 2 > rows)
    ]


def _check_folders(table: Table, paths: list[str]) -> None:
    """Refuses files outside partitions, which Athena would ignore."""
    outside = sorted(set(find_files(paths)) - set(table.paths))
    if outside:
        folders = "/".join(f"{name}=<value>" for name in table.partition_keys)
        raise UserError(
            f"table {table.full_name}: {counted(len(outside), 'file')} in no folder {folders}: "
            + ", ".join(path.name for path in outside[:_MAX_EXAMPLES])
        )


def unreadable(path: Path, error: duckdb.Error) -> str:
    """The reason why DuckDB cannot read a file."""
    if "utf-8" in str(error) and (line := not_utf8(path)) is not None:
        return f"line {line}: is not UTF-8, but perhaps Latin-1 or Windows-1252: save it as UTF-8"
    if "quoted new lines" in str(error) and (line := open_quote(path)) is not None:
        return (
            f"line {line}: a line break inside quotes, which Athena reads as the end of the row: "
            "replace such line breaks, for instance by blanks"
        )
    return printable(explain(error))


def _parquet_problems(
    table: Table, types: dict[str, ColumnType], path: Path, database: Database
) -> tuple[int, list[str]]:
    """Checks that a file's values are in the range of their types; returns the number of rows."""
    one = replace(table, paths=(path,))
    select_table(one, database)  # checks the types
    stored = {
        str(name).lower(): str(name)
        for name, *_ in database.execute(f"describe from {raw_parquet(one)}").fetchall()
    }
    missing = [name for name in table.columns if name not in stored]
    if missing:
        # NULL, if other files have it.
        others = {name for other in table.paths for name in stored_columns(other, database)}
        if nowhere := [name for name in missing if name not in others]:
            return 0, [f"{name}: there is no such column" for name in nowhere]
    conditions = {
        name: _out_of_type(kind, quote(stored[name]))
        for name, kind in types.items()
        if name in stored and kind.kind not in ("date", "timestamp")
    }
    counts = "".join(f", {count_sql(condition)}" for condition in conditions.values())
    source = raw_parquet(one)
    rows, *wrong = database.execute(f"select count(*){counts} from {source}").fetchall()[0]  # noqa: S608 - quoted
    return int(rows), [
        f"{name}: {count:,} of {counted(rows, 'value')} {are(count)} "
        f"{'not' if isinstance(types[name], FormattedDate) else 'beyond'} {article(types[name])}"
        for name, count in zip(conditions, wrong, strict=True)
        if count
    ]


def _out_of_type(kind: ColumnType, value: str) -> str:
    """SQL condition of a stored value that does not fit its column's type."""
    if isinstance(kind, FormattedDate):
        return f"({kind.parse(value)}) is null and {value} <> ''"
    return f"try_cast({value} as {kind.sql}) is null and {value} is not null"


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1:], check_table_data))
