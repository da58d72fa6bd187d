"""Partitioned tables: the keys' values come from the folders, as in Athena."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.standins.athena.query import run_query
from local.standins.athena.table_data import check_table_data

KEYS = [{"name": "Year", "type": "int"}, {"name": "state", "type": "string"}]


def table(folder: Path, file_format: str) -> dict[str, Any]:
    return {
        "database": "lake",
        "name": "houses",
        "columns": [{"name": "price", "type": "double"}],
        "partitionKeys": KEYS,
        "paths": [str(folder)],
        "format": file_format,
    }


def write(folder: Path, partition: str, prices: list[float], file_format: str) -> None:
    place = folder / partition
    place.mkdir(parents=True, exist_ok=True)
    if file_format == "csv":
        (place / "part.csv").write_text("".join(f"{price}\n" for price in prices))
    else:
        pq.write_table(pa.table({"price": prices}), place / "part.parquet")


def query(folder: Path, file_format: str, sql: str) -> list[dict[str, Any]]:
    output = folder.parent / "out"
    request = {
        "query": sql,
        "database": "lake",
        "tables": [table(folder, file_format)],
        "output": {"path": str(output), "format": "PARQUET"},
        "failure": str(folder.parent / "failure"),
    }
    run_query(request)
    (path,) = output.iterdir()
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_keys_are_columns_after_the_files_columns(tmp_path: Path, file_format: str) -> None:
    folder = tmp_path / "data"
    write(folder, "year=1990/state=New%20York", [1.5], file_format)
    write(folder, "Year=1991/state=__HIVE_DEFAULT_PARTITION__", [2.5], file_format)
    assert query(folder, file_format, "SELECT * FROM houses ORDER BY price") == [
        {"price": 1.5, "year": 1990, "state": "New York"},
        {"price": 2.5, "year": 1991, "state": None},
    ]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_filter_by_a_key_selects_its_folders(tmp_path: Path, file_format: str) -> None:
    folder = tmp_path / "data"
    write(folder, "year=1990/state=CA", [1.0, 2.0], file_format)
    write(folder, "year=1991/state=CA", [4.0], file_format)
    rows = query(folder, file_format, 'SELECT "price" FROM houses WHERE "year" = 1990')
    assert [row["price"] for row in rows] == [1.0, 2.0]


def test_files_outside_partitions_are_not_read_and_the_check_reports_them(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write(folder, "year=1990/state=CA", [1.0], "csv")
    write(folder, "state=CA/year=1990", [2.0], "csv")
    (folder / "loose.csv").write_text("3.0\n")
    rows = query(folder, "csv", "SELECT price FROM houses")
    assert [row["price"] for row in rows] == [1.0]
    with pytest.raises(
        ValueError, match=r"2 files in no folder year=<value>/state=<value>: .*loose\.csv"
    ):
        check_table_data({"table": table(folder, "csv"), "failure": str(tmp_path / "failure")})


def test_folders_are_not_columns_of_a_table_without_partitions(tmp_path: Path) -> None:
    folder = tmp_path / "a=1"
    write(folder, "b=2", [1.0], "csv")
    fields = {**table(folder, "csv"), "partitionKeys": []}
    check_table_data({"table": fields, "failure": str(tmp_path / "failure")})


def test_a_key_with_the_name_of_a_column_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write(folder, "price=1", [1.0], "csv")
    fields = {**table(folder, "csv"), "partitionKeys": [{"name": "Price", "type": "int"}]}
    with pytest.raises(ValueError, match="column names must be distinct"):
        check_table_data({"table": fields, "failure": str(tmp_path / "failure")})
