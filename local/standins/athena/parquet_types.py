"""The stored types of Parquet that Athena can read as a Glue type.

The pairs are in pipeline/dataFiles/parquetTypes.json, which the check at preview reads too.
Source: trino's ColumnReaderFactory (lib/trino-parquet). Other pairs fail with HIVE_BAD_DATA.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from local.standins.database import Database

_ACCEPTED: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).parents[3].joinpath("pipeline/dataFiles/parquetTypes.json").read_text("utf-8")
)
_MAX_SHORT_PRECISION = 18
_MEANINGS = (
    (re.compile(r"UTF8|StringType|ENUM|EnumType|JSON|JsonType"), "text"),
    (re.compile(r"U?INT_\d+|IntType"), "integer"),
    (re.compile(r"TIMESTAMP|TimestampType"), "timestamp"),
    (re.compile(r"DATE|DateType"), "date"),
)


@dataclass(frozen=True)
class StoredColumn:
    """A top-level column of a Parquet file.

    Attributes:
        physical: The physical type; empty for groups, such as lists.
        meaning: The meaning of values, in the terms of parquetTypes.json.
        text: The type for messages.
        unit: Of timestamps: ms, us or ns.
        is_utc: Whether timestamps are instants, not local times.
    """

    physical: str
    meaning: str
    text: str
    unit: str = "us"
    is_utc: bool = False


def stored_columns(path: Path, database: Database) -> dict[str, StoredColumn]:
    """The columns of a file by name in lower case, like Athena's."""
    rows = database.execute(
        "select name, type, num_children, converted_type, logical_type, scale, precision "
        "from parquet_schema($file)",
        {"file": str(path)},
    ).fetchall()
    columns: dict[str, StoredColumn] = {}
    inside = 0
    for name, physical, children, converted, logical, scale, precision in rows[1:]:
        if inside == 0:
            annotation = str(converted or logical or "")
            columns[str(name).lower()] = _column(
                physical, annotation, str(logical), scale, precision
            )
        inside = max(inside - 1, 0) + int(children or 0)
    return columns


def _column(
    physical: str | None, annotation: str, logical: str, scale: int | None, precision: int | None
) -> StoredColumn:
    if physical is None or not annotation:
        return StoredColumn(physical or "", "none", physical or annotation or "a group of columns")
    if annotation.startswith(("DECIMAL", "DecimalType")):
        whole = not scale and int(precision or 0) <= _MAX_SHORT_PRECISION
        text = f"{physical} (DECIMAL({precision},{scale}))"
        return StoredColumn(physical, "whole decimal" if whole else "decimal", text)
    meaning = next((word for form, word in _MEANINGS if form.match(annotation)), "other")
    unit = "ms" if "MILLIS" in annotation or "MILLIS=Milli" in logical else "us"
    unit = "ns" if "NANOS=Nano" in logical else unit
    text = f"{physical} ({annotation.partition('(')[0]})"
    return StoredColumn(physical, meaning, text, unit, "isAdjustedToUTC=1" in logical)


def is_accepted(kind: str, precision: int, column: StoredColumn) -> bool:
    """Whether Athena reads a stored column as a Glue type; `kind` is its name without arguments."""
    families = {"string": "text", "varchar": "text", "char": "text"}
    if kind in ("tinyint", "smallint", "int", "integer"):
        family = "integer"
    elif kind == "decimal":
        family = "short decimal" if precision <= _MAX_SHORT_PRECISION else "long decimal"
    else:
        family = families.get(kind, kind)
    return column.meaning in _ACCEPTED[family].get(column.physical, [])
