"""Request bodies are either read or refused; nothing else can happen."""

import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from decision_tree.serving.errors import RequestError
from decision_tree.serving.features import Features
from decision_tree.serving.formats import parse, serialize
from decision_tree.serving.media_types import (
    CSV,
    JSON,
    JSON_LINES,
    NPY,
    SUPPORTED,
    request_format,
    response_format,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

THREE = Features(("longitude", "latitude", "Rooms"))
ONE = Features(("x",))
NAN = math.nan


def npy(array: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def rows_of(body: str | bytes, content_type: str, features: Features = THREE) -> list[list[float]]:
    content = body if isinstance(body, bytes) else body.encode()
    rows = parse(content_type, content, features)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    assert rows.shape[1] == features.count
    return rows.tolist()


def same(actual: list[list[float]], expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(np.array(actual), np.array(expected, dtype=np.float32))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1,2,3", [[1, 2, 3]]),
        ("1,2,3\n4,5,6\n", [[1, 2, 3], [4, 5, 6]]),
        ("1,2,3\r\n4,5,6\r\n", [[1, 2, 3], [4, 5, 6]]),
        ("\ufeff1,2,3\n", [[1, 2, 3]]),
        ("-1.5, 2e3 ,.5\n+1,1.,01", [[-1.5, 2000, 0.5], [1, 1, 1]]),
        ('"1","2",3', [[1, 2, 3]]),
        ("1,2,3\n\n  \n4,5,6\n\n", [[1, 2, 3], [4, 5, 6]]),
        (",2,\n1,,\n,,\n,,3", [[NAN, 2, NAN], [1, NAN, NAN], [NAN] * 3, [NAN, NAN, 3]]),
        ('nan,NaN,""', [[NAN] * 3]),
        ("1,2,123456789012345678901234567890", [[1, 2, 123456789012345678901234567890]]),
        ("1,2,1e-400", [[1, 2, 0]]),
    ],
)
def test_csv(body: str, expected: list[list[float]]) -> None:
    same(rows_of(body, CSV), expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [("1\n2\n", [[1], [2]]), ("1\n\n2", [[1], [2]]), ('1\n""\n2', [[1], [NAN], [2]])],
)
def test_csv_of_one_feature(body: str, expected: list[list[float]]) -> None:
    same(rows_of(body, CSV, ONE), expected)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("1,2", "row 1 has 2 values; expected 3 features: longitude, latitude, Rooms"),
        ("1,2,3\n4,5,6,7", "row 2 has 4 values; expected 3 features"),
        ("1,2\n3,4,5,6", "row 1 has 2 values"),  # six values, but not three a row
        ("a,b,c\n1,2,3", "row 1: longitude is not a number (CSV has no header)"),
        ("1,2,x", "row 1: Rooms is not a number"),
        ("1,2,true", "row 1: Rooms is not a number"),
        ("1,2,[3]", "row 1: Rooms is not a number"),
        ("1,2 2,3", "row 1: latitude is not a number"),
        ("1,2,1_000", "row 1: Rooms is not a number"),
        ("1,2,٣", "row 1: Rooms is not a number"),
        ("1,2,0x10", "row 1: Rooms is not a number"),
        ("1,2,-", "row 1: Rooms is not a number"),
        ("1,2,inf", "row 1: Rooms is not a number"),
        ("1,2,3\n1,2,1e39", "row 2: Rooms is infinite or too large for float32"),
        ("1,1e999,3", "row 1: latitude is infinite or too large for float32"),
        ('1,"2,3', "the body is not CSV in UTF-8"),
        ("\n \n", "the body has no rows"),
        (b"1,2,\xff", "the body is not CSV in UTF-8"),
        (b"1,2,3\x00", "row 1: Rooms is not a number"),
        ("1," + "2" * 100_000 + ",3", "row 1: latitude is infinite"),
        ("1," + "2" * 100_000 + "x,3", "row 1: latitude is not a number"),  # in linear time
        ("1," + "x" * 200_000 + ",3", "the body is not CSV in UTF-8: field larger than"),
        ("1;2;3", "row 1 has 1 values"),
    ],
)
def test_csv_refused(body: str | bytes, message: str) -> None:
    with pytest.raises(RequestError) as error:
        rows_of(body, CSV)
    assert error.value.status == 400
    assert message in str(error.value)


