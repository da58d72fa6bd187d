"""The strict check of a user's data file: what is wrong, and where."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.services.table_data import check_table_data

COLUMNS = [
    {"name": "longitude", "type": "double"},
    {"name": "totalRooms", "type": "int"},
    {"name": "city", "type": "string"},
]
GOOD = "-122.2,880,Oslo\n1e3,,\n\\N,5,\\N\n"


def check(path: Path, text: str | bytes | None, **fields: object) -> None:
    if isinstance(text, str):
        path.write_text(text)
    elif text is not None:
        path.write_bytes(text)
    table: dict[str, Any] = {
        "database": "lake",
        "name": "housing",
        "columns": COLUMNS,
        "paths": [str(path)],
        "format": "csv",
        **fields,
    }
    check_table_data({"table": table, "failure": str(path) + ".failure"})


def problems(path: Path, text: str | bytes | None, **fields: object) -> list[str]:
    with pytest.raises(ValueError, match=r".") as error:
        check(path, text, **fields)
    return str(error.value).splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cal.data"


def test_takes_a_file_that_fits(path: Path) -> None:
    check(path, GOOD)
    check(path, GOOD.replace("\n", "\r\n"))
    check(path, "longitude,totalRooms,city\n" + GOOD, skipHeaderLines=1)
    check(path.with_suffix(".gz"), gzip.compress(GOOD.encode()))
    check(path, '1;2;"a;b"\n', delimiter=";", quoteCharacter='"')


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2", "2 columns, expected 3 (longitude, totalrooms, city)"),
        ("1,2,3,4", "4 columns, expected 3 (longitude, totalrooms, city)"),
        ("1,2,3,4,5,6", "4 columns, expected 3 (longitude, totalrooms, city)"),
        ("abc,2,x", "column longitude (double): 'abc' is not a double"),
        ("1_0,2,x", "column longitude (double): '1_0' is not a double"),
        ("1,2.9,x", "column totalrooms (int): '2.9' is not an int"),
        ("1,3000000000,x", "column totalrooms (int): '3000000000' is not an int"),
        ("1, 2,x", "column totalrooms (int): ' 2' is not an int"),
    ],
)
@pytest.mark.parametrize("blank", ["", "\n\n"])
def test_names_the_line_and_column(path: Path, line: str, message: str, blank: str) -> None:
    found = problems(path, GOOD + blank + line + "\n" + GOOD)
    assert found == [f"cal.data, line {4 + len(blank)}: {message}"]


def test_counts_lines_from_the_start_of_the_file(path: Path) -> None:
    found = problems(path, "a,b,c\n" + GOOD + "1,x,y\n", skipHeaderLines=1)
    assert found == ["cal.data, line 5: column totalrooms (int): 'x' is not an int"]


def test_names_the_first_problems_and_counts_all(path: Path) -> None:
    found = problems(path, GOOD + "a,b,c\n" * 3 + "1\n" * 20 + GOOD * 1000)
    assert len(found) == 6
    assert found[0].endswith("line 4: column longitude (double): 'a' is not a double")
    assert found[1].endswith("line 4: column totalrooms (int): 'b' is not an int")
    assert found[5] == "cal.data: 26 problems in 3,026 lines"


@pytest.mark.parametrize(("text", "name"), [("", "no file with content"), ("a,b,c\n", "cal.data")])
def test_wants_a_row(path: Path, text: str, name: str) -> None:
    found = problems(path, text, skipHeaderLines=1)
    assert found == [f"table lake.housing: no rows ({name})"]


def test_refuses_a_header_that_is_not_declared(path: Path) -> None:
    found = problems(path, "longitude,totalRooms,city\n" + GOOD)
    assert found[0] == "cal.data, line 1: column longitude (double): 'longitude' is not a double"


def test_refuses_a_file_that_is_not_text(path: Path) -> None:
    assert len(problems(path, bytes(range(128, 256)) + b"\n")) == 1
    (problem,) = problems(path, GOOD.replace("Oslo", "Tromsø").encode("latin-1"))
    assert problem.startswith("table lake.housing: Invalid Input Error: CSV Error on Line: 1: ")
    assert problem.endswith("This file is not utf-8 encoded.")


def test_checks_the_columns_of_parquet(path: Path) -> None:
    table = pa.table({"longitude": [1.0], "TOTALROOMS": [3], "city": ["x"]})
    pq.write_table(table, path)
    check(path, None, format="parquet")
    pq.write_table(table.drop_columns(["city"]), path)
    assert problems(path, None, format="parquet") == ["cal.data: column city is missing"]
    pq.write_table(pa.table({"longitude": ["x"], "totalrooms": [3], "city": ["x"]}), path)
    assert "column longitude is double, but varchar" in problems(path, None, format="parquet")[0]
