"""Reads Glue tables like Athena (engine version 3).

Text is read like LazySimpleSerDe: there are no quotes; a backslash and N (or the table's own null
text) and values that do not have their column's type are null; missing columns at the end of a line
are null, and additional ones are ignored. With a quote character, it is read like OpenCSVSerde.
Partition keys get their values from folders, `key=value`; files outside such folders are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.standins.athena.parquet_types import StoredColumn, is_accepted, stored_columns
from local.standins.athena.text_files import unpacked
from local.standins.database import Database, literal, quote
from local.standins.errors import UserError

INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint")
_PATTERN = re.compile(r"([a-z]+)(?:\((\d+)(?:,(\d+))?\))?")
_ARGUMENTS = {"varchar": 1, "char": 1, "decimal": 2}
_PLAIN = (*INTEGERS, "float", "double", "boolean", "string", "date", "timestamp")


@dataclass(frozen=True)
class ColumnType:
    """A column's type, with its conversion from text.

    Attributes:
        name: In Glue, without spaces.
        sql: The type in DuckDB.
        is_text: Whether the empty string is a value.
    """

    name: str
    sql: str
    is_text: bool

    @property
    def kind(self) -> str:
        """The name without arguments."""
        return self.name.partition("(")[0]

    @property
    def precision(self) -> int:
        """Digits of a decimal; 0 of other types."""
        return int(self.name[8:].partition(",")[0]) if self.kind == "decimal" else 0

    def parse(self, text: str) -> str:
        """An SQL expression that is null if the SQL expression `text` is not of the type."""
        kind = self.kind
        if kind == "string":
            return text
        if kind == "varchar":
            return f"left({text}, {self.name[8:-1]})"
        if kind == "char":
            return f"rtrim(left({text}, {self.name[5:-1]}))"
        if kind == "boolean":
            return f"case lower({text}) when 'true' then true when 'false' then false end"
        # DuckDB's cast alone would also accept 2.9, 1_000, 0x1f and surrounding blanks.
        pattern = _FORMS["integer" if kind in INTEGERS else kind]
        value = f"try_cast({text} as {self.sql})"
        return f"case when regexp_full_match({text}, '{pattern}') then {value} end"


NO_TEXT = "\x07"  # occurs in no field, so that only missing fields are null
_FILE = "__restate_file"  # the column with the path of each row's file
_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_FLOAT = r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|NaN|Infinity)\s*"
_FORMS = {
    "integer": r"[+-]?\d+",
    "float": _FLOAT,
    "double": _FLOAT,
    "decimal": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
    "date": _DATE,
    "timestamp": _DATE + r" ([01]?\d|2[0-3]):\d{1,2}:\d{1,2}(\.\d{1,9})?",
}


def parse_type(name: str) -> ColumnType:
    """Reads a Glue type.

    Raises:
        UserError: The type is not supported.
    """
    plain = name.replace(" ", "").lower()
    match = _PATTERN.fullmatch(plain)
    if match and (kind := match.group(1)) in (*_PLAIN, *_ARGUMENTS):
        given = sum(group is not None for group in match.groups()[1:])
        if given == _ARGUMENTS.get(kind, 0):
            sql = {"string": "varchar", "int": "integer"}.get(kind, plain)
            sql = "varchar" if kind in ("varchar", "char") else sql
            return ColumnType(plain, sql, is_text=sql == "varchar")
    allowed = ", ".join([*_PLAIN, "varchar(n)", "char(n)", "decimal(p,s)"])
    raise UserError(f"type {name} is not supported; allowed are {allowed}")


# The account's own catalogue, which a query need not name.
OWN_CATALOG = "awsdatacatalog"


@dataclass(frozen=True)
class Table:
    """A Glue table; names are in lower case.

    Attributes:
        columns: Types by name, in the table's order.
        partition_keys: Types by key, outermost first; empty without partitions.
        paths: Its files, sorted; empty without data.
        file_format: csv, which the following are about, or parquet.
        skip_header_lines: At the start of each file.
        quote_character: None if values cannot be quoted.
        null_format: Null text without quotes, `serialization.null.format`.
        as_of: Version of an Iceberg table's files, as in a query: `VERSION AS OF 1`; None for the
            latest.
    """

    database: str
    name: str
    columns: dict[str, ColumnType]
    partition_keys: dict[str, ColumnType]
    paths: tuple[Path, ...]
    file_format: str
    delimiter: str
    skip_header_lines: int
    quote_character: str | None
    null_format: str
    as_of: str | None = None
    catalog: str = OWN_CATALOG

    @property
    def full_name(self) -> str:
        """Database and name."""
        return f"{self.database}.{self.name}"

    @property
    def view(self) -> str:
        """The name of its view, as SQL."""
        return f"{quote(self.database)}.{quote(self.name)}"

    @property
    def all_columns(self) -> dict[str, ColumnType]:
        """The columns, followed by the partition keys, as in Athena."""
        return {**self.columns, **self.partition_keys}


def parse_table(fields: dict[str, Any]) -> Table:
    """Reads a table from a request, and finds its files.

    Raises:
        UserError: A field is missing or not supported, or a path does not exist.
    """
    name = str(fields.get("name", "")).lower()
    try:
        columns = _parse_columns(fields["columns"])
        partition_keys = _parse_columns(fields.get("partitionKeys") or [])
        table = Table(
            database=str(fields["database"]).lower(),
            name=name,
            columns=columns,
            partition_keys=partition_keys,
            paths=_in_partitions(find_files(fields["paths"]), partition_keys),
            file_format=str(fields["format"]).lower(),
            delimiter=fields.get("delimiter") or ",",
            skip_header_lines=int(fields.get("skipHeaderLines") or 0),
            quote_character=fields.get("quoteCharacter"),
            null_format=str(fields.get("nullFormat", r"\N")),
            as_of=fields.get("asOf"),
            catalog=fields.get("catalog") or OWN_CATALOG,
        )
    except KeyError as error:
        raise UserError(f"table {name}: {error.args[0]} is missing") from None
    except ValueError as error:
        raise UserError(f"table {name}: {error}") from None
    given = len(fields["columns"]) + len(fields.get("partitionKeys") or [])
    if len(table.all_columns) < given or not columns:
        raise UserError(f"table {name}: column names must be distinct, and at least one")
    if table.file_format not in ("csv", "parquet"):
        raise UserError(f"table {name}: format {fields['format']}; allowed are csv, parquet")
    return table


def _parse_columns(fields: list[dict[str, Any]]) -> dict[str, ColumnType]:
    return {str(one["name"]).lower(): parse_type(str(one["type"])) for one in fields}


def _in_partitions(files: tuple[Path, ...], keys: dict[str, ColumnType]) -> tuple[Path, ...]:
    return tuple(file for file in files if partition_names(file, len(keys)) == list(keys))


def partition_names(file: Path, count: int) -> list[str]:
    """The keys of the file's `count` innermost folders, outermost first."""
    folders = file.parts[:-1][-count:] if count else ()
    return [folder.partition("=")[0].lower() for folder in folders if "=" in folder]


