"""Chooses the columns to train on, and possible targets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.standins.database import Database, quote
from local.table_profile.text_columns import TextColumn

MAX_LABELS = 50
_MAX_RANKED = 100_000
_COPY = 0.9999
_MIN_TARGET_VALUES = 3
_ID_NAME = re.compile(
    r"(?:.*_)?(?:id|uuid|guid|key)|index|row(?:_?(?:no|num|number|id))?|unnamed.*|c1"
)
# A number so named is no quantity, even if some rows share it.
_SHARED_ID_NAME = re.compile(r"(?:.*_)?(?:id|uuid|guid)")
# Of a row a year, years are consecutive too, but they are times.
_YEAR_NAME = re.compile(r"(?:.*_)?(?:year|yr|jahr)(?:_.*)?")
_TARGET_NAMES = (
    *(r"target|label|y|outcome|response", r".*(?:price|value|salary|wage|rent|revenue|cost)s?"),
    r".*(?:sales|amount|charges|total|score|rating|demand|consumption|count|strength|quality)",
)
_PLAIN_WORDS = {"yes", "no", "y", "n", "t", "f"}
_TIMES = ("date", "timestamp")
_WHOLE = ("tinyint", "smallint", "int", "bigint")


@dataclass(frozen=True)
class Column:
    """A column and its values, as text.

    Attributes:
        name: In the table.
        header: In the file, if any.
        type: Its Glue type.
        missing: Number of rows without a value.
        low: The min value; empty for text.
        middle: The median, as an example.
        labels: The values of text, if there are few, and one-hot encoding can tell them apart.
        is_counter: Whether it has consecutive whole numbers, each once.
        is_time: Whether it has times that are text for Athena.
        is_code: Whether it has digits with leading zeros, so it is text.
        date_format: Of dates, for Athena's date_parse.
    """

    name: str
    header: str | None
    type: str
    missing: int
    distinct: int
    low: str
    high: str
    middle: str
    labels: tuple[str, ...]
    is_counter: bool
    is_time: bool
    is_code: bool
    date_format: str | None
    remark: str

    @property
    def kind(self) -> str:
        """The type's name without arguments."""
        return self.type.partition("(")[0]

    @property
    def words(self) -> str:
        """The name, with words that the header only separates by case, such as CustomerId."""
        separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.header or "")
        words = re.sub(r"[^a-z0-9]+", "_", separated.lower()).strip("_")
        return words if words.replace("_", "") == self.name.replace("_", "") else self.name

    @property
    def is_text(self) -> bool:
        """Whether it has text."""
        return self.kind in ("string", "char", "varchar")

    @property
    def is_number(self) -> bool:
        """Whether it has numbers."""
        return not self.is_text and self.kind not in (*_TIMES, "boolean")


