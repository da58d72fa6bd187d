"""Queries on real files: values as Athena reads them, and its errors."""

import datetime
import gzip
import hashlib
import json
import math
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.standins.athena.query import run_query

ROOT = Path(__file__).parents[3]
TYPES = {
    "Id": "int",
    "Price": "double",
    "Ratio": "float",
    "Sold": "boolean",
    "City": "string",
    "Code": "varchar(3)",
    "Day": "date",
    "Moment": "timestamp",
    "Exact": "decimal(6,2)",
}


class Athena:
    """A folder with one CSV table and the results of queries on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: list[dict[str, Any]] = []

    def table(self, name: str, types: dict[str, str], text: str, **fields: object) -> None:
        path = self.folder / name
        path.mkdir()
        (path / "data.csv").write_text(text)
        columns = [{"name": column, "type": kind} for column, kind in types.items()]
        self.tables.append(
            {
                "database": "Lake",
                "name": name,
                "columns": columns,
                "paths": [str(path)],
                "format": "csv",
                **fields,
            }
        )

    def request(self, query: str, **output: str) -> dict[str, Any]:
        return {
            "query": query,
            "database": "lake",
            "tables": self.tables,
            "output": {"path": str(self.folder / "out"), "format": "PARQUET", **output},
            "failure": str(self.folder / "failure"),
        }

    def result(self, query: str) -> pa.Table:
        run_query(self.request(query))
        (path,) = (self.folder / "out").iterdir()
        return pq.read_table(path)

    def error(self, query: str, **output: str) -> str:
        with pytest.raises(ValueError, match=r".") as error:
            run_query(self.request(query, **output))
        assert "\n" not in str(error.value)
        assert not list((self.folder / "out").glob("part*"))
        return str(error.value)


@pytest.fixture
def athena(tmp_path: Path) -> Athena:
    instance = Athena(tmp_path)
    instance.table(
        "Sales",
        TYPES,
        "1,2.5,0.5,true,Oslo,abcdef,2020-02-29,2020-02-29 12:30:00.5,1.239\n"
        "2.9,abc,1_0,yes,,,2020-02-30,2020-02-29,12345.6\n"
        "\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N\n"
        ",,,,,,,,\n"
        '4,1e3, 7 ,FALSE,"a"\n'
        "5,Infinity,NaN,False,x,y,2020-01-01,2020-01-01 00:00:00,-3,more,and more\n",
    )
    return instance


def test_reads_text_as_lazy_simple_serde_does(athena: Athena) -> None:
    table = athena.result("SELECT * FROM sales").to_pydict()
    assert list(table) == [name.lower() for name in TYPES]
    assert table["id"] == [1, None, None, None, 4, 5]
    assert table["price"] == [2.5, None, None, None, 1000.0, math.inf]
    assert table["ratio"][:5] == [0.5, None, None, None, 7.0]
    assert math.isnan(table["ratio"][5])
    assert table["sold"] == [True, None, None, None, False, False]
    assert table["city"] == ["Oslo", "", None, "", '"a"', "x"]
    assert table["code"] == ["abc", "", None, "", None, "y"]
    assert table["day"] == [datetime.date(2020, 2, 29), *[None] * 4, datetime.date(2020, 1, 1)]
    assert table["moment"][0] == datetime.datetime(2020, 2, 29, 12, 30, 0, 500000)
    assert table["moment"][1:5] == [None] * 4
    assert table["exact"] == [Decimal("1.24"), None, None, None, None, Decimal("-3.00")]


def test_writes_the_declared_types(athena: Athena) -> None:
    types = {field.name: str(field.type) for field in athena.result("SELECT * FROM sales").schema}
    assert types == {
        "id": "int32",
        "price": "double",
        "ratio": "float",
        "sold": "bool",
        "city": "string",
        "code": "string",
        "day": "date32[day]",
        "moment": "timestamp[us]",
        "exact": "decimal128(6, 2)",
    }


def test_reads_the_same_by_a_star_as_by_a_list_of_all_columns(athena: Athena) -> None:
    added = 'year("day") AS "day_year", CAST("id" AS varchar) AS "restate_split"'
    listed = ", ".join(f'"{name.lower()}"' for name in TYPES)
    tables = [
        athena.result(f'SELECT {columns}, {added} FROM "lake"."sales" WHERE "id" < 5')  # noqa: S608
        for columns in (listed, "*")
    ]
    assert tables[0].column_names == [*map(str.lower, TYPES), "day_year", "restate_split"]
    assert tables[0].num_rows == 2
    assert tables[1].equals(tables[0])


def test_reads_quoted_text_headers_delimiters_and_many_files(athena: Athena) -> None:
    types = {"a": "int", "b": "string"}
    athena.table(
        "quoted", types, 'a;b\n1;"x;y"\n2;"say ""z"""\n',
        delimiter=";", skipHeaderLines=1, quoteCharacter='"',
    )  # fmt: skip
    folder = athena.folder / "quoted"
    (folder / "deep").mkdir()
    (folder / "deep/more.csv").write_text("a;b\n3;c\n")
    (folder / "_SUCCESS").write_text("9;hidden\n")
    (folder / "empty.csv").write_text("")
    assert athena.result("SELECT * FROM quoted ORDER BY a").to_pydict() == {
        "a": [1, 2, 3],
        "b": ["x;y", 'say "z"', "c"],
    }


