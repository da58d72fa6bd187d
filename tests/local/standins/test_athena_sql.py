"""Athena's SQL against Trino's own results, and what is refused.

athena_values.tsv has one query per line: `=` if it is supported here, or `-` if it is refused by
name; the query; and Trino's types and rows, or `!` and its error code. They are from Trino 405
(tests/support/trino/src/main/java/Answers.java); the engine's version 3 is Trino's ("Athena engine
version 3" in Athena's documentation).
"""

import datetime
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from local.standins.athena.sql import create_macros, explain_failure, parse_query
from local.standins.athena.sql.functions import SIGNATURES, UNAVAILABLE
from local.standins.athena.sql.parser import parse
from local.standins.athena.sql.queries import Planner
from local.standins.athena.sql.reference import PAGE, reference
from local.standins.athena.sql.relations import Output
from local.standins.database import explain

ANSWERS = [
    line.split("\t")
    for line in Path(__file__).with_name("athena_values.tsv").read_text("utf-8").splitlines()
]
# Texts of doubles in the last digit: Java's mathematics and C's differ there.
_TOLERANCE = 1e-15


class Engine:
    def __init__(self) -> None:
        self.database = duckdb.connect(config={"threads": 1})
        create_macros(self.database)

    def run(self, query: str) -> tuple[Output, list[tuple[Any, ...]]]:
        planner = Planner("lake", {}, datetime.datetime.now(datetime.UTC))
        output = planner.query(parse(query))
        try:
            return output, self.database.execute(output.sql).fetchall()
        except duckdb.Error as error:
            raise ValueError(explain_failure(explain(error))) from None


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def _types(text: str) -> str:
    # Lengths of varchar are not kept, nor those of a char that was made from one.
    text = re.sub(r"char\(\d+\)", "char", text)
    return text.replace(" ", "")


