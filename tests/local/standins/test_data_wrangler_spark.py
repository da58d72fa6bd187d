"""The operators' results against Spark's own, by the calls that Data Wrangler's operators make.

One Spark session runs for the whole file. The references below follow the PySpark code in the
notebooks that Data Wrangler exports.
"""

import base64
import csv
import datetime
import io
import json
import math
import random
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flows import (
    CAST_ONE,
    CATEGORICAL,
    COLUMNS,
    FORMAT,
    MISSING,
    NUMERIC,
    OUTLIERS,
    ROWS,
    SEARCH,
    cast_node,
    configure,
    flow,
    group_name,
    node,
    output_folder,
    run,
)

from local.standins.data_wrangler.job import run_flow
from local.standins.errors import UserError

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.ml import feature  # noqa: E402
from pyspark.ml.functions import vector_to_array  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402

NAN = math.nan


def read(spark: SparkSession, folder: Path, table: pa.Table) -> DataFrame:
    path = folder / "input.parquet"
    pq.write_table(table, path)
    return spark.read.parquet(str(path))


def written(frame: DataFrame, folder: Path) -> str:
    """The frame as csv, by the options of Data Wrangler's destination; lines end as on Unix."""
    return io.TextIOWrapper(io.BytesIO(written_bytes(frame, folder)), "utf-8").read()


def written_bytes(frame: DataFrame, folder: Path) -> bytes:
    """The frame as csv, byte by byte."""
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
    """Compares csv texts: byte by byte, or numbers by value where rounding may differ."""
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


STRINGS = [
    "2.9", "bad", " 7 ", "", " ", "-3", "+4", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "1e3", ".5", "5.", ".", "-.5", "+", "-", "1_000", "0x1f", "007",
    "\t8\n", "NaN", "nan", "Infinity", "-inf",
    "-0044-03-15", "0000-01-01", "+Infinity", "1d", "1.5F", "1e400", "1e-400",
    "-0", "-0.0", "true", "T", "yes", "Y", "1", "0", "no", "F", "FALSE", "on", "t rue",
    "2020-02-29", "2021-02-29", "2020-2-9", "2020-02", "2020", "2020-02-29 12:30", "20200229",
    "2020-02-29T00:00:00Z", "2020-02-29x", "12020-01-01", "020-01-01", " 2020-01-05 ", None,
    "1 2", "\u00a05", "٣", "1,5", "1.2.3", "--1", "12345678.9", "0.00012345", "1E7", "1.e2",
]  # fmt: skip
NUMBERS = [
    0.0, -0.0, 1.0, -122.23, 880.0, 9999999.0, 1e7, 12345678.9, 123456789012.0, 1e16, 1.5e300,
    0.001, 0.00099, 1e-5, 1.234567e-4, -2.5e-10, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3,
    NAN, math.inf, -math.inf, 2.9, -2.9, 9.3e18, -9.3e18, 100.0, 452600.0, None, 4.35, 2.0**53,
]  # fmt: skip


def test_casts_strings(spark: SparkSession, tmp_path: Path) -> None:
    generator = random.Random(7)  # noqa: S311
    alphabet = "0123456789.-+eEdf TtrueyNaI:\t"
    strings: list[str | None] = list(STRINGS)
    for _ in range(3000):
        strings.append("".join(generator.choices(alphabet, k=generator.randint(1, 6))))
    for _ in range(500):
        strings.append(
            generator.choice(["", " "])
            + f"{generator.randint(0, 99999)}-{generator.randint(0, 13)}-{generator.randint(0, 32)}"
            + generator.choice(["", " ", "T1", "x", "-"])
        )
    types = {"d": "date", "l": "long", "f": "float", "b": "bool"}
    names = {"date": "date", "long": "bigint", "float": "double", "bool": "boolean"}
    table = pa.table({name: pa.array(strings, pa.string()) for name in ("l", "b", "d", "f")})
    frame = read(spark, tmp_path, table)
    expected = frame.selectExpr(*(f"CAST({c} as {names[t]})" for c, t in types.items()))
    got = run(tmp_path, table, cast_node(types)).read_text().splitlines()
    wanted = written(expected, tmp_path).splitlines()
    assert got[0] == wanted[0] == "d,l,f,b"
    for text, line, other in zip(strings, got[1:], wanted[1:], strict=True):
        assert (text, line) == (text, other)


def test_casts_and_prints_numbers(spark: SparkSession, tmp_path: Path) -> None:
    generator = random.Random(3)  # noqa: S311
    doubles = list(NUMBERS)
    doubles += [generator.uniform(-1, 1) * 10 ** generator.randint(-8, 20) for _ in range(500)]
    size = len(doubles)
    longs = [generator.choice([0, 1, -5, 2**63 - 1, -(2**63), None, 10**7]) for _ in range(size)]
    kinds = {"d": pa.float64(), "f": pa.float32(), "l": pa.int64()}
    kinds |= {"i": pa.int32(), "b": pa.bool_()}
    values: dict[str, Any] = {
        "d": doubles,
        "f": [None if x is None else max(min(x, 3e38), -3e38) for x in doubles],
        "l": longs,
        "i": [None if x is None else x % 1000 for x in longs],
        "b": [None if x is None else x > 0 for x in longs],
    }
    targets = {"long": "bigint", "float": "double", "string": "string", "bool": "boolean"}
    columns = {
        f"{kind}_{target}": pa.array(values[kind], kinds[kind])
        for kind in kinds
        for target in targets
    }
    table = pa.table(columns)
    frame = read(spark, tmp_path, table)
    expected = frame.selectExpr(
        *(f"CAST({name} as {targets[name.partition('_')[2]]})" for name in columns)
    )
    ours = run(tmp_path, table, cast_node({name: name.partition("_")[2] for name in columns}))
    got, wanted = ours.read_text().splitlines(), written(expected, tmp_path).splitlines()
    assert len(got) == len(wanted) == size + 1
    digits_differ = 0
    for line, other in zip(got[1:], wanted[1:], strict=True):
        for name, value, reference in zip(columns, line.split(","), other.split(","), strict=True):
            if value != reference:  # Java before 19 prints a digit too many for some values
                as_number = np.float32 if name == "f_string" else float
                assert as_number(value) == as_number(reference)
                digits_differ += 1
    assert digits_differ < 0.05 * size * len(columns)


