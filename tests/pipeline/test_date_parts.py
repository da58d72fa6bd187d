"""The parts of dates from the rendered query, compared with pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from decision_tree.encoding.dates import date_reader
from rendered import evaluate

from local.standins.athena.query import run_query
from local.standins.errors import UserError

PARTS = {
    "year": lambda of: of.dt.year,
    "quarter": lambda of: of.dt.quarter,
    "month": lambda of: of.dt.month,
    "week": lambda of: of.dt.isocalendar().week,
    "dayOfMonth": lambda of: of.dt.day,
    "dayOfWeek": lambda of: of.dt.day_of_week + 1,
    "dayOfYear": lambda of: of.dt.day_of_year,
    "hour": lambda of: of.dt.hour,
    "minute": lambda of: of.dt.minute,
    "minuteOfDay": lambda of: (of - of.dt.normalize()) // pd.Timedelta("1min"),
    "daysSinceEpoch": lambda of: (of.dt.normalize() - pd.Timestamp("1970-01-01")).dt.days,
}
NAMES = {
    part: "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in part)
    for part in PARTS
}
PARTS_OF_TIME = ["hour", "minute", "minuteOfDay"]
PARTS_OF_DATES = [part for part in PARTS if part not in PARTS_OF_TIME]
MOMENTS = [
    *("2024-02-29 23:59:59.999", "2023-02-28 00:00:00", "2000-02-29 12:30:00.5"),
    *("1900-03-01 00:00:01", "1969-12-31 23:59:59.999", "1970-01-01 00:00:00", None),
    *(
        "1960-02-29 11:59:00",
        "2020-12-31 06:07:08.25",
        "2021-01-03 17:45:00",
        "1816-05-29 21:00:00",
    ),
    *(
        "2100-02-28 10:10:10",
        "2019-12-30 09:09:09",
        "1969-12-31 00:00:00",
        "2016-01-01 00:00:00.001",
    ),
]


def query_of(columns: dict[str, str], **change: Any) -> dict[str, str]:
    """The Athena request in a dataset's definition."""
    dataset = {
        "table": "sales",
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "target": "y",
        **change,
    }
    definition = evaluate({"dataset": dataset})["definition"]
    return next(
        dict(one["DatasetDefinition"]["AthenaDatasetDefinition"])
        for step in definition["Steps"]
        for one in step["Arguments"].get("ProcessingInputs", [])
        if "DatasetDefinition" in one
    )


def result(
    folder: Path, request: dict[str, str], columns: dict[str, str], **form: Any
) -> pd.DataFrame:
    """The rows of the request's query, from the files in a folder."""
    table = {
        "database": request["Database"],
        "name": "sales",
        "columns": [{"name": name, "type": kind} for name, kind in columns.items()],
        "paths": [str(folder / "in")],
        **form,
    }
    out = folder / "out"
    run_query(
        {
            "query": request["QueryString"],
            "database": request["Database"],
            "tables": [table],
            "output": {"path": str(out), "format": "PARQUET"},
            "failure": str(folder / "failure"),
        }
    )
    (path,) = out.iterdir()
    return pq.read_table(path).to_pandas()


def assert_parts(
    rows: pd.DataFrame, column: str, parts: list[str], expected: pd.Series[Any]
) -> None:
    assert list(rows["y"]) == list(range(len(expected)))
    for part in parts:
        found = [None if pd.isna(one) else int(one) for one in rows[f"{column}_{NAMES[part]}"]]
        wanted = [None if pd.isna(one) else int(one) for one in PARTS[part](expected)]
        assert found == wanted, part


def write(folder: Path, name: str, text: str) -> None:
    (folder / "in").mkdir()
    (folder / "in" / name).write_text(text)


@pytest.mark.parametrize("quoted", [False, True])
def test_parts_of_dates_and_timestamps_in_text_files(tmp_path: Path, quoted: bool) -> None:
    moments = pd.to_datetime(pd.Series(MOMENTS), format="ISO8601")
    columns = {"y": "int", "day": "date", "moment": "timestamp"}
    sign = '"' if quoted else ""
    lines = [
        ",".join(f"{sign}{one}{sign}" for one in (n, (text or "")[:10], text or ""))
        for n, text in enumerate(MOMENTS)
    ]
    write(tmp_path, "rows.csv", "\n".join(lines))
    request = query_of(
        columns, quoted=quoted, dateParts={"day": PARTS_OF_DATES, "Moment": list(PARTS)}
    )
    form = {"quoteCharacter": '"'} if quoted else {}
    glue = dict.fromkeys(columns, "string") if quoted else columns
    rows = result(tmp_path, request, glue, format="csv", **form)
    assert_parts(rows, "day", PARTS_OF_DATES, moments.dt.normalize())
    assert_parts(rows, "moment", list(PARTS), moments)


def test_parts_of_parquet(tmp_path: Path) -> None:
    moments = pd.to_datetime(pd.Series(MOMENTS), format="ISO8601")
    columns = {"y": "int", "day": "date", "moment": "timestamp", "text": "string"}
    texts = [None if text is None else f"{text[8:10]}.{text[5:7]}.{text[:4]}" for text in MOMENTS]
    stored = pa.table(
        {
            "y": pa.array(range(len(moments)), pa.int32()),
            "day": pa.array(moments.dt.date, pa.date32()),
            "moment": pa.array(moments, pa.timestamp("ms")),
            "text": pa.array(texts, pa.string()),
        }
    )
    (tmp_path / "in").mkdir()
    pq.write_table(stored, tmp_path / "in" / "rows.parquet")
    request = query_of(
        columns,
        format="parquet",
        dateFormats={"text": "%d.%m.%Y"},
        dateParts={"day": PARTS_OF_DATES, "moment": list(PARTS), "text": PARTS_OF_DATES},
    )
    rows = result(tmp_path, request, columns, format="parquet")
    assert_parts(rows, "moment", list(PARTS), moments)
    assert_parts(rows, "day", PARTS_OF_DATES, moments.dt.normalize())
    assert_parts(rows, "text", PARTS_OF_DATES, moments.dt.normalize())
    assert [one for one in rows["text"] if one is not None] == [
        one for one in moments.dt.date if not pd.isna(one)
    ]


