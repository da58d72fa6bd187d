"""Translates literal formats and patterns for DuckDB.

Regular expressions: Trino uses Java's (Joni), DuckDB RE2's; anything that differs is refused.
Formats of date_parse and date_format: "MySQL date functions" in Trino's documentation.
"""

from __future__ import annotations

import calendar
import re

from local.standins.database import literal
from local.standins.errors import UserError

_BLANKS = r"\t\n\v\f\r "
_NOT_HERE = (
    (r"\(\?[<=!>]", "a group that looks around, has a name or does not go back"),
    (r"\\[1-9k]", "a reference to a group"),
    (r"\\[bBGZRhHvVXpP]", "one of \\b \\B \\G \\Z \\R \\h \\v \\X \\p"),
    (r"[*+?}]\+", "a possessive quantifier"),
    (r"&&", "an intersection of classes"),
    (r"\[[^\]]*\[", "a class in a class"),
    (r"\[[^\]]*\\[SWD]", "a negated class in a class"),
    (r"\(\?[a-z-]*[xdum]", "a flag other than i and s"),
)  # fmt: skip

# Specifiers of date_format that differ in strftime.
_TO_STRFTIME = {
    "c": "%-m", "e": "%-d", "f": "%g000", "h": "%I", "i": "%M", "k": "%-H", "l": "%-I", "M": "%B",
    "r": "%I:%M:%S %p", "s": "%S", "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G",
    **{same: f"%{same}" for same in "abdHIjmpSYy"}, "%": "%%",
}  # fmt: skip
_NO_FORMAT = "DUuVwX"
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_TWO = r"\d{1,2}"
# Specifiers of date_parse, with the field that each sets and its pattern.
_FIELDS = {
    "Y": ("year", r"\d{1,4}"), "y": ("short_year", r"\d{2}"), "m": ("month", _TWO),
    "c": ("month", _TWO), "d": ("day", _TWO), "e": ("day", _TWO), "H": ("hour", _TWO),
    "k": ("hour", _TWO), "h": ("half_hour", _TWO), "I": ("half_hour", _TWO),
    "l": ("half_hour", _TWO), "i": ("minute", _TWO), "s": ("second", _TWO), "S": ("second", _TWO),
    "f": ("fraction", r"\d{1,9}"), "p": ("half", "(?i:[ap]m)"),
    "b": ("month_name", "(?i:" + "|".join(month[:3] for month in _MONTHS) + ")"),
    "M": ("month_name", "(?i:" + "|".join(_MONTHS) + ")"),
}  # fmt: skip
_SHORTHANDS = {"T": "%H:%i:%S", "r": "%h:%i:%S %p"}


def pattern_sql(pattern: str) -> str:
    """A regular expression for DuckDB.

    Raises:
        UserError: Trino and DuckDB would match different texts.
    """
    for form, name in _NOT_HERE:
        if re.search(form, re.sub(r"\\\\", "", pattern)):
            raise UserError(f"a regular expression with {name}")
    return literal(_with_java_blanks(pattern))


def _with_java_blanks(pattern: str) -> str:
    """Expands a class's blanks, because RE2's lack the vertical tab."""
    parts, inside, position = [], False, 0
    while position < len(pattern):
        one = pattern[position]
        two = pattern[position : position + 2]
        if one == "\\":
            blank = {"\\s": _BLANKS if inside else f"[{_BLANKS}]", "\\S": f"[^{_BLANKS}]"}
            parts.append(blank.get(two, two))
            position += 2
            continue
        inside = (one == "[") or (inside and one != "]")
        parts.append(one)
        position += 1
    return "".join(parts)


def has_end_anchor(pattern: str) -> bool:
    """Whether it has `$`, which also matches before a final line break in Trino."""
    return "$" in re.sub(r"\\.", "", pattern)


def may_match_nothing(pattern: str) -> bool:
    """Whether empty text matches, which Trino and DuckDB replace and count differently."""
    try:
        return re.search(pattern, "") is not None
    except re.error:
        return True


def _plain(pattern: str) -> str:
    """A pattern without escapes and classes."""
    return re.sub(r"\[[^\]]*\]", "", re.sub(r"\\.", "", pattern))


def groups(pattern: str) -> int:
    """Number of capturing groups."""
    return len(re.findall(r"\((?!\?)", _plain(pattern)))


def may_skip_a_group(pattern: str) -> bool:
    """Whether a match may omit a group, which is then null, not empty."""
    return bool(re.search(r"\)[?*]|\)\{0|\|", _plain(pattern)))