def test_casts_and_prints_dates_and_decimals(spark: SparkSession, tmp_path: Path) -> None:
    days = [datetime.date(2020, 2, 29), None, datetime.date(1, 1, 1), datetime.date(1969, 12, 31)]
    moments = [
        datetime.datetime(2020, 2, 29, 12, 30, 0, 123456),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 500000),
        None,
        datetime.datetime(2000, 1, 1),
    ]
    exact = [Decimal("1.50"), Decimal("-2.99"), None, Decimal("0.00")]
    kinds = {
        "D": pa.array(days, pa.date32()),
        "T": pa.array(moments, pa.timestamp("us", tz="UTC")),
        "E": pa.array(exact, pa.decimal128(8, 2)),
    }
    targets = {
        "D": ("date", "string", "long", "float", "bool"),
        "T": ("datetime", "string", "long", "float", "bool", "date"),
        "E": ("float", "string", "long", "bool"),
    }
    names = {"long": "bigint", "float": "double", "bool": "boolean", "datetime": "timestamp"}
    schema = {f"{kind}_{t}": t for kind in kinds for t in targets[kind]}
    table = pa.table({name: kinds[name[0]] for name in schema})
    expected = read(spark, tmp_path, table).selectExpr(
        *(f"CAST({name} as {names.get(t, t)})" for name, t in schema.items())
    )
    assert_same(run(tmp_path, table, cast_node(schema)).read_text(), written(expected, tmp_path))


def test_prints_text(spark: SparkSession, tmp_path: Path) -> None:
    texts = [
        "plain", "a,b", 'say "hi"', '"', "two\nlines", "cr\rhere", " padded ", "\ttab\t", "", "  ",
        None, "'quote'", "a;b", "ünï", "日本", "\\N", "null", "x\\", "-", " \u00a0 ",
    ]  # fmt: skip
    table = pa.table({"a,b": pa.array(texts), 'q"': pa.array(range(len(texts))), "Été": texts})
    expected = read(spark, tmp_path, table)
    kept = run(tmp_path, table, node(COLUMNS, "Drop column", {"column_to_drop": 'q"'}))
    assert_same(kept.read_text("utf-8"), written(expected.drop('q"'), tmp_path))


def one_hot(
    frame: DataFrame, name: str, strategy: str, style: str, drop_last: bool, prefix: str = ""
) -> DataFrame:
    """Spark's calls for one-hot encoding one column."""
    order = frame.columns
    frame = frame.withColumn(name, sf.when(sf.col(name) == "", None).otherwise(sf.col(name)))
    indexer = feature.StringIndexer(inputCol=name, outputCol="_i", handleInvalid=strategy.lower())
    model = indexer.fit(frame)
    indexed = model.transform(frame).drop(name)
    encoder = feature.OneHotEncoder(
        dropLast=drop_last, handleInvalid="error", inputCol="_i", outputCol="_v"
    )
    encoded = encoder.fit(indexed).transform(indexed)
    if style == "Vector":
        return encoded.withColumnRenamed("_v", name).select(order)
    elements = vector_to_array(encoded["_v"])
    new = [elements[k].alias(f"{prefix or name}_{label}") for k, label in enumerate(model.labels)]
    return encoded.select(*(c for c in order if c != name), *new)


CITIES = ["b", "a", "b", "", None, "C", "a", "d", "b", "é", "a", " ", "D2", "c,d", 'q"', "C"]
CATEGORIES = pa.table(
    {
        "x": pa.array(range(len(CITIES))),
        "city": pa.array(CITIES, pa.string()),
        "size": pa.array([3.0, 1.0, None, 1e7, 3.0, 2.5, NAN, 1.0] * 2),
        "last": pa.array(["z"] * len(CITIES)),
    }
)
COMPLETE = pa.table(
    {"city": ["b", "a", "b", "é", "A", "a"], "last": ["z"] * 6, "n": pa.array([2, 1, 2, 3, 3, 2])}
)


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("strategy", ["Skip", "Keep", "Error"])
def test_one_hot_encodes(
    spark: SparkSession, tmp_path: Path, strategy: str, drop_last: bool
) -> None:
    table = COMPLETE if strategy == "Error" else CATEGORIES
    number, text = ("n", "city") if strategy == "Error" else ("size", "city")
    expected = read(spark, tmp_path, table)
    nodes = []
    single = [("last", "Columns")] if strategy == "Keep" or not drop_last else []
    for name, style in (*single, (number, "Vector"), (text, "Columns")):
        expected = one_hot(expected, name, strategy, style, drop_last)
        parameters = {
            "input_column": name,
            "invalid_handling_strategy": strategy,
            "drop_last": drop_last,
            "output_style": style,
        }
        nodes.append(node(CATEGORICAL, "One-hot encode", parameters))
    ours = run(tmp_path, table, *nodes)
    assert_same(ours.read_text("utf-8"), written(expected, tmp_path))


