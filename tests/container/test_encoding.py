"""The encoder: what it accepts and refuses, its messages, and its document."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from decision_tree.encoding.document import load_encoding
from decision_tree.encoding.encoder import Encoder
from decision_tree.errors import UserError
from decision_tree.serving.app import EncoderApplication
from decision_tree.serving.settings import Settings
from machine import PATIENCE
from served_image import Client, Server

DOCUMENT: dict[str, Any] = {
    "format": "restate-row-encoding",
    "formatVersion": 1,
    "table": "flats",
    "target": "rent",
    "delimiter": ",",
    "nullTexts": ["NA"],
    "decimal": ".",
    "thousands": None,
    "missingValues": "impute",
    "columns": [
        {"name": "area", "type": "double", "used": True},
        {"name": "rooms", "type": "tinyint", "used": True},
        {"name": "lift", "type": "boolean", "used": True},
        {"name": "price", "type": "decimal(5,1)", "used": True},
        {"name": "district", "type": "string", "used": True},
        {"name": "sold", "type": "date", "used": True, "parts": {"sold_year": "year"}},
        {"name": "note", "type": "string", "used": False},
    ],
    "encodings": [
        {
            "column": "district",
            "as": "oneHot",
            "labels": ["a, b", "north"],
            "features": ["district_a, b", "district_north"],
        }
    ],
    "fills": {"area": 71.5, "rooms": 3, "lift": 1, "price": 9.5, "sold_year": 2020},
    "features": ["district_a, b", "district_north", "area", "rooms", "lift", "price", "sold_year"],
}
ROW = "50.25,2,true,12.25,north,2021-03-04,x"
RECORD = {
    "area": 50.25,
    "rooms": 2,
    "lift": True,
    "price": 12.25,
    "district": "north",
    "sold": "2021-03-04",
}
ENCODED = b"0,1,50.25,2,1,12.3,2021\n"


@pytest.fixture
def encoder(tmp_path: Path) -> Callable[..., Client]:
    """A client of an encoder with a changed document."""

    def make(batch: bool = False, **change: Any) -> Client:
        (tmp_path / "encoding.json").write_text(json.dumps({**DOCUMENT, **change}))
        found = Encoder(load_encoding(tmp_path))
        return Client(
            EncoderApplication(found, Settings("127.0.0.1", 1, 1, 2**26, 60, is_batch=batch))
        )

    return make


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ROW, "text/csv"),
        (f"\ufeff{ROW}\r\n\r\n", "text/csv; charset=utf-8"),
        (ROW.replace("north", '"north"'), "text/csv"),
        (json.dumps(RECORD), "application/json"),
        (json.dumps([RECORD]), "application/json"),
        (json.dumps({"instances": [RECORD]}), "application/json"),
        (json.dumps({**RECORD, "rent": 1, "note": None}), "application/jsonlines"),
        (json.dumps({name.upper(): one for name, one in RECORD.items()}), "application/json"),
        (json.dumps({name: str(one) for name, one in RECORD.items()}), "application/json"),
    ],
)
def test_accepts_rows(encoder: Callable[..., Client], body: str, content_type: str) -> None:
    answer = encoder().invoke(body.encode(), content_type, accept="application/json")
    assert (answer.status, answer.headers["content-type"], answer.body) == (
        200,
        "text/csv",
        ENCODED,
    )


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ("NA,NA,,NA,NA,NA,", "0,0,71.5,3,1,9.5,2020"),
        (" 5e1 ,+2,FALSE,.05,' north ,2021-3-4,", "0,0,50.0,2,0,0.1,2021"),
        ('1,2,true,-0.05,"a, b",1999-12-31,', "1,0,1.0,2,1,-0.1,1999"),
        ("NaN,2,true,9999.94,  north\t,1999-12-31,", "0,1,71.5,2,1,9999.9,1999"),
    ],
)
def test_encodes_missing_unknown_and_differently_written_values(
    encoder: Callable[..., Client], row: str, fields: str
) -> None:
    assert encoder().invoke(f"{row}\n".encode()).body.decode() == f"{fields}\n"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("x" + ROW[5:], 'row 2: area must be a number, not "x"'),
        (ROW.replace(",2,", ",2.5,"), 'row 2: rooms must be a whole number, not "2.5"'),
        (ROW.replace(",2,", ",128,"), 'row 2: rooms must fit 8 bits, not "128"'),
        (ROW.replace("true", "yes"), 'row 2: lift must be true or false, not "yes"'),
        (ROW.replace("12.25", "9999.95"), 'row 2: price must fit decimal(5,1), not "9999.95"'),
        (ROW.replace("12.25", "1e9"), 'row 2: price must fit decimal(5,1), not "1e9"'),
        (ROW.replace("50.25", "1e39"), 'row 2: area must fit float32, not "1e39"'),
        (
            ROW.replace("2021-03-04", "2021-02-30"),
            'row 2: sold must be a date such as 2024-01-31, not "2021-02-30"',
        ),
        (
            f"1,{ROW}",
            "row 2 has 8 values; expected the 7 columns of flats without rent, separated by ',': "
            "area, rooms, lift, price, district, sold, note",
        ),
    ],
)
def test_refuses_a_row_by_its_number_and_column(
    encoder: Callable[..., Client], row: str, problem: str
) -> None:
    answer = encoder().invoke(f"{ROW}\n{row}\n".encode())
    assert (answer.status, json.loads(answer.body)) == (400, {"error": problem})


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"area": True}, "row 1: area must be a number, not true"),
        ({"rooms": True}, "row 1: rooms must be a whole number, not true"),
        ({"lift": 1}, "row 1: lift must be true or false, not 1"),
        ({"district": 5}, "row 1: district must be text, in quotes, not 5"),
        ({"sold": 2021}, "row 1: sold must be a date such as 2024-01-31, not 2021"),
        ({"Area": 5}, "row 1 has area twice, in different cases"),
        ({"zone": 5}, "row 1 has the unknown zone; a missing value is null"),
    ],
)
def test_refuses_a_record_by_its_number_and_column(
    encoder: Callable[..., Client], document: dict[str, Any], problem: str
) -> None:
    answer = encoder().invoke(json.dumps({**RECORD, **document}).encode(), "application/json")
    assert (answer.status, json.loads(answer.body)) == (400, {"error": problem})


def test_refuses_a_record_that_lacks_a_column(encoder: Callable[..., Client]) -> None:
    answer = encoder().invoke(b'{"area": 1}', "application/json")
    assert json.loads(answer.body)["error"] == (
        "row 1 lacks rooms, lift, price, district, sold; a missing value is null"
    )


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"5", b'{"instances": 5}', b"{", b"[[1, 2]]"])
def test_refuses_what_is_not_a_record(encoder: Callable[..., Client], body: bytes) -> None:
    assert encoder().invoke(body, "application/json").status == 400


def test_requires_complete_rows_only_if_incomplete_ones_are_dropped(
    encoder: Callable[..., Client],
) -> None:
    client = encoder(missingValues="drop", fills={})
    assert client.invoke(ROW.encode()).status == 200
    for row, name in ((ROW.replace("north", " "), "district"), (ROW[5:], "area")):
        answer = client.invoke(row.encode())
        assert answer.status == 400
        assert json.loads(answer.body)["error"] == (
            f"row 1: {name} is missing; the model was trained on complete rows only"
        )


def test_leaves_missing_values_to_models_that_support_them(encoder: Callable[..., Client]) -> None:
    client = encoder(missingValues="keep", fills={})
    assert client.invoke(b",,,,,,\n").body == b"0,0,,,,,\n"


def test_refuses_other_types(encoder: Callable[..., Client]) -> None:
    answer = encoder().invoke(b"1", "application/x-npy")
    assert answer.status == 415
    assert "text/csv, application/json, application/jsonlines" in json.loads(answer.body)["error"]
    assert encoder()("GET", "/ping").status == 200
    assert encoder().invoke(b"").status == 204


def test_passes_on_the_format_that_the_next_container_accepts(
    encoder: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decision_tree.serving.app._MAX_HANDED_ON", 2 * len(ENCODED))
    assert encoder().invoke(f"{ROW}\n".encode() * 2).body == ENCODED * 2
    answer = encoder().invoke(f"{ROW}\n".encode() * 3)
    assert answer.status == 413
    assert json.loads(answer.body)["error"] == (
        "the encoded rows have 72 bytes, and an endpoint passes on at most 48: "
        "send fewer rows in a request"
    )
    assert encoder(batch=True).invoke(f"{ROW}\n".encode() * 3).body == ENCODED * 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": "other"}, "is not of the format"),
        ({"formatVersion": 2}, "formatVersion is 2; this image reads 1"),
        ({"more": 1}, "more: this image does not know such members"),
        ({"missingValues": "guess"}, "missingValues is 'guess'"),
        ({"delimiter": "ab"}, "delimiter must be one character"),
        ({"nullTexts": "NA"}, "nullTexts is not a list"),
        ({"features": DOCUMENT["features"][:-1]}, "features do not match"),
        ({"features": DOCUMENT["features"][::-1]}, "features do not match"),
        ({"fills": {"note": 1}}, "fills: 'note' is not a used column"),
        ({"fills": {"area": "x"}}, "'x' is not a number"),
        ({"columns": [{"name": "a", "type": "map", "used": True}], "encodings": []}, "fills"),
        ({"encodings": [{"column": "district", "as": "hash", "labels": [], "features": []}]}, "as"),
        ({"columns": DOCUMENT["columns"][1:]}, "fills: 'area'"),
    ],
)
def test_refuses_a_document_that_is_not_one(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    (tmp_path / "encoding.json").write_text(json.dumps({**DOCUMENT, **change}))
    with pytest.raises(UserError, match=problem):
        load_encoding(tmp_path)


def test_refuses_a_document_that_lacks_a_member(tmp_path: Path) -> None:
    for name in DOCUMENT:
        left = {key: value for key, value in DOCUMENT.items() if key != name}
        (tmp_path / "encoding.json").write_text(json.dumps(left))
        with pytest.raises(UserError, match="is broken"):
            load_encoding(tmp_path)


def test_serves_an_encoding_in_place_of_a_model(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "encoding.json").write_text(json.dumps(DOCUMENT))
    answer = start_server(tmp_path).wait_until_ready().invoke(ROW.encode())
    assert (answer.status, answer.body) == (200, ENCODED)
    (model / "encoding.json").write_text("{}")
    broken = start_server(tmp_path)
    assert broken.process.wait(PATIENCE) == UserError.exit_code
