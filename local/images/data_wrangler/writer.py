"""Writes a frame as Data Wrangler's output: one part file, csv as Spark's writer prints it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from local.images.data_wrangler.frame import Column, Frame
from local.services.database import literal, quote

CONTENT_TYPES = ("CSV", "PARQUET")
_TEXTS = {
    # Blanks at either end are not written, which is a default of Spark's writer.
    "string": "spark_csv_trim({})",
    "vector": "{}",
    "float": "java_text({})",
    "double": "java_text({})",
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
    """
    folder.mkdir(parents=True, exist_ok=True)
    if content_type == "CSV":
        suffix = ".csv"
        values = [
            _TEXTS.get(column.type, "{}").format(f"c{place}") for place, column in _numbered(frame)
        ]
        options = "format csv, header true, delimiter ',', quote '\"', escape '\"', nullstr ''"
    else:
        suffix = ".snappy.parquet"
        values = [f"c{place}" for place, _ in _numbered(frame)]
        options = "format parquet, compression snappy, row_group_size 122880"
    selected = ", ".join(
        f"{value} as {quote(column.name)}"
        for value, (_, column) in zip(values, _numbered(frame), strict=True)
    )
    temporary = folder / f".{part}{suffix}"
    database.execute(
        f"copy (select {selected} from ({frame.query})) to {literal(str(temporary))} ({options})"  # noqa: S608
    )
    temporary.replace(folder / f"{part}{suffix}")


def _numbered(frame: Frame) -> list[tuple[int, Column]]:
    return list(enumerate(frame.columns))
