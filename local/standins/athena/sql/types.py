"""The supported types of Trino, and their implicit conversions.

Conversions: TypeCoercion.java of trinodb/trino. Types have no length of varchar: only a cast, which
truncates, depends on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.standins.errors import UserError

_PATTERN = re.compile(r"([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( with time zone)?")
_INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
INTEGERS = tuple(_INTEGER_DIGITS)
_NUMBERS = (*INTEGERS, "decimal", "real", "double")
_PLAIN = ("boolean", *INTEGERS, "real", "double", "date", "unknown")
_DUCKDB = {
    "unknown": "integer", "varchar": "varchar", "char": "varchar", "timestamp": "timestamp",
    "timestamp with time zone": "timestamp", "real": "float",
}  # fmt: skip
MAXIMUM_DIGITS = 38
_MICROSECONDS = 6


@dataclass(frozen=True)
class Type:
    """A type.

    Attributes:
        base: Its name, without parentheses.
        size: Digits of a decimal, length of a char (0 if unknown), or precision of a timestamp.
        scale: Of a decimal.
        element: Of an array.
    """

    base: str
    size: int = 0
    scale: int = 0
    element: Type | None = None

    def __str__(self) -> str:
        """The type as in Trino's typeof."""
        if self.base == "decimal":
            return f"decimal({self.size},{self.scale})"
        if self.base == "char":
            return f"char({self.size})" if self.size else "char"
        if self.base.startswith("timestamp"):
            return f"timestamp({self.size}){self.base[len('timestamp') :]}"
        return f"array({self.element})" if self.base == "array" else self.base

    @property
    def is_number(self) -> bool:
        """Whether it can be added and multiplied."""
        return self.base in _NUMBERS

    @property
    def is_integer(self) -> bool:
        """Whether it is one of the four integer types."""
        return self.base in INTEGERS

    @property
    def is_float(self) -> bool:
        """Whether it has NaN and infinities."""
        return self.base in ("real", "double")

    @property
    def is_text(self) -> bool:
        """Whether it is varchar or char."""
        return self.base in ("varchar", "char")

    @property
    def is_moment(self) -> bool:
        """Whether it is a date or a timestamp."""
        return self.base == "date" or self.is_timestamp

    @property
    def is_timestamp(self) -> bool:
        """Whether it is a timestamp, with or without a time zone."""
        return self.base.startswith("timestamp")

    @property
    def sql(self) -> str:
        """The type in DuckDB. All time zones are UTC, so timestamps have none."""
        if self.base == "array":
            return f"{self.element.sql if self.element else 'integer'}[]"
        if self.base == "decimal":
            return str(self)
        return _DUCKDB.get(self.base, self.base)


BOOLEAN, INTEGER, BIGINT = Type("boolean"), Type("integer"), Type("bigint")
DOUBLE, VARCHAR, DATE, UNKNOWN = Type("double"), Type("varchar"), Type("date"), Type("unknown")
DAYS, MONTHS = Type("interval day to second"), Type("interval year to month")
INTERVAL_TYPES = (DAYS, MONTHS)


def decimal(digits: int, scale: int) -> Type:
    """The decimal type, limited to the max digits."""
    return Type("decimal", min(digits, MAXIMUM_DIGITS), scale)


def array(element: Type) -> Type:
    """The array type."""
    return Type("array", element=element)


def parse_type(name: str) -> Type | None:
    """Parses a type from the parser or a Glue table; None if Trino does not have it.

    Raises:
        UserError: Trino or the local run does not support the type's size.
    """
    if name.startswith("array(") and name.endswith(")"):
        element = parse_type(name[len("array(") : -1])
        return element and array(element)
    match = _PATTERN.fullmatch(name)
    if match is None:
        return None
    base, size, scale, zone = match.groups()
    base = {"int": "integer"}.get(base, base)
    if base in _PLAIN and base != "unknown" and size is None and not zone:
        return Type(base)
    if base == "varchar" and scale is None and not zone:
        return Type("varchar", int(size)) if size else VARCHAR
    if base == "char" and scale is None and not zone:
        return Type("char", int(size or 1))
    if base == "decimal" and not zone:
        return _decimal(int(size or MAXIMUM_DIGITS), int(scale or 0))
    if base == "timestamp" and scale is None:
        return _timestamp(3 if size is None else int(size), zone or "")
    return None


def _decimal(digits: int, scale: int) -> Type:
    if not 1 <= digits <= MAXIMUM_DIGITS or scale > digits:
        raise UserError(
            f"decimal({digits},{scale}): allowed are 1 to {MAXIMUM_DIGITS} digits, "
            "and a scale of at most as many"
        )
    return Type("decimal", digits, scale)


def _timestamp(precision: int, zone: str) -> Type:
    if precision > _MICROSECONDS:
        raise UserError(
            f"timestamp({precision}) is not available here: microseconds are the finest"
        )
    return Type("timestamp" + zone, precision)


def as_decimal(kind: Type) -> Type:
    """The decimal type for all values of an integer type; a decimal type is returned as it is."""
    return kind if kind.base == "decimal" else Type("decimal", _INTEGER_DIGITS[kind.base], 0)


def common_type(left: Type, right: Type) -> Type | None:
    """The type that both convert to implicitly; None if there is none."""
    if left == right or right.base == "unknown":
        return left
    if left.base == "unknown":
        return right
    if left.is_number and right.is_number:
        return _common_number(left, right)
    if left.is_text and right.is_text:
        return _common_text(left, right)
    if left.is_moment and right.is_moment:
        # Of date, timestamp, and timestamp with time zone.
        return Type(max(left.base, right.base), max(left.size, right.size))
    if left.base == right.base == "array" and left.element and right.element:
        element = common_type(left.element, right.element)
        return element and array(element)
    return None


def _common_number(left: Type, right: Type) -> Type:
    if left.is_float or right.is_float or (left.is_integer and right.is_integer):
        return max(left, right, key=lambda kind: _NUMBERS.index(kind.base))
    one, other = as_decimal(left), as_decimal(right)
    scale = max(one.scale, other.scale)
    return decimal(max(one.size - one.scale, other.size - other.scale) + scale, scale)


def _common_text(left: Type, right: Type) -> Type:
    if left.base == right.base == "varchar":
        return VARCHAR
    # A varchar becomes a char, which ignores trailing blanks, of unknown length.
    known = left.base == right.base
    return Type("char", max(left.size, right.size) if known and left.size and right.size else 0)


def converts(given: Type, wanted: Type) -> bool:
    """Whether a value of the given type implicitly converts to the wanted one."""
    return given.base == wanted.base == "varchar" or common_type(given, wanted) == wanted