def describe(
    database: Database,
    name: str,
    kind: str,
    header: str | None = None,
    found: TextColumn | None = None,
    remark: str = "",
) -> Column:
    """Describes a column of the relation `typed`, which has dates if text has their format."""
    text = quote(name)
    date_format = found.date_format if found else None
    is_text = kind.partition("(")[0] in ("string", "char", "varchar") and date_format is None
    is_whole = kind in _WHOLE
    bounds = "'', '', ''"
    if not is_text and kind != "boolean":
        bounds = (
            f"cast(min({text}) as varchar), cast(max({text}) as varchar), "
            f"cast(quantile_disc({text}, 0.5) as varchar)"
        )
    known = f"count({text})" if not is_text else f"count(nullif({text}, ''))"
    span = f"max({text})::hugeint - min({text})" if is_whole else "-1"
    rows, present, distinct, low, high, middle, width = database.execute(
        f"select count(*), {known}, count(distinct {text}), {bounds}, {span} from typed"  # noqa: S608 - quoted
    ).fetchall()[0]
    labels: tuple[str, ...] = ()
    twins = _twins(name, database) if is_text and distinct <= MAX_LABELS else None
    if twins:
        remark = remark or twins
    elif is_text and distinct <= MAX_LABELS:
        labels = tuple(
            str(one)
            for (one,) in database.execute(
                f"select {text} from typed where {text} <> '' group by 1 order by count(*) desc, 1"  # noqa: S608 - quoted
            ).fetchall()
        )
    return Column(
        name=name,
        header=header,
        type=kind,
        missing=int(rows - present),
        distinct=int(distinct),
        low=_text(low),
        high=_text(high),
        middle=_text(middle),
        labels=labels,
        # Rows that occur twice have the same number.
        is_counter=present == rows and width == distinct - 1 and 10 * distinct >= 9 * rows,
        is_time=found is not None and found.time_format is not None,
        is_code=found is not None and found.is_code,
        date_format=date_format,
        remark=remark,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def reason_to_drop(column: Column, rows: int) -> str | None:
    """Why a column is not a feature, whatever the target is; None if it may be one."""
    present = rows - column.missing
    if column.distinct == 0 or present == 0:
        return "it has no values"
    if column.distinct == 1 and column.missing == 0:
        return "all rows have the same value"
    if column.kind in _TIMES or column.date_format is not None:
        return None
    if column.is_time:
        return column.remark
    is_unique = column.distinct == present and present > MAX_LABELS // 2
    also = f"; {column.remark}" if column.remark else ""
    if is_unique and (column.is_text or _ID_NAME.fullmatch(column.words)):
        return f"it identifies rows: each value occurs once{also}"
    if column.is_counter and not _YEAR_NAME.fullmatch(column.name):
        return "it numbers the rows"
    is_many = column.distinct * 2 > rows
    if is_many and column.kind in _WHOLE and _SHARED_ID_NAME.fullmatch(column.words):
        return f"named like an id: {column.distinct:,} different values in {rows:,} rows"
    if not column.is_text:
        return None
    if is_many:
        return f"too many labels: {column.distinct:,} different values in {rows:,} rows{also}"
    if column.distinct > MAX_LABELS:
        # Numbers with exceptions; other text is target encoded.
        return None if column.is_code else column.remark or None
    return None


def _twins(name: str, database: Database) -> str | None:
    """Labels that are equal to one-hot encoding; see standins/athena/labels.py."""
    text = quote(name)
    twins = database.execute(
        f"select min({text}), max({text}) from (select distinct {text} from typed) "  # noqa: S608 - quoted
        f"where {text} <> '' group by lower(trim({text})) having count(*) > 1 limit 1"
    ).fetchall()
    return (
        f"the labels '{twins[0][0]}' and '{twins[0][1]}' differ only by case or blanks"
        if twins
        else None
    )


def copies_of(target: str, columns: Sequence[Column], database: Database) -> dict[str, str]:
    """Numeric columns that order rows like the target, with the reason to drop each."""
    found = {}
    for column in columns:
        if column.name == target or not column.is_number or column.distinct < _MIN_TARGET_VALUES:
            continue
        one, other = quote(column.name), quote(target)
        pairs = (
            f"(select {one} as a, {other} as b from typed "  # noqa: S608 - quoted
            f"where a is not null and b is not null limit {_MAX_RANKED})"
        )
        (likeness,) = database.execute(
            "select corr(a, b) from (select rank() over (order by a) as a, "  # noqa: S608 - quoted
            f"rank() over (order by b) as b from {pairs})"
        ).fetchall()[0]
        if likeness is not None and abs(likeness) > _COPY:
            found[column.name] = f"it gives {target} away: their rank correlation is {likeness:.4f}"
    return found


def likely_targets(columns: Sequence[Column], rows: int) -> list[str]:
    """Possible targets, most likely first."""
    possible = [
        column
        for column in columns
        if column.is_number
        and column.distinct >= _MIN_TARGET_VALUES
        and column.missing * 2 < rows
        and not column.is_counter
        and not (column.distinct == rows and _ID_NAME.fullmatch(column.words))
    ]

    def likelihood(column: Column) -> int:
        known = [
            place for place, form in enumerate(_TARGET_NAMES) if re.fullmatch(form, column.name)
        ]
        return known[0] if known else len(_TARGET_NAMES)

    ranked = sorted(enumerate(possible), key=lambda one: (likelihood(one[1]), -one[0]))
    return [column.name for _, column in ranked]


def plain_booleans(columns: Sequence[Column]) -> list[str]:
    """Columns of yes and no, which Athena reads as text: its booleans are true and false."""
    return [
        column.name
        for column in columns
        if column.labels and {label.lower() for label in column.labels} <= _PLAIN_WORDS
    ]
