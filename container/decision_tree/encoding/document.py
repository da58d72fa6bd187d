"""encoding.json: how a table's rows become a model's features.

The pipeline writes it beside the model's training data. Unknown members are refused, so nothing
that a later version adds is ignored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decision_tree.encoding.dates import PARTS
from decision_tree.encoding.values import Form, reader
from decision_tree.errors import UserError

FILE = "encoding.json"
FORMAT = "restate-row-encoding"
FORMAT_VERSION = 1

_MISSING = ("keep", "drop", "impute")


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: in lower case, as in Athena.
        type: in Glue.
        is_used: whether features are derived from it.
        date_format: of dates in text, if any.
        parts: part of the date by feature.
    """

    name: str
    type: str
    is_used: bool
    date_format: str | None
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Labels:
    """How a column of labels, or a date's part, becomes features.

    Attributes:
        features: their names.
        fields: the features' values as CSV, by label.
        other: the same for any other label.
        missing: the same for a missing value.
    """

    features: tuple[str, ...]
    fields: Mapping[str, str]
    other: str
    missing: str


@dataclass(frozen=True)
class Encoding:
    """How rows are encoded.

    Attributes:
        table: its name.
        target: the column that the model predicts.
        delimiter: of a CSV row.
        form: how values are written.
        missing_values: "keep", "drop" or "impute", as in the stack's configuration.
        columns: all columns of the table except the target, in order.
        labels: encodings by column or part.
        fills: replacement for a missing number, by column or part.
        features: of the model, in order.
    """

    table: str
    target: str
    delimiter: str
    form: Form
    missing_values: str
    columns: tuple[Column, ...]
    labels: Mapping[str, Labels]
    fills: Mapping[str, str]
    features: tuple[str, ...]

    @property
    def inputs(self) -> list[str]:
        """The columns and parts that features are derived from, in the order of the features."""
        made = {name: source for source, one in self.labels.items() for name in one.features}
        return list(dict.fromkeys(made.get(name, name) for name in self.features))


def load_encoding(directory: Path) -> Encoding:
    """Read and check the document in a model folder.

    Raises:
        UserError: it is broken, or in another format.
    """
    file = directory / FILE
    try:
        document = json.loads(file.read_bytes())
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"it is not of the format {FORMAT}")
        if document["formatVersion"] != FORMAT_VERSION:
            raise ValueError(
                f"formatVersion is {document['formatVersion']!r}; this image reads {FORMAT_VERSION}"
            )
        return _encoding(document)
    except KeyError as error:
        raise UserError(f"{file} is broken: {error} is missing") from None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{file} is broken: {error}") from None


def _encoding(document: dict[str, Any]) -> Encoding:
    given = dict(document)
    del given["format"], given["formatVersion"]
    found = Encoding(
        table=_text(given.pop("table"), "table"),
        target=_text(given.pop("target"), "target"),
        delimiter=_text(given.pop("delimiter"), "delimiter"),
        form=Form(
            null_texts=frozenset(_texts(given.pop("nullTexts"), "nullTexts")),
            decimal=_text(given.pop("decimal"), "decimal"),
            thousands=_text(given.pop("thousands") or "", "thousands"),
        ),
        missing_values=given.pop("missingValues"),
        columns=tuple(_column(one) for one in given.pop("columns")),
        labels={one["column"]: _labels(one) for one in given.pop("encodings")},
        fills={name: _field(value) for name, value in given.pop("fills").items()},
        features=_texts(given.pop("features"), "features"),
    )
    if given:
        raise ValueError(f"{', '.join(given)}: this image does not know such members")
    if found.missing_values not in _MISSING:
        raise ValueError(f"missingValues is {found.missing_values!r}")
    if len(found.delimiter) != 1:
        raise ValueError("delimiter must be one character")
    _check_inputs(found)
    for column in found.columns:
        reader(column.type, found.form, column.date_format)
    return found


def _check_inputs(encoding: Encoding) -> None:
    """Check that the features are exactly those that columns, parts and labels produce."""
    known: list[str] = []
    for column in encoding.columns:
        if column.is_used:
            known += column.parts or [column.name]
    for what, names in (("encodings", encoding.labels), ("fills", encoding.fills)):
        strange = [name for name in names if name not in known]
        if strange:
            raise ValueError(f"{what}: {strange[0]!r} is not a used column")
    made: list[str] = []
    for name in encoding.inputs:
        made += encoding.labels[name].features if name in encoding.labels else [name]
    if list(encoding.features) != made or sorted(encoding.inputs) != sorted(known):
        raise ValueError("features do not match the columns and encodings")
    if len(set(made)) < len(made):
        raise ValueError("features contains a name twice")


def _column(given: dict[str, Any]) -> Column:
    one = dict(given)
    found = Column(
        name=_text(one.pop("name"), "name"),
        type=_text(one.pop("type"), "type"),
        is_used=one.pop("used") is True,
        date_format=one.pop("dateFormat", None),
        parts=one.pop("parts", {}),
    )
    if one:
        raise ValueError(f"columns: {', '.join(one)}: this image does not know such members")
    strange = [part for part in found.parts.values() if part not in PARTS]
    if strange:
        raise ValueError(f"columns: {strange[0]!r} is not a part of a date")
    return found


def _labels(given: dict[str, Any]) -> Labels:
    labels = _texts(given["labels"], "labels")
    features = _texts(given["features"], "features")
    kind = given["as"]
    if kind == "oneHot":
        zeros = ["0"] * len(labels)
        rows = [[*zeros[:place], "1", *zeros[place + 1 :]] for place in range(len(labels))]
        fields = [",".join(row) for row in rows]
        other = missing = ",".join(zeros)
    elif kind in ("ordinal", "target"):
        values = range(len(labels)) if kind == "ordinal" else given["values"]
        fields = [_field(value) for value in values]
        other, missing = _field(given["other"]), _field(given["missing"])
    else:
        raise ValueError(f"encodings: as {kind!r} is not supported")
    if len(fields) != len(labels) or len(features) != (len(labels) if kind == "oneHot" else 1):
        raise ValueError(f"encodings: {given['column']}: the numbers of labels and values differ")
    return Labels(features, dict(zip(labels, fields, strict=True)), other, missing)


def _field(value: object) -> str:
    """Return a number as a CSV field."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    return repr(value)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value


def _texts(values: object, name: str) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise ValueError(f"{name} is not a list")
    return tuple(_text(value, name) for value in values)
