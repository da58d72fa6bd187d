"""Encodes clients' rows as CSV of features, which every model accepts."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from decision_tree.encoding.dates import PARTS
from decision_tree.encoding.document import Encoding, Labels
from decision_tree.encoding.values import ValueProblem, reader
from decision_tree.serving.errors import bad_payload
from decision_tree.serving.formats import loads
from decision_tree.serving.media_types import CSV, JSON_LINES

_SHOWN = 50

Read = Callable[[object], Any]


class Encoder:
    """Encodes the rows of requests."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._names = [column.name for column in encoding.columns]
        self._used = [column.name for column in encoding.columns if column.is_used]
        self._readers: dict[str, Read] = {}
        self._sources: dict[str, tuple[str, Callable[[datetime], int] | None]] = {}
        for column in encoding.columns:
            if column.is_used:
                self._readers[column.name] = reader(column.type, encoding.form, column.date_format)
                self._sources[column.name] = (column.name, None)
                for name, part in column.parts.items():
                    self._sources[name] = (column.name, PARTS[part])
        self._booleans = {one.name for one in encoding.columns if one.type == "boolean"}
        self._inputs = [
            (name, *self._sources[name], encoding.labels.get(name), encoding.fills.get(name, ""))
            for name in encoding.inputs
        ]

    def encode(self, media_type: str, body: bytes) -> bytes:
        """Encode the rows of a non-empty body of CSV, JSON or JSON_LINES as CSV without a header.

        Raises:
            RequestError: 400, the body does not have its type's format, or a row does not fit the
                table.
        """
        lines = [
            self._encode(row, number) for number, row in enumerate(self._rows(media_type, body), 1)
        ]
        if not lines:
            raise bad_payload("the body has no rows")
        return ("\n".join(lines) + "\n").encode()

    def _rows(self, media_type: str, body: bytes) -> Iterator[Mapping[str, object]]:
        if media_type == CSV:
            return self._csv_rows(body)
        if media_type == JSON_LINES:
            lines = body.removeprefix(b"\xef\xbb\xbf").split(b"\n")
            records = [loads(line, f"line {n}") for n, line in enumerate(lines, 1) if line.strip()]
            return self._records(records)
        document = loads(body, "the body")
        if isinstance(document, dict) and isinstance(document.get("instances"), list):
            document = document["instances"]
        return self._records([document] if isinstance(document, dict) else document)

    def _csv_rows(self, body: bytes) -> Iterator[Mapping[str, object]]:
        names, count = self._names, len(self._names)
        try:
            text = body.decode("utf-8-sig")
            stream = io.StringIO(text, newline="")
            rows = csv.reader(stream, delimiter=self._encoding.delimiter, strict=True)
            number = 0
            for fields in rows:
                if not fields:
                    continue
                number += 1
                if len(fields) != count:
                    raise bad_payload(
                        f"row {number} has {len(fields)} values; expected the {count} columns of "
                        f"{self._encoding.table} without {self._encoding.target}, separated by "
                        f"{self._encoding.delimiter!r}: {_shown(names)}"
                    )
                yield dict(zip(names, fields, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise bad_payload(f"the body is not CSV in UTF-8: {error}") from None

    def _records(self, records: object) -> Iterator[Mapping[str, object]]:
        if not isinstance(records, list):
            raise bad_payload("expected a list of objects")
        known = {*self._names, self._encoding.target}
        for number, record in enumerate(records, 1):
            if not isinstance(record, dict):
                raise bad_payload(f"row {number} is not an object")
            row: dict[str, object] = {}
            for key, value in record.items():
                # Column names do not depend on case, as in Athena.
                name = key.lower()
                if name in row:
                    raise bad_payload(f"row {number} has {name} twice, in different cases")
                row[name] = value
            lacking = [name for name in self._used if name not in row]
            unknown = [name[:100] for name in row if name not in known]
            if lacking or unknown:
                problems = [
                    f"{problem} {_shown(names)}"
                    for problem, names in (("lacks", lacking), ("has the unknown", unknown))
                    if names
                ]
                raise bad_payload(f"row {number} {' and '.join(problems)}; a missing value is null")
            yield row

    def _encode(self, row: Mapping[str, object], number: int) -> str:
        values: dict[str, Any] = {}
        for name in self._used:
            try:
                values[name] = self._readers[name](row[name])
            except ValueProblem as problem:
                given = json.dumps(row[name], ensure_ascii=False)[:_SHOWN]
                raise bad_payload(f"row {number}: {name} {problem}, not {given}") from None
            if values[name] is None and self._encoding.missing_values == "drop":
                raise bad_payload(
                    f"row {number}: {name} is missing; the model was trained on complete rows only"
                )
        fields = []
        for _, source, part, labels, fill in self._inputs:
            value = values[source]
            if value is not None and part is not None:
                value = part(value)
            if labels is not None:
                fields.append(self._label(value, source, labels))
            else:
                fields.append(fill if value is None else repr(value))
        return ",".join(fields)

    def _label(self, value: object, source: str, labels: Labels) -> str:
        if value is None:
            return labels.missing
        if source in self._booleans:
            value = "true" if value else "false"
        return labels.fields.get(str(value), labels.other)


def _shown(names: Iterable[str]) -> str:
    all_names = list(names)
    return ", ".join(all_names[:_SHOWN]) + (", ..." if len(all_names) > _SHOWN else "")
