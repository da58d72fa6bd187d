"""Profiles the files of a table without a description.

`python -m local.table_profile REQUEST.json`, where the request is

    {"paths": ["/abs/file"], "format": "csv" | "parquet", "target": name | null,
     "result": "/abs/file", "failure": "/abs/file"}

The result is {"rows", "form", "columns", "skipped", "copies", "targets"}: the files' format, their
columns with types and reasons to drop them, Parquet's columns that a table cannot have, columns
that give the target away, and possible targets.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import duckdb

from local.standins.athena.csv_check import line_number, printable
from local.standins.athena.parquet_types import StoredColumn, is_accepted, stored_columns
from local.standins.athena.sql.patterns import try_date_parse_sql
from local.standins.athena.table_data import unreadable
from local.standins.athena.tables import (
    NO_TEXT,
    Table,
    parse_table,
    parse_type,
    raw_csv,
    select_table,
)
from local.standins.athena.text_files import unpacked
from local.standins.athena.value_form import ValueForm
from local.standins.database import Database, literal, open_database, quote
from local.standins.errors import UserError
from local.standins.files import run_service, write_text
from local.table_profile.dialect import Dialect, sniff
from local.table_profile.roles import (
    Column,
    copies_of,
    describe,
    likely_targets,
    plain_booleans,
    reason_to_drop,
)
from local.table_profile.text_columns import TextColumn, column_names, find_columns

_DOUBLE = parse_type("double")
_MIN_SEQUENCE = 5
_GLUE_TYPES = {
    ("BOOLEAN", "none"): "boolean",
    ("INT32", "none"): "int",
    ("INT32", "integer"): "int",
    ("INT64", "none"): "bigint",
    ("INT64", "integer"): "bigint",
    ("INT64", "timestamp"): "timestamp",
    ("INT96", "none"): "timestamp",
    ("FLOAT", "none"): "float",
    ("DOUBLE", "none"): "double",
    ("BYTE_ARRAY", "none"): "string",
    ("BYTE_ARRAY", "text"): "string",
    ("INT32", "date"): "date",
}


def profile(request: dict[str, Any]) -> None:
    """Profiles the request's files.

    Raises:
        UserError: Athena cannot read them as a table.
    """
    paths = tuple(map(Path, request["paths"]))
    with open_database(tempfile.gettempdir()) as database:
        try:
            if request["format"] == "parquet":
                result = _parquet(paths, database)
            else:
                result = _csv(paths, database)
        except duckdb.Error as error:
            problems = (unreadable(path, error) for path in paths)
            raise UserError(f"{paths[0].name}: {next(problems)}") from None
        columns: list[Column] = result.pop("found")
        (rows,) = database.execute("select count(*) from typed").fetchall()[0]
        target = str(request.get("target") or "")
        is_number = any(column.name == target and column.is_number for column in columns)
        copies = copies_of(target, columns, database) if is_number else {}
        drops = {column.name: reason_to_drop(column, rows) for column in columns}
    result |= {
        "rows": rows,
        "columns": [
            {**asdict(column), "dateFormat": column.date_format, "drop": drops[column.name]}
            for column in columns
        ],
        "copies": copies,
        "targets": likely_targets(columns, rows),
        "plainBooleans": plain_booleans(columns),
    }
    write_text(Path(request["result"]), json.dumps(result))


def _table(paths: tuple[Path, ...], **fields: object) -> Table:
    columns = [{"name": "c0", "type": "string"}]
    given = {"database": "files", "name": "own", "columns": columns}
    return parse_table({**given, "paths": list(map(str, paths)), **fields})


def _csv(paths: tuple[Path, ...], database: Database) -> dict[str, Any]:
    try:
        dialect = sniff(unpacked(paths[0], database), paths[1:], database)
    except UserError as error:
        raise UserError(f"{paths[0].name}: {error}") from None
    table = _table(
        paths,
        format="csv",
        delimiter=dialect.delimiter,
        quoteCharacter='"' if dialect.is_quoted else None,
        skipHeaderLines=dialect.title_lines,
    )
    files = tuple(unpacked(path, database) for path in table.paths)
    source = raw_csv(table, files, dialect.columns, NO_TEXT)
    # Tables, as each query on a view would bind all of its columns.
    database.execute(
        "create table body as select row_number() over () as __row, __restate_file as file, "  # noqa: S608 - quoted
        f"* exclude (__restate_file) from {source}"
    )
    database.execute(
        "create table tops as select * from body "
        "where __row in (select min(__row) from body group by file)"
    )
    database.execute("delete from body where __row in (select __row from tops)")
    columns, form = find_columns(database, dialect.columns)
    top = database.execute("select * exclude (__row, file) from tops where __row = 1").fetchall()
    fields = ["" if field is None else str(field) for field in (top[0] if top else ())]
    has_header = _is_header(fields, columns, form, database)
    if not has_header:
        database.execute("insert into body from tops")
        columns, form = find_columns(database, dialect.columns)
    headers = [field.removeprefix("\ufeff") for field in fields] if has_header else []
    header_lines = dialect.title_lines + int(has_header)
    names = column_names(headers or [""] * dialect.columns)
    form = _with_empty_text(form, columns, dialect, database)
    _create_typed(names, columns, form, database)
    table = replace(table, skip_header_lines=header_lines)
    found = [
        describe(
            database,
            name,
            column.type.name,
            headers[column.place] if headers else None,
            column,
            _remark(column, table, database),
        )
        for name, column in zip(names, columns, strict=True)
    ]
    written = {
        "delimiter": dialect.delimiter,
        "quoted": dialect.is_quoted,
        "headerLines": header_lines,
        "nullTexts": list(form.null_texts),
        "thousands": form.thousands or None,
        "decimal": form.decimal,
    }
    return {"form": written, "found": found, "skipped": {}}


def _is_header(
    fields: list[str], columns: list[TextColumn], form: ValueForm, database: Database
) -> bool:
    """Whether the first line is a header: most of its fields do not have their columns' types.

    If all columns are text, it is assumed to be one. So are years or other consecutive numbers.
    """
    typed = [column for column in columns if not column.type.is_text]
    if not typed or _is_sequence([fields[column.place] for column in typed]):
        return True
    tests = []
    for column in typed:
        kind = _DOUBLE if column.type.kind in ("int", "bigint") else column.type
        text = literal(fields[column.place])
        tests.append(f"({form.parse(kind, text)}) is null")
    (wrong,) = database.execute(
        f"select len(list_filter([{', '.join(tests)}], lambda test: test))"
    ).fetchall()[0]
    return int(wrong) * 2 > len(typed)


def _is_sequence(texts: list[str]) -> bool:
    """Whether texts are consecutive whole numbers, and too many for that to be chance."""
    if len(texts) < _MIN_SEQUENCE or not all(re.fullmatch(r"\d{1,9}", text) for text in texts):
        return False
    numbers = list(map(int, texts))
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _with_empty_text(
    form: ValueForm, columns: list[TextColumn], dialect: Dialect, database: Database
) -> ValueForm:
    r"""The form with empty text as missing, if it occurs; without \N if the SerDe reads it so."""
    # The query reads empty text as missing in dates.
    texts = [column.sql for column in columns if column.type.is_text and not column.date_format]
    empty = f"'' in ({', '.join(texts)})" if texts else "false"
    is_empty = database.execute(f"select 1 from body where {empty} limit 1").fetchall()  # noqa: S608 - places
    nulls = set(form.null_texts) | ({""} if is_empty else set())
    if nulls == {r"\N"} and not dialect.is_quoted:
        nulls = set()
    return replace(form, null_texts=tuple(sorted(nulls)))


def _create_typed(
    names: list[str], columns: list[TextColumn], form: ValueForm, database: Database
) -> None:
    nulls = ", ".join(map(literal, (*form.null_texts, r"\N")))
    values = ", ".join(
        f"case when {column.sql} not in ({nulls}) then {_value(column, form)} end as {quote(name)}"
        for name, column in zip(names, columns, strict=True)
    )
    # Each column is read several times.
    database.execute(f"create table typed as select {values} from body")  # noqa: S608 - quoted


def _value(column: TextColumn, form: ValueForm) -> str:
    if column.date_format is None:
        return form.parse(column.type, column.sql)
    has_date, has_time = (re.search(f"%[{one}]", column.date_format) for one in ("Yy", "HI"))
    kind = "timestamp" if has_date and has_time else "date" if has_date else "time"
    return f"cast({try_date_parse_sql(column.sql, column.date_format)} as {kind})"


def _remark(column: TextColumn, table: Table, database: Database) -> str:
    """A remark on values that Athena reads differently from how they look."""
    if column.is_code:
        return "numbers with leading zeros, so text"
    if column.date_format:
        what = "dates" if re.search("%[Yy]", column.date_format) else "times of day"
        return f"{what} in text, in the format {column.date_format}"
    if column.date_formats:
        forms = " or ".join(column.date_formats)
        return f"dates in the format {forms}: set dateFormats to one of them"
    if column.time_format and column.strays is None:
        return f"times in the format {column.time_format}, which Athena reads as text"
    if column.amount is not None:
        example = printable(column.amount.strip())
        return f"amounts such as '{example}': keep only the numbers in the data to use them as such"
    if column.strays is None:
        return ""
    count, value, row = column.strays
    one, several = "a number", "numbers"
    if column.time_format:
        one, several = (
            f"{kind} in the format {column.time_format}" for kind in ("a date", "dates")
        )
    wrong = f"1 value is not {one}" if count == 1 else f"{count:,} values are not {several}"
    return f"{wrong}, such as '{printable(value)}' in {_place(row, table, database)}"


def _place(row: int, table: Table, database: Database) -> str:
    """The line of a row of `body`, and its file if there are several."""
    ((file, before),) = database.execute(
        "select any_value(file), count(*) from body where __row <= $row "
        "and file = (select file from body where __row = $row)",
        {"row": row},
    ).fetchall()
    line = line_number(table, Path(file), before)
    return f"line {line}" if len(table.paths) == 1 else f"line {line} of {Path(file).name}"


def _parquet(paths: tuple[Path, ...], database: Database) -> dict[str, Any]:
    stored: dict[str, dict[Path, StoredColumn]] = {}
    for path in paths:
        try:
            columns_of_file = stored_columns(path, database)
        except duckdb.Error:
            raise UserError(f"{path.name}: is a damaged Parquet file") from None
        for name, column in columns_of_file.items():
            stored.setdefault(name, {})[path] = column
    types = {name: _shared_type(columns) for name, columns in stored.items()}
    skipped = {
        name: "its name is not allowed in a table" if types[name] else _unreadable(stored[name])
        for name in stored
        if not types[name] or column_names([name]) != [name]
    }
    columns = [
        {"name": name, "type": kind}
        for name, kind in types.items()
        if kind is not None and name not in skipped
    ]
    if not columns:
        raise UserError(f"{paths[0].name}: no column can be in a table")
    table = _table(paths, format="parquet", columns=columns)
    database.execute(f"create table typed as {select_table(table, database)}")
    found = [describe(database, one["name"], str(one["type"])) for one in columns]
    return {"form": None, "found": found, "skipped": skipped}


def _shared_type(columns: dict[Path, StoredColumn]) -> str | None:
    """The Glue type as which Athena reads a column in each of its files."""
    names = filter(None, map(_glue_type, columns.values()))
    # The widest first, as Athena also reads large numbers as int, until one does not fit.
    kinds = sorted(map(parse_type, names), key=lambda kind: (kind.name == "int", -kind.precision))
    for kind in kinds:
        if all(is_accepted(kind.kind, kind.precision, column) for column in columns.values()):
            return kind.name
    return None


def _unreadable(columns: dict[Path, StoredColumn]) -> str:
    """Why a column has no type."""
    by_text: dict[str, str] = {}
    for path, column in columns.items():
        by_text.setdefault(column.text, path.name)
    if len(by_text) == 1:
        return f"stored as {next(iter(by_text))}, which Athena cannot read as a value to train on"
    places = " and ".join(f"as {text} in {name}" for text, name in by_text.items())
    return f"stored {places}, but Athena reads one type from all files"


def _glue_type(column: StoredColumn) -> str | None:
    if column.meaning in ("decimal", "whole decimal"):
        return column.text[column.text.index("DECIMAL") : -1].lower()
    return _GLUE_TYPES.get((column.physical, column.meaning))


if __name__ == "__main__":
    sys.exit(run_service(sys.argv[1:], profile))
