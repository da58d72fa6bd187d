"""Parses request bodies and writes response bodies."""

import contextlib
import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.hyperparameters import NUMBER
from decision_tree.npy import read_npy, write_npy
from decision_tree.serving.errors import RequestError, bad_payload
from decision_tree.serving.features import Features
from decision_tree.serving.media_types import CSV, JSON, JSON_LINES, NPY

_PLAIN = b"0123456789+-.eE \r"
_BLOCK = 2**20


def parse(content_type: str, body: bytes, features: Features) -> Float32Array:
    """Read a request's non-empty body, in one of media_types.SUPPORTED.

    Returns:
        float32, C order, shape (rows, features), NaN where a value is missing.

    Raises:
        RequestError: 400, the body does not have its type's format, or does not fit the features.
    """
    return _PARSERS[content_type](body, features)


def parse_predictions(content_type: str, body: bytes) -> Float64Array:
    """Read the predictions of the previous container, shape (rows,).

    Args:
        content_type: CSV, as most models answer, or JSON or JSON_LINES, in which a prediction may
            be an object with a `score`, as in SageMaker's own algorithms.
        body: its response.

    Raises:
        RequestError: 502, it is not one number per row.
    """
    try:
        if content_type == CSV:
            return np.array([float(field) for field in re.split(rb"[,\s]+", body.strip())])
        if content_type == JSON_LINES:
            found: Any = [orjson.loads(line) for line in body.splitlines() if line.strip()]
        else:
            found = orjson.loads(body)["predictions"]
        return np.array([float(one["score"] if isinstance(one, dict) else one) for one in found])
    except (ValueError, TypeError, KeyError):
        raise RequestError(
            502, "bad_answer", "the previous container did not return one number per row"
        ) from None


def serialize(
    content_type: str, predictions: Float64Array, half_width: float | None = None
) -> bytes:
    """Write predictions, shape (rows,), in one of media_types.SUPPORTED, at full precision.

    With half the width of the intervals, a row has the prediction and both ends of its interval.
    """
    if half_width is not None:
        ends = (predictions - half_width, predictions + half_width)
        return _serialize_intervals(content_type, np.column_stack([predictions, *ends]))
    if content_type == NPY:
        return write_npy(predictions)
    numbers = orjson.dumps(predictions, option=orjson.OPT_SERIALIZE_NUMPY)
    if content_type == JSON:
        return b'{"predictions":' + numbers + b"}"
    if not predictions.size:
        return b""
    lines = numbers[1:-1]
    if content_type == CSV:
        return lines.replace(b",", b"\n") + b"\n"
    return b'{"prediction":' + lines.replace(b",", b'}\n{"prediction":') + b"}\n"


def _serialize_intervals(content_type: str, rows: Float64Array) -> bytes:
    """Write predictions with both ends of their intervals, shape (rows, 3)."""
    if content_type == NPY:
        return write_npy(rows)
    lines = orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")
    if content_type == CSV:
        return b"\n".join(lines) + b"\n" if len(rows) else b""
    parts = [line.split(b",", 1) for line in lines] if len(rows) else []
    objects = [b'{"score":%b,"interval":[%b]}' % (score, ends) for score, ends in parts]
    if content_type == JSON:
        return b'{"predictions":[' + b",".join(objects) + b"]}"
    return b"".join(one + b"\n" for one in objects)


