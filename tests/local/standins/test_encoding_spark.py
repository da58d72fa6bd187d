"""Encoders against Spark, with the calls of Data Wrangler's operators."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from flows import (
    CATEGORICAL,
    COLUMNS,
    group_name,
    node,
    run,
)

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.ml import feature  # noqa: E402
from pyspark.ml.functions import vector_to_array  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402
from spark_reference import NAN, assert_same, packed, read, written, written_exactly  # noqa: E402


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
    expected = read(spark, table)
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
    assert_same(ours.read_text("utf-8"), written(expected))


LABELS = ["a,b", 'q"', '"', "two\nlines", "cr\rhere", " padded ", "'", "a;b", "é", "x\\", "\ttab"]


def test_quotes_the_headers_of_labels_and_keeps_the_order_of_columns(
    spark: SparkSession, tmp_path: Path
) -> None:
    # Each label as often as its place from the end: StringIndexer's order is that of the list.
    texts = [text for place, text in enumerate(LABELS) for _ in range(len(LABELS) - place)]
    other = ["z", "y", "z"] * (len(texts) // 3)
    table = pa.table(
        {"city": texts, "n": pa.array(range(len(texts))), "other": other, "y": [0.5] * len(texts)}
    )
    expected = read(spark, table)
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
    assert ours.decode() == written_exactly(expected.select("y", *escaped))
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
def test_spark_cannot_select_labels_that_differ_only_in_case(
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
def test_keeps_spaces_in_names_that_differ_only_in_them(
    spark: SparkSession, tmp_path: Path, labels: list[str]
) -> None:
    table = pa.table({"s": labels, "y": [1.5] * len(labels)})
    expected = one_hot(read(spark, table), "s", "Keep", "Columns", drop_last=False)
    parameters = {
        "input_column": "s",
        "output_style": "Columns",
        "drop_last": False,
        "invalid_handling_strategy": "Keep",
    }
    ours = run(tmp_path, table, node(CATEGORICAL, "One-hot encode", parameters))
    assert_same(ours.read_text("utf-8"), written(expected))


def test_one_hot_encodes_a_name_with_dots_by_default(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"a.b": ["x", "y", "x"], "k": [1, 2, 3]})
    frame = read(spark, table).withColumnRenamed("a.b", "a_b")
    expected = one_hot(frame, "a_b", "Error", "Columns", drop_last=False)
    parameters = {"input_column": "a.b", "output_style": "Columns", "drop_last": False}
    ours = run(tmp_path, table, node(CATEGORICAL, "One-hot encode", parameters))
    assert_same(ours.read_text(), written(expected))


@pytest.mark.parametrize("strategy", ["Skip", "Keep", "Replace with NaN"])
def test_ordinal_encodes(spark: SparkSession, tmp_path: Path, strategy: str) -> None:
    expected = read(spark, CATEGORIES)
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
    assert_same(ours.read_text(), written(expected))


def test_replaces_values_without_a_learned_label(spark: SparkSession, tmp_path: Path) -> None:
    """And learns again if the stored model is invalid, like the image."""
    table = pa.table({"s": ["b", "a", "c", "b"]})
    parameters = {"input_column": "s", "invalid_handling_strategy": "Replace with NaN"}
    transform = node(CATEGORICAL, "Ordinal encode", parameters)
    model = feature.StringIndexer(inputCol="s", outputCol="i").fit(
        spark.createDataFrame([("a",), ("b",), ("a",)], ["s"])
    )
    for number, (encoded, rows) in enumerate(
        [(packed(model, tmp_path), "1.0\n0.0\nNaN\n1.0\n"), ("P)h>@6aW", "0.0\n1.0\n2.0\n0.0\n")]
    ):
        kept = {"ordinal_encode_parameters": {"_hash": 1, "string_indexer_model": encoded}}
        ours = run(tmp_path / str(number), table, {**transform, "trained_parameters": kept})
        assert ours.read_text() == f"s\n{rows}"


@pytest.fixture(scope="module", params=["Skip", "Keep"])
def learned(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[str, DataFrame, feature.StringIndexerModel, str]:
    """A strategy, and cities with their labels: Spark's model, and the same as a flow stores it."""
    earlier = spark.createDataFrame(
        [("b",), ("z,",), ("b",), ("é",), ("a",), ("a",), ("b",)], ["city"]
    )
    strategy = request.param
    indexer = feature.StringIndexer(inputCol="city", outputCol="_i", handleInvalid=strategy.lower())
    model = indexer.fit(earlier)
    return strategy, earlier, model, packed(model, tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("operator", ["One-hot encode", "Ordinal encode", "Vector"])
def test_encodes_with_the_learned_labels(
    spark: SparkSession,
    tmp_path: Path,
    learned: tuple[str, DataFrame, feature.StringIndexerModel, str],
    operator: str,
) -> None:
    strategy, earlier, model, stored = learned
    frame = read(spark, CATEGORIES).select("x", "city")
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
    kept = {"_hash": 1, "string_indexer_model": stored}
    transform["trained_parameters"] = {group_name(name): kept}
    ours = run(tmp_path, CATEGORIES.select(["x", "city"]), transform)
    assert_same(ours.read_text("utf-8"), written(expected))