RECORD = {"longitude": 1, "latitude": 2, "Rooms": 3}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"instances": [[1, 2, 3], [4, 5, 6]]}, [[1, 2, 3], [4, 5, 6]]),
        ({"instances": [[1, 2.5, None]], "parameters": {}}, [[1, 2.5, NAN]]),
        ({"instances": [1, 2, 3]}, [[1, 2, 3]]),
        ({"instances": [RECORD]}, [[1, 2, 3]]),
        ({"instances": [{"features": [1, 2, 3]}]}, [[1, 2, 3]]),
        ({"instances": []}, []),
        ([[1, 2, 3]], [[1, 2, 3]]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([None, 2, 3], [[NAN, 2, 3]]),
        ([], []),
        (RECORD, [[1, 2, 3]]),
        ({"features": [1, 2, 3]}, [[1, 2, 3]]),
        ([RECORD, {"Rooms": 6, "latitude": 5, "longitude": 4}], [[1, 2, 3], [4, 5, 6]]),
        ({"LONGITUDE": 1, "latitude": None, "rooms": 3}, [[1, NAN, 3]]),
        ([[1, NAN, 3]], [[1, NAN, 3]]),
        ([[1, 2, 2**70]], [[1, 2, 2.0**70]]),
    ],
)
def test_json(document: object, expected: object) -> None:
    same(rows_of(json.dumps(document), JSON), expected)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "the body is not valid JSON"),
        ("1", "expected a list of instances"),
        ("null", "expected a list of instances"),
        ('"a"', "expected a list of instances"),
        ('{"instances": 1}', "instances must be a list"),
        ('{"instances": {"a": 1}}', "instances must be a list"),
        ("[[1, 2]]", "row 1 has 2 values; expected 3 features: longitude, latitude, Rooms"),
        ("[[1, 2, 3], [1, 2, 3, 4]]", "row 2 has 4 values"),
        ("[1, 2]", "row 1 has 2 values"),
        ("[[1, 2, true]]", "row 1: Rooms is not a number"),
        ('[[1, "2", 3]]', "row 1: latitude is not a number"),
        ("[[1, [2], 3]]", "row 1: latitude is not a number"),
        ("[[1, 2, 3], 4]", "instances must be all lists or all objects"),
        ("[[1, 2, 3], {}]", "instances must be all lists or all objects"),
        ("[{}]", "row 1 lacks longitude, latitude, Rooms"),
        ('{"longitude": 1, "Rooms": 1}', "row 1 lacks latitude"),
        ('{"longitude": 1, "latitude": 1, "Rooms": 1, "b": 2}', "row 1 has the unknown b"),
        (
            '{"longitude": 1, "latitude": 1, "room": 1}',
            "row 1 lacks Rooms and has the unknown room",
        ),
        ('{"Rooms": 1, "rooms": 1}', "row 1 has Rooms twice, in different cases"),
        ("[[1, 2, Infinity]]", "the body is not valid JSON"),
        ("[[1, NaN, Infinity]]", "row 1: Rooms is infinite"),
        ("[NaN" + "[" * 100_000, "the body is not valid JSON"),
        ("[[1, 2, 1e39]]", "row 1: Rooms is infinite"),
        ("[[1, 2, 1%s]]" % ("0" * 400), "the body is not valid JSON"),
        ("[[1, NaN, 1%s]]" % ("0" * 400), "too large for float32"),
        ("[[1, NaN, 1%s]]" % ("0" * 5000), "the body is not valid JSON"),
        ("[" * 100_000, "the body is not valid JSON"),
        (b"[\xff]", "the body is not valid JSON"),
        (b'{"\\ud800": NaN}', "row 1 lacks"),
    ],
)
def test_json_refused(body: str | bytes, message: str) -> None:
    with pytest.raises(RequestError) as error:
        rows_of(body, JSON)
    assert error.value.status == 400
    assert message in str(error.value)


def test_names_that_differ_only_in_case_are_matched_exactly() -> None:
    features = Features(("a", "A"))
    same(rows_of('{"A": 2, "a": 1}', JSON, features), [[1, 2]])
    with pytest.raises(RequestError, match="row 1 lacks a"):
        rows_of('{"A": 2}', JSON, features)


