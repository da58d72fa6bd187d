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
)
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
    """

    place: int
    type: ColumnType
    nulls: frozenset[str] = frozenset()
    strays: tuple[int, str, int] | None = None
    time_format: str | None = None
    date_formats: tuple[str, ...] = ()
    is_code: bool = False

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
    for form in _NUMBER_FORMS[1:] if texts else ():
        # Other forms only matter for columns with these characters.
        changed = {
            place
            for place in range(width)
            if _has_sign(database, place, form.thousands, form.decimal)
        }
        if not changed:
            continue
        found = [
            _find_column(database, place, form) if place in changed else columns[place]
            for place in range(width)
        ]
        typed = sum(column.type is not _TEXT for column in found)
        if typed > best[0]:
            best = (typed, found, form)
    _, columns, form = best
    return columns, replace(form, null_texts=tuple(sorted({n for c in columns for n in c.nulls})))


def _has_sign(
    database: duckdb.DuckDBPyConnection, place: int, thousands: str, decimal: str
) -> bool:
    signs = {thousands, decimal} | ({"."} if decimal == "," else set())
    conditions = " or ".join(f"contains(c{place}, {literal(sign)})" for sign in signs if sign)
    return bool(database.execute(f"select 1 from body where {conditions} limit 1").fetchall())  # noqa: S608 - places


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
    time_formats = _time_formats(database, text)
    date_formats = _date_formats(database, text, time_formats)
    return TextColumn(
        place,
        _TEXT,
        # A text for a missing date would make the query fail.
        words if len(date_formats) == 1 else frozenset(),
        time_format=next(iter(time_formats), None),
        date_formats=date_formats,
    )


def _time_formats(database: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The formats of _OTHER_TIMES that fit a sample of a column."""
    is_known = f"not {_IS_NULL_WORD.format(text)}"
    sample = f"(select {text} from body where {is_known} and {text} is not null limit 1000)"  # noqa: S608 - places
    fitting = []
    for one in _OTHER_TIMES:
        (wrong,) = database.execute(
            f"select count(*) from {sample} where try_strptime({text}, {literal(one)}) is null"  # noqa: S608 - places
        ).fetchall()[0]
        if not wrong:
            fitting.append(one)
    return fitting


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
