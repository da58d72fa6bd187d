"""The columns of text files: their names, Glue types, and the form of their values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from local.standins.athena.sql.patterns import try_date_parse_sql
from local.standins.athena.tables import ColumnType, parse_type
from local.standins.athena.value_form import ValueForm
from local.standins.database import literal

# Texts that programs write for missing values, in lower case, trimmed.
_NULL_WORDS = (
    *("", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "(null)", "none", "nil", r"\n"),
    *("?", "-", "--", ".", "..", "missing", "unknown", "*"),
)
_IS_NULL_WORD = f"lower(trim({{}})) in ({', '.join(map(literal, _NULL_WORDS))})"
# Min values of a column of numbers in which a few texts without digits count as missing.
_MIN_NUMBERS = 20
_MAX_NULL_TEXTS = 3
# The first that fits most columns is used.
_NUMBER_FORMS = tuple(
    ValueForm(thousands=thousands, decimal=decimal)
    for thousands, decimal in (
        *(("", "."), (",", "."), ("", ","), (".", ",")),
        *((" ", "."), (" ", ","), ("'", "."), ("'", ",")),
    )
)
_TYPES = tuple(map(parse_type, ("boolean", "int", "bigint", "double", "date", "timestamp")))
_DOUBLE = parse_type("double")
_TEXT = parse_type("string")
# Formats of times that neither SerDe nor a cast reads: text in Athena, which the query can convert
# to dates with date_parse, if there is no zone.
_OTHER_TIMES = (
    *(
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%dT%H:%M:%S.%f%z",
    ),
    *("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y", "%d-%b-%Y"),
    *("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"),
    *("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%b %d, %Y", "%B %d, %Y", "%d/%m/%y", "%m/%d/%y"),
    *("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"),
    *("%Y%m%dT%H%M%S", "%d %B %Y", "%d-%b-%y", "%Y-%m", "%b-%Y", "%B-%Y", "%b %Y", "%B %Y"),
)
# Numbers with a currency or a unit, which neither a SerDe nor a cast reads.
_AMOUNT = r"\s*[-+]?\s*(?:[$€£¥]\s*[-+]?[0-9][0-9.,' ]*|[0-9][0-9.,' ]*\s*[$€£¥%])\s*"
# Specifiers of strftime that differ in date_parse.
_DATE_PARSE_NAMES = {"%M": "%i", "%S": "%s", "%B": "%M"}


@dataclass(frozen=True)
class TextColumn:
    """A column of text files.

    Attributes:
        place: Index of the column.
        type: Its Glue type.
        nulls: Texts that mean a missing value.
        strays: Values that are not numbers, if most are: a text, and its row.
        time_format: Of its dates, if Athena reads them as text.
        date_formats: Formats of date_parse that all dates fit, with different results.
        is_code: Whether it has digits with leading zeros, which numbers would lose.
        amount: One of its values, if all are numbers with a currency or %.
    """

    place: int
    type: ColumnType
    nulls: frozenset[str] = frozenset()
    strays: tuple[int, str, int] | None = None
    time_format: str | None = None
    date_formats: tuple[str, ...] = ()
    is_code: bool = False
    amount: str | None = None

    @property
    def sql(self) -> str:
        """Its text, as SQL."""
        return f"c{self.place}"

    @property
    def date_format(self) -> str | None:
        """The format for date_parse, if it is unambiguous."""
        return self.date_formats[0] if len(self.date_formats) == 1 else None


def find_columns(
    database: duckdb.DuckDBPyConnection, width: int
) -> tuple[list[TextColumn], ValueForm]:
    """Finds the types of the text columns c0, c1, ... of the relation `body`, and their form."""
    best: tuple[int, list[TextColumn], ValueForm] | None = None
    plain = _NUMBER_FORMS[0]
    columns = [_find_column(database, place, plain) for place in range(width)]
    best = (sum(column.type is not _TEXT for column in columns), columns, plain)
    texts = [column.place for column in columns if column.type is _TEXT]
    signs = [_signs(database, place) if texts else set() for place in range(width)]
    for form in _NUMBER_FORMS[1:]:
        # Other forms only matter for columns with these characters, and if text becomes numbers.
        used = {form.thousands} | ({",", "."} if form.decimal == "," else set())
        changed = {
            place: _find_column(database, place, form) for place in texts if signs[place] & used
        }
        if all(column.type is _TEXT for column in changed.values()):
            continue
        found = [
            changed.get(place)
            or (_find_column(database, place, form) if signs[place] & used else columns[place])
            for place in range(width)
        ]
        typed = sum(column.type is not _TEXT for column in found)
        if typed > best[0]:
            best = (typed, found, form)
    _, columns, form = best
    columns = [_with_times(database, column) for column in columns]
    return columns, replace(form, null_texts=tuple(sorted({n for c in columns for n in c.nulls})))


def _signs(database: duckdb.DuckDBPyConnection, place: int) -> set[str]:
    """The signs of _NUMBER_FORMS that a column contains."""
    signs = (".", ",", " ", "'")
    tests = ", ".join(f"bool_or(contains(c{place}, {literal(sign)}))" for sign in signs)
    (found,) = database.execute(f"select {tests} from body").fetchall()  # noqa: S608 - places
    return {sign for sign, contains in zip(signs, found, strict=True) if contains}


def _find_column(database: duckdb.DuckDBPyConnection, place: int, form: ValueForm) -> TextColumn:
    text = f"c{place}"
    is_word = f"({text} is null or {_IS_NULL_WORD.format(text)})"
    counts = ", ".join(
        f"count(*) filter (({form.parse(kind, text)}) is not null and not {is_word})"
        for kind in _TYPES
    )
    (known, codes, distinct, *fitting) = database.execute(
        f"select count(*) filter (not {is_word}), "  # noqa: S608 - places
        f"count(*) filter (regexp_full_match({text}, '0[0-9]+')), "
        f"count(distinct {text}) filter (not {is_word}), {counts} from body"
    ).fetchall()[0]
    if not known:
        return TextColumn(place, _TEXT)
    words = frozenset(
        str(word)
        for (word,) in database.execute(
            f"select distinct {text} from body where {text} <> '' and {is_word}"  # noqa: S608 - places
        ).fetchall()
    )
    if codes:
        return TextColumn(place, _TEXT, is_code=True)
    numbers = dict(zip((kind.kind for kind in _TYPES), fitting, strict=True))
    for kind in _TYPES:
        if numbers[kind.kind] == known:
            return TextColumn(place, kind, words)
    return _mixed(database, place, form, known, distinct, numbers["double"], words)


def _mixed(
    database: duckdb.DuckDBPyConnection,
    place: int,
    form: ValueForm,
    known: int,
    distinct: int,
    numbers: int,
    words: frozenset[str],
) -> TextColumn:
    """A column whose values do not all have one type."""
    text = f"c{place}"
    is_stray = f"not {_IS_NULL_WORD.format(text)} and ({form.parse(_DOUBLE, text)}) is null"
    strays = database.execute(
        f"select {text}, min(__row), count(*), count(*) over () from body where {is_stray} "  # noqa: S608 - places
        f"group by {text} order by min(__row) limit {_MAX_NULL_TEXTS + 1}"
    ).fetchall()
    if numbers * 2 > known:
        others = [str(value) for value, *_ in strays]
        if (
            len(others) <= _MAX_NULL_TEXTS
            and distinct - len(others) > _MIN_NUMBERS
            and not any(re.search(r"\d", other) for other in others)
        ):
            nulls = words | frozenset(others)
            kinds = [kind for kind in _TYPES if kind.kind in ("int", "bigint", "double")]
            for kind in kinds:
                (fits,) = database.execute(
                    f"select count(*) from body where ({form.parse(kind, text)}) is not null "  # noqa: S608 - places
                    f"and not {_IS_NULL_WORD.format(text)}"
                ).fetchall()[0]
                if fits == numbers:
                    return TextColumn(place, kind, nulls)
        value, row, *_ = strays[0]
        return TextColumn(place, _TEXT, strays=(known - numbers, str(value), int(row)))
    return TextColumn(place, _TEXT, words)


def _with_times(database: duckdb.DuckDBPyConnection, column: TextColumn) -> TextColumn:
    """The column, with the formats of its times if it has text other than codes and numbers."""
    if not column.type.is_text or column.is_code or column.strays is not None:
        return column
    time_formats = _time_formats(database, column.sql)
    date_formats = _date_formats(database, column.sql, time_formats)
    (amount,) = database.execute(
        f"select case when bool_and(regexp_full_match({column.sql}, {literal(_AMOUNT)})) "  # noqa: S608 - places
        f"then min({column.sql}) end from body where not {_IS_NULL_WORD.format(column.sql)}"
    ).fetchall()[0]
    return replace(
        column,
        amount=amount,
        # A text for a missing date would make the query fail.
        nulls=column.nulls if len(date_formats) == 1 else frozenset(),
        time_format=next(iter(time_formats), None),
        date_formats=date_formats,
    )


def _time_formats(database: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The formats of _OTHER_TIMES that fit a sample of a column; none if it is empty."""
    is_known = f"not {_IS_NULL_WORD.format(text)}"
    fits = ", ".join(
        f"bool_and(try_strptime({text}, {literal(one)}) is not null)" for one in _OTHER_TIMES
    )
    sample = f"(select {text} from body where {is_known} and {text} is not null limit 1000)"  # noqa: S608 - places
    (fitting,) = database.execute(f"select {fits} from {sample}").fetchall()  # noqa: S608 - places
    return [one for one, fit in zip(_OTHER_TIMES, fitting, strict=True) if fit]