LABELS = ["a,b", 'q"', '"', "two\nlines", "cr\rhere", " padded ", "'", "a;b", "é", "x\\", "\ttab"]


def test_quotes_the_headers_of_labels_and_keeps_the_columns_in_order(
    spark: SparkSession, tmp_path: Path
) -> None:
    # Each label as often as its place from the end: StringIndexer's order is that of the list.
    texts = [text for place, text in enumerate(LABELS) for _ in range(len(LABELS) - place)]
    other = ["z", "y", "z"] * (len(texts) // 3)
    table = pa.table(
        {"city": texts, "n": pa.array(range(len(texts))), "other": other, "y": [0.5] * len(texts)}
    )
    expected = read(spark, tmp_path, table)
    nodes = []
    for name in ("city", "other"):
        expected = one_hot(expected, name, "Keep", "Columns", drop_last=False)
        parameters = {
            "input_column": name,
            "invalid_handling_strategy": "Keep",
            "drop_last": False,
            "output_style": "Columns",
        }
        nodes.append(node(CATEGORICAL, "One-hot encode", parameters))
    first = {"move_type": "Move to start", "move_to_start_parameters": {"column_to_move": "y"}}
    ours = run(tmp_path, table, *nodes, node(COLUMNS, "Move column", first)).read_bytes()
    escaped = [f"`{name}`" for name in expected.columns if name != "y"]
    assert ours.decode() == written_bytes(expected.select("y", *escaped), tmp_path).decode()
    with io.StringIO(ours.decode(), newline="") as text:
        header = next(csv.reader(text))
    assert header == [
        "y",
        "n",
        *(f"city_{label}".rstrip() for label in LABELS),
        "other_z",
        "other_y",
    ]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["Male", "male"], "Reference `s_Male` is ambiguous"),
        (["a", "a"], "Reference `s_a` is ambiguous"),
    ],
)
def test_spark_cannot_select_labels_that_differ_by_case_only(
    spark: SparkSession, labels: list[str], message: str
) -> None:
    """Why athena/labels.py refuses them: Data Wrangler's next node selects by name."""
    frame = spark.createDataFrame([(1.0, 0.0)], [f"s_{label}" for label in labels])
    with pytest.raises(pyspark.errors.AnalysisException, match=message):
        frame.select([f"`{name}`" for name in frame.columns])


@pytest.mark.parametrize(
    "labels",
    [["a", "a ", " a", "b "], ["a ", "b", "\ta "], ["A ", "a", "b "], ["a", "b ", "A\t", "c"]],
)
def test_writes_the_blanks_of_names_where_they_tell_them_apart(
    spark: SparkSession, tmp_path: Path, labels: list[str]
) -> None:
    table = pa.table({"s": labels, "y": [1.5] * len(labels)})
    expected = one_hot(read(spark, tmp_path, table), "s", "Keep", "Columns", drop_last=False)
    parameters = {
        "input_column": "s",
        "output_style": "Columns",
        "drop_last": False,
        "invalid_handling_strategy": "Keep",
    }
    ours = run(tmp_path, table, node(CATEGORICAL, "One-hot encode", parameters))
    assert_same(ours.read_text("utf-8"), written(expected, tmp_path))


def test_one_hot_encodes_a_name_with_dots_by_default(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"a.b": ["x", "y", "x"], "k": [1, 2, 3]})
    frame = read(spark, tmp_path, table).withColumnRenamed("a.b", "a_b")
    expected = one_hot(frame, "a_b", "Error", "Columns", drop_last=False)
    parameters = {"input_column": "a.b", "output_style": "Columns", "drop_last": False}
    ours = run(tmp_path, table, node(CATEGORICAL, "One-hot encode", parameters))
    assert_same(ours.read_text(), written(expected, tmp_path))


@pytest.mark.parametrize("strategy", ["Skip", "Keep", "Replace with NaN"])
def test_ordinal_encodes(spark: SparkSession, tmp_path: Path, strategy: str) -> None:
    expected = read(spark, tmp_path, CATEGORIES)
    for name in ("city", "size"):
        handling = "skip" if strategy == "Skip" else "keep"
        indexer = feature.StringIndexer(inputCol=name, outputCol="_i", handleInvalid=handling)
        model = indexer.fit(expected)
        expected = model.transform(expected)
        value = sf.col("_i")
        if strategy == "Replace with NaN":
            value = sf.when(value == len(model.labels), NAN).otherwise(value)
        expected = expected.withColumn(name, value).drop("_i")
    parameters = {"input_column": ["city", "size"], "invalid_handling_strategy": strategy}
    ours = run(tmp_path, CATEGORIES, node(CATEGORICAL, "Ordinal encode", parameters))
    assert_same(ours.read_text(), written(expected, tmp_path))


GAPS = pa.table(
    {
        "s": pa.array(["a", "", None, "  ", "b", "a", "\t"]),
        "d": pa.array([1.5, NAN, None, 2.5, -7.0, 4.0, 1e3]),
        "l": pa.array([1, 2, None, 4, 9, 9, 0], pa.int64()),
        "b": pa.array([True, None, False, True, None, True, False]),
        "t": pa.array([datetime.date(2020, 1, 1), None, *[datetime.date(2021, 5, 6)] * 5]),
    }
)


