"""Reads and writes tables with Spark like Data Wrangler's image, for comparison."""

import base64
import csv
import datetime
import io
import math
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402
from pyspark.sql.pandas.types import from_arrow_schema  # noqa: E402

NAN = math.nan
GAPS = pa.table(
    {
        "s": pa.array(["a", "", None, "  ", "b", "a", "\t"]),
        "d": pa.array([1.5, NAN, None, 2.5, -7.0, 4.0, 1e3]),
        "l": pa.array([1, 2, None, 4, 9, 9, 0], pa.int64()),
        "b": pa.array([True, None, False, True, None, True, False]),
        "t": pa.array([datetime.date(2020, 1, 1), None, *[datetime.date(2021, 5, 6)] * 5]),
    }
)


def read(spark: SparkSession, folder: Path, table: pa.Table) -> DataFrame:
    path = folder / "input.parquet"
    pq.write_table(table, path)
    # With its schema, as Spark would start a job to find it.
    return spark.read.schema(from_arrow_schema(table.schema)).parquet(str(path))


def written(frame: DataFrame, folder: Path) -> str:
    """The frame as CSV, with the options of Data Wrangler's destination and Unix line ends."""
    return io.TextIOWrapper(io.BytesIO(written_bytes(frame, folder)), "utf-8").read()


def written_bytes(frame: DataFrame, folder: Path) -> bytes:
    """The frame as CSV, as bytes."""
    path = folder / "spark"
    for field in frame.schema.fields:
        if field.dataType.typeName() in ("vectorudt", "udt"):
            name = f"`{field.name}`"
            frame = frame.withColumn(field.name, sf.col(name).cast("string"))
    writer = frame.coalesce(1).write.option("nullValue", None).option("header", "true")
    writer.option("escape", '"').option("quote", '"').csv(str(path))
    (part,) = path.glob("part-*.csv")
    return part.read_bytes()


def assert_same(ours: str, spark: str, relative: float = 0) -> None:
    """Compares CSV texts byte by byte, or numbers by value if rounding may differ."""
    if not relative:
        assert ours == spark
        return
    rows, expected = (list(csv.reader(text.splitlines())) for text in (ours, spark))
    assert len(rows) == len(expected)
    assert rows[0] == expected[0]
    for row, other in zip(rows[1:], expected[1:], strict=True):
        for value, wanted in zip(row, other, strict=True):
            if value != wanted:
                assert float(value) == pytest.approx(float(wanted), rel=relative, nan_ok=True)


def packed(model: Any, folder: Path) -> str:
    """A model as stored in a flow."""
    path = folder / "model"
    model.save(str(path))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(path))
    return base64.b85encode(memory.getvalue()).decode()