def _date_formats(
    database: duckdb.DuckDBPyConnection, text: str, time_formats: Sequence[str]
) -> tuple[str, ...]:
    """Formats of date_parse that fit every value of a column, with different results."""
    known = (
        f"(select {text} from body where {text} is not null and not {_IS_NULL_WORD.format(text)})"  # noqa: S608 - places
    )
    found: list[str] = []
    for one in time_formats:
        if "%z" in one:
            continue
        form = re.sub("%[MSB]", lambda match: _DATE_PARSE_NAMES[match.group()], one)
        value = try_date_parse_sql(text, form)
        same = " or ".join(f"{value} = {try_date_parse_sql(text, other)}" for other in found)
        # %Y also accepts years of two digits.
        wrong, others = database.execute(
            f"select count(*) filter (coalesce(year({value}), 0) < 1000), "  # noqa: S608 - quoted
            f"count(*) filter (not ({same or 'false'})) from {known}"
        ).fetchall()[0]
        if not wrong and others:
            found.append(form)
    return tuple(found)


def column_names(headers: Sequence[str]) -> list[str]:
    """Valid, distinct names for Glue and Athena, in lower case, from a header."""
    names: list[str] = []
    for place, header in enumerate(headers, 1):
        plain = unicodedata.normalize("NFKD", header.replace("ß", "ss"))
        ascii_only = plain.encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:100] or f"c{place}"
        name = f"c_{name}" if name[0].isdigit() else name
        unique, number = name, 1
        while unique in names:
            number += 1
            unique = f"{name}_{number}"
        names.append(unique)
    return names
