"""Casts and the resulting CSV, against Spark."""

import datetime
import math
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from flows import (
    CAST_ONE,
    COLUMNS,
    cast_node,
    flow,
    node,
    run,
)

from local.standins.data_wrangler.casts import install_macros, to_date
from local.standins.data_wrangler.flow import check

pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as sf  # noqa: E402
from spark_reference import (  # noqa: E402
    GAPS,
    NAN,
    assert_same,
    read,
    written,
    written_exactly,
    written_to_file,
)

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
    frame = read(spark, table)
    expected = frame.selectExpr(*(f"CAST({c} as {names[t]})" for c, t in types.items()))
    got = run(tmp_path, table, cast_node(types)).read_text().splitlines()
    wanted = written_to_file(expected, tmp_path).splitlines()
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
    frame = read(spark, table)
    expected = frame.selectExpr(
        *(f"CAST({name} as {targets[name.partition('_')[2]]})" for name in columns)
    )
    ours = run(tmp_path, table, cast_node({name: name.partition("_")[2] for name in columns}))
    got = ours.read_text().splitlines()
    wanted = written_to_file(expected, tmp_path).splitlines()
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
    expected = read(spark, table).selectExpr(
        *(f"CAST({name} as {names.get(t, t)})" for name, t in schema.items())
    )
    assert_same(run(tmp_path, table, cast_node(schema)).read_text(), written(expected))


TEXTS = [
    "plain", "a,b", 'say "hi"', '"', "two\nlines", "cr\rhere", " padded ", "\ttab\t", "", "  ",
    None, "'quote'", "a;b", "ünï", "日本", "\\N", "null", "x\\", "-", " \u00a0 ",
    "ends\n", "ends \r\n ", "\nstarts", "\n", " \r", "a,\n", 'a"\n', "\n,", "in\nside",
]  # fmt: skip


def test_prints_text(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table({"a,b": pa.array(TEXTS), 'q"': pa.array(range(len(TEXTS))), "Été": TEXTS})
    kept = run(tmp_path, table, node(COLUMNS, "Drop column", {"column_to_drop": 'q"'}))
    expected = read(spark, table).drop('q"')
    assert kept.read_bytes().decode() == written_exactly(expected)


def test_the_reference_is_what_a_job_of_spark_writes(spark: SparkSession, tmp_path: Path) -> None:
    texts = pa.table({"a,b": TEXTS, 'q" ': range(len(TEXTS)), "": TEXTS[::-1]})
    for number, table in enumerate([GAPS, texts, pa.table({" Only ": [None, "", "a", None]})]):
        frame = read(spark, table)
        assert written(frame) == written_to_file(frame, tmp_path / str(number))


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
        frame = read(spark, table)
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
            assert_same(run(folder, table, cast_one).read_text(), written(expected))


@pytest.mark.parametrize("kind", [pa.string(), pa.int64()])
def test_writes_no_line_for_a_null_in_the_only_column(
    spark: SparkSession, tmp_path: Path, kind: pa.DataType
) -> None:
    values = [None, "1", None, "2", None] if kind == pa.string() else [None, 1, None, 2, None]
    table = pa.table({"only": pa.array(values, kind), "drop": values})
    ours = run(tmp_path, table, node(COLUMNS, "Drop column", {"column_to_drop": "drop"}))
    expected = written(read(spark, table).drop("drop"))
    assert ours.read_text() == expected == "only\n1\n2\n"


DATES = {
    "dd-MM-yyyy": [
        "29-02-2020", "29-02-2021", "31-04-2020", "1-2-2020", "01-02-20", "2020-01-15",
        "+1-02-2020", " 01-02-2020", "01-02-2020 10:00", "01-02", "", "bad", "00-01-2020",
        "01/02/2020", None,
    ],
    "yyyy-MM-dd": ["2020-02-29", "2020-2-9", "29-02-2020"],
    "M/d/yyyy": ["1/2/2020", "12/31/1999", "13/1/2020"],
    "yyyy. MM.dd": ["2020. 02.29", "2020.02.29"],
}  # fmt: skip


def test_casts_to_dates_with_a_pattern(spark: SparkSession) -> None:
    spark.conf.set("spark.sql.legacy.timeParserPolicy", "EXCEPTION")
    with duckdb.connect() as database:
        install_macros(database)
        for pattern, texts in DATES.items():
            for text in texts:
                frame = read(spark, pa.table({"s": pa.array([text], pa.string())}))
                value = to_date("s", "string", pattern)
                query = f"select {value} from (select ?::varchar as s)"  # noqa: S608
                try:
                    (expected,) = frame.select(sf.to_date("s", pattern)).collect()
                except Exception as error:
                    assert "PARSE_DATETIME_BY_NEW_PARSER" in str(error), text
                    with pytest.raises(duckdb.Error, match="Spark 3 fails to read as a date by"):
                        database.execute(query, [text])
                else:
                    found = database.execute(query, [text]).fetchone()
                    assert (text, found) == (text, tuple(expected))
    spark.conf.unset("spark.sql.legacy.timeParserPolicy")


def test_casts_a_column_to_dates(tmp_path: Path) -> None:
    table = pa.table({"s": ["01-02-2020", "bad"], "n": [1, 2]})
    parameters = {"column": "s", "data_type": "date", "non_castable_data_handling_method": "drop"}
    transform = {"type": "TRANSFORM", "operator": CAST_ONE, "parameters": parameters}
    assert run(tmp_path, table, transform).read_text() == "s,n\n2020-02-01,1\n"


def test_refuses_other_patterns_of_dates() -> None:
    parameters = {"column": "s", "data_type": "date", "date_formatting": "dd MMM yyyy"}
    assert check(flow({"type": "TRANSFORM", "operator": CAST_ONE, "parameters": parameters})) == [
        f"node n1 ({CAST_ONE}): parameters.date_formatting: dd MMM yyyy is not supported; allowed "
        "are yyyy, MM and dd, as in dd-MM-yyyy"
    ]