def replacement_sql(text: str, count: int) -> str:
    """A replacement, with $1 in DuckDB's form.

    Raises:
        UserError: It is not supported here.
    """

    def translated(match: re.Match[str]) -> str:
        escaped, digit, another = match.groups()
        if escaped is not None:
            return "\\\\" if escaped == "\\" else escaped
        if not digit or another:
            raise UserError("a replacement with $ and no single digit")
        if int(digit) > count:
            raise UserError(f"a replacement with the missing group ${digit}")
        return f"\\{digit}"

    return literal(re.sub(r"(?s)\\(.?)|\$(\d?)(\d?)", translated, text))


def _split_format(text: str) -> list[str]:
    for letter, long in _SHORTHANDS.items():
        text = re.sub(rf"(?<!%)%{letter}", long, text)
    return re.findall(r"%.|[^%]+|%$", text, re.DOTALL)


def date_format_sql(moment: str, text: str) -> str:
    """SQL of date_format(moment, text).

    Raises:
        UserError: A specifier that Trino does not support.
    """
    result = ""
    for part in _split_format(text):
        letter = part[1:] if part.startswith("%") else ""
        if letter and letter in _NO_FORMAT:
            raise UserError(f"%{letter} not supported in date format string")
        result += _TO_STRFTIME.get(letter, letter) if letter else part
    return f"strftime({moment}, {literal(result)})"


def date_parse_sql(value: str, text: str) -> str:
    """SQL of date_parse(value, text).

    Raises:
        UserError: A specifier is not supported here, or is given twice.
    """
    pattern, fields = _date_fields(text)
    return _moment(f"trino.date_parts({value}, {literal(pattern)})", pattern, fields)


def try_date_parse_sql(value: str, text: str) -> str:
    """SQL of date_parse(value, text), or null if that fails."""
    pattern, fields = _date_fields(text)
    matches = f"regexp_full_match({value}, {literal(pattern)})"
    return f"case when {matches} then try({_moment(value, pattern, fields)}) end"


def _date_fields(text: str) -> tuple[str, list[str]]:
    """The regular expression of a format, and the field of each group."""
    pattern, fields = "", []
    for part in _split_format(text):
        if not part.startswith("%") or part == "%%":
            pattern += re.escape(part[-1] if part == "%%" else part)
            continue
        if part[1:] not in _FIELDS:
            raise UserError(f"{part} in date_parse")
        field, form = _FIELDS[part[1:]]
        if field in fields:
            raise UserError(f"a field twice in the format {text!r} of date_parse")
        fields.append(field)
        pattern += f"({form})"
    if "half_hour" in fields and "half" not in fields:
        raise UserError("an hour of twelve without %p in date_parse")
    return pattern, fields


def _moment(value: str, pattern: str, fields: list[str]) -> str:
    texts = {
        field: f"regexp_extract({value}, {literal(pattern)}, {number})"
        for number, field in enumerate(fields, start=1)
    }
    return f"make_timestamp({', '.join(_components(texts))})"


def _components(part: dict[str, str]) -> list[str]:
    def number(field: str, default: str) -> str:
        return f"cast({part[field]} as bigint)" if field in part else default

    year = number("year", "1970")
    if "short_year" in part:
        short = number("short_year", "")
        year = f"({short} + case when {short} >= 70 then 1900 else 2000 end)"
    month = number("month", "1")
    if "month_name" in part:
        names = ", ".join(literal(name[:3]) for name in _MONTHS)
        month = f"list_position([{names}], lower({part['month_name']})[:3])"
    # DuckDB accepts 24:00 and 60 seconds; Trino's hours are 0 to 23, or 1 to 12, and seconds to 59.
    # Source: trino's DateTimeFunctions (appendHourOfDay, appendClockhourOfHalfday) with Joda-Time.
    hour = f"({number('hour', '0')} + {number('hour', '0')} // 24)"
    if "half_hour" in part:
        half_hour = number("half_hour", "")
        half = f"case when lower({part['half']}) = 'pm' then 12 else 0 end"
        hour = f"case when {half_hour} between 1 and 12 then {half_hour} % 12 + {half} else 99 end"
    seconds = f"({number('second', '0')} + {number('second', '0')} // 60)::double"
    if "fraction" in part:
        thousandths = f"cast(left(rpad({part['fraction']}, 3, '0'), 3) as integer)"
        seconds = f"({seconds} + {thousandths} / 1000e0)"
    return [year, month, number("day", "1"), hour, number("minute", "0"), seconds]