def test_a_feature_may_be_named_features() -> None:
    same(rows_of('{"features": 1}', JSON, Features(("features",))), [[1]])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[1, 2, 3]\n[4, 5, null]\n", [[1, 2, 3], [4, 5, NAN]]),
        ("[1, 2, NaN]\r\n\r\n[4, 5, 6]", [[1, 2, NAN], [4, 5, 6]]),
        (json.dumps(RECORD) + "\n" + json.dumps(RECORD), [[1, 2, 3]] * 2),
        ('{"features": [1, 2, 3]}', [[1, 2, 3]]),
    ],
)
def test_json_lines(body: str, expected: list[list[float]]) -> None:
    same(rows_of(body, JSON_LINES), expected)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[1, 2, 3]\n[1, 2", "line 2 is not valid JSON"),
        ("[1\n2, 3]", "line 1 is not valid JSON"),
        ("1\n2\n3", "each line must be a JSON list or object"),
        ("[1, 2, 3]\n[1]", "row 2 has 1 values"),
        ('[1, 2, 3]\n{"a": 1}', "instances must be all lists or all objects"),
        ("\n\n", "the body has no rows"),
        ('{"instances": [[1, 2, 3]]}', "row 1 lacks"),
    ],
)
def test_json_lines_refused(body: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        rows_of(body, JSON_LINES)
    assert error.value.status == 400
    assert message in str(error.value)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i8", ">i4", "|i1", "|u1", "<u8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(dtype: str, order: str) -> None:
    array = np.array([[1, 2, 3], [4, 5, 6]], dtype=dtype, order=order)
    same(rows_of(npy(array), NPY), [[1, 2, 3], [4, 5, 6]])
    same(rows_of(npy(array[0]), NPY), [[1, 2, 3]])
    assert rows_of(npy(array[:0]), NPY) == []


def npy_header(text: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY" + version + len(padded).to_bytes(2, "little") + padded.encode() + data


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a NumPy array"),
        (b"\x93NUMPY\x01\x00\xff\xff", "not a NumPy array"),
        (b"\x80\x04K\x01.", "not a NumPy array"),
        (npy(np.array([[object()]]), allow_pickle=True), "not a NumPy array of plain values"),
        (npy(np.array([["1", "2", "3"]])), "the array has type str"),
        (npy(np.array([[1j, 2, 3]])), "the array has type complex128"),
        (npy(np.array([[True, False, True]])), "the array has type bool"),
        (npy(np.array([["2020"] * 3], "M8[Y]")), "the array has type datetime64"),
        (npy(np.zeros((1, 3), [("a", "f8")])), "the array has type void"),
        (npy(np.float64(1)), "the array has 0 dimensions"),
        (npy(np.zeros((1, 1, 3))), "the array has 3 dimensions"),
        (npy(np.zeros((2, 4))), "row 1 has 4 values; expected 3 features"),
        (npy(np.zeros(4)), "row 1 has 4 values; expected 3 features"),
        (npy(np.zeros((2, 3)))[:-1], "not a NumPy array"),
        (npy(np.zeros((2, 3))) + b"x", "not a NumPy array"),
        (npy(np.array([[1, 2, np.inf]])), "row 1: Rooms is infinite"),
        (npy(np.array([[1, 2, 1e39]])), "row 1: Rooms is infinite"),
        (npy_header("{'descr':'<f8','fortran_order':False,'shape':(10**9,3)}"), "not a NumPy"),
        (npy_header("{'descr':'<f8','fortran_order':False,'shape':(1000000000000,3)}"), "not a"),
        (npy_header("{'descr':'<f8','fortran_order':False,'shape':(-1,-3)}", b"x" * 24), "not a"),
        (npy_header("{'descr':'<f8','fortran_order':False,'shape':(0,3)}", b"x"), "not a NumPy"),
        (npy_header("{'descr':'V0','fortran_order':False,'shape':(9,3)}"), "the array has type"),
        (npy_header("__import__('os').abort()"), "not a NumPy array"),
        (npy_header("(" * 117), "not a NumPy array"),
        (npy_header("{}", version=b"\x03\x00"), "not a NumPy array"),
    ],
)
def test_npy_refused(body: bytes, message: str) -> None:
    with pytest.raises(RequestError) as error:
        rows_of(body, NPY)
    assert error.value.status == 400
    assert message in str(error.value)


def test_errors_of_wide_models_stay_short() -> None:
    features = Features([f"f{i}" for i in range(5000)])
    with pytest.raises(RequestError) as error:
        rows_of("1", CSV, features)
    assert len(str(error.value)) < 500


def test_long_bodies_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decision_tree.serving.formats._BLOCK", 2**12)
    # A number that loses a digit where a block begins is another number.
    rows = np.random.default_rng(0).integers(1, 10, size=(10_000, 3)) * 111.0
    text = WRITERS[CSV](rows)
    assert len(text) > 30 * 2**12
    same(rows_of(text, CSV), rows.tolist())
    for changed in (text + b"\n1,2", text + b"\n1,2,x", text.replace(b"\n", b"\n\n\n", 1) + b"\n,"):
        with pytest.raises(RequestError, match="row 10001"):
            rows_of(changed, CSV)