def test_reads_parquet_by_column_name(athena: Athena) -> None:
    athena.table("stored", {"B": "double", "a": "bigint", "c": "string"}, "")
    path = athena.folder / "stored"
    pq.write_table(pa.table({"A": pa.array([1, 2], pa.int32()), "b": [0.5, None]}), path / "1")
    (path / "data.csv").unlink()
    athena.tables[-1]["format"] = "parquet"
    table = athena.result("SELECT * FROM stored")
    assert table.to_pydict() == {"b": [0.5, None], "a": [1, 2], "c": [None, None]}
    athena.tables[-1]["columns"][0]["type"] = "string"
    athena.folder.joinpath("out/part-00000.parquet").unlink()
    assert athena.error("SELECT * FROM stored") == (
        "HIVE_BAD_DATA: 1: b: DOUBLE in the file, but string in the table"
    )


def test_a_table_without_files_has_no_rows(athena: Athena) -> None:
    athena.table("nothing", {"a": "int"}, "")
    assert athena.result("SELECT a FROM nothing").to_pydict() == {"a": []}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ID, id / 2, PRICE p FROM LAKE.SALES WHERE Id > 1",
         {"id": [4, 5], "_col1": [2, 2], "p": [1000.0, math.inf]}),
        ('SELECT "City" FROM "AwsDataCatalog"."Lake"."Sales" WHERE "ID" = 1;', {"city": ["Oslo"]}),
        ('SELECT id AS "Number" FROM sales WHERE id = 1', {"number": [1]}),
        ("WITH x AS (SELECT id FROM sales) SELECT count(*) n, max(id) FROM x",
         {"n": [6], "_col1": [5]}),
        ("CREATE TABLE copy WITH (format = 'PARQUET') AS SELECT id FROM sales WHERE id = 4",
         {"id": [4]}),
        ("SELECT id FROM sales WHERE id = 1 UNION ALL SELECT id FROM sales WHERE id = 4",
         {"id": [1, 4]}),
        ("SELECT try_cast(city AS double) x, coalesce(id, -1) y FROM sales WHERE city = 'x'",
         {"x": [None], "y": [5]}),
        ("SELECT date_diff('day', day, date '2020-03-01') d FROM sales WHERE id = 1", {"d": [1]}),
        ("SELECT x FROM sales CROSS JOIN UNNEST(ARRAY[1, 2]) AS t(x) WHERE id = 1", {"x": [1, 2]}),
        ("SELECT id FROM sales WHERE id > 0 ORDER BY price DESC, id", {"id": [5, 4, 1]}),
        ("SELECT s.city c, count(*) n FROM sales s WHERE s.id < 5 GROUP BY 1 ORDER BY c",
         {"c": ["Oslo", '"a"'][::-1], "n": [1, 1]}),
        ("SELECT code = 'abc ' x, moment + interval '1' day y FROM sales WHERE id = 1",
         {"x": [False], "y": [datetime.datetime(2020, 3, 1, 12, 30, 0, 500000)]}),
        ("SELECT element_at(split('a,b', ','), 2) e FROM sales WHERE id = 1", {"e": ["b"]}),
    ],
)  # fmt: skip
def test_runs_athenas_sql(athena: Athena, query: str, expected: dict[str, list[Any]]) -> None:
    assert athena.result(query).to_pydict() == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC id FROM sales", "SYNTAX_ERROR: line 1:"),
        ("SELECT id FROM", "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", "the query must be one statement, not 2"),
        ("", "the query must be one statement, not 0"),
        ("DROP TABLE sales", "the query must be a SELECT or a CREATE TABLE AS SELECT, not DROP"),
        ("INSERT INTO sales SELECT * FROM sales", "not INSERT"),
        ("CREATE TABLE x (a int)", "not CREATE"),
        ("SELECT id FROM houses", "TABLE_NOT_FOUND: lake.houses does not exist; there are lake."),
        ("SELECT id FROM other.sales", "TABLE_NOT_FOUND: other.sales does not exist"),
        ("SELECT id FROM hive.lake.sales", "CATALOG_NOT_FOUND: hive; there is awsdatacatalog"),
        ("SELECT size FROM sales", "COLUMN_NOT_FOUND: line 1:8: Column 'size' cannot be resolved"),
        ("SELECT id FROM sales WHERE city > 10", "TYPE_MISMATCH: "),
        ("SELECT city + 1 FROM sales", "Cannot apply operator: varchar + integer; use CAST"),
        ("SELECT id, id FROM sales", "DUPLICATE_COLUMN_NAME: the result has two columns named id"),
        ("SELECT no_such_function(id) FROM sales", "no_such_function"),
        ("SELECT cast(city AS int) FROM sales", "INVALID_CAST_ARGUMENT: Cannot cast 'Oslo' to INT"),
        ("SELECT id + 1 x FROM sales WHERE x > 1", "COLUMN_NOT_FOUND: line 1:34: Column 'x'"),
        ("SELECT id FROM sales WHERE day > '2020-01-01'", "operator: date > varchar; use CAST"),
        ("SELECT id FROM sales WHERE sold IN (1)", "IN value and list items must be the same"),
        ("SELECT id FROM sales WHERE id", "WHERE clause must evaluate to a boolean"),
        ("SELECT id::varchar FROM sales", "SYNTAX_ERROR: line 1:10: mismatched input ':'"),
        ("SELECT nvl(id, 1) FROM sales", "FUNCTION_NOT_FOUND: line 1:8: Function 'nvl'"),
        ("SELECT id FROM sales LIMIT 1 OFFSET 1", "mismatched input 'OFFSET'. Expecting: <EOF>"),
        ('SELECT id FROM sales WHERE city = "Oslo"', "COLUMN_NOT_FOUND: line 1:35: Column 'oslo'"),
        ("SELECT city FROM sales GROUP BY id", "EXPRESSION_NOT_AGGREGATE: line 1:8: 'city'"),
        ("SELECT * FROM read_csv('/etc/passwd')", "not a table function of Athena"),
    ],
)  # fmt: skip
def test_refuses_the_same_as_athena(athena: Athena, query: str, message: str) -> None:
    assert message in athena.error(query)


