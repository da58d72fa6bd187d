"""Missing values, scaling and outliers against Spark."""

import functools
import math
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from flows import (
    MISSING,
    NUMERIC,
    OUTLIERS,
    group_name,
    node,
    run,
)

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.ml import feature  # noqa: E402
from pyspark.ml.functions import vector_to_array  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402
from spark_reference import GAPS, NAN, assert_same, packed, read, written  # noqa: E402


def missing(frame: DataFrame, name: str) -> Any:
    """Data Wrangler's definition of a missing value."""
    kind = frame.schema[name].dataType.typeName()
    if kind == "string":
        return sf.isnull(name) | (sf.trim(sf.col(name)) == "")
    if kind in ("date", "boolean", "timestamp"):
        return sf.isnull(name)
    return sf.isnull(name) | sf.isnan(name)


@pytest.mark.parametrize("names", [["s"], ["d"], ["l", "b"], [None]])
def test_drops_missing(spark: SparkSession, tmp_path: Path, names: list[str | None]) -> None:
    frame = read(spark, GAPS)
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
    assert_same(ours.read_text(), written(frame))


@pytest.mark.parametrize(("name", "value"), [("s", "N/A"), ("d", "0.5"), ("d", 3), ("l", "7")])
def test_fills_missing(spark: SparkSession, tmp_path: Path, name: str, value: Any) -> None:
    frame = read(spark, GAPS)
    kind = frame.schema[name].dataType
    typed = {"s": str, "d": float, "l": int}[name](value)
    filled = sf.when(~missing(frame, name), sf.col(name)).otherwise(typed).cast(kind)
    parameters = {"input_column": name, "fill_value": value}
    ours = run(tmp_path, GAPS, node(MISSING, "Fill missing", parameters))
    assert_same(ours.read_text(), written(frame.withColumn(name, filled)))


@pytest.mark.parametrize("form", ["list", "a node a column"])
@pytest.mark.parametrize("strategy", ["Mean", "Approximate Median"])
def test_imputes_numbers(spark: SparkSession, tmp_path: Path, strategy: str, form: str) -> None:
    spark_strategy = "mean" if strategy == "Mean" else "median"
    imputer = feature.Imputer(inputCols=["d", "l"], outputCols=["d", "l"], strategy=spark_strategy)
    frame = read(spark, GAPS)
    expected = imputer.fit(frame).transform(frame)
    columns: list[Any] = [["d", "l"]] if form == "list" else ["d", "l"]
    nodes = []
    for column in columns:
        numeric = {"input_column": column, "strategy": strategy}
        parameters = {"column_type": "Numeric", "numeric_parameters": numeric}
        nodes.append(node(MISSING, "Impute", parameters))
    ours = run(tmp_path, GAPS, *nodes)
    assert_same(ours.read_text(), written(expected), 1e-12)


def test_imputes_into_another_column(spark: SparkSession, tmp_path: Path) -> None:
    frame = read(spark, GAPS)
    imputer = feature.Imputer(inputCols=["l"], outputCols=["filled"], strategy="mean")
    expected = imputer.fit(frame).transform(frame)
    numeric = {"strategy": "Mean", "input_column": "l", "output_column": "filled"}
    parameters = {"column_type": "Numeric", "numeric_parameters": numeric}
    ours = run(tmp_path, GAPS, node(MISSING, "Impute", parameters))
    assert ours.read_text() == written(expected)


@pytest.mark.parametrize("strategy", ["Mean", "Approximate Median"])
def test_imputes_decimals_with_their_scale(
    spark: SparkSession, tmp_path: Path, strategy: str
) -> None:
    exact = [Decimal("1.50"), None, Decimal("-2.00"), Decimal("0.01"), Decimal("0.10")]
    table = pa.table({"e": pa.array(exact, pa.decimal128(8, 2))})
    spark_strategy = "mean" if strategy == "Mean" else "median"
    imputer = feature.Imputer(inputCols=["e"], outputCols=["e"], strategy=spark_strategy)
    frame = read(spark, table)
    expected = imputer.fit(frame).transform(frame)
    numeric = {"input_column": ["e"], "strategy": strategy}
    parameters = {"column_type": "Numeric", "numeric_parameters": numeric}
    ours = run(tmp_path, table, node(MISSING, "Impute", parameters))
    assert_same(ours.read_text(), written(expected))


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
    (spark_median,) = read(spark, table).approxQuantile("v", [0.5], 0.001)
    ordered = sorted(values)
    assert float(ours) == ordered[10_000]
    assert abs(ordered.index(spark_median) - 10_000) <= 0.001 * 20_001


def test_imputes_the_most_frequent_and_adds_indicators(spark: SparkSession, tmp_path: Path) -> None:
    frame = read(spark, GAPS)
    value = sf.when(~missing(frame, "s"), sf.col("s")).otherwise("a")
    expected = frame.withColumn("s", value).withColumn("d_indicator", missing(frame, "d"))
    parameters = {"column_type": "Categorical", "categorical_parameters": {"input_column": "s"}}
    indicate = node(MISSING, "Add indicator for missing", {"input_column": "d"})
    ours = run(tmp_path, GAPS, node(MISSING, "Impute", parameters), indicate)
    assert_same(ours.read_text(), written(expected))


SCALED = pa.table(
    {
        "a": pa.array([1.5, NAN, None, 2.5, -7.0, 4.0, 1e3, 0.25]),
        "b": pa.array([1, 2, None, 4, 9, 9, 0, 3], pa.int64()),
        "z": pa.array([0.0] * 8),
    }
)
# What scalers learn from: a column of a table, by a name.
LEARNED = {
    **{name: (name, SCALED) for name in SCALED.column_names},
    "earlier": ("a", pa.table({"a": [5.0, -2.0, 11.0]})),
}
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


