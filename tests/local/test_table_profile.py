"""The profile of an undescribed table: file format, columns, target and features."""

import bz2
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.standins.database import open_database
from local.standins.errors import UserError
from local.table_profile.__main__ import profile
from local.table_profile.text_columns import column_names

TOWNS = ("Ulm", "Bern", "Oslo")
ROWS = [(f"{n * 1.25 + n % 7:.2f}", TOWNS[n % 3], str(n % 5 + 1)) for n in range(60)]
TOWN_ROWS = [(TOWNS[n % 3], n) for n in range(30)]
PLAIN = {
    "delimiter": ",",
    "quoted": False,
    "headerLines": 1,
    "nullTexts": [],
    "thousands": None,
    "decimal": ".",
}


def text(
    rows: list[tuple[str, ...]], delimiter: str = ",", header: str = "price,town,rooms"
) -> str:
    lines = [delimiter.join(row) for row in rows]
    return "".join(f"{line}\n" for line in [header.replace(",", delimiter), *lines])


def profiled(path: Path, content: str | bytes | None = None, **fields: object) -> dict[str, Any]:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = path.with_name("result.json")
    request = {"paths": [str(path)], "format": "csv", "result": str(result), **fields}
    profile(request)
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def types(found: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["type"] for column in found["columns"]}


def drops(found: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["drop"] for column in found["columns"] if column["drop"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.csv"


def test_describes_the_columns_of_a_plain_file(path: Path) -> None:
    found = profiled(path, text(ROWS))
    assert found["form"] == PLAIN
    assert found["rows"] == 60
    price, town, rooms = found["columns"]
    assert types(found) == {"price": "double", "town": "string", "rooms": "int"}
    assert (price["low"], price["high"], price["missing"]) == ("0.0", "76.75", 0)
    assert (town["distinct"], town["labels"]) == (3, ["Bern", "Oslo", "Ulm"])
    assert (rooms["low"], rooms["high"], rooms["middle"]) == ("1", "5", "3")
    assert found["targets"] == ["price", "rooms"]
    assert drops(found) == {}


QUOTED = [(f'"{price}"', f'"{town}, the ""old"" town"', rooms) for price, town, rooms in ROWS]
GERMAN = [(f"1.{int(float(price)):03},5", town, rooms) for price, town, rooms in ROWS]
FORMS = [
    (text(ROWS, ";"), {"delimiter": ";"}),
    (text(ROWS, "\t"), {"delimiter": "\t"}),
    (text(ROWS, "|"), {"delimiter": "|"}),
    (text(ROWS).replace("\n", "\r\n"), {}),
    ("\ufeff" + text(ROWS), {}),
    (text(ROWS, header="").removeprefix("\n"), {"headerLines": 0}),
    ("Flats of 2024\n" + text(ROWS), {"headerLines": 2}),
    (text(QUOTED), {"quoted": True}),
    (
        text([(price.replace(".", ","), *rest) for price, *rest in ROWS], ";"),
        {"delimiter": ";", "decimal": ","},
    ),
    (text(GERMAN, ";"), {"delimiter": ";", "decimal": ",", "thousands": "."}),
    (
        text([(f'"1,{int(float(price)):03}.5"', *rest) for price, *rest in ROWS]),
        {"quoted": True, "thousands": ","},
    ),
    (text([(f"1 {int(float(price)):03}", *rest) for price, *rest in ROWS]), {"thousands": " "}),
    (text([("NA", *ROWS[0][1:]), *ROWS]), {"nullTexts": ["NA"]}),
    (text([("NA", "Ulm", "?"), *ROWS]), {"nullTexts": ["?", "NA"]}),
    (text([(r"\N", "Ulm", "1"), *ROWS]), {}),
    (text([(r"\N", "Ulm", "NULL"), *ROWS]), {"nullTexts": ["NULL", r"\N"]}),
    (text([("sold", "Ulm", "1"), *ROWS]), {"nullTexts": ["sold"]}),
    (text([("1", "", "1"), *ROWS]), {"nullTexts": [""]}),
    (text([("", "Ulm", ""), *ROWS]), {}),
]


@pytest.mark.parametrize(("content", "form"), FORMS)
def test_detects_a_files_format(path: Path, content: str, form: dict[str, object]) -> None:
    found = profiled(path, content)
    assert found["form"] == {**PLAIN, **form}
    names = ["c1", "c2", "c3"] if form.get("headerLines") == 0 else ["price", "town", "rooms"]
    wanted = dict(zip(names, ["double", "string", "int"], strict=True))
    if form.get("thousands") == " ":
        wanted["price"] = "int"
    assert types(found) == wanted


def test_reads_compressed_files(path: Path) -> None:
    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress)):
        packed = path.with_suffix(f".csv{suffix}")
        assert profiled(packed, pack(text(ROWS).encode()))["rows"] == 60


