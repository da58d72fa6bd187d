"""Parses dates and timestamps in text, and their parts, like Athena.

Sources: Trino's documentation, "MySQL date functions" (date_parse) and "Date and time functions
and operators".
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime

_MONTHS = [name.lower() for name in calendar.month_name[1:]]
_TWO = r"\d{1,2}"
_FIELDS = {
    "Y": ("year", r"\d{1,4}"),
    "y": ("short_year", r"\d{2}"),
    "m": ("month", _TWO),
    "c": ("month", _TWO),
    "b": ("month_name", "|".join(month[:3] for month in _MONTHS)),
    "M": ("month_name", "|".join(_MONTHS)),
    "d": ("day", _TWO),
    "e": ("day", _TWO),
    "H": ("hour", _TWO),
    "k": ("hour", _TWO),
    "h": ("half_hour", _TWO),
    "I": ("half_hour", _TWO),
    "l": ("half_hour", _TWO),
    "p": ("half", "am|pm"),
    "i": ("minute", _TWO),
    "s": ("second", _TWO),
    "S": ("second", _TWO),
    "f": ("fraction", r"\d{1,9}"),
}
_SHORTHANDS = {"%T": "%H:%i:%S", "%r": "%h:%i:%S %p"}
_DATE = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_TIME = r"[ T](?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.\d{1,9})?)?"
_EPOCH = date(1970, 1, 1).toordinal()

PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda one: one.year,
    "quarter": lambda one: (one.month + 2) // 3,
    "month": lambda one: one.month,
    "week": lambda one: one.isocalendar().week,
    "dayOfMonth": lambda one: one.day,
    "dayOfWeek": lambda one: one.isoweekday(),
    "dayOfYear": lambda one: one.timetuple().tm_yday,
    "hour": lambda one: one.hour,
    "minute": lambda one: one.minute,
    "minuteOfDay": lambda one: one.hour * 60 + one.minute,
    "daysSinceEpoch": lambda one: one.toordinal() - _EPOCH,
}
"""Parts of a date or timestamp, by their names in the stack's configuration."""


class DateReader:
    """Parses the dates or timestamps of a column.

    Args:
        pattern: its groups are named after the fields that they hold.
        expected: describes valid text, for messages.
    """

    def __init__(self, pattern: str, expected: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII | re.IGNORECASE)
        self.expected = expected

    def __call__(self, text: str) -> datetime | None:
        """Parse a text; None if it is not a valid date of this form."""
        match = self._pattern.fullmatch(text.strip(" "))
        if match is None:
            return None
        found = match.groupdict()
        year = int(found.get("year") or 1970)
        if "short_year" in found:
            short = int(found["short_year"])
            year = short + (1900 if short >= 70 else 2000)
        month = int(found.get("month") or 1)
        if "month_name" in found:
            name = found["month_name"].lower()[:3]
            month = next(i for i, one in enumerate(_MONTHS, 1) if one.startswith(name))
        hour = int(found.get("hour") or 0)
        if "half_hour" in found:
            half_hour = int(found["half_hour"])
            if not 1 <= half_hour <= 12:
                return None
            hour = half_hour % 12 + (12 if found["half"].lower() == "pm" else 0)
        minute, second = int(found.get("minute") or 0), int(found.get("second") or 0)
        try:
            return datetime(year, month, int(found.get("day") or 1), hour, minute, second)
        except ValueError:
            return None


def date_reader(kind: str, date_format: str | None) -> DateReader:
    """Return a reader of dates, timestamps, or text in a format of date_parse.

    Raises:
        ValueError: the format has an unknown specifier, or one twice.
    """
    if date_format is None:
        if kind == "date":
            return DateReader(_DATE, "a date such as 2024-01-31")
        return DateReader(f"{_DATE}({_TIME})?", "a time such as 2024-01-31 23:59:59")
    text = re.sub("%[Tr]", lambda match: _SHORTHANDS[match[0]], date_format)
    pattern = ""
    for part in re.findall("%.?|[^%]+", text, re.DOTALL):
        if not part.startswith("%"):
            pattern += re.escape(part)
        elif part == "%%":
            pattern += "%"
        elif part[1:] in _FIELDS:
            field, form = _FIELDS[part[1:]]
            pattern += f"(?P<{field}>{form})"
        else:
            raise ValueError(f"the date format {date_format!r} has the unknown specifier {part}")
    try:
        return DateReader(pattern, f"in the form {date_format}")
    except re.error as error:
        raise ValueError(f"the date format {date_format!r}: {error}") from None