def find_files(paths: list[str]) -> tuple[Path, ...]:
    """All files of the paths except hidden ones, by Athena's rules, in a stable order."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += [
                file
                for file in path.rglob("*")
                if file.is_file()
                and not any(part.startswith(("_", ".")) for part in file.relative_to(path).parts)
            ]
        elif path.is_file():
            files.append(path)
        else:
            raise UserError(f"no such file or folder: {path}")
    return tuple(sorted(file for file in files if file.stat().st_size > 0))


def raw_csv(table: Table, files: tuple[Path, ...], columns: int, null_text: str) -> str:
    """SQL that reads csv files leniently, as columns of text c0, c1, ...; the null text is null.

    Missing columns are null; additional ones and empty lines are ignored.
    """
    quoting = table.quote_character or ""
    names = ", ".join(f"c{number}: 'varchar'" for number in range(columns))
    return (
        f"read_csv([{', '.join(literal(str(file)) for file in files)}], columns = {{{names}}}, "
        f"auto_detect = false, header = false, skip = {table.skip_header_lines}, "
        f"delim = {literal(table.delimiter)}, "
        f"quote = {literal(quoting)}, escape = {literal(quoting)}, "
        f"nullstr = {literal(null_text)}, "
        "null_padding = true, strict_mode = false, max_line_size = 10000000, "
        f"hive_partitioning = false, filename = '{_FILE}')"
    )


def create_view(table: Table, database: Database) -> None:
    """Creates or replaces the table's view."""
    database.execute(f"create schema if not exists {quote(table.database)}")
    database.execute(f"create or replace view {table.view} as {select_table(table, database)}")