def assembler(column: str, invalid: str = "keep") -> feature.VectorAssembler:
    """What makes the vectors that scalers take."""
    return feature.VectorAssembler(inputCols=[column], outputCol="_v", handleInvalid=invalid)


@functools.cache
def _learned(spark: SparkSession, scaler: str, quantiles: tuple[Any, ...], values: str) -> Any:
    column, table = LEARNED[values]
    estimator = getattr(feature, CLASSES[scaler])(inputCol="_v", outputCol="_s", **dict(quantiles))
    return estimator.fit(assembler(column, "skip").transform(read(spark, table)))


def fitted(spark: SparkSession, scaler: str, options: dict[str, Any], values: str) -> Any:
    """A scaler with options, of which only the quantiles change what it learns."""
    quantiles = {name: options[name] for name in ("lower", "upper") if name in options}
    model = _learned(spark, scaler, tuple(quantiles.items()), values)
    others = {model.getParam(name): options[name] for name in options.keys() - quantiles.keys()}
    return model.copy(others)


@pytest.mark.parametrize(("scaler", "parameters", "options"), SCALERS)
def test_scales(
    spark: SparkSession,
    tmp_path: Path,
    scaler: str,
    parameters: dict[str, Any],
    options: dict[str, Any],
) -> None:
    frame = read(spark, SCALED)
    for name in frame.columns:
        model = fitted(spark, scaler, options, name)
        scaled = model.transform(assembler(name).transform(frame))
        frame = scaled.withColumn(name, vector_to_array(sf.col("_s"))[0]).drop("_v", "_s")
    group = {"input_column": SCALED.column_names, **parameters}
    key = scaler.lower().replace(" ", "_").replace("-", "_") + "_parameters"
    ours = run(tmp_path, SCALED, node(NUMERIC, "Scale values", {"scaler": scaler, key: group}))
    assert_same(ours.read_text(), written(frame), 1e-12)


@pytest.mark.parametrize(("scaler", "parameters", "options"), SCALERS)
def test_scales_with_learned_parameters(
    spark: SparkSession,
    tmp_path: Path,
    scaler: str,
    parameters: dict[str, Any],
    options: dict[str, Any],
) -> None:
    # The operator's Max absolute scaler learns anew.
    learns_anew = scaler == "Max absolute scaler"
    model = fitted(spark, scaler, options, "a" if learns_anew else "earlier")
    scaled = model.transform(assembler("a").transform(read(spark, SCALED)))
    expected = scaled.withColumn("other", vector_to_array(sf.col("_s"))[0]).drop("_v", "_s")
    key = scaler.lower().replace(" ", "_").replace("-", "_") + "_parameters"
    group = {"input_column": "a", "output_column": "other", **parameters}
    transform = node(NUMERIC, "Scale values", {"scaler": scaler, key: group})
    kept = {key: {"_hash": 1, "scaler_model": packed(model, tmp_path)}}
    transform["trained_parameters"] = {"scale_values_parameters": kept}
    ours = run(tmp_path, SCALED, transform)
    assert_same(ours.read_text(), written(expected), 1e-12)


# As the operator makes it, by re.escape.


FAR = pa.table(
    {"v": pa.array([1.0, 2.0, 3.0, 2.5, 100.0, NAN, None, -50.0, 2.0, 1.5]), "k": range(10)}
)


def _fixed(frame: DataFrame, fix: str, low: float, high: float) -> DataFrame:
    """The operator's Spark calls with known limits."""
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


LIMITS: dict[str, dict[str, Any]] = {
    "Standard deviation": {"standard_deviations": 1},
    "Robust standard deviation": {
        "lower_quantile": 0.2,
        "upper_quantile": 0.8,
        "standard_deviations": 1,
    },
    "Quantile": {"lower_quantile": 0.2, "upper_quantile": 0.8},
    "Min-max": {"lower_threshold": "1.5", "upper_threshold": 3},
}


@functools.cache
def _limits(spark: SparkSession, operator: str) -> tuple[float, float]:
    """The limits that the operator's Spark calls find with the parameters above."""
    frame = read(spark, FAR)
    if operator == "Min-max":
        return 1.5, 3.0
    if operator == "Standard deviation":
        return _deviations(frame, 1)
    low, high = frame.filter("v is not null").approxQuantile("v", [0.2, 0.8], 0.001)
    if operator == "Quantile":
        return low, high
    return _deviations(frame.filter((sf.col("v") >= low) & (sf.col("v") <= high)), 1)


@pytest.mark.parametrize("fix", ["Clip", "Remove", "Invalidate"])
@pytest.mark.parametrize("operator", LIMITS)
def test_handles_outliers(spark: SparkSession, tmp_path: Path, operator: str, fix: str) -> None:
    frame = read(spark, FAR)
    limits = _limits(spark, operator)
    parameters = {"input_column": "v", "fix_method": fix, **LIMITS[operator]}
    ours = run(tmp_path, FAR, node(OUTLIERS, f"{operator} numeric outliers", parameters))
    assert_same(ours.read_text(), written(_fixed(frame, fix, *limits)), 1e-12)


def test_keeps_learned_limits(tmp_path: Path) -> None:
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
    expected = read(spark, table).withColumn("s", value)
    parameters = {
        "input_column": "s",
        "replacement_string": "other",
        "absolute_threshold": 2,
        "fraction_threshold": 0.2,
    }
    ours = run(tmp_path, table, node(OUTLIERS, "Replace rare values", parameters))
    assert_same(ours.read_text(), written(expected))