CONSTANT = "all rows have the same value"
COLUMNS = [
    # values, type, remark, why it is dropped
    ([str(n) for n in range(60)], "int", "", "it identifies rows: each value occurs once"),
    ([f"2024-01-{n % 28 + 1:02}" for n in range(60)], "date", "", None),
    ([f"2024-01-01 0{n % 9}:00:00" for n in range(60)], "timestamp", "", None),
    (
        [f"{n % 28 + 1:02}.01.2024" for n in range(60)],
        "string",
        "dates in text, in the format %d.%m.%Y",
        None,
    ),
    (
        [f"2024-01-01T0{n % 9}:00:00Z" for n in range(60)],
        "string",
        "dates in text, in the format %Y-%m-%dT%H:%i:%sZ",
        None,
    ),
    (
        [f"2024-01-01T0{n % 9}:00:00+02:00" for n in range(60)],
        "string",
        "times in the format %Y-%m-%dT%H:%M:%S%z, which Athena reads as text",
        "times in the format %Y-%m-%dT%H:%M:%S%z, which Athena reads as text",
    ),
    (
        [f"0{n % 9 + 1}/0{n % 7 + 1}/2024" for n in range(60)],
        "string",
        "dates in the format %d/%m/%Y or %m/%d/%Y: set dateFormats to one of them",
        "dates in the format %d/%m/%Y or %m/%d/%Y: set dateFormats to one of them",
    ),
    (
        [f"{n % 24}:{n:02}" for n in range(60)],
        "string",
        "times of day in text, in the format %H:%i",
        None,
    ),
    (
        [f"{n % 12 + 1:02}:{n:02}:07 PM" for n in range(60)],
        "string",
        "times of day in text, in the format %I:%i:%s %p",
        None,
    ),
    # Minutes and seconds: a few are more than a day has hours.
    (
        [f"{n % 30}:{n:02}" for n in range(60)],
        "string",
        "",
        "it identifies rows: each value occurs once",
    ),
    (["01.01.2024"] * 60, "string", "dates in text, in the format %d.%m.%Y", CONSTANT),
    (["True", "false"] * 30, "boolean", "", None),
    (["yes", "no"] * 30, "string", "", None),
    ([f"{n % 9:02}" for n in range(60)], "string", "numbers with leading zeros, so text", None),
    ([str(2**40 + n % 9) for n in range(60)], "bigint", "", None),
    ([f"{n % 9}e-3" for n in range(60)], "double", "", None),
    (["EUR"] * 60, "string", "", "all rows have the same value"),
    (["7"] * 60, "int", "", "all rows have the same value"),
    ([""] * 60, "string", "", "it has no values"),
    (
        ["Ulm", "ulm", "Bern"] * 20,
        "string",
        "the labels 'Ulm' and 'ulm' differ only by case or blanks",
        None,
    ),
    (
        [str(7_129_300_000 + n % 50) for n in range(60)],
        "bigint",
        "",
        "named like an id: 50 different values in 60 rows",
    ),
    (
        [f"{n % 50:05}" for n in range(60)],
        "string",
        "numbers with leading zeros, so text",
        "too many labels: 50 different values in 60 rows; numbers with leading zeros, so text",
    ),
    (
        [f'" ${n},498.36 "' for n in range(100, 160)],
        "string",
        "amounts such as '$100,498.36': keep only the numbers in the data to use them as such",
        "it identifies rows: each value occurs once; amounts such as '$100,498.36': "
        "keep only the numbers in the data to use them as such",
    ),
    (
        [f"{n % 9} %" for n in range(60)],
        "string",
        "amounts such as '0 %': keep only the numbers in the data to use them as such",
        None,
    ),
    ([f"id {n}" for n in range(60)], "string", "", "it identifies rows: each value occurs once"),
    (
        [f"note {n % 40}" for n in range(60)],
        "string",
        "",
        "too many labels: 40 different values in 60 rows",
    ),
    (
        [*["4"] * 30, "3 or 4", *["5"] * 29],
        "string",
        "1 value is not a number, such as '3 or 4' in line 32",
        None,
    ),
]


