"""Writes a frame like Spark: part files in Spark's form of csv, and `_SUCCESS`."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from pathlib import Path

from local.standins.data_wrangler.frame import Frame
from local.standins.database import Database, literal, quote
from local.standins.errors import UserError

CONTENT_TYPES = ("CSV", "PARQUET")
_BLANKS = "".join(map(chr, range(33)))
_CSV = "format csv, header false, delimiter ',', quote '', escape '', nullstr ''"
_PARQUET = "format parquet, compression snappy, row_group_size 122880"
_TEXTS = {
    "string": "spark_csv({0}, spark_csv_trim({0}))",
    "vector": "spark_csv({0}, {0})",
    "float": "java_text({})",
    "double": "java_text({})",
    "date": "date_text({})",
    "timestamp": "strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')",
}


def write_output(
    database: Database, frame: Frame, folder: Path, content_type: str, name: str, parts: int = 1
) -> None:
    """Writes the frame like Hadoop's FileOutputCommitter.

    Files are written to `_temporary`, and moved when all are complete. Then `_temporary` is
    deleted, and `_SUCCESS` written. A failed job leaves `_temporary`. `parts` files split the rows
    in order; each csv file has the header. `name` distinguishes them from another job's.

    Raises:
        UserError: Column names are not valid in Parquet.
    """
    temporary = folder / "_temporary" / "0"
    temporary.mkdir(parents=True, exist_ok=True)
    is_csv = content_type == "CSV"
    options, suffix = (_CSV, ".csv") if is_csv else (_PARQUET, ".snappy.parquet")
    for part, frame_part in enumerate(_split(database, frame, parts)):
        query = _csv_query(frame_part) if is_csv else _parquet_query(frame_part)
        path = temporary / f"part-{part:05}-{name}-c000{suffix}"
        database.execute(f"copy ({query}) to {literal(str(path))} ({options})")
    for path in sorted(temporary.iterdir()):
        path.replace(folder / path.name)
    shutil.rmtree(folder / "_temporary")
    (folder / "_SUCCESS").touch()


def _split(database: Database, frame: Frame, parts: int) -> list[Frame]:
    if parts == 1:
        return [frame]
    database.execute(
        "create or replace temp table numbered as "  # noqa: S608 - made of SQL
        f"select row_number() over () - 1 as row_number, * from ({frame.query})"
    )
    (rows,) = database.execute("select count(*) from numbered").fetchone() or (0,)
    bounds = [rows * part // parts for part in range(parts + 1)]
    return [
        Frame(
            frame.columns,
            "select * exclude row_number from numbered "  # noqa: S608 - numbers
            f"where row_number >= {first} and row_number < {end} order by row_number",
        )
        for first, end in itertools.pairwise(bounds)
    ]


def _csv_query(frame: Frame) -> str:
    # The header is written as a row: DuckDB would rename columns that only differ in case.
    header = map(literal, _header([column.name for column in frame.columns]))
    names = ", ".join(f"spark_csv({name}, {name})" for name in header)
    values = ", ".join(
        _TEXTS.get(column.type, "cast({} as varchar)").format(f"c{place}")
        for place, column in enumerate(frame.columns)
    )
    # Spark's writer omits empty lines, those of a null in the only column.
    rows = " where c0 is not null" if len(frame.columns) == 1 else ""
    return f"select {names} union all select {values} from ({frame.query}){rows}"  # noqa: S608 - quoted


def _header(names: list[str]) -> list[str]:
    """The names, trimmed unless they only differ in blanks or case.

    Source: NormalizedString of the univocity parsers, with which Spark writes csv.
    """
    trimmed = [name.strip(_BLANKS) for name in names]
    counts = Counter(name.lower() for name in trimmed)
    return [
        name if counts[short.lower()] > 1 else short
        for name, short in zip(names, trimmed, strict=True)
    ]


def _parquet_query(frame: Frame) -> str:
    lower = [column.name.lower() for column in frame.columns]
    for column in frame.columns:
        if lower.count(column.name.lower()) > 1:
            raise UserError(f"two columns of the Parquet output are named {column.name}")
    values = ", ".join(
        f"c{place} as {quote(column.name)}" for place, column in enumerate(frame.columns)
    )
    return f"select {values} from ({frame.query})"  # noqa: S608 - quoted
