"""Encoding into a new column against Spark, with the calls of Data Wrangler's operators."""

import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from flows import CATEGORICAL, node, run
from spark_reference import NAN, assert_same, read, written
from test_encoding_spark import CATEGORIES, CITIES

from local.standins.errors import UserError

pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.ml import feature
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf


@functools.cache
def one_hot_encoded(spark: SparkSession, name: str, handling: str) -> tuple[DataFrame, list[str]]:
    """The table with the encoding of a column as _v, and the column's labels."""
    frame = read(spark, CATEGORIES)
    frame = frame.withColumn(name, sf.when(sf.col(name) == "", None).otherwise(sf.col(name)))
    indexer = feature.StringIndexer(inputCol=name, outputCol="_i", handleInvalid=handling)
    model = indexer.fit(frame)
    encoder = feature.OneHotEncoder(
        dropLast=False, handleInvalid="error", inputCol="_i", outputCol="_v"
    )
    indexed = model.transform(frame)
    return encoder.fit(indexed).transform(indexed), model.labels


@functools.cache
def ordinal_encoded(spark: SparkSession, name: str, handling: str) -> tuple[DataFrame, list[str]]:
    """The table with the encoding of a column as _i, and the column's labels."""
    frame = read(spark, CATEGORIES)
    indexer = feature.StringIndexer(inputCol=name, outputCol="_i", handleInvalid=handling)
    model = indexer.fit(frame)
    return model.transform(frame), model.labels


@pytest.mark.parametrize("output", ["code", "last"])
@pytest.mark.parametrize("style", ["Columns", "Vector"])
@pytest.mark.parametrize("name", ["city", "size"])
@pytest.mark.parametrize("strategy", ["Skip", "Keep"])
def test_one_hot_encodes_beside_the_input(
    spark: SparkSession, tmp_path: Path, strategy: str, name: str, style: str, output: str
) -> None:
    order = CATEGORIES.column_names
    encoded, labels = one_hot_encoded(spark, name, strategy.lower())
    if style == "Columns":
        elements = vector_to_array(encoded["_v"])
        new = [elements[k].alias(f"{output}_{label}") for k, label in enumerate(labels)]
        expected = encoded.select(*order, *new)
    else:
        added = [] if output in order else [output]
        expected = encoded.withColumn(output, sf.col("_v")).select(*order, *added)
    parameters = {
        "input_column": name,
        "output_column": output,
        "output_style": style,
        "invalid_handling_strategy": strategy,
        "drop_last": False,
    }
    ours = run(tmp_path, CATEGORIES, node(CATEGORICAL, "One-hot encode", parameters))
    assert_same(ours.read_text(), written(expected))


@pytest.mark.parametrize("output", ["code", "last"])
@pytest.mark.parametrize("strategy", ["Skip", "Keep", "Replace with NaN"])
def test_ordinal_encodes_beside_the_input(
    spark: SparkSession, tmp_path: Path, strategy: str, output: str
) -> None:
    handling = "skip" if strategy == "Skip" else "keep"
    encoded, labels = ordinal_encoded(spark, "city", handling)
    value: Any = sf.col("_i")
    if strategy == "Replace with NaN":
        value = sf.when(value == len(labels), NAN).otherwise(value)
    expected = encoded.withColumn(output, value).drop("_i")
    parameters = {
        "input_column": "city",
        "output_column": output,
        "invalid_handling_strategy": strategy,
    }
    ours = run(tmp_path, CATEGORIES, node(CATEGORICAL, "Ordinal encode", parameters))
    assert_same(ours.read_text(), written(expected))


def test_an_output_with_the_inputs_name_replaces_it(tmp_path: Path) -> None:
    table = pa.table({"city": CITIES})
    parameters = {"input_column": "city", "invalid_handling_strategy": "Keep"}
    results = [
        run(tmp_path / str(number), table, node(CATEGORICAL, "Ordinal encode", given)).read_text()
        for number, given in enumerate([parameters, {**parameters, "output_column": "city"}])
    ]
    assert results[0] == results[1]


def test_one_output_for_several_inputs_is_refused(tmp_path: Path) -> None:
    parameters = {"input_column": ["city", "size"], "output_column": "code"}
    with pytest.raises(UserError, match=r"output_column: of several columns is not supported"):
        run(tmp_path, CATEGORIES, node(CATEGORICAL, "Ordinal encode", parameters))