def test_finds_a_table_in_another_catalogue_only_by_its_full_name(athena: Athena) -> None:
    catalog = "s3tablescatalog/team"
    athena.table("bought", {"id": "int"}, "7\n", catalog=catalog)
    named = f'"{catalog}"."lake"."bought"'
    for name in ("bought", "lake.bought", "awsdatacatalog.lake.bought", f'"{catalog}".lake.sales'):
        query = f"SELECT id FROM {name}"  # noqa: S608
        assert athena.error(query).startswith("TABLE_NOT_FOUND: lake."), name
    there_are = f"CATALOG_NOT_FOUND: hive; there is awsdatacatalog, {catalog}"
    assert there_are in athena.error("SELECT id FROM hive.lake.bought")
    query = f"SELECT {named}.id FROM {named}"  # noqa: S608
    assert athena.result(query).to_pydict() == {"id": [7]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": [{"name": "a", "type": "map<string,int>"}]}, "type map<string,int> is not"),
        ({"columns": [{"name": "a", "type": "int"}, {"name": "A", "type": "int"}]}, "distinct"),
        ({"paths": ["/nowhere"]}, "no such file or folder: /nowhere"),
        ({"format": "orc"}, "format orc; allowed are csv, parquet"),
    ],
)
def test_refuses_tables(athena: Athena, change: dict[str, Any], message: str) -> None:
    athena.tables[0].update(change)
    error = athena.error("SELECT id FROM sales")
    assert error.startswith("table sales: ")
    assert message in error


def test_writes_the_output_formats(athena: Athena) -> None:
    query = "SELECT id, city FROM sales WHERE id = 1 OR city IS NULL"
    run_query(athena.request(query, format="TEXTFILE"))
    assert (athena.folder / "out/part-00000.txt").read_text() == "1\x01Oslo\n\\N\x01\\N\n"
    run_query(athena.request(query, format="JSON"))
    lines = (athena.folder / "out/part-00000.json").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, None]
    assert "ORC is not supported; allowed are PARQUET" in _error(
        athena.request(query, format="ORC")
    )
    assert "LZ4 is not supported" in _error(athena.request(query, compression="LZ4"))


def _error(request: dict[str, Any]) -> str:
    with pytest.raises(ValueError, match="output") as error:
        run_query(request)
    return str(error.value)


INPUT_TABLE = {
    "name": "sagemaker_processing.sagemaker_tmp_0123456789abcdef",
    "location": "s3://bucket/athena/",
    "workGroup": {"name": "restate-dev", "enforcesConfiguration": False},
}


