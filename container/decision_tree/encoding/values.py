"""Parses values like Athena, by their Glue types; a missing value is None."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TypeAlias

import numpy as np

from decision_tree.encoding.dates import DateReader, date_reader

Value: TypeAlias = int | float | str

BLANKS = "".join(map(chr, range(33)))
"""Spark trims these when it writes CSV."""

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_FLOATS = ("float", "double")
_TEXTS = ("string", "varchar", "char")
_MOMENTS = ("date", "timestamp")
_TYPE = re.compile(r"([a-z]+)(?:\((\d+)(?:,(\d+))?\))?")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BOOLEANS = {"true": 1, "false": 0}


class ValueProblem(Exception):  # noqa: N818 - of one value, which the row's error names
    """The problem with a value, without the value."""


@dataclass(frozen=True)
class Form:
    """How a table's files write values.

    Attributes:
        null_texts: missing values, in addition to empty text.
        decimal: decimal separator.
        thousands: thousands separator; may be empty.
    """

    null_texts: frozenset[str]
    decimal: str
    thousands: str

    def number(self, text: str) -> str:
        """Return a number in the form of Athena's casts."""
        text = text.strip(BLANKS)
        if self.thousands:
            group = re.escape(self.thousands)
            form = rf"[+-]?\d{{1,3}}({group}\d{{3}})+([^\d{group}][^{group}]*)?"
            if re.fullmatch(form, text, re.ASCII):
                text = text.replace(self.thousands, "")
        if self.decimal != ".":
            text = "?" if "." in text else text.replace(self.decimal, ".")
        return text


def reader(type_name: str, form: Form, date_format: str | None) -> Callable[[object], object]:
    """Return a function that parses a column's values, which are text or JSON values.

    Raises:
        ValueError: the type does not exist.
    """
    match = _TYPE.fullmatch(type_name)
    kind = match[1] if match else ""
    if date_format is not None or kind in _MOMENTS:
        read = date_reader(kind, date_format)
        return lambda value: _moment(value, form, read)
    if kind in _TEXTS:
        length = int(match[2]) if match and match[2] else None
        return lambda value: _text(value, form, length)
    if kind == "boolean":
        return lambda value: _boolean(value, form)
    if kind in _BITS:
        return lambda value: _integer(value, form, _BITS[kind])
    if kind == "decimal" and match and match[2]:
        precision, scale = int(match[2]), int(match[3] or 0)
        return lambda value: _decimal(value, form, precision, scale)
    if kind in _FLOATS:
        return lambda value: _float(value, form, is_single=kind == "float")
    raise ValueError(f"unknown type {type_name!r}")


def _is_missing(value: object, form: Form) -> bool:
    return value is None or (isinstance(value, str) and (not value or value in form.null_texts))


def _text(value: object, form: Form, length: int | None) -> str | None:
    if _is_missing(value, form):
        return None
    if not isinstance(value, str):
        raise ValueProblem("must be text, in quotes")
    return value[:length].strip(BLANKS) or None


def _moment(value: object, form: Form, read: DateReader) -> object:
    if _is_missing(value, form):
        return None
    found = read(value) if isinstance(value, str) else None
    if found is None:
        raise ValueProblem(f"must be {read.expected}")
    return found


def _boolean(value: object, form: Form) -> int | None:
    if _is_missing(value, form):
        return None
    if isinstance(value, bool):
        return int(value)
    found = _BOOLEANS.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise ValueProblem("must be true or false")
    return found


def _integer(value: object, form: Form, bits: int) -> int | None:
    if _is_missing(value, form):
        return None
    number = value
    if isinstance(value, str):
        text = form.number(value)
        number = int(text[:40]) if _INTEGER.fullmatch(text) else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueProblem("must be a whole number")
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueProblem(f"must fit {bits} bits")
    return number


def _number_text(value: object, form: Form) -> str:
    """The text of a number that is not missing."""
    if isinstance(value, str):
        text = form.number(value)
        if text.lower() != "nan" and _NUMBER.fullmatch(text):
            return text
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return repr(value)
    raise ValueProblem("must be a number")


def _is_nan(value: object) -> bool:
    return (isinstance(value, float) and math.isnan(value)) or (
        isinstance(value, str) and value.strip(BLANKS) == "NaN"
    )


def _decimal(value: object, form: Form, precision: int, scale: int) -> float | None:
    if _is_missing(value, form):
        return None
    exact = Decimal(_number_text(value, form))
    if exact.adjusted() >= precision - scale and exact:
        raise ValueProblem(f"must fit decimal({precision},{scale})")
    context = Context(prec=precision + 2, rounding=ROUND_HALF_UP)
    rounded = exact.quantize(Decimal(1).scaleb(-scale), context=context)
    if rounded and rounded.adjusted() >= precision - scale:
        raise ValueProblem(f"must fit decimal({precision},{scale})")
    return float(rounded)


def _float(value: object, form: Form, *, is_single: bool) -> float | None:
    if _is_missing(value, form) or _is_nan(value):
        return None
    number = float(_number_text(value, form))
    with np.errstate(over="ignore"):
        single = np.float32(number)
    if not np.isfinite(single):
        raise ValueProblem("must fit float32")
    return float(single) if is_single else number
