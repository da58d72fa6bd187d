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
import pytest

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402

NAN = math.nan
OPTIONS = {"nullValue": None, "header": "true", "escape": '"', "quote": '"'}
GAPS = pa.table(
    {
        "s": pa.array(["a", "", None, "  ", "b", "a", "\t"]),
        "d": pa.array([1.5, NAN, None, 2.5, -7.0, 4.0, 1e3]),
        "l": pa.array([1, 2, None, 4, 9, 9, 0], pa.int64()),
        "b": pa.array([True, None, False, True, None, True, False]),
        "t": pa.array([datetime.date(2020, 1, 1), None, *[datetime.date(2021, 5, 6)] * 5]),
    }
)


def read(spark: SparkSession, table: pa.Table) -> DataFrame:
    """The table, in Spark's own memory: it needs no job to read, filter or project it."""
    return spark.createDataFrame(table)


def written(frame: DataFrame) -> str:
    """The frame as CSV, with the options of Data Wrangler's destination and Unix line ends."""
    return io.StringIO(written_exactly(frame), newline=None).getvalue()


def written_exactly(frame: DataFrame) -> str:
    """The frame as CSV, by what Spark writes the rows of a file with.

    A job that writes a file takes ten times as long; each row here is a call of Java, so a file
    is faster for a thousand rows.
    """
    frame = _printable(frame)
    jvm = frame.sparkSession._jvm
    csv_package = jvm.org.apache.spark.sql.catalyst.csv
    options = csv_package.CSVOptions(jvm.PythonUtils.toScalaMap(OPTIONS), True, "UTC")
    text = jvm.java.io.StringWriter()
    generator = csv_package.UnivocityGenerator(frame._jdf.schema(), text, options)
    generator.writeHeaders()
    for row in frame._jdf.queryExecution().executedPlan().executeCollect():
        generator.write(row)
    generator.close()
    return str(text.toString())


def written_to_file(frame: DataFrame, folder: Path) -> str:
    """The same as `written`, by a job."""
    path = folder / "spark"
    _printable(frame).coalesce(1).write.options(**OPTIONS).csv(str(path))
    (part,) = path.glob("part-*.csv")
    return part.read_text("utf-8")


def _printable(frame: DataFrame) -> DataFrame:
    for field in frame.schema.fields:
        if field.dataType.typeName() in ("vectorudt", "udt"):
            name = f"`{field.name}`"
            frame = frame.withColumn(field.name, sf.col(name).cast("string"))
    return frame


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
