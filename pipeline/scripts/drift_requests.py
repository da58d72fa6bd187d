"""Reads an endpoint's captured requests and their labels.

Captured requests are JSON Lines, in a folder per hour. Source: SageMaker's guide, "Capture data
from real-time endpoint". Labels have the form of its "Ingest Ground Truth labels and merge them
with predictions": by the inference id that the caller gave the request, otherwise by the event's
id.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator

import numpy as np
from processing_job import InputError


class _UnreadableError(Exception):
    """The reason why a request cannot be compared."""


@dataclass
class Requests:
    """Rows of captured requests.

    Attributes:
        rows: Their features.
        predictions: One number per row.
        ids: The id of each request, and its number of rows.
    """

    rows: np.ndarray
    predictions: np.ndarray
    ids: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class _Text:
    """A captured request's rows of fields, and predictions."""

    id: str
    rows: list[str]
    answers: list[str]


def read_requests(
    content: bytes, columns: int, unread: Counter[str], wanted: set[str] | None = None
) -> Requests:
    """Reads a file of captured requests.

    Args:
        content: The file.
        columns: Number of fields in a row.
        unread: Counts the reasons why requests cannot be compared.
        wanted: Ids of the requests to read; default all.
    """
    texts = []
    for line in content.splitlines():
        if not line.strip():
            continue
        try:
            text = _text(_record(line), columns)
            if wanted is None or text.id in wanted:
                texts.append(text)
        except _UnreadableError as reason:
            unread[str(reason)] += 1
    try:
        return _numbers(texts, columns)
    except ValueError:
        readable = []
        for text in texts:
            try:
                _numbers([text], columns)
                readable.append(text)
            except ValueError:
                unread["a field or an answer is not a number"] += 1
        return _numbers(readable, columns)


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise _UnreadableError("the record is not JSON")
    return record


def _text(record: dict[str, Any], columns: int) -> _Text:
    data = record.get("captureData") or {}
    asked = _csv(data.get("endpointInput"), "request")
    answered = _csv(data.get("endpointOutput"), "answer")
    rows = [line for line in asked.splitlines() if line.strip()]
    if any(row.count(",") != columns - 1 for row in rows):
        raise _UnreadableError(f"a row does not have {columns} fields")
    # Algorithms write one prediction per line, or all in one.
    answers = [one for one in re.split(r"[\s,]+", answered) if one]
    if len(answers) == 3 * len(rows) and len(answered.split()) == len(rows):
        answers = answers[::3]  # Both ends of its interval follow each prediction.
    if len(answers) != len(rows):
        raise _UnreadableError("the numbers of rows and predictions differ")
    event = record.get("eventMetadata") or {}
    return _Text(str(event.get("inferenceId") or event.get("eventId") or ""), rows, answers)


def _csv(data: dict[str, Any] | None, what: str) -> str:
    if not data or "data" not in data:
        raise _UnreadableError(f"the {what} was not captured")
    media = str(data.get("observedContentType", "")).partition(";")[0].strip().lower()
    if media != "text/csv":
        raise _UnreadableError(f"the {what} has type {media or 'unknown'}, not text/csv")
    if data.get("encoding") == "BASE64":
        return base64.b64decode(data["data"]).decode("utf-8", "replace")
    return str(data["data"])


def _numbers(texts: list[_Text], columns: int) -> Requests:
    fields = [one.strip() or "nan" for text in texts for row in text.rows for one in row.split(",")]
    answers = [one for text in texts for one in text.answers]
    return Requests(
        np.array(fields, dtype=float).reshape(-1, columns),
        np.array(answers, dtype=float),
        [(text.id, len(text.rows)) for text in texts],
    )


def read_labels(content: bytes, name: str) -> dict[str, np.ndarray]:
    """Reads a file of labels: a number per row, by the request's id.

    Raises:
        InputError: a line is not a label.
    """
    return dict(_labels(content.splitlines(), name))


def _labels(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, np.ndarray]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            data = record["groundTruthData"]
            values = [one for one in re.split(r"[\s,]+", str(data["data"])) if one]
            labels = np.array(values, dtype=float)
            if data.get("encoding", "CSV") != "CSV" or not np.isfinite(labels).all():
                raise ValueError
            yield str(record["eventMetadata"]["eventId"]), labels
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(
                f"{name}, line {number}: not a label; expected something like "
                '{"groundTruthData": {"data": "1.5", "encoding": "CSV"}, '
                '"eventMetadata": {"eventId": "the request\'s inference id"}, "eventVersion": "0"}'
            ) from None


def labelled(requests: Requests, labels: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have labels, and the labels in the order of the rows.

    Raises:
        InputError: a request's numbers of labels and rows differ.
    """
    has_label, found = [], [np.zeros(0)]
    for name, rows in requests.ids:
        own = labels.get(name)
        if own is not None and len(own) != rows:
            raise InputError(f"the request {name} has {rows} rows, but {len(own)} labels")
        has_label += [own is not None] * rows
        if own is not None:
            found.append(own)
    return np.array(has_label, dtype=bool), np.concatenate(found)