def missing(frame: DataFrame, name: str) -> Any:
    """Data Wrangler's idea of a missing value."""
    kind = frame.schema[name].dataType.typeName()
    if kind == "string":
        return sf.isnull(name) | (sf.trim(sf.col(name)) == "")
    if kind in ("date", "boolean", "timestamp"):
        return sf.isnull(name)
    return sf.isnull(name) | sf.isnan(name)


@pytest.mark.parametrize("names", [["s"], ["d"], ["l", "b"], [None]])
def test_drops_missing(spark: SparkSession, tmp_path: Path, names: list[str | None]) -> None:
    frame = read(spark, tmp_path, GAPS)
    for name in names if names != [None] else frame.columns:
        frame = frame.where(~missing(frame, str(name)))
    nodes = [
        node(
            MISSING,
            "Drop missing",
            {"dimension": "Drop Rows", "drop_rows_parameters": {"input_column": name}},
        )
        for name in names
    ]
    ours = run(tmp_path, GAPS, *nodes)
    assert_same(ours.read_text(), written(frame, tmp_path))


@pytest.mark.parametrize(("name", "value"), [("s", "N/A"), ("d", "0.5"), ("d", 3), ("l", "7")])
def test_fills_missing(spark: SparkSession, tmp_path: Path, name: str, value: Any) -> None:
    frame = read(spark, tmp_path, GAPS)
    kind = frame.schema[name].dataType
    typed = {"s": str, "d": float, "l": int}[name](value)
    filled = sf.when(~missing(frame, name), sf.col(name)).otherwise(typed).cast(kind)
    parameters = {"input_column": name, "fill_value": value}
    ours = run(tmp_path, GAPS, node(MISSING, "Fill missing", parameters))
    assert_same(ours.read_text(), written(frame.withColumn(name, filled), tmp_path))


@pytest.mark.parametrize("form", ["list", "a node a column"])
@pytest.mark.parametrize("strategy", ["Mean", "Approximate Median"])
def test_imputes_numbers(spark: SparkSession, tmp_path: Path, strategy: str, form: str) -> None:
    spark_strategy = "mean" if strategy == "Mean" else "median"
    imputer = feature.Imputer(inputCols=["d", "l"], outputCols=["d", "l"], strategy=spark_strategy)
    frame = read(spark, tmp_path, GAPS)
    expected = imputer.fit(frame).transform(frame)
    columns: list[Any] = [["d", "l"]] if form == "list" else ["d", "l"]
    nodes = []
    for column in columns:
        numeric = {"input_column": column, "strategy": strategy}
        parameters = {"column_type": "Numeric", "numeric_parameters": numeric}
        nodes.append(node(MISSING, "Impute", parameters))
    ours = run(tmp_path, GAPS, *nodes)
    assert_same(ours.read_text(), written(expected, tmp_path), 1e-12)


@pytest.mark.parametrize("strategy", ["Mean", "Approximate Median"])
def test_imputes_decimals_by_their_scale(
    spark: SparkSession, tmp_path: Path, strategy: str
) -> None:
    exact = [Decimal("1.50"), None, Decimal("-2.00"), Decimal("0.01"), Decimal("0.10")]
    table = pa.table({"e": pa.array(exact, pa.decimal128(8, 2))})
    spark_strategy = "mean" if strategy == "Mean" else "median"
    imputer = feature.Imputer(inputCols=["e"], outputCols=["e"], strategy=spark_strategy)
    frame = read(spark, tmp_path, table)
    expected = imputer.fit(frame).transform(frame)
    numeric = {"input_column": ["e"], "strategy": strategy}
    parameters = {"column_type": "Numeric", "numeric_parameters": numeric}
    ours = run(tmp_path, table, node(MISSING, "Impute", parameters))
    assert_same(ours.read_text(), written(expected, tmp_path))


def test_the_median_is_within_sparks_tolerance_on_a_long_table(
    spark: SparkSession, tmp_path: Path
) -> None:
    generator = random.Random(5)  # noqa: S311
    values = [generator.gauss(0, 100) for _ in range(20_001)]
    table = pa.table({"v": pa.array([*values, None])})
    parameters = {
        "column_type": "Numeric",
        "numeric_parameters": {"input_column": "v", "strategy": "Approximate Median"},
    }
    ours = run(tmp_path, table, node(MISSING, "Impute", parameters)).read_text().split()[-1]
    (spark_median,) = read(spark, tmp_path, table).approxQuantile("v", [0.5], 0.001)
    ordered = sorted(values)
    assert float(ours) == ordered[10_000]
    assert abs(ordered.index(spark_median) - 10_000) <= 0.001 * 20_001


def test_imputes_the_most_frequent_and_adds_indicators(spark: SparkSession, tmp_path: Path) -> None:
    frame = read(spark, tmp_path, GAPS)
    value = sf.when(~missing(frame, "s"), sf.col("s")).otherwise("a")
    expected = frame.withColumn("s", value).withColumn("d_indicator", missing(frame, "d"))
    parameters = {"column_type": "Categorical", "categorical_parameters": {"input_column": "s"}}
    indicate = node(MISSING, "Add indicator for missing", {"input_column": "d"})
    ours = run(tmp_path, GAPS, node(MISSING, "Impute", parameters), indicate)
    assert_same(ours.read_text(), written(expected, tmp_path))