@pytest.mark.parametrize(("values", "kind", "remark", "drop"), COLUMNS)
def test_detects_a_columns_type_and_role(
    path: Path, values: list[str], kind: str, remark: str, drop: str | None
) -> None:
    found = profiled(
        path,
        text(
            [(y[0], x) for y, x in zip(ROWS, values, strict=True)],
            header="y,x_id" if kind in ("int", "bigint") else "y,x",
        ),
    )
    _, column = found["columns"]
    assert (column["type"], column["remark"], column["drop"]) == (kind, remark, drop)


DATES = [
    # how Python writes them, how Athena reads them, the type, the first of the greatest
    ("%d.%m.%Y", "%d.%m.%Y", "2025-07-14"),
    ("%m/%d/%y", "%m/%d/%y", "2025-07-14"),
    ("%d-%b-%Y", "%d-%b-%Y", "2025-07-14"),
    ("%B %d, %Y", "%M %d, %Y", "2025-07-14"),
    ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%i", "2025-07-14 22:30:00"),
    ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%i:%s", "2025-07-14 22:30:45"),
    ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%i:%s.%f", "2025-07-14 22:30:45.25"),
    ("%Y%m%dT%H%M%S", "%Y%m%dT%H%i%s", "2025-07-14 22:30:45"),
    ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%i %p", "2025-07-14 22:30:00"),
    ("%d-%b-%y", "%d-%b-%y", "2025-07-14"),
    ("%Y-%m", "%Y-%m", "2025-07-01"),
    ("%B-%Y", "%M-%Y", "2025-07-01"),
]


@pytest.mark.parametrize(("python", "form", "greatest"), DATES)
def test_detects_the_format_of_dates_in_text(
    path: Path, python: str, form: str, greatest: str
) -> None:
    last = datetime(2025, 7, 14, 22, 30, 45, 250000, tzinfo=UTC)
    days = [(last - timedelta(days=n)).strftime(python) for n in range(60)]
    rows = [(y[0], x) for y, x in zip(ROWS, days, strict=True)]
    rows += [("1", "NA"), ("2", ""), ("3", "n/a")]
    found = profiled(path, text(rows, delimiter=";", header="y,sold"))
    _, sold = found["columns"]
    assert (sold["type"], sold["dateFormat"], sold["drop"]) == ("string", form, None)
    assert (sold["high"], sold["missing"], sold["distinct"]) == (greatest, 3, len(set(days)))
    # Empty text of such a column is missing anyway.
    assert found["form"]["nullTexts"] == ["NA", "n/a"]


@pytest.mark.parametrize("stray", ["30.02.2024", "2024", "01.01.24"])
def test_rejects_a_format_that_one_value_does_not_have(path: Path, stray: str) -> None:
    days = [f"{n % 28 + 1:02}.01.2024" for n in range(1500)]
    rows = [(f"{n}", day) for n, day in enumerate([*days, stray])]
    found = profiled(path, text(rows, header="y,sold"))
    assert found["columns"][1]["dateFormat"] is None
    assert drops(found)["sold"] == (
        f"1 value is not a date in the format %d.%m.%Y, such as '{stray}' in line 1502"
    )