FORMATS = [
    # Athena's format, strftime's
    ("%d.%m.%Y", "%d.%m.%Y"),
    ("%c/%e/%Y", "%m/%d/%Y"),
    ("%Y%m%d", "%Y%m%d"),
    ("%d-%b-%Y", "%d-%b-%Y"),
    ("%M %e, %Y", "%B %d, %Y"),
    ("%Y-%m-%dT%H:%i:%sZ", "%Y-%m-%dT%H:%M:%SZ"),
    ("%d.%m.%Y %k:%i", "%d.%m.%Y %H:%M"),
    ("%Y-%m-%d %T", "%Y-%m-%d %H:%M:%S"),
    ("%m/%d/%Y %r", "%m/%d/%Y %I:%M:%S %p"),
    ("%Y-%m-%dT%H:%i:%s.%f", "%Y-%m-%dT%H:%M:%S.%f"),
    ("100%% %Y/%m", "100%% %Y/%m"),
]


@pytest.mark.parametrize(("form", "python"), FORMATS)
def test_parts_of_text_by_its_format(tmp_path: Path, form: str, python: str) -> None:
    known = [text for text in MOMENTS if text is not None]
    written = [pd.Timestamp(text).strftime(python) for text in known]
    moments = pd.to_datetime(pd.Series([*written, None, None]), format=python)
    columns = {"y": "int", "sold": "string"}
    texts = [*written, "", "NA"]
    write(tmp_path, "rows.csv", "\n".join(f"{n};{text}" for n, text in enumerate(texts)))
    parts = list(PARTS) if ":" in python else PARTS_OF_DATES
    request = query_of(
        columns,
        delimiter=";",
        nullTexts=["NA"],
        dateFormats={"Sold": form},
        dateParts={"sold": parts},
    )
    glue: dict[str, Any] = {"format": "csv", "delimiter": ";", "nullFormat": "NA"}
    assert_parts(result(tmp_path, request, columns, **glue), "sold", parts, moments)


def test_filters_compare_dates_in_text(tmp_path: Path) -> None:
    columns = {"y": "int", "sold": "string"}
    write(tmp_path, "rows.csv", "0,01.03.2020\n1,29.02.2020\n2,\n3,28.02.2021\n")
    request = query_of(
        columns,
        dateFormats={"sold": "%d.%m.%Y"},
        dateParts={"sold": "auto"},
        filter=[{"column": "sold", "operator": ">", "value": "2020-02-29"}],
    )
    rows = result(tmp_path, request, columns, format="csv")
    assert list(rows) == [
        *("y", "sold", "sold_year", "sold_month", "sold_day_of_week", "sold_days_since_epoch")
    ]
    assert rows.drop(columns="sold").to_numpy().tolist() == [
        [0, 2020, 3, 7, 18322],
        [3, 2021, 2, 7, 18686],
    ]


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("%H:%i", ["13:08", "0:00", "", "23:59", "08:05"]),
        ("%H:%i:%s", ["13:08:21", "00:00:59", "", "23:59:59"]),
        ("%T", ["13:08:21", "00:00:59", ""]),
        ("%h:%i %p", ["1:08 PM", "12:00 AM", "", "12:59 pm", "11:59 am"]),
    ],
)
def test_parts_of_times_of_day(tmp_path: Path, form: str, texts: list[str]) -> None:
    columns = {"y": "int", "clock": "string"}
    write(tmp_path, "rows.csv", "\n".join(f"{n},{text}" for n, text in enumerate(texts)))
    request = query_of(columns, dateFormats={"clock": form}, dateParts={"clock": PARTS_OF_TIME})
    rows = result(tmp_path, request, columns, format="csv")
    wanted = pd.to_datetime(pd.Series([text or None for text in texts]), format="mixed")
    assert_parts(rows, "clock", PARTS_OF_TIME, wanted)


@pytest.mark.parametrize(
    ("form", "text"),
    [("%H:%i", "24:00"), ("%T", "23:59:60"), ("%h:%i %p", "0:30 AM"), ("%h:%i %p", "13:05 PM")],
)
def test_times_that_no_clock_has_fail_the_query_and_the_request(
    tmp_path: Path, form: str, text: str
) -> None:
    columns = {"y": "int", "clock": "string"}
    write(tmp_path, "rows.csv", f"0,{text}")
    request = query_of(columns, dateFormats={"clock": form}, dateParts={"clock": "auto"})
    with pytest.raises(UserError, match="INVALID_FUNCTION_ARGUMENT"):
        result(tmp_path, request, columns, format="csv")
    assert date_reader("string", form)(text) is None


def test_filters_by_times_of_day(tmp_path: Path) -> None:
    columns = {"y": "int", "clock": "string"}
    write(tmp_path, "rows.csv", "0,7:59\n1,8:00\n2,\n3,20:01\n4,19:30")
    request = query_of(
        columns,
        dateFormats={"clock": "%H:%i"},
        dateParts={"clock": "auto"},
        filter=[{"column": "clock", "operator": ">=", "value": "1970-01-01 08:00"}],
    )
    rows = result(tmp_path, request, columns, format="csv")
    assert list(zip(rows["y"], rows["clock_minute_of_day"], strict=True)) == [
        *((1, 480), (3, 1201), (4, 1170))
    ]