SCALED = pa.table(
    {
        "a": pa.array([1.5, NAN, None, 2.5, -7.0, 4.0, 1e3, 0.25]),
        "b": pa.array([1, 2, None, 4, 9, 9, 0, 3], pa.int64()),
        "z": pa.array([0.0] * 8),
    }
)
SCALERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Standard scaler", {}, {"withStd": True, "withMean": False}),
    ("Standard scaler", {"center": True}, {"withStd": True, "withMean": True}),
    ("Standard scaler", {"center": True, "scale": False}, {"withStd": False, "withMean": True}),
    ("Robust scaler", {}, {"lower": 0.25, "upper": 0.75}),
    (
        "Robust scaler",
        {"center": True, "lower_quantile": 0.1, "upper_quantile": "0.9"},
        {"lower": 0.1, "upper": 0.9, "withCentering": True},
    ),
    ("Min-max scaler", {}, {}),
    ("Min-max scaler", {"min": -1, "max": 3}, {"min": -1.0, "max": 3.0}),
    ("Max absolute scaler", {}, {}),
]
CLASSES = {
    "Standard scaler": "StandardScaler",
    "Robust scaler": "RobustScaler",
    "Min-max scaler": "MinMaxScaler",
    "Max absolute scaler": "MaxAbsScaler",
}


@pytest.mark.parametrize(("scaler", "parameters", "options"), SCALERS)
def test_scales(
    spark: SparkSession,
    tmp_path: Path,
    scaler: str,
    parameters: dict[str, Any],
    options: dict[str, Any],
) -> None:
    frame = read(spark, tmp_path, SCALED)
    for name in frame.columns:
        assembler = feature.VectorAssembler(inputCols=[name], outputCol="_v")
        known = assembler.setHandleInvalid("skip").transform(frame)
        estimator = getattr(feature, CLASSES[scaler])(inputCol="_v", outputCol="_s", **options)
        model = estimator.fit(known)
        scaled = model.transform(assembler.setHandleInvalid("keep").transform(frame))
        frame = scaled.withColumn(name, vector_to_array(sf.col("_s"))[0]).drop("_v", "_s")
    group = {"input_column": SCALED.column_names, **parameters}
    key = scaler.lower().replace(" ", "_").replace("-", "_") + "_parameters"
    ours = run(tmp_path, SCALED, node(NUMERIC, "Scale values", {"scaler": scaler, key: group}))
    assert_same(ours.read_text(), written(frame, tmp_path), 1e-12)


@pytest.mark.parametrize(("scaler", "parameters", "options"), SCALERS)
def test_scales_by_what_was_learned(
    spark: SparkSession,
    tmp_path: Path,
    scaler: str,
    parameters: dict[str, Any],
    options: dict[str, Any],
) -> None:
    frame = read(spark, tmp_path, SCALED)
    assembler = feature.VectorAssembler(inputCols=["a"], outputCol="_v", handleInvalid="keep")
    learned = spark.createDataFrame([(5.0,), (-2.0,), (11.0,)], ["a"])
    estimator = getattr(feature, CLASSES[scaler])(inputCol="_v", outputCol="_s", **options)
    # The operator's Max absolute scaler learns anew.
    learns_anew = scaler == "Max absolute scaler"
    known = assembler.copy().setHandleInvalid("skip").transform(frame if learns_anew else learned)
    model = estimator.fit(known)
    scaled = model.transform(assembler.transform(frame))
    expected = scaled.withColumn("other", vector_to_array(sf.col("_s"))[0]).drop("_v", "_s")
    key = scaler.lower().replace(" ", "_").replace("-", "_") + "_parameters"
    group = {"input_column": "a", "output_column": "other", **parameters}
    transform = node(NUMERIC, "Scale values", {"scaler": scaler, key: group})
    kept = {key: {"_hash": 1, "scaler_model": packed(model, tmp_path)}}
    transform["trained_parameters"] = {"scale_values_parameters": kept}
    ours = run(tmp_path, SCALED, transform)
    assert_same(ours.read_text(), written(expected, tmp_path), 1e-12)


# As the operator makes it, by re.escape.
SYMBOLS = "|".join(map(re.escape, "!@#$%^&*()_+=-/\\`~{}|<>?"))
WORDS = pa.table(
    {
        "s": ["Straße", " --a_b-- ", "", None, "ÉÀ", "x(y)|z\\\\", "0012", "é\u00df"],
        "n": pa.array([1.5, None, -2.0, 1e7, 0.0, 3.25, 100.0, 0.1]),
        "k": pa.array(range(8)),
    }
)


