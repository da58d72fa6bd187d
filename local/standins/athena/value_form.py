"""The form of values in text files: missing values, and separators in numbers.

pipeline/query.ts and pipeline/dataFiles/values.ts handle the same forms; a shared table of values
tests all three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local.standins.athena.tables import INTEGERS, ColumnType
from local.standins.database import literal

_NUMBERS = (*INTEGERS, "float", "double", "decimal")


@dataclass(frozen=True)
class ValueForm:
    """The form of a table's values.

    Attributes:
        null_texts: Missing values, in addition to empty text of types other than text.
        thousands: Thousands separator; may be empty.
        decimal: Decimal separator.
    """

    null_texts: tuple[str, ...] = ()
    thousands: str = ""
    decimal: str = "."

    def parse(self, column_type: ColumnType, text: str) -> str:
        """An SQL expression that is null if the SQL expression `text` is not of the type."""
        if column_type.kind not in _NUMBERS:
            return column_type.parse(text)
        number = text
        if self.thousands:
            group = re.escape(self.thousands)
            form = rf"[+-]?\d{{1,3}}({group}\d{{3}})+([^\d{group}][^{group}]*)?"
            number = (
                f"case when regexp_full_match({text}, {literal(form)}) "
                f"then replace({text}, {literal(self.thousands)}, '') else {text} end"
            )
        if self.decimal != ".":
            number = (
                f"case when contains({number}, '.') then '?' "
                f"else replace({number}, {literal(self.decimal)}, '.') end"
            )
        return column_type.parse(f"({number})" if number != text else text)

    def is_missing(self, column_type: ColumnType, text: str) -> str:
        """An SQL condition of a text that means a missing value."""
        empty = () if column_type.is_text else ("",)
        nulls = ", ".join(map(literal, dict.fromkeys([*empty, *self.null_texts])))
        return f"({text} in ({nulls}))" if nulls else "false"


def parse_form(fields: dict[str, Any] | None) -> ValueForm:
    """Reads a form from a request: {"nullTexts"?, "thousands"?, "decimal"?}."""
    given = fields or {}
    return ValueForm(
        tuple(map(str, given.get("nullTexts") or ())),
        str(given.get("thousands") or ""),
        str(given.get("decimal") or "."),
    )