def test_an_input_is_a_table_that_sagemaker_creates(
    athena: Athena, capsys: pytest.CaptureFixture[str]
) -> None:
    request = athena.request("SELECT id FROM sales\nWHERE id = 4", compression="SNAPPY")
    run_query({**request, "inputTable": INPUT_TABLE})
    assert capsys.readouterr().out == (
        "CREATE TABLE sagemaker_processing.sagemaker_tmp_0123456789abcdef WITH "
        "(external_location = 's3://bucket/athena/', format = 'PARQUET', "
        "write_compression = 'SNAPPY') AS\nSELECT id FROM sales\nWHERE id = 4\n"
    )
    (path,) = (athena.folder / "out").iterdir()
    assert pq.read_table(path).to_pydict() == {"id": [4]}


@pytest.mark.parametrize(
    ("output", "compression", "name"),
    [
        ({}, "GZIP", "part-00000.parquet"),
        ({"compression": "SNAPPY"}, "SNAPPY", "part-00000.parquet"),
        ({"compression": "GZIP"}, "GZIP", "part-00000.parquet"),
        ({"format": "TEXTFILE"}, None, "part-00000.txt.gz"),
        ({"format": "JSON", "compression": "GZIP"}, None, "part-00000.json.gz"),
    ],
)
def test_an_input_is_compressed_as_requested_or_by_athenas_default(
    athena: Athena, output: dict[str, str], compression: str | None, name: str
) -> None:
    request = athena.request("SELECT id FROM sales WHERE id = 4", **output)
    run_query({**request, "inputTable": INPUT_TABLE})
    (path,) = (athena.folder / "out").iterdir()
    assert path.name == name
    if compression is not None:
        column = pq.ParquetFile(path).metadata.row_group(0).column(0)
        assert column.compression == compression
    else:
        assert "4" in gzip.decompress(path.read_bytes()).decode()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "SELECT id, count(*) FROM sales GROUP BY id",
            "MISSING_COLUMN_NAME: Column name not specified at position 2: give the expression a "
            "name with AS",
        ),
        (
            "CREATE TABLE copy AS SELECT id FROM sales",
            "the query of an input must be a SELECT: SageMaker creates its table",
        ),
    ],
)
def test_refuses_columns_that_an_inputs_table_cannot_have(
    athena: Athena, query: str, message: str
) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        run_query({**athena.request(query), "inputTable": INPUT_TABLE})
    assert str(error.value) == message
    # A query by itself may have them.
    run_query(athena.request(query, format="JSON"))


def test_refuses_times_with_a_zone_in_an_inputs_table(athena: Athena) -> None:
    message = athena.error("SELECT id, now() AS at FROM sales")
    assert message == (
        "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone (column at)"
    )


def test_refuses_an_inputs_location_if_the_workgroup_has_its_own(athena: Athena) -> None:
    table = {**INPUT_TABLE, "workGroup": {"name": "theirs", "enforcesConfiguration": True}}
    with pytest.raises(ValueError, match="external_location") as error:
        run_query({**athena.request("SELECT id FROM sales"), "inputTable": table})
    assert str(error.value) == (
        "InvalidRequestException: workgroup theirs: the Create Table As Select query failed "
        "because it was submitted with an 'external_location' property (s3://bucket/athena/, the "
        "input's OutputS3Uri) to an Athena Workgroup that enforces a centralized output location "
        "for all queries"
    )
    assert not (athena.folder / "out").exists()


def test_the_same_input_produces_the_same_bytes(athena: Athena) -> None:
    athena.table("long", {"a": "int", "b": "double"}, "")
    (athena.folder / "long/data.csv").unlink()
    athena.tables[-1]["format"] = "parquet"
    values = [number % 977 / 7 for number in range(400_000)]
    table = pa.table({"a": pa.array(range(400_000), pa.int32()), "b": values})
    # Many row groups, so that several threads could read.
    pq.write_table(table, athena.folder / "long/data.parquet", row_group_size=10_000)
    filtered = "SELECT a, b FROM long WHERE a % 3 = 0"
    grouped = "SELECT a % 9 k, sum(b) FROM long GROUP BY 1"
    for query in (filtered, grouped):
        hashes = set()
        for _ in range(3):
            athena.result(query)
            data = (athena.folder / "out/part-00000.parquet").read_bytes()
            hashes.add(hashlib.sha256(data).hexdigest())
        assert len(hashes) == 1
    first = athena.result("SELECT a FROM long")["a"].to_pylist()
    assert first == list(range(400_000))


def test_a_job_fails_with_one_line(athena: Athena) -> None:
    request = athena.folder / "request.json"
    request.write_text(json.dumps(athena.request("SELECT size FROM sales")))
    job = subprocess.run(
        [sys.executable, "-m", "local.standins.athena.query", str(request)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert job.returncode == 1
    assert job.stderr.startswith("COLUMN_NOT_FOUND: line 1:8: Column 'size'")
    assert job.stderr == (athena.folder / "failure").read_text()
    assert job.stderr.count("\n") == 1
