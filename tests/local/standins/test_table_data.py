"""The strict check of a user's data file: problems with their position."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.standins.athena.table_data import check_table_data

COLUMNS = [
    {"name": "longitude", "type": "double"},
    {"name": "totalRooms", "type": "int"},
    {"name": "city", "type": "string"},
]
TYPES = {"longitude": "double", "totalrooms": "int"}
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
    types = {name: kind for name, kind in TYPES.items() if "quoteCharacter" in fields}
    check_table_data({"table": table, "types": types, "failure": str(path) + ".failure"})


def problems(path: Path, text: str | bytes | None, **fields: object) -> list[str]:
    with pytest.raises(ValueError, match=r".") as error:
        check(path, text, **fields)
    return str(error.value).splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cal.data"


def test_accepts_a_file_that_matches_the_table(path: Path) -> None:
    check(path, GOOD)
    check(path, GOOD.replace("\n", "\r\n"))
    check(path, "longitude,totalRooms,city\n" + GOOD, skipHeaderLines=1)
    check(path.with_suffix(".gz"), gzip.compress(GOOD.encode()))
    check(path, '1;2;"a;""b"\n', delimiter=";", quoteCharacter='"')
    check(path, GOOD.replace("\n", "\r"))
    check(path.with_suffix(".bz2"), bz2.compress(GOOD.encode()))
    check(path, '1,2,a 3" pipe\n1,2,"\n')


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2", "1 of 7 lines has the wrong number of columns; {}: 2 columns, expected 3"),
        ("1,2,3,4", "1 of 7 lines has the wrong number of columns; {}: 4 columns, expected 3"),
        (
            '1,2,"Ulm, Harbour"',
            "1 of 7 lines has the wrong number of columns; {}: 4 columns, expected 3; "
            "values are in double quotes: set quoted: true",
        ),
        ("abc,2,x", "longitude: 1 of 7 values is 'abc', not a double; {}"),
        ("1,2.9,x", "totalrooms: 1 of 7 values is '2.9', not an int; {}"),
        ("1, 2,x", "totalrooms: 1 of 7 values is ' 2', not an int; {}"),
        (
            '1,2,"x"',
            "city: 1 of 7 values is in double quotes, which Athena treats as part of the value: "
            "set quoted: true; {}",
        ),
    ],
)
@pytest.mark.parametrize("blank", ["", "\n\n", "\r\r\n"])
def test_names_the_column_and_the_first_line(
    path: Path, line: str, message: str, blank: str
) -> None:
    found = problems(path, GOOD + blank + line + "\n" + GOOD)
    number = 4 + len(blank.replace("\r\n", "\n"))
    assert found == [f"cal.data: {message.format(f'first in line {number}')}"]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_counts_lines_of_the_whole_file(path: Path, suffix: str, pack: Any) -> None:
    text = "A title\n\na,b,c\n" + GOOD + "\n1,x,y\n"
    message = "totalrooms: 1 of 4 values is 'x', not an int; first in line 8"
    assert problems(path, text, skipHeaderLines=3) == [f"cal.data: {message}"]
    packed = problems(path.with_suffix(suffix), pack(text.encode()), skipHeaderLines=3)
    assert packed == [f"cal{suffix}: {message}"]


def test_reports_one_line_for_each_column_with_a_count(path: Path) -> None:
    found = problems(path, GOOD + "?,b,c\n" * 1200 + "?,\x1b[2J,c\n" + "1\n" * 20 + GOOD * 1000)
    assert found == [
        "cal.data: 20 of 4,224 lines have the wrong number of columns; "
        "first in line 1205: 1 column, expected 3",
        "cal.data: longitude: 1,201 of 4,204 values are '?', not a double; first in line 4",
        "cal.data: totalrooms: 1,201 of 4,204 values are not an int, such as 'b', '\ufffd[2J'; "
        "first in line 4",
    ]


def test_names_the_decimal_separator_that_the_file_seems_to_use(path: Path) -> None:
    columns = [{"name": "y", "type": "double"}, {"name": "n", "type": "int"}]
    found = problems(path, "1,5;2\n-,25;3,5\n", columns=columns, delimiter=";")
    assert found == [
        "cal.data: y: 2 of 2 values are not a double, such as '1,5', '-,25': "
        'set decimal: ","; first in line 1',
        "cal.data: n: 1 of 2 values is '3,5', not an int; first in line 2",
    ]
    assert problems(path, "1,5;2\nx;3\n", columns=columns, delimiter=";") == [
        "cal.data: y: 2 of 2 values are not a double, such as '1,5', 'x'; first in line 1"
    ]


def test_reports_twenty_problems_and_how_many_more(path: Path) -> None:
    columns = [{"name": f"c{number:02}", "type": "int"} for number in range(30)]
    found = problems(path, ",".join("x" * 30) + "\n", columns=columns)
    assert found[19:] == [
        "cal.data: c19: 1 of 1 value is 'x', not an int; first in line 1",
        "and 10 more problems",
    ]


def test_accepts_the_same_types_as_the_preview(path: Path) -> None:
    values = json.loads(Path("tests/support/typedValues.json").read_text("utf-8"))
    for kind, text, fits in values:
        columns = [{"name": "y", "type": "string"}, {"name": "x", "type": kind}]
        if fits:
            check(path, f"a|{text}\n", columns=columns, delimiter="|")
        else:
            (problem,) = problems(path, f"a|{text}\n", columns=columns, delimiter="|")
            assert f"1 of 1 value is '{text}', not a" in problem


def test_accepts_the_same_formats_as_the_preview(path: Path) -> None:
    values = json.loads(Path("tests/support/writtenValues.json").read_text("utf-8"))
    for form, kind, text, fits in values:
        # As the table is declared: with one null text and no other sign, by its SerDe.
        null_texts = form.get("nullTexts", [])
        is_declared = len(null_texts) == 1
        columns = [
            {"name": "y", "type": "string"},
            {"name": "x", "type": kind if is_declared else "string"},
        ]
        path.write_text(f"a|{text}\n")
        table = {
            "database": "lake",
            "name": "housing",
            "columns": columns,
            "paths": [str(path)],
            "format": "csv",
            "delimiter": "|",
            "nullFormat": null_texts[0] if is_declared else r"\N",
        }
        request = {"table": table, "types": {"y": "string", "x": kind}, "form": form}
        if fits:
            check_table_data(request)
        else:
            with pytest.raises(ValueError, match=r"x: 1 of 1 value is '"):
                check_table_data(request)


@pytest.mark.parametrize(
    ("line", "is_right"),
    [
        ('"1","2","a"', True),
        ('1,,""', True),
        ('"1","2","a ""b"" , c"', True),
        ('"1","x","a"', False),
        ('1,2,a "b"', False),
        ('1,2,"a', False),
        ("1,2,C:\\a", False),
        ('1,2,"a" b', False),
    ],
)
def test_accepts_only_quotes_that_all_readers_parse_alike(
    path: Path, line: str, *, is_right: bool
) -> None:
    quoted = {"columns": [{**one, "type": "string"} for one in COLUMNS], "quoteCharacter": '"'}
    if is_right:
        check(path, GOOD.replace("\\N", "") + line + "\n", **quoted)
    else:
        (problem,) = problems(path, GOOD.replace("\\N", "") + line + "\n", **quoted)
        assert "line 4" in problem


@pytest.mark.parametrize(("text", "name"), [("", "no file with content"), ("a,b,c\n", "cal.data")])
def test_requires_a_row(path: Path, text: str, name: str) -> None:
    found = problems(path, text, skipHeaderLines=1)
    assert found == [f"table lake.housing: no rows ({name})"]


def test_names_the_line_that_is_not_utf8(path: Path) -> None:
    message = "is not UTF-8, but perhaps Latin-1 or Windows-1252: save it as UTF-8"
    text = (GOOD * 50_000 + "1,2,Tromsø\n").encode("latin-1")
    assert problems(path, text) == [f"cal.data: line 150001: {message}"]
    packed = path.with_suffix(".gz")
    assert problems(packed, gzip.compress(text)) == [f"cal.gz: line 150001: {message}"]


def test_checks_the_columns_of_parquet(path: Path) -> None:
    table = pa.table({"longitude": [1.0], "TOTALROOMS": [3], "city": [b"x"]})
    pq.write_table(table, path)
    check(path, None, format="parquet")
    pq.write_table(table.drop_columns(["city"]), path)
    assert problems(path, None, format="parquet") == ["cal.data: city: there is no such column"]
    other = path.with_name("other.data")
    pq.write_table(table, other)
    both = {"paths": [str(path), str(other)]}
    check(path, None, format="parquet", **both)
    pq.write_table(table.drop_columns(["city"]), other)
    assert problems(path, None, format="parquet", **both) == [
        "cal.data: city: there is no such column",
        "other.data: city: there is no such column",
    ]
    pq.write_table(pa.table({"longitude": ["x"], "totalrooms": [3], "city": ["x"]}), path)
    assert problems(path, None, format="parquet") == [
        "HIVE_BAD_DATA: cal.data: longitude: BYTE_ARRAY (UTF8) in the file, but double in the table"
    ]
    rooms = pa.array([1, 2**40, None, -(2**40)])
    pq.write_table(pa.table({"longitude": [1.0] * 4, "totalrooms": rooms, "city": ["x"] * 4}), path)
    assert problems(path, None, format="parquet") == [
        "cal.data: totalrooms: 2 of 4 values are beyond an int"
    ]


def test_warns_about_labels_that_may_identify_rows(path: Path) -> None:
    columns = [*COLUMNS, {"name": "id", "type": "string"}, {"name": "kind", "type": "string"}]
    encoding = {
        "query": 'SELECT * FROM "lake"."housing"',
        "database": "lake",
        "columns": {"city": "string", "id": "string", "kind": "string"},
        "encoded": ["city", "id", "kind"],
    }
    path.write_text("".join(f"1,2,c{n % 1001},i{n % 600},k{n % 500}\n" for n in range(1100)))
    table = {
        "database": "lake",
        "name": "housing",
        "columns": columns,
        "paths": [str(path)],
        "format": "csv",
    }
    warnings = path.with_suffix(".warnings")
    request = {"table": table, "encoding": encoding, "warnings": str(warnings)}
    check_table_data({**request, "failure": str(path) + ".failure"})
    advice = (
        "become as many features, which is slow and rarely useful; "
        "if they identify rows, list the column under dataset.dropped, otherwise "
        "under dataset.encode"
    )
    assert warnings.read_text("utf-8").splitlines() == [
        f"city: 1,001 labels in 1,100 rows {advice}",
        f"id: 600 labels in 1,100 rows {advice}",
    ]


def check_dates(path: Path, form: str, text: str | None, **fields: object) -> None:
    columns = [{"name": "y", "type": "int"}, {"name": "sold", "type": "string"}]
    table = {"database": "lake", "name": "sales", "columns": columns, "paths": [str(path)]}
    if text is not None:
        path.write_text(text)
    request = {"format": "csv", **fields}
    check_table_data(
        {
            "table": {**table, **request},
            "form": {"dateFormats": {"sold": form}, "nullTexts": ["NA"]},
            "failure": str(path) + ".failure",
        }
    )


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        ("%H:%i", ["9:30", "23:59", "00:00"], ["24:00", "9:60"]),
        ("%T", ["23:59:59"], ["24:00:00", "23:59:60"]),
        ("%h:%i %p", ["12:00 AM", "1:05 pm"], ["0:30 AM", "13:05 PM"]),
    ],
)
def test_reads_times_of_day_in_text_by_their_format(
    path: Path, form: str, right: list[str], wrong: list[str]
) -> None:
    check_dates(path, form, "".join(f"{n},{one}\n" for n, one in enumerate([*right, "", "NA"])))
    for one in wrong:
        with pytest.raises(ValueError, match="sold") as error:
            check_dates(path, form, f"1,{right[0]}\n2,{one}\n")
        assert str(error.value) == (
            f"cal.data: sold: 1 of 2 values is '{one}', not a time in the form {form}; "
            "first in line 2"
        )


def test_reads_dates_in_text_by_their_format(path: Path) -> None:
    check_dates(path, "%d.%m.%Y", "1,29.02.2024\n2,\n3,\\N\n4,1.3.2023\n5,NA\n")
    check_dates(path, "%Y-%m-%dT%H:%i:%sZ", "1,2024-02-29T23:59:59Z\n")
    for wrong in ("30.02.2024", "2024-02-29", "29.02.2024 ", "29.13.2024", "0.1.2024"):
        with pytest.raises(ValueError, match="sold") as error:
            check_dates(path, "%d.%m.%Y", f"1,29.02.2024\n2,{wrong}\n")
        assert str(error.value) == (
            f"cal.data: sold: 1 of 2 values is '{wrong}', not a date in the form %d.%m.%Y; "
            "first in line 2"
        )


def test_checks_dates_in_text_of_parquet(path: Path) -> None:
    stored = {"y": pa.array([1, 2, 3, 4], pa.int32()), "sold": ["1.3.2024", "", None, "2024"]}
    pq.write_table(pa.table(stored), path)
    with pytest.raises(ValueError, match="sold") as error:
        check_dates(path, "%d.%m.%Y", None, format="parquet")
    assert str(error.value) == ("cal.data: sold: 1 of 4 values is not a date in the form %d.%m.%Y")