def select_table(table: Table, database: Database) -> str:
    """A SELECT of the table's columns in their types.

    Raises:
        UserError: The parquet files do not match the table.
    """
    if not table.paths:
        nulls = ", ".join(
            f"cast(null as {column_type.sql}) as {quote(name)}"
            for name, column_type in table.all_columns.items()
        )
        return f"select {nulls} limit 0"
    if table.file_format == "parquet":
        return _select_parquet(table, database)
    values = [
        f"{column_type.parse(f'c{number}')} as {quote(name)}"
        for number, (name, column_type) in enumerate(table.columns.items())
    ]
    files = tuple(unpacked(path, database) for path in table.paths)
    # OpenCSVSerde only returns null for missing fields.
    null_text = table.null_format if table.quote_character is None else NO_TEXT
    source = raw_csv(table, files, len(table.columns), null_text)
    return f"select {', '.join(values + _partition_values(table))} from {source}"  # noqa: S608 - quoted


def _partition_values(table: Table) -> list[str]:
    """SQL of the partition keys, from each row's path."""
    values = []
    for name, column_type in table.partition_keys.items():
        folder = f"regexp_extract({_FILE}, {literal(f'(?i)/{name}=([^/]*)/')}, 1)"
        text = f"nullif(url_decode({folder}), '__HIVE_DEFAULT_PARTITION__')"
        values.append(f"{column_type.parse(text)} as {quote(name)}")
    return values


def _select_parquet(table: Table, database: Database) -> str:
    stored: dict[str, StoredColumn] = {}
    for path in table.paths:
        found = stored_columns(path, database)
        check_parquet_types(table, path, found)
        stored.update(found)
    values = [
        f"{_stored_value(quote(name), column_type, stored.get(name))} as {quote(name)}"
        for name, column_type in table.columns.items()
    ]
    return f"select {', '.join(values + _partition_values(table))} from {raw_parquet(table)}"  # noqa: S608 - quoted


def raw_parquet(table: Table) -> str:
    """SQL of the parquet files' stored columns, including text without an annotation."""
    files = ", ".join(literal(str(path)) for path in table.paths)
    return (
        f"read_parquet([{files}], union_by_name = true, binary_as_string = true, "
        f"hive_partitioning = false, filename = '{_FILE}')"
    )


def check_parquet_types(table: Table, path: Path, stored: dict[str, StoredColumn]) -> None:
    """Checks that Athena can read a file's stored types as the table's.

    Raises:
        UserError: It cannot read a column.
    """
    for name, column_type in table.columns.items():
        column = stored.get(name)
        if column is not None and not is_accepted(column_type.kind, column_type.precision, column):
            raise UserError(
                f"HIVE_BAD_DATA: {path.name}: {name}: {column.text} in the file, "
                f"but {column_type.name} in the table"
            )


def _stored_value(column: str, column_type: ColumnType, stored: StoredColumn | None) -> str:
    """SQL of a stored column in its Glue type."""
    if stored is None:
        return f"cast(null as {column_type.sql})"
    if column_type.is_text:
        return column_type.parse(column)
    if stored.meaning == "timestamp":
        moment = f"({column} at time zone 'UTC')" if stored.is_utc else column
        if column_type.kind == "bigint":
            return f"epoch_{stored.unit}({column})"
        return f"cast({moment} as timestamp)"
    if column_type.kind == "date" and stored.meaning == "none":
        return f"date '1970-01-01' + {column}"
    return f"cast({column} as {column_type.sql})"