def _text(value: Any, kind: str) -> str:
    """A value as Java shows Trino's."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        precision = int(re.findall(r"\d+", kind)[0])
        text = f"{value:%m-%d %H:%M:%S}.{value.microsecond:06d}"
        cut = text[: len("01-01 00:00:00.") + precision - (not precision)]
        return f"{value.year:04d}-{cut}" + (" UTC" if "zone" in kind else "")
    if isinstance(value, list):
        return f"[{', '.join(_text(one, kind) for one in value)}]"
    if kind == "interval day to second":
        sign, value = ("-" if value < 0 else ""), abs(value)
        seconds, milliseconds = divmod(value, 1000)
        minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
        return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds % 60:02d}.{milliseconds:03d}"
    if kind == "interval year to month":
        return f"{value // 12}-{value % 12}"
    if kind.startswith("char("):
        return str(value).ljust(int(kind[5:-1]))
    return str(value)


def _same(ours: str, trinos: str, *, real: bool) -> bool:
    if ours == trinos:
        return True
    one, other = (re.split(r"[\[\], |]+", text) for text in (ours, trinos))
    return len(one) == len(other) and all(map(lambda a, b: _close(a, b, real), one, other))


def _close(one: str, other: str, real: bool) -> bool:
    try:
        a, b = (float(text.replace("Infinity", "inf")) for text in (one, other))
    except ValueError:
        return one == other
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return math.isclose(a, b, rel_tol=1e-7 if real else _TOLERANCE)


def test_a_query_gets_the_macros_that_it_calls_and_those_that_they_call() -> None:
    with duckdb.connect(config={"threads": 1}) as database:
        create_macros(database, "select trino.years_between(a, b) from t")
        found = database.execute(
            "select function_name from duckdb_functions() where schema_name = 'trino' order by all"
        ).fetchall()
    forward = ["clamped_time_in_year", "is_leap", "milliseconds", "time_in_year"]
    assert [name for (name,) in found] == [*forward, "years_between", "years_forward"]


@pytest.mark.parametrize(
    ("here", "query", "types", "rows"),
    [(*answer, "")[:4] for answer in ANSWERS],
    ids=[f"{place}" for place in range(1, len(ANSWERS) + 1)],
)
def test_returns_the_same_as_trino(
    engine: Engine, here: str, query: str, types: str, rows: str
) -> None:
    if here == "-":
        with pytest.raises(ValueError, match=r"^[A-Z_]+: ") as error:
            engine.run(query)
        if types == "!" and "not available here" not in str(error.value):
            assert str(error.value).startswith(rows)
        return
    output, got = engine.run(query)
    kinds = [str(kind) for kind in output.types]
    assert _types(f"[{', '.join(kinds)}]") == _types(types)
    shown = " | ".join(
        f"[{', '.join(_text(value, kind) for value, kind in zip(row, kinds, strict=True))}]"
        for row in got
    )
    assert _same(shown, rows, real="real" in types), f"{query}\nhere  {shown}\nTrino {rows}"


def _refusal(engine: Engine, query: str) -> str:
    with pytest.raises(ValueError, match=r".") as error:
        engine.run(query)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select json_parse('1')", "NOT_SUPPORTED: line 1:8: the function json_parse is not"),
        ("select nvl(1, 2)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nvl' not registered"),
        ("select rand()", "NOT_SUPPORTED: line 1:8: the function rand is not available here"),
        ("select 1 = '1'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer = varchar"),
        ("select x from (values 1) t(x) tablesample bernoulli (5)", "TABLESAMPLE is not available"),
        ("select timestamp '2020-01-01 00:00:00' at time zone 'UTC'", "AT TIME ZONE is not"),
        ("select transform(array[1], x -> x)", "a lambda expression is not available here"),
        ("select regexp_like('a', '(?<=b)a')", "a regular expression with a group that looks"),
        ("select regexp_like(x, '$') from (values 'a\n') t(x)", "$ before a line break"),
        ("select max(x) from (values nan()) t(x)", "max of NaN is not available here"),
        ("with recursive a as (select 1) select 1", "WITH RECURSIVE is not available here"),
        ("select 1 from t1 natural join t2", "NATURAL JOIN is not available here"),
        ("select\n  a", "COLUMN_NOT_FOUND: line 2:3: Column 'a' cannot be resolved"),
        ("select 1 -- ; 2\n; select 2", "the query must be one statement, not 2"),
    ],
)  # fmt: skip
def test_refuses_by_name(engine: Engine, query: str, message: str) -> None:
    assert message in _refusal(engine, query)


def test_no_function_is_listed_as_both_supported_and_not() -> None:
    assert not UNAVAILABLE & set(SIGNATURES)


def test_every_function_has_a_result_from_trino() -> None:
    answered = " ".join(query for here, query, *_ in ANSWERS if here == "=").lower()
    missing = [name for name in SIGNATURES if not re.search(rf"\b{name}\b", answered)]
    assert missing == []


def test_the_clock_is_that_of_the_query(engine: Engine) -> None:
    _, ((day, moment),) = engine.run("select current_date, cast(now() as timestamp)")
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(now - moment) < datetime.timedelta(hours=1)
    assert day == moment.date()


def test_refuses_results_that_hive_cannot_store() -> None:
    for value, message in (
        ("null", "COLUMN_TYPE_UNKNOWN: Column type is unknown: _col0"),
        ("interval '1' day", "NOT_SUPPORTED: Unsupported Hive type: interval day to second"),
        ("now()", "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            parse_query(f"select {value}", "lake", [])


def test_a_row_by_row_query_may_use_every_thread() -> None:
    for query, is_plain in (
        ("select 1 + 1", True),
        ("select x from (values 1) t(x) where x > 1", True),
        ("select x from (values 1) t(x) order by x", False),
        ("select x from (values 1) t(x) limit 1", False),
        ("select distinct x from (values 1) t(x)", False),
        ("select sum(x) from (values 1) t(x)", False),
        ("select sum(x) over () from (values 1) t(x)", False),
        ("select 1 union all select 2", False),
        ("select t.x from (values 1) t(x), (values 2) u(x)", False),
        ("select x from (select sum(x) as x from (values 1) t(x)) t", False),
        ("select x from (values 1) t(x) where x in (select 1)", False),
    ):
        assert parse_query(query, "lake", []).is_plain is is_plain, query


def test_decimals_are_exact(engine: Engine) -> None:
    _, ((third, mean),) = engine.run(
        "select cast(1 as decimal(38,20)) / 3, avg(x) from (values 0.01, 0.02, 0.02) t(x)"
    )
    assert third == Decimal("0.33333333333333333333")
    assert mean == Decimal("0.02")


def test_the_documentation_lists_what_is_supported() -> None:
    assert PAGE.read_text("utf-8") == reference()