def test_many_short_lines_for_many_features_take_little_memory() -> None:
    features = Features([f"f{i}" for i in range(20_000)])
    with pytest.raises(RequestError, match="row 1 has 1 values"):
        rows_of("1\n" * 5_000_000, CSV, features)


ROWS = st_numpy.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.just(3)),
    elements=st.floats(-1e30, 1e30) | st.just(NAN),
)


def csv_cell(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


WRITERS: dict[str, Callable[[np.ndarray], bytes]] = {
    CSV: lambda rows: "\n".join(",".join(map(csv_cell, row)) for row in rows.tolist()).encode(),
    JSON: lambda rows: json.dumps({"instances": rows.tolist()}).encode(),
    JSON_LINES: lambda rows: "\n".join(map(json.dumps, rows.tolist())).encode(),
    NPY: npy,
}


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_all_formats_express_the_same_rows(rows: np.ndarray) -> None:
    for content_type, write in WRITERS.items():
        same(rows_of(write(rows), content_type), rows.astype(np.float32).tolist())


def _is_answered(content_type: str, body: bytes, features: Features) -> None:
    """Check that any body is either read or refused with 400."""
    try:
        rows = parse(content_type, body, features)
    except RequestError as error:
        assert error.status == 400
        return
    assert rows.shape[1] == features.count
    assert not np.isinf(rows).any()


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(SUPPORTED),
    st.binary(max_size=100)
    | st.text("0123456789,.\n\r\"'[]{}:eE+- \x00nulaif", max_size=60).map(str.encode),
    st.sampled_from([THREE, ONE]),
)
@example(CSV, b",", THREE)
@example(CSV, b"\xef\xbb\xbf", ONE)
@example(JSON, b'{"instances":[{}]}', ONE)
def test_any_bytes(content_type: str, body: bytes, features: Features) -> None:
    _is_answered(content_type, body, features)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["instances", "features", *THREE.names, "ROOMS", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(JSON_VALUES)
def test_any_json(document: object) -> None:
    body = json.dumps(document).encode()
    _is_answered(JSON, body, THREE)
    _is_answered(JSON_LINES, body, THREE)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_mutated_bodies(data: st.DataObject) -> None:
    content_type = data.draw(st.sampled_from(SUPPORTED))
    body = bytearray(WRITERS[content_type](data.draw(ROWS)))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _is_answered(content_type, bytes(body), THREE)


@settings(deadline=None, max_examples=60)
@given(st_numpy.arrays(np.float64, st.integers(0, 6), elements=st.floats(-1e300, 1e300)))
def test_responses_carry_predictions_to_the_last_bit(predictions: np.ndarray) -> None:
    expected = predictions.tolist()
    lines = serialize(CSV, predictions).decode().splitlines()
    assert [float(line) for line in lines] == expected
    assert json.loads(serialize(JSON, predictions)) == {"predictions": expected}
    lines = serialize(JSON_LINES, predictions).decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"prediction": value} for value in expected]
    assert np.load(io.BytesIO(serialize(NPY, predictions))).tolist() == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("text/csv", CSV),
        ("Text/CSV; charset=utf-8", CSV),
        (" application/json ", JSON),
        ("application/jsonlines;x=y", JSON_LINES),
        ("application/x-npy", NPY),
        (None, None),
        ("", None),
        ("text/plain", None),
        ("text/csv, application/json", None),
    ],
)
def test_content_type(header: str | None, expected: str | None) -> None:
    if expected:
        assert request_format(header) == expected
        return
    with pytest.raises(RequestError, match="supported: text/csv, application/json") as error:
        request_format(header)
    assert error.value.status == 415


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, CSV),
        ("", CSV),
        ("*/*", CSV),
        ("text/*", CSV),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON; q=0.5", JSON),
        ("text/html, application/x-npy;q=0.1", NPY),
        ("application/json, text/csv", CSV),
        ("application/json, text/csv;q=0.9", JSON),
        ("text/csv;q=0, */*;q=0.1", JSON),
        ("application/jsonlines, */*;q=0.5", JSON_LINES),
        ("text/html", None),
        ("*/*;q=0", None),
        ("text/csv;q=x", None),
        ("csv", None),
        (";;,,", None),
    ],
)
def test_accept(accept: str | None, expected: str | None) -> None:
    if expected:
        assert response_format(accept, CSV) == expected
        return
    with pytest.raises(RequestError, match="supported: text/csv") as error:
        response_format(accept, CSV)
    assert error.value.status == 406
