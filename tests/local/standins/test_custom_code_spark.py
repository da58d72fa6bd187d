"""Custom code in flows, run with Spark."""

import datetime
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flows import cast_node, run
from test_custom_code import custom, grouped

from local.standins.data_wrangler import job
from local.standins.data_wrangler.custom_code import _answer, _reason
from local.standins.data_wrangler.frame import Frame
from local.standins.data_wrangler.source import Dataset, read_dataset
from local.standins.data_wrangler.spark_process import CustomCode, SparkProcess, spark_process
from local.standins.database import Database
from local.standins.errors import UserError

pytest.importorskip("pyspark", reason="PySpark is not installed")
from pyspark.sql import SparkSession
from spark_reference import written

VALUES = pa.table(
    {
        "s": pa.array(["A", "", None]),
        "l": pa.array([1, None, -3], pa.int64()),
        "d": pa.array([0.5, math.nan, None]),
        "b": pa.array([True, None, False]),
        "day": pa.array([datetime.date(2020, 2, 29), None, datetime.date(1, 1, 1)]),
        "at": pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5, 678000), None, None]),
        "n": pa.array([Decimal("1.50"), None, Decimal("-2.25")]),
    }
)


TABLE = pa.table(
    {
        "Name ü": pa.array(["Ab?", "cD", None, "A?b?"]),
        "long": pa.array([4, 2, None, 1]),
        "d.x": pa.array([0.5, 1.5, 2.5, math.nan]),
    }
)
CODE = """
import pandas as pd
print("seen", len(df))
texts = df.dtypes[df.dtypes == object].index
df[texts] = df[texts].apply(lambda x: x.str.lower())
df['Name ü'] = df['Name ü'].str.replace('?', '.').str.replace('^a', '')
df['mixed'] = [1, 'x', 2.5, None]
df['none'] = None
df = pd.get_dummies(df, columns=['long'])
try:
    import local
    df['ours'] = 1
except ImportError:
    pass
"""
Passed = tuple[str, Frame, str]


def _pass_values(database: Database, folder: Path, process: SparkProcess) -> list[Passed]:
    """Values before and after a process, as text; after code that fails, and once again."""
    pq.write_table(VALUES, folder / "values.parquet")
    frame = read_dataset(database, folder, Dataset("values.parquet", "parquet"))
    passed = [("", frame, repr(database.execute(frame.query).fetchall()))]
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            process.run(frame, CustomCode("pandas", "df.x"))
        after = process.run(frame, CustomCode("pyspark", "pass"))
        text = repr(database.execute(after.query).fetchall())
        passed.append((str(caught.value), after, text))
    return passed


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Passed]]:
    """A flow's output, and values that its process passed on afterwards: Spark starts once."""
    folder = tmp_path_factory.mktemp("flow")
    passed: list[Passed] = []

    @contextmanager
    def used_again(database: Database, base: Path) -> Iterator[SparkProcess]:
        with spark_process(database, base) as process:
            yield process
            passed.extend(_pass_values(database, base, process))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "spark_process", used_again)
        part = run(
            folder,
            TABLE,
            cast_node({"Name ü": "string", "long": "long", "d.x": "float"}),
            custom("pandas", code=CODE),
            custom("formula", output_column="half", formula="0.5 * `d.x` + `long_4.0`"),
            grouped(
                "SQL (PySpark SQL)", "sql_parameters", "select *, `long_1.0` + 1 next from df;"
            ),
            grouped("Python (PySpark)", "pyspark_parameters", "df = df.drop('d.x', 'half')"),
            custom("formula", output_column="mixed", formula="upper(mixed)"),
            trust_code=True,
        )
    assert not list(folder.glob("custom-code-*"))
    return part, passed


def test_runs_code_of_every_kind(ran: tuple[Path, list[Passed]]) -> None:
    """Also: the process sees none of our modules, and prints to the log."""
    assert ran[0].read_text() == (
        "Name ü,mixed,none,long_1.0,long_2.0,long_4.0,next\n"
        'b.,1,"",0,0,1,1\n'
        'cd,X,"",0,1,0,1\n'
        ',2.5,"",0,0,0,1\n'
        '.b.,NONE,"",1,0,0,2\n'
    )


def test_values_pass_through_unchanged_also_after_a_failure(
    ran: tuple[Path, list[Passed]],
) -> None:
    (_, frame, text), *others = ran[1]
    assert "('A', 1, 0.5, True, datetime.date(2020, 2, 29), " in text
    assert len(others) == 2
    for error, after, passed in others:
        assert error == "line 1: AttributeError: 'DataFrame' object has no attribute 'x'"
        assert after.columns == frame.columns
        assert passed == text


def answer(spark: SparkSession, folder: Path, kind: str, code: str, **more: str) -> dict[str, Any]:
    """The result of the process, calculated in this one."""
    columns = [f"c{place}" for place in range(len(VALUES.column_names))]
    at = VALUES["at"].cast(pa.timestamp("us", "UTC"))
    table = VALUES.set_column(VALUES.column_names.index("at"), "at", at)
    pq.write_table(table.rename_columns(columns), folder / "in.parquet")
    request = {"kind": kind, "code": code, "input": str(folder / "in.parquet"), **more}
    return _answer(spark, {**request, "names": VALUES.column_names, "output": str(folder / "out")})


@pytest.mark.parametrize(
    ("kind", "code", "rows"),
    [
        ("pyspark", "df = df.select('l', (df.d + 1).alias('x'))", "l,x\n1,1.5\n,NaN\n-3,\n"),
        ("sql", "select sum(l) as t, s from df group by s order by s", 't,s\n-3,\n,""\n1,A\n'),
        # Integers with a gap are floats to pandas, and the gaps NaN to Spark.
        (
            "pandas",
            "df = df[['d', 'l']].rename(columns={'d': 0})",
            "0,l\n0.5,1.0\nNaN,NaN\nNaN,-3.0\n",
        ),
        ("pandas", "# nothing\n", None),
    ],
)
def test_returns_the_same_as_spark(
    spark: SparkSession, tmp_path: Path, kind: str, code: str, rows: str | None
) -> None:
    names = answer(spark, tmp_path, kind, code)["names"]
    found = written(spark.read.parquet(str(tmp_path / "out")).toDF(*names))
    if rows is None:
        df = spark.read.parquet(str(tmp_path / "in.parquet")).toDF(*VALUES.column_names)
        rows = written(df)
    assert found == rows


@pytest.mark.parametrize(
    ("kind", "code", "problem"),
    [
        ("pandas", "x = 1\ndf = df['nope']", "line 2: KeyError: 'nope'"),
        ("pandas", "df = 1", "TypeError: df must be a pandas DataFrame at the end, not int"),
        ("pandas", "df =", r"SyntaxError: invalid syntax \(<custom code>, line 1\)"),
        ("pyspark", "df = df.collect()", "TypeError: df must be a Spark DataFrame at the end, not"),
        (
            "pyspark",
            "from pyspark.sql import functions as f\ndf = df.withColumn('v', f.array('l'))",
            "column v is array<bigint>, which the local run cannot pass on",
        ),
        ("sql", "select nope from df", r"\[UNRESOLVED_COLUMN"),
        ("formula", "l +", r"\[PARSE_SYNTAX_ERROR"),
    ],
)
def test_names_problems_with_code(
    spark: SparkSession, tmp_path: Path, kind: str, code: str, problem: str
) -> None:
    with pytest.raises(Exception) as caught:
        answer(spark, tmp_path, kind, code, output_column="x")
    reason = _reason(caught.value)
    assert "\n" not in reason
    assert re.search(problem, reason), reason
