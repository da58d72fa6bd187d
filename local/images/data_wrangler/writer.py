"""Writes a frame as Data Wrangler's output: one part file, csv as Spark's writer prints it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from local.images.data_wrangler.errors import UserError
from local.images.data_wrangler.frame import Frame
from local.services.database import literal, quote

CONTENT_TYPES = ("CSV", "PARQUET")
_CSV = "format csv, header false, delimiter ',', quote '\"', escape '\"', nullstr ''"
_PARQUET = "format parquet, compression snappy, row_group_size 122880"
_TEXTS = {
    "string": "spark_csv_trim({})",
    "vector": "{}",
    "float": "java_text({})",
    "double": "java_text({})",
    "date": "date_text({})",
    "timestamp": "strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')",
}


def write_output(
    database: duckdb.DuckDBPyConnection, frame: Frame, folder: Path, content_type: str, part: str
) -> None:
    """Writes the frame; the file appears when it is whole.

    Args:
        database: Runs the frame's query.
        frame: What to write.
        folder: Made if it is not there.
        content_type: One of CONTENT_TYPES.
        part: The part file's name without its suffix.

    Raises:
        UserError: Parquet cannot have such column names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if content_type == "CSV":
        query, options, suffix = _csv_query(frame), _CSV, ".csv"
    else:
        query, options, suffix = _parquet_query(frame), _PARQUET, ".snappy.parquet"
    temporary = folder / f".{part}{suffix}"
    database.execute(f"copy ({query}) to {literal(str(temporary))} ({options})")
    temporary.replace(folder / f"{part}{suffix}")


def _csv_query(frame: Frame) -> str:
    # The header is a row: as a header, DuckDB would rename columns that differ by case alone.
    names = ", ".join(f"spark_csv_trim({literal(column.name)})" for column in frame.columns)
    values = ", ".join(
        _TEXTS.get(column.type, "cast({} as varchar)").format(f"c{place}")
        for place, column in enumerate(frame.columns)
    )
    return f"select {names} union all select {values} from ({frame.query})"  # noqa: S608 - quoted


def _parquet_query(frame: Frame) -> str:
    lower = [column.name.lower() for column in frame.columns]
    for column in frame.columns:
        if lower.count(column.name.lower()) > 1:
            raise UserError(f"two columns of the Parquet output are named {column.name}")
    values = ", ".join(
        f"c{place} as {quote(column.name)}" for place, column in enumerate(frame.columns)
    )
    return f"select {values} from ({frame.query})"  # noqa: S608 - quoted