@pytest.mark.parametrize(
    ("operator", "parameters", "call"),
    [
        ("Lower case", {}, sf.lower),
        ("Upper case", {}, sf.upper),
        ("Left pad", {"width": 6}, lambda c: sf.lpad(c, 6, " ")),
        ("Left pad", {"width": "4", "fill_character": "*"}, lambda c: sf.lpad(c, 4, "*")),
        ("Right pad", {"width": 9, "fill_character": "-"}, lambda c: sf.rpad(c, 9, "-")),
        ("Prepend zeros", {"width": 8}, lambda c: sf.lpad(c, 8, "0")),
        ("Add prefix", {"prefix": "<"}, lambda c: sf.concat(sf.lit("<"), c)),
        ("Add suffix", {"suffix": ">"}, lambda c: sf.concat(c, sf.lit(">"))),
        (
            "Remove symbols",
            {},
            lambda c: sf.regexp_replace(c, SYMBOLS, ""),
        ),
        ("Remove symbols", {"symbols": "a.-"}, lambda c: sf.regexp_replace(c, r"(a|\.|\-)", "")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["s", "n"])
def test_formats_strings(
    spark: SparkSession,
    tmp_path: Path,
    operator: str,
    parameters: dict[str, Any],
    call: Any,
    column: str,
) -> None:
    frame = read(spark, tmp_path, WORDS)
    expected = frame.withColumn(column, call(sf.col(column).cast("string")))
    ours = run(tmp_path, WORDS, node(FORMAT, operator, {"input_column": column, **parameters}))
    assert_same(ours.read_text("utf-8"), written(expected, tmp_path))


@pytest.mark.parametrize(
    ("operator", "strip"),
    [
        ("Strip characters from left", str.lstrip),
        ("Strip characters from right", str.rstrip),
        ("Strip left and right", str.strip),
    ],
)
def test_strips_as_python_does(tmp_path: Path, operator: str, strip: Any) -> None:
    # The operator itself leaves it to pandas, and pandas to Python.
    texts = ["--a-b--", " -x", "é-", "", "-"]
    parameters = {"input_column": "s", "characters_to_remove": "- é", "output_column": "t"}
    transform = node(FORMAT, operator, parameters)
    ours = run(tmp_path, pa.table({"s": texts}), transform, content_type="Parquet")
    assert pq.read_table(ours)["t"].to_pylist() == [strip(text, "- é") for text in texts]


@pytest.mark.parametrize(
    ("operator", "text"),
    [("Upper case", "ﬁt"), ("Upper case", "ŉ"), ("Lower case", "ΟΔΟΣ"), ("Lower case", "İ")],
)
def test_refuses_letters_whose_case_differs(
    spark: SparkSession, tmp_path: Path, operator: str, text: str
) -> None:
    call = "upper" if operator == "Upper case" else "lower"
    python = text.upper() if operator == "Upper case" else text.lower()
    assert spark.range(1).select(getattr(sf, call)(sf.lit(text))).collect()[0][0] == python
    with pytest.raises(UserError, match="a letter whose case changes in another way in Spark"):
        run(tmp_path, pa.table({"s": [text]}), node(FORMAT, operator, {"input_column": "s"}))


REPEATED = pa.table(
    {
        "a": pa.array([1.0, NAN, None, -0.0, 1.0, NAN, None, 0.0, 2.0]),
        "b": pa.array(["x", "y", None, "z", "x", "y", None, "z", "x"]),
    }
)


FOUND = pa.table(
    {
        "s": [
            "<30",
            ">30",
            "NO",
            "a.b.c",
            "a-b",
            "",
            None,
            "x [1] y",
            "aaa",
            "NONO",
            "é\nbe",
            "a+b",
        ],
        "n": pa.array([1.5, None, -2.0, 1e7, 0.0, 30.0, 100.0, 0.1, 3.0, 33.3, 1.0, 2.0]),
    }
)


@pytest.mark.parametrize(
    ("column", "pattern", "replacement"),
    [
        ("s", ">30|<30", "1"),
        ("s", "NO", "0"),
        ("s", r"\.", "_"),
        ("s", "[^a-z]+", "-"),
        ("s", r"(a|b)\+?", ""),
        ("s", "^a{1,2}", "z"),
        ("s", "a+?", "y"),
        ("s", r"[\[\]]", "'"),
        ("n", "30", "3"),
    ],
)
def test_finds_and_replaces(
    spark: SparkSession, tmp_path: Path, column: str, pattern: str, replacement: str
) -> None:
    group = {"input_column": column, "pattern": pattern, "replacement": replacement}
    transform = node(SEARCH, "Find and replace substring", {**group, "output_column": "new"})
    value = sf.regexp_replace(column, pattern, replacement)
    expected = read(spark, tmp_path, FOUND).withColumn("new", value)
    assert_same(run(tmp_path, FOUND, transform).read_text(), written(expected, tmp_path))


@pytest.mark.parametrize(
    "pattern", ["a*", r"\s", "a.b", "b$", "(?i)a", "a++", "[a&&b]", "[[:alpha:]]", "(a", r"\bx"]
)
def test_refuses_patterns_that_differ_in_java(tmp_path: Path, pattern: str) -> None:
    group = {"input_column": "s", "pattern": pattern, "replacement": "x"}
    with pytest.raises(UserError, match="may mean another thing in Spark, and does not run here"):
        run(tmp_path, FOUND, node(SEARCH, "Find and replace substring", group))


def test_drops_duplicates(spark: SparkSession, tmp_path: Path) -> None:
    expected = written(read(spark, tmp_path, REPEATED).dropDuplicates(), tmp_path).splitlines()
    ours = run(tmp_path, REPEATED, node(ROWS, "Drop duplicates", {})).read_text().splitlines()
    assert ours[0] == expected[0]
    plain = [line.replace("-0.0", "0.0") for line in ours[1:]]  # either of the two zeros is first
    assert sorted(plain) == sorted(line.replace("-0.0", "0.0") for line in expected[1:])


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_sorts(spark: SparkSession, tmp_path: Path, order: str) -> None:
    way = sf.asc if order == "Ascending" else sf.desc
    expected = read(spark, tmp_path, WORDS).sort(way("n"))
    ours = run(tmp_path, WORDS, node(ROWS, "Sort", {"sort_by": "n", "order": order}))
    assert_same(ours.read_text("utf-8"), written(expected, tmp_path))


FAR = pa.table(
    {"v": pa.array([1.0, 2.0, 3.0, 2.5, 100.0, NAN, None, -50.0, 2.0, 1.5]), "k": range(10)}
)


def _fixed(frame: DataFrame, fix: str, low: float, high: float) -> DataFrame:
    """Spark's calls of the operator once it has the limits."""
    value = sf.col("v")
    if fix == "Remove":
        return frame.filter((value >= low) & (value <= high))
    if fix == "Invalidate":
        outside = sf.isnan(value) | (value < low) | (value > high)
        return frame.withColumn("v", sf.when(outside, None).otherwise(value))
    clipped = sf.when(sf.isnan(value), NAN).when(value < low, low).when(value > high, high)
    return frame.withColumn("v", clipped.otherwise(value).cast("double"))


def _deviations(frame: DataFrame, width: float) -> tuple[float, float]:
    known = frame.filter(sf.col("v").isNotNull() & ~sf.col("v").isin(NAN, math.inf, -math.inf))
    (row,) = known.select(sf.mean("v").alias("mean"), sf.stddev("v").alias("std")).collect()
    return row["mean"] - width * row["std"], row["mean"] + width * row["std"]


@pytest.mark.parametrize("fix", ["Clip", "Remove", "Invalidate"])
@pytest.mark.parametrize(
    "operator", ["Standard deviation", "Robust standard deviation", "Quantile", "Min-max"]
)
def test_handles_outliers(spark: SparkSession, tmp_path: Path, operator: str, fix: str) -> None:
    frame = read(spark, tmp_path, FAR)
    parameters: dict[str, Any] = {"input_column": "v", "fix_method": fix}
    if operator == "Min-max":
        parameters |= {"lower_threshold": "1.5", "upper_threshold": 3}
        limits = (1.5, 3.0)
    elif operator == "Quantile":
        parameters |= {"lower_quantile": 0.2, "upper_quantile": 0.8}
        limits = tuple(frame.filter("v is not null").approxQuantile("v", [0.2, 0.8], 0.001))
    elif operator == "Standard deviation":
        parameters |= {"standard_deviations": 1}
        limits = _deviations(frame, 1)
    else:
        parameters |= {"lower_quantile": 0.2, "upper_quantile": 0.8, "standard_deviations": 1}
        low, high = frame.filter("v is not null").approxQuantile("v", [0.2, 0.8], 0.001)
        limits = _deviations(frame.filter((sf.col("v") >= low) & (sf.col("v") <= high)), 1)
    ours = run(tmp_path, FAR, node(OUTLIERS, f"{operator} numeric outliers", parameters))
    assert_same(ours.read_text(), written(_fixed(frame, fix, *limits), tmp_path), 1e-12)


def test_keeps_the_limits_that_were_learned(tmp_path: Path) -> None:
    name = "Quantile numeric outliers"
    learned = {"_hash": 1, "lower_threshold": 2.0, "upper_threshold": 2.5}
    transform = node(OUTLIERS, name, {"input_column": "v", "fix_method": "Remove"})
    transform["trained_parameters"] = {group_name(name): learned}
    assert run(tmp_path, FAR, transform).read_text() == "v,k\n2.0,1\n2.5,3\n2.0,8\n"
    refit = ("--refit-trained-params", '{"refit": true, "output_flow": "a.flow"}')
    again = run(tmp_path / "refit", FAR, transform, arguments=refit).read_text()
    assert again.splitlines()[1:3] == ["1.0,0", "2.0,1"]


def test_replaces_rare_values(spark: SparkSession, tmp_path: Path) -> None:
    texts = ["a"] * 5 + ["b"] * 3 + ["c"] * 2 + ["d", None, ""]
    table = pa.table({"s": texts, "k": range(len(texts))})
    value = sf.when(sf.col("s").isin("a", "b"), sf.col("s")).otherwise("other")
    expected = read(spark, tmp_path, table).withColumn("s", value)
    parameters = {
        "input_column": "s",
        "replacement_string": "other",
        "absolute_threshold": 2,
        "fraction_threshold": 0.2,
    }
    ours = run(tmp_path, table, node(OUTLIERS, "Replace rare values", parameters))
    assert_same(ours.read_text(), written(expected, tmp_path))


def packed(model: Any, folder: Path) -> str:
    """A model as a flow keeps it."""
    path = folder / "model"
    model.save(str(path))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(path))
    return base64.b85encode(memory.getvalue()).decode()


@pytest.mark.parametrize("strategy", ["Skip", "Keep"])
@pytest.mark.parametrize("operator", ["One-hot encode", "Ordinal encode", "Vector"])
def test_encodes_by_the_labels_that_were_learned(
    spark: SparkSession, tmp_path: Path, operator: str, strategy: str
) -> None:
    earlier = spark.createDataFrame(
        [("b",), ("z,",), ("b",), ("é",), ("a",), ("a",), ("b",)], ["city"]
    )
    indexer = feature.StringIndexer(inputCol="city", outputCol="_i", handleInvalid=strategy.lower())
    model = indexer.fit(earlier)
    frame = read(spark, tmp_path, CATEGORIES).select("x", "city")
    cleaned = frame.withColumn(
        "city", sf.when(sf.col("city") == "", None).otherwise(sf.col("city"))
    )
    name = "Ordinal encode" if operator == "Ordinal encode" else "One-hot encode"
    parameters: dict[str, Any] = {"input_column": "city", "invalid_handling_strategy": strategy}
    if name == "Ordinal encode":
        indexed = model.transform(frame)
        expected = indexed.withColumn("city", sf.col("_i")).drop("_i")
    else:
        style = "Vector" if operator == "Vector" else "Columns"
        parameters |= {"output_style": style, "drop_last": False}
        encoder = feature.OneHotEncoder(dropLast=False, inputCol="_i", outputCol="_v")
        encoded = encoder.fit(model.transform(earlier)).transform(model.transform(cleaned))
        if style == "Vector":
            expected = encoded.select("x", sf.col("_v").alias("city"))
        else:
            elements = vector_to_array(encoded["_v"])
            new = [elements[k].alias(f"city_{label}") for k, label in enumerate(model.labels)]
            expected = encoded.select("x", *new)
    transform = node(CATEGORICAL, name, parameters)
    learned = {"_hash": 1, "string_indexer_model": packed(model, tmp_path)}
    transform["trained_parameters"] = {group_name(name): learned}
    ours = run(tmp_path, CATEGORIES.select(["x", "city"]), transform)
    assert_same(ours.read_text("utf-8"), written(expected, tmp_path))


@pytest.mark.parametrize("has_header", [True, False])
@pytest.mark.parametrize("name", ["part-00000", "a.csv"])
def test_reads_an_s3_source_as_its_fields_say(
    spark: SparkSession, tmp_path: Path, name: str, has_header: bool
) -> None:
    configure(tmp_path)
    for folder in ("flow", "data"):
        (tmp_path / "processing" / folder).mkdir(parents=True)
    path = tmp_path / "processing/data" / name
    path.write_text('x;y\n1;"a;b"\n;"say ""hi"""\n')
    content = flow()
    context = {"s3ContentType": "csv", "s3HasHeader": has_header, "s3FieldDelimiter": ";"}
    source = content["nodes"][0]
    source["operator"] = "sagemaker.s3_source_0.1"
    source["parameters"]["dataset_definition"]["s3ExecutionContext"] = context
    (tmp_path / "processing/flow/a.flow").write_text(json.dumps(content))
    run_flow(tmp_path, ["--output-config", '{"n0.default": {"content_type": "CSV"}}'])
    (part,) = output_folder(tmp_path, "n0").glob("part-*")
    expected = spark.read.csv(str(path), header=has_header, escape='"', quote='"', sep=";")
    assert_same(part.read_text(), written(expected, tmp_path))


def _moved(move: str, **group: Any) -> dict[str, Any]:
    key = move.lower().replace(" ", "_") + "_parameters"
    return node(COLUMNS, "Move column", {"move_type": move, key: group})


@pytest.mark.parametrize(
    ("transform", "call"),
    [
        (
            node(COLUMNS, "Drop column", {"column_to_drop": ["d", "t"]}),
            lambda frame: frame.drop("d", "t"),
        ),
        (
            node(COLUMNS, "Rename column", {"input_column": "d", "new_name": "a, b"}),
            lambda frame: frame.withColumnRenamed("d", "a, b"),
        ),
        (
            node(COLUMNS, "Duplicate column", {"input_column": "l", "new_name": "copy"}),
            lambda frame: frame.withColumn("copy", frame["l"]),
        ),
        (
            node(COLUMNS, "Duplicate column", {"input_column": "l", "new_name": "D"}),
            lambda frame: frame.withColumn("D", frame["l"]),
        ),
        (_moved("Move to start", column_to_move=["b", "d"]), lambda f: f.select(*"dbslt")),
        (_moved("Move to end", column_to_move="s"), lambda f: f.select(*"dlbts")),
        (_moved("Move to index", column_to_move="s", index=2), lambda f: f.select(*"dlsbt")),
        (
            _moved("Move after", column_to_move="s", target_column="b"),
            lambda f: f.select(*"dlbst"),
        ),
        (
            _moved("Move before", column_to_move=["t"], target_column="d"),
            lambda f: f.select(*"stdlb"),
        ),
    ],
)
def test_manages_columns(
    spark: SparkSession, tmp_path: Path, transform: dict[str, Any], call: Any
) -> None:
    expected = call(read(spark, tmp_path, GAPS))
    assert_same(run(tmp_path, GAPS, transform).read_text(), written(expected, tmp_path))


@pytest.mark.parametrize("handling", ["replace_null", "drop"])
@pytest.mark.parametrize(
    ("kind", "spark_type"),
    [("long", "bigint"), ("float", "double"), ("string", "string"), ("bool", "boolean")],
)
def test_casts_one_column(
    spark: SparkSession, tmp_path: Path, kind: str, spark_type: str, handling: str
) -> None:
    for number, column in enumerate(("text", "amount")):
        folder = tmp_path / str(number)
        folder.mkdir()
        amounts = [0.0, -2.9, NAN, None, 1e10, 0.5]
        texts = ["7", " 2.5 ", "bad", None, "true", ""]
        table = pa.table({"k": range(6), "text": texts, "amount": amounts})
        frame = read(spark, folder, table)
        expected = frame.withColumn(column, sf.col(column).cast(spark_type))
        if handling == "drop":
            expected = expected.where(sf.col(column).isNotNull())
        parameters = {
            "column": column,
            "data_type": kind,
            "non_castable_data_handling_method": handling,
        }
        cast_one = {"type": "TRANSFORM", "operator": CAST_ONE, "parameters": parameters}
        same_type = (column, kind) in (("text", "string"), ("amount", "float"))
        if not (same_type and handling == "drop"):
            assert_same(run(folder, table, cast_one).read_text(), written(expected, folder))


@pytest.mark.parametrize("kind", [pa.string(), pa.int64()])
def test_writes_no_line_for_a_null_in_the_only_column(
    spark: SparkSession, tmp_path: Path, kind: pa.DataType
) -> None:
    values = [None, "1", None, "2", None] if kind == pa.string() else [None, 1, None, 2, None]
    table = pa.table({"only": pa.array(values, kind), "drop": values})
    ours = run(tmp_path, table, node(COLUMNS, "Drop column", {"column_to_drop": "drop"}))
    expected = written(read(spark, tmp_path, table).drop("drop"), tmp_path)
    assert ours.read_text() == expected == "only\n1\n2\n"
