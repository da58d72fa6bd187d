"""The columns of text files: their names, Glue types, and the form of their values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from local.standins.athena.sql.patterns import try_date_parse_sql
from local.standins.athena.tables import ColumnType, parse_type
from local.standins.athena.value_form import ValueForm
from local.standins.database import Database, literal

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
_NUMBERS = _TYPES[1:4]
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
    *("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M%p", "%I:%M:%S %p"),
    *("%Y%m%dT%H%M%S", "%d %B %Y", "%d-%b-%y", "%Y-%m", "%b-%Y", "%B-%Y", "%b %Y", "%B %Y"),
)
# %Y also accepts years of two digits.
_MIN_YEAR = 1000
# Share of a column's values that must fit a format; the others are named.
_MOST = 0.9
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
        strays: How many values are not numbers or times, if most are, and the first with its row.
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


def find_columns(database: Database, width: int) -> tuple[list[TextColumn], ValueForm]:
    """Finds the types of the text columns c0, c1, ... of the relation `body`, and their form."""
    for place in range(width):
        _create_values(database, place)
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
    columns = _without_labels(database, columns)
    columns = [_with_times(database, column) for column in columns]
    for place in range(width):
        database.execute(f"drop table values_{place}")
    return columns, replace(form, null_texts=tuple(sorted({n for c in columns for n in c.nulls})))


def _create_values(database: Database, place: int) -> None:
    """The distinct values of a column, so that each is parsed once, however many rows have it."""
    text = f"c{place}"
    database.execute(
        f"create table values_{place} as select {text} as text, count(*) as rows, "  # noqa: S608 - places
        f"min(__row) as first, {text} is not null and not {_IS_NULL_WORD.format(text)} as known "
        "from body group by text"
    )


def _signs(database: Database, place: int) -> set[str]:
    """The signs of _NUMBER_FORMS that a column contains."""
    signs = (".", ",", " ", "'")
    tests = ", ".join(f"bool_or(contains(text, {literal(sign)}))" for sign in signs)
    (found,) = database.execute(f"select {tests} from values_{place}").fetchall()  # noqa: S608 - places
    return {sign for sign, contains in zip(signs, found, strict=True) if contains}


def _find_column(database: Database, place: int, form: ValueForm) -> TextColumn:
    values = f"values_{place}"
    known, distinct, is_code = database.execute(
        "select coalesce(sum(rows) filter (known), 0)::bigint, count(*) filter (known), "  # noqa: S608 - places
        f"coalesce(bool_or(regexp_full_match(text, '0[0-9]+')), false) from {values}"
    ).fetchall()[0]
    if not known:
        return TextColumn(place, _TEXT)
    if is_code:
        return TextColumn(place, _TEXT, is_code=True)
    words = frozenset(
        str(word)
        for (word,) in database.execute(
            f"select text from {values} where text <> '' and not known"  # noqa: S608 - places
        ).fetchall()
    )
    kind = _first_type(database, f"{values} where known", _TYPES, form)
    if kind is not None:
        return TextColumn(place, kind, words)
    return _mixed(database, place, form, known, distinct, words)


def _first_type(
    database: Database, source: str, kinds: Sequence[ColumnType], form: ValueForm
) -> ColumnType | None:
    """The first type that all texts have."""
    for kind in kinds:
        # Ends at the first value of another type.
        wrong = f"select 1 from {source} and ({form.parse(kind, 'text')}) is null limit 1"  # noqa: S608
        if not database.execute(wrong).fetchall():
            return kind
    return None


def _mixed(
    database: Database,
    place: int,
    form: ValueForm,
    known: int,
    distinct: int,
    words: frozenset[str],
) -> TextColumn:
    """A column whose values do not all have one type."""
    values = f"(select *, {form.parse(_DOUBLE, 'text')} as number from values_{place} where known)"  # noqa: S608 - places
    (numbers,) = database.execute(
        f"select coalesce(sum(rows) filter (number is not null), 0)::bigint from {values}"  # noqa: S608 - places
    ).fetchall()[0]
    if numbers * 2 <= known:
        return TextColumn(place, _TEXT, words)
    strays = database.execute(
        f"select text, first from {values} where number is null "  # noqa: S608 - places
        f"order by first limit {_MAX_NULL_TEXTS + 1}"
    ).fetchall()
    others = [str(value) for value, _ in strays]
    if (
        len(others) <= _MAX_NULL_TEXTS
        and distinct - len(others) > _MIN_NUMBERS
        and not any(re.search(r"\d", other) for other in others)
    ):
        kind = _first_type(database, f"{values} where number is not null", _NUMBERS, form)
        if kind is not None:
            return TextColumn(place, kind, words | frozenset(others))
    value, row = strays[0]
    return TextColumn(place, _TEXT, strays=(known - numbers, str(value), int(row)))


def _without_labels(database: Database, columns: list[TextColumn]) -> list[TextColumn]:
    """The columns; a text among numbers is not missing if it is a label of a column of text."""
    strays = {
        one for column in columns for one in column.nulls if one.strip().lower() not in _NULL_WORDS
    }
    if not strays:
        return columns
    among = ", ".join(map(literal, sorted(strays)))
    labels = {
        str(label)
        for column in columns
        if column.type is _TEXT and column.strays is None
        for (label,) in database.execute(
            f"select text from values_{column.place} where text in ({among})"  # noqa: S608 - places
        ).fetchall()
    }
    found = []
    for column in columns:
        if not labels.isdisjoint(column.nulls):
            ((count, text, row),) = database.execute(
                f"select sum(rows) over ()::bigint, text, first from values_{column.place} "  # noqa: S608 - places
                f"where text in ({among}) order by first limit 1"
            ).fetchall()
            column = TextColumn(column.place, _TEXT, strays=(int(count), str(text), int(row)))
        found.append(column)
    return found


def _with_times(database: Database, column: TextColumn) -> TextColumn:
    """The column, with the formats of its times if it has text other than codes and numbers."""
    if not column.type.is_text or column.is_code or column.strays is not None:
        return column
    known = f"(select * from values_{column.place} where known)"  # noqa: S608 - places
    time_formats = _time_formats(database, known)
    date_formats = _date_formats(database, known, time_formats)
    (amount,) = database.execute(
        f"select case when bool_and(regexp_full_match(text, {literal(_AMOUNT)})) "  # noqa: S608 - places
        f"then min(text) end from {known}"
    ).fetchall()[0]
    time_format = time_formats[0] if time_formats else None
    strays: list[tuple[int, str, int]] = []
    if time_format is not None and not date_formats:
        strays = database.execute(
            f"select sum(rows) over ()::bigint, text, first from {known} "  # noqa: S608 - places
            f"where coalesce(year(try_strptime(text, {literal(time_format)})), 0) < {_MIN_YEAR} "
            "order by first limit 1"
        ).fetchall()
    return replace(
        column,
        amount=amount,
        # A text for a missing date would make the query fail.
        nulls=column.nulls if len(date_formats) == 1 else frozenset(),
        strays=strays[0] if strays else None,
        time_format=time_format,
        date_formats=date_formats,
    )


def _time_formats(database: Database, known: str) -> list[str]:
    """The formats of _OTHER_TIMES that nearly all of a sample of values fits, the best first."""
    fits = ", ".join(f"count(try_strptime(text, {literal(one)}))" for one in _OTHER_TIMES)
    ((total, *counts),) = database.execute(
        f"select count(*), {fits} from (from {known} order by first limit 1000)"  # noqa: S608 - places
    ).fetchall()
    fitting = zip(counts, _OTHER_TIMES, strict=True)
    ranked = sorted(fitting, key=lambda pair: pair[0], reverse=True)
    return [one for count, one in ranked if count > _MOST * total]


def _date_formats(database: Database, known: str, time_formats: Sequence[str]) -> tuple[str, ...]:
    """Formats of date_parse that fit every value of a column, with different results."""
    found: list[str] = []
    for one in time_formats:
        if "%z" in one:
            continue
        form = re.sub("%[MSB]", lambda match: _DATE_PARSE_NAMES[match.group()], one)
        value = try_date_parse_sql("text", form)
        same = " or ".join(f"{value} = {try_date_parse_sql('text', other)}" for other in found)
        wrong, others = database.execute(
            f"select count(*) filter (coalesce(year({value}), 0) < {_MIN_YEAR}), "  # noqa: S608 - quoted
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