def test_names_the_columns_that_a_glue_table_may_have() -> None:
    headers = ["Größe (m²)", "a", "A", "", "1st floor", "€", "a_2", "Straße"]
    names = ["gro_sse_m2", "a", "a_2", "c4", "c_1st_floor", "c6", "a_2_2", "strasse"]
    names[0] = "grosse_m2"
    assert column_names(headers) == names


def test_recognises_years_as_a_header(path: Path) -> None:
    rows = [
        (town, *(str(n * year % 97 / 4) for year in range(2011, 2016))) for town, n in TOWN_ROWS
    ]
    found = profiled(path, text(rows, header="town,2011,2012,2013,2014,2015"))
    assert found["rows"] == len(rows)
    assert list(types(found)) == ["town", *(f"c_{year}" for year in range(2011, 2016))]


def test_years_are_not_row_numbers(path: Path) -> None:
    rows = [(str(1950 + n), str(1950 + n), str(n * n % 41)) for n in range(60)]
    found = profiled(path, text(rows, header="year,number,price"))
    assert drops(found) == {"number": "it numbers the rows"}


def test_recognises_row_numbers_of_repeated_rows(path: Path) -> None:
    rows = [(price, f"{n + 7}") for n, (price, *_) in enumerate(ROWS)]
    found = profiled(path, text(rows + rows[:5], header="price,number"))
    assert drops(found) == {"number": "it numbers the rows"}
    some = profiled(path, text(rows + rows[:9], header="price,number"))
    assert drops(some) == {}


def test_finds_columns_that_leak_the_target(path: Path) -> None:
    rows = [(price, str(float(price) * -0.9 + 3), rooms) for price, _, rooms in ROWS]
    content = text(rows, header="price,net,rooms")
    assert profiled(path, content)["copies"] == {}
    assert profiled(path, content, target="price")["copies"] == {
        "net": "it gives price away: their rank correlation is -1.0000"
    }


def test_suggests_the_target_by_name_or_else_the_last_column(path: Path) -> None:
    header = "town,sale_price,area"
    rows = [(town, price, price + "1") for price, town, _ in ROWS]
    assert profiled(path, text(rows, header=header))["targets"] == ["sale_price", "area"]
    assert profiled(path, text(rows, header="town,b,area"))["targets"] == ["area", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x\n1\n2\n", r"^own\.csv: holds one column"),
        (text([(f"'{a}, {b}'", c) for a, b, c in ROWS], header="a,b"), "in single quotes"),
        (text(ROWS).encode() + b"1,K\xf6ln,2\n", "own.csv: line 62: is not UTF-8, but perhaps"),
        (
            text([*ROWS, *ROWS, ("1", "Ulm", '"2\n3"'), *ROWS]),
            "own.csv: line 122: a line break inside quotes",
        ),
        (
            "".join(f'{a}   {c}      {n}.\t"a {b}"\n' for n, (a, b, c) in enumerate(ROWS)),
            "aligned by several blanks",
        ),
    ],
)
def test_refuses_files_that_athena_does_not_read(
    path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        profiled(path, content)


def test_reads_the_types_of_parquet(path: Path) -> None:
    moments = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(60)]
    table = pa.table(
        {
            "Price": pa.array([float(price) for price, *_ in ROWS]),
            "Rooms": pa.array([int(rooms) for *_, rooms in ROWS], pa.int32()),
            "town": [town for _, town, _ in ROWS],
            "moment": pa.array(moments),
            "Floor Area": list(range(60)),
            "tags": [["a"]] * 60,
        }
    )
    pq.write_table(table, path)
    found = profiled(path, format="parquet")
    assert found["form"] is None
    assert types(found) == {
        "price": "double",
        "rooms": "int",
        "town": "string",
        "moment": "timestamp",
    }
    assert found["skipped"] == {
        "floor area": "its name is not allowed in a table",
        "tags": "stored as LIST, which Athena cannot read as a value to train on",
    }


