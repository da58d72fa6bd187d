"""String formatting, search and row operations against Spark."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flows import (
    FORMAT,
    ROWS,
    SEARCH,
    node,
    run,
)

from local.standins.errors import UserError

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402
from spark_reference import NAN, assert_same, read, written  # noqa: E402

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
    frame = read(spark, WORDS)
    expected = frame.withColumn(column, call(sf.col(column).cast("string")))
    ours = run(tmp_path, WORDS, node(FORMAT, operator, {"input_column": column, **parameters}))
    assert_same(ours.read_text("utf-8"), written(expected))


@pytest.mark.parametrize(
    ("operator", "strip"),
    [
        ("Strip characters from left", str.lstrip),
        ("Strip characters from right", str.rstrip),
        ("Strip left and right", str.strip),
    ],
)
def test_strips_like_python(tmp_path: Path, operator: str, strip: Any) -> None:
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
    with pytest.raises(UserError, match="a letter whose case changes differently in Spark"):
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
    expected = read(spark, FOUND).withColumn("new", value)
    assert_same(run(tmp_path, FOUND, transform).read_text(), written(expected))


@pytest.mark.parametrize(
    "pattern", ["a*", r"\s", "a.b", "b$", "(?i)a", "a++", "[a&&b]", "[[:alpha:]]", "(a", r"\bx"]
)
def test_refuses_patterns_that_differ_in_java(tmp_path: Path, pattern: str) -> None:
    group = {"input_column": "s", "pattern": pattern, "replacement": "x"}
    with pytest.raises(
        UserError, match="may have another meaning in Spark, so it is not supported here"
    ):
        run(tmp_path, FOUND, node(SEARCH, "Find and replace substring", group))


def test_drops_duplicates(spark: SparkSession, tmp_path: Path) -> None:
    expected = written(read(spark, REPEATED).dropDuplicates()).splitlines()
    ours = run(tmp_path, REPEATED, node(ROWS, "Drop duplicates", {})).read_text().splitlines()
    assert ours[0] == expected[0]
    plain = [line.replace("-0.0", "0.0") for line in ours[1:]]  # either of the two zeros is first
    assert sorted(plain) == sorted(line.replace("-0.0", "0.0") for line in expected[1:])


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_sorts(spark: SparkSession, tmp_path: Path, order: str) -> None:
    way = sf.asc if order == "Ascending" else sf.desc
    expected = read(spark, WORDS).sort(way("n"))
    ours = run(tmp_path, WORDS, node(ROWS, "Sort", {"sort_by": "n", "order": order}))
    assert_same(ours.read_text("utf-8"), written(expected))
