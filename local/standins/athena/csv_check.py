"""Checks all values of a csv file strictly: numbers of columns, types, quotes."""

from __future__ import annotations

import re
from pathlib import Path

from local.standins.athena.tables import NO_TEXT, ColumnType, Table, raw_csv
from local.standins.athena.text_files import open_lines, unpacked
from local.standins.athena.value_form import ValueForm
from local.standins.database import Database

_MAX_EXAMPLES = 3
_MAX_LENGTH = 30
_WITH_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_IN_QUOTES = "regexp_full_match({}, '\"(?s:.*)\"')"


def csv_problems(
    table: Table, types: dict[str, ColumnType], path: Path, database: Database, form: ValueForm
) -> tuple[int, list[str]]:
    """Checks one file of a table.

    `types` are those of the columns, which a query may cast text to.

    Returns:
        The number of rows, and the problems, one line per column.
    """
    if table.quote_character is not None and (line := _ambiguous_quotes(table, path)):
        return 0, [
            f"line {line}: a quote or backslash inside a value; OpenCSVSerde reads values in "
            "quotes on one line, with quotes inside doubled, and treats a backslash as an escape"
        ]
    fits = f"len(fields) = {len(types)}"
    is_quoted = table.quote_character is not None
    conditions = {
        name: f"{fits} and {_wrong(kind, f'fields[{number}]', form, quoted=is_quoted)}"
        for number, (name, kind) in enumerate(types.items(), 1)
    }
    counts = [count_sql(one) for one in (f"not {fits}", *conditions.values())]
    source = _lines(table, unpacked(path, database))
    # The values of a line with the wrong number of columns are not checked.
    query = f"select count(*), {', '.join(counts)} from {source}"  # noqa: S608 - quoted
    rows, misfits, *wrong = database.execute(query).fetchall()[0]
    numbered = f"(select row_number() over () as number, * from {source})"  # noqa: S608 - quoted
    problems = []
    if misfits:
        number, fields = database.execute(
            f"select number, fields from {numbered} where not {fits} limit 1"  # noqa: S608 - quoted
        ).fetchall()[0]
        problems.append(
            f"{misfits:,} of {counted(rows, 'line')} {'has' if misfits == 1 else 'have'} "
            f"the wrong number of columns; first in line {line_number(table, path, number)}: "
            f"{counted(len(fields), 'column')}, expected {len(types)}" + _quotes_hint(table, fields)
        )
    for place, (name, kind) in enumerate(types.items(), 1):
        if count := wrong[place - 1]:
            found = database.execute(
                f"select fields[{place}] as value, min(number) as first, count(*) over () "  # noqa: S608 - quoted
                f"from {numbered} where {conditions[name]} "
                f"group by value order by first limit {_MAX_EXAMPLES}"
            ).fetchall()
            line = line_number(table, path, found[0][1])
            examples = [str(value) for value, *_ in found]
            all_values = counted(rows - misfits, "value")
            problems.append(
                f"{name}: {count:,} of {all_values} {_what(kind, count, found[0][2], examples)}"
                f"{_decimal_hint(kind, form, examples)}; first in line {line}"
            )
    return int(rows), problems


def _what(kind: ColumnType, count: int, distinct: int, examples: list[str]) -> str:
    shown = [f"'{printable(example)}'" for example in examples]
    if kind.is_text:
        return (
            f"{are(count)} in double quotes, which Athena treats as part of the value: "
            "set quoted: true"
        )
    if distinct == 1:
        return f"{are(count)} {shown[0]}, not {article(kind)}"
    return f"{are(count)} not {article(kind)}, such as {', '.join(shown)}"


def _decimal_hint(kind: ColumnType, form: ValueForm, examples: list[str]) -> str:
    is_fraction = kind.kind in ("decimal", "double", "float")
    if is_fraction and form.decimal == "." and all(map(_WITH_DECIMAL_COMMA.fullmatch, examples)):
        return ': set decimal: ","'
    return ""


def _quotes_hint(table: Table, fields: list[str]) -> str:
    if table.quote_character is None and any(field.startswith('"') for field in fields):
        return "; values are in double quotes: set quoted: true"
    return ""


def printable(text: str) -> str:
    """A value for messages: shortened, and without control characters."""
    plain = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return plain if len(plain) <= _MAX_LENGTH else plain[: _MAX_LENGTH - 1] + "…"


def _ambiguous_quotes(table: Table, path: Path) -> int | None:
    """The first line that OpenCSVSerde and other readers read differently.

    They agree if values are wholly in quotes or have none, quotes inside are doubled, and there is
    no backslash, which escapes.
    Source: trino's CsvDeserializer, which is bug for bug compatible with OpenCSVSerde.
    """
    delimiter = re.escape(table.delimiter)
    field = rf'(?:"(?:[^"\\]|"")*"|[^"\\{delimiter}]*)'
    line_form = re.compile(rf"{field}(?:{delimiter}{field})*")
    with open_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            if number > table.skip_header_lines and not line_form.fullmatch(line.rstrip("\r\n")):
                return number
    return None


def line_number(table: Table, path: Path, place: int) -> int:
    """The line number of a row; empty lines are not rows."""
    filled = 0
    with open_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            filled += number > table.skip_header_lines and line.strip("\r\n") != ""
            if filled == place:
                return number
    return place + table.skip_header_lines


def _wrong(column_type: ColumnType, text: str, form: ValueForm, *, quoted: bool) -> str:
    """SQL condition of a value that does not have its column's type, or has undeclared quotes."""
    if column_type.is_text:
        return "false" if quoted else f"{text} <> '\"' and {_IN_QUOTES.format(text)}"
    missing = form.is_missing(column_type, text)
    return f"(not {missing} and ({form.parse(column_type, text)}) is null)"


def _lines(table: Table, path: Path) -> str:
    """SQL of the file's lines, with the list of each one's fields."""
    width = len(table.columns) + 1  # one more, to detect too many
    columns = ", ".join(f"c{number}" for number in range(width))
    return (
        f"(select list_filter([{columns}], lambda value: value is not null) as fields "  # noqa: S608 - quoted
        f"from {raw_csv(table, (path,), width, NO_TEXT)})"
    )


def count_sql(condition: str) -> str:
    """SQL of the number of rows with a condition.

    Many of them take little memory; with FILTER, it grows by the square of their number.
    """
    return f"count(case when {condition} then 1 end)"


def article(column_type: ColumnType) -> str:
    """A type's name with its article."""
    return f"{'an' if column_type.name[0] in 'aeiou' else 'a'} {column_type.name}"


def are(count: int) -> str:
    """The verb for a number."""
    return "is" if count == 1 else "are"


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