def _parse_csv(body: bytes, features: Features) -> Float32Array:
    """Read lines of comma-separated numbers without a header; an empty field is a missing value.

    Plain numbers, the usual case, are parsed fast; anything else, field by field.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n")
    if features.count == 1 and b"\n\n" in text:  # a blank line would look like a missing value
        return _parse_any_csv(text, features)
    blocks = []
    for block in _blocks(text):
        values = _parse_plain(block, features.count)
        if values is None:
            return _parse_any_csv(text, features)
        blocks.append(values)
    values = np.concatenate(blocks)
    return features.from_values(values, values.size // features.count)


def _blocks(text: bytes) -> Iterator[bytes]:
    """Split the text at line ends into blocks, to limit memory."""
    start = 0
    while start < len(text) or not start:
        end = text.find(b"\n", start + _BLOCK)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _parse_plain(text: bytes, columns: int) -> Float64Array | None:
    """Read lines of plain numbers as one JSON list; None if they are anything else.

    The text must only have characters of numbers, and each line the right number of commas.
    """
    separators = text.translate(None, _PLAIN)
    rows = separators.count(b"\n") + 1
    # Lengths first: many short lines, times many columns, would be a huge array.
    line = b"," * (columns - 1) + b"\n"
    if len(separators) + 1 != len(line) * rows or separators + b"\n" != line * rows:
        return None
    flat = b"," + text.replace(b"\n", b",") + b","
    if b",," in flat:
        flat = flat.replace(b",,", b",null,").replace(b",,", b",null,")
    try:
        values = np.array(orjson.loads(b"[" + flat[1:-1] + b"]"), dtype=np.float64)
    except orjson.JSONDecodeError:
        return None  # numbers that are not JSON, such as +1 or 01
    return values if values.size == rows * columns else None


def _parse_any_csv(text: bytes, features: Features) -> Float32Array:
    """Read CSV field by field: quotes, all forms of numbers, and errors by row."""
    values: list[float] = []
    rows = 0
    try:
        for fields in csv.reader(io.StringIO(text.decode(), newline=""), strict=True):
            if not fields or (len(fields) == 1 and not fields[0].strip() and features.count > 1):
                continue
            rows += 1
            if len(fields) != features.count:
                raise features.wrong_count(len(fields), rows)
            for field, name in zip(fields, features.names, strict=True):
                number = field.strip()
                if NUMBER.fullmatch(number):
                    values.append(float(number))
                elif number.lower() in ("", "nan"):
                    values.append(math.nan)
                else:
                    raise bad_payload(f"row {rows}: {name} is not a number (CSV has no header)")
    except (UnicodeDecodeError, csv.Error) as error:
        raise bad_payload(f"the body is not CSV in UTF-8: {error}") from None
    if not rows:
        raise bad_payload("the body has no rows")
    return features.from_values(np.array(values, dtype=np.float64), rows)


def _parse_json(body: bytes, features: Features) -> Float32Array:
    """Read {"instances": [...]}, a list of instances, or an instance."""
    document = loads(body, "the body")
    if isinstance(document, dict) and "instances" in document:
        document = document["instances"]
        if not isinstance(document, list):
            raise bad_payload("instances must be a list")
    return _from_instances(document, features)


def _parse_json_lines(body: bytes, features: Features) -> Float32Array:
    """Read one instance per line; blank lines are skipped."""
    lines = [line for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    if not lines:
        raise bad_payload("the body has no rows")
    instances = [loads(line, f"line {number}") for number, line in enumerate(lines, 1)]
    if not all(isinstance(instance, list | dict) for instance in instances):
        raise bad_payload("each line must be a JSON list or object")
    return _from_instances(instances, features)


def loads(text: bytes, what: str) -> object:
    """Read JSON, and NaN for a missing value.

    Raises:
        RequestError: 400, it is not valid JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        problem = error
    if b"NaN" in text:  # json.dumps writes it for missing values
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)
    raise bad_payload(f"{what} is not valid JSON: {problem}")


def _from_instances(instances: Any, features: Features) -> Float32Array:  # noqa: ANN401
    """Convert instances: lists of numbers, {"features": [...]}, or objects by feature name."""
    if isinstance(instances, dict):
        instances = [instances]
    if not isinstance(instances, list):
        raise bad_payload("expected a list of instances")
    if instances and not isinstance(instances[0], list | dict):
        instances = [instances]
    kinds = set(map(type, instances))
    if kinds <= {list}:
        return features.from_rows(instances)
    if kinds != {dict}:
        raise bad_payload("instances must be all lists or all objects")
    records: list[dict[str, Any]] = instances
    if "features" not in features.names and all(
        record.keys() == {"features"} and isinstance(record["features"], list) for record in records
    ):
        return features.from_rows([record["features"] for record in records])
    return features.from_records(records)


def _parse_npy(body: bytes, features: Features) -> Float32Array:
    """Read a NumPy array of numbers: rows, or one row."""
    try:
        array = read_npy(body)
    except ValueError as error:
        raise bad_payload(f"the body is {error}") from None
    if array.dtype.kind not in "fiu":
        raise bad_payload(f"the array has type {array.dtype.name}; expected numbers")
    if array.ndim == 1:
        array = array[np.newaxis]
    if array.ndim != 2:
        raise bad_payload(f"the array has {array.ndim} dimensions; expected rows of features")
    rows, columns = array.shape
    if columns != features.count:
        raise features.wrong_count(columns, 1)
    return features.from_values(array, rows)


_PARSERS: dict[str, Callable[[bytes, Features], Float32Array]] = {
    CSV: _parse_csv,
    JSON: _parse_json,
    JSON_LINES: _parse_json_lines,
    NPY: _parse_npy,
}