def test_expressions_do_not_grow_with_the_number_of_columns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def shallow(folder: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_database(folder) as database:
            database.execute("set max_expression_depth to 60")
            yield database

    monkeypatch.setattr("local.table_profile.__main__.open_database", shallow)
    names = [f"{kind}{n}" for n in range(70) for kind in ("x", "t")]
    rows = [tuple(f"{n}.5" if name[0] == "x" else "a" for name in names) for n in range(20)]
    found = profiled(path, text(rows, header=",".join(names)))
    assert types(found) == {name: "double" if name[0] == "x" else "string" for name in names}


def test_quotes_that_begin_far_down_are_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.table_profile.dialect._SNIFFED_LINES", 20)
    rows = [*ROWS * 60, ("12.5", '"Ulm, Donau"', "3")]
    found = profiled(path, text(rows))
    assert found["form"] == PLAIN | {"quoted": True}
    assert "Ulm, Donau" in found["columns"][1]["labels"]


def test_parquet_files_of_one_table_may_have_different_columns(tmp_path: Path) -> None:
    """As by Athena: by name, null where a file has no such column, in one type."""
    first = {"y": [1.5] * 30, "rooms": pa.array(range(30), pa.int32()), "odd": list(range(30))}
    second = {"area": list(range(30)), "y": [2.5] * 30, "rooms": list(range(30)), "odd": [0.5] * 30}
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, columns in zip(paths, (first, second), strict=True):
        pq.write_table(pa.table(columns), path)
    found = profiled(paths[0], format="parquet", paths=list(map(str, paths)))
    assert types(found) == {"y": "double", "rooms": "bigint", "area": "bigint"}
    assert [column["missing"] for column in found["columns"]] == [0, 0, 30]
    assert found["skipped"] == {
        "odd": "stored as INT64 in a.parquet and as DOUBLE in b.parquet, "
        "but Athena reads one type from all files"
    }


def test_names_the_parquet_file_that_is_damaged(tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pq.write_table(pa.table({"x": [1, 2], "y": [1.5, 2.5]}), paths[0])
    paths[1].write_bytes(paths[0].read_bytes()[:-20])
    with pytest.raises(UserError, match=r"^b\.parquet: is a damaged Parquet file$"):
        profiled(paths[0], format="parquet", paths=list(map(str, paths)))


def test_quotes_in_any_file_are_found(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    paths[0].write_text(text(ROWS))
    paths[1].write_text(text([("12.5", '"Ulm, Donau"', "3")]))
    found = profiled(paths[0], paths=list(map(str, paths)))
    assert found["form"] == PLAIN | {"quoted": True}
    assert "Ulm, Donau" in found["columns"][1]["labels"]


def test_a_text_among_numbers_that_is_a_label_elsewhere_is_not_a_null_text(path: Path) -> None:
    many = [(price, town, f"{n}", f"{n / 8}") for n, (price, town, _) in enumerate(ROWS)]
    many[30] = (many[30][0], "Ulm", "not here", "not here")
    both = profiled(path, text(many, header="price,town,rooms,area"))
    assert both["form"] == PLAIN | {"nullTexts": ["not here"]}
    assert types(both) == {"price": "double", "town": "string", "rooms": "int", "area": "double"}
    many[40] = (many[40][0], "not here", *many[40][2:])
    found = profiled(path, text(many, header="price,town,rooms,area"))
    assert found["form"] == PLAIN
    assert "not here" in found["columns"][1]["labels"]
    remark = "1 value is not a number, such as 'not here' in line 32"
    assert [column["remark"] for column in found["columns"]] == ["", "", remark, remark]


@pytest.mark.parametrize("header", ["customer_id", "CustomerId", "customerID", "Customer ID"])
def test_ids_are_known_by_their_names_in_any_case(path: Path, header: str) -> None:
    rows = [(price, f"{n * n + 7}") for n, (price, *_) in enumerate(ROWS)]
    found = profiled(path, text(rows, header=f"price,{header}"))
    assert drops(found).popitem()[1] == "it identifies rows: each value occurs once"
    assert drops(profiled(path, text(rows, header="price,Humid"))) == {}
