"""Parses requests to the image's server: rows of CSV or libsvm.

Source: `parse_content_data` of serve_utils.py, `get_content_type` of data_utils.py and
`csv_to_dmatrix` of encoder.py in aws/sagemaker-xgboost-container. As in the image, csv.Sniffer
finds the delimiter, and NumPy parses numbers: a blank field is not a number, an empty one is
missing, and quotes are not removed.
"""

from __future__ import annotations

import csv

import numpy as np
import scipy.sparse
import xgboost

from local.standins.errors import UserError

_TYPES = {
    **dict.fromkeys(("csv", "text/csv"), "csv"),
    **dict.fromkeys(("libsvm", "text/libsvm", "text/x-libsvm"), "libsvm"),
}
_SNIFFED = 512


def parse_header(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, such as `text/csv; label_size=1`."""
    media_type, *given = (part.strip() for part in value.split(";"))
    parameters = {}
    for one in given:
        name, equals, text = one.partition("=")
        if equals:
            parameters[name.strip().lower()] = text.strip().strip('"')
    return media_type, parameters


def read_rows(body: bytes, content_type: str | None) -> xgboost.DMatrix:
    """The rows of a request's body; without a content type, the image assumes libsvm.

    Raises:
        UserError: The image would answer 415, or the format is not supported here.
    """
    kind = _kind(content_type)
    try:
        text = body.strip().decode("utf-8")
        return _read_csv(text) if kind == "csv" else _read_libsvm(text)
    except (ValueError, csv.Error, xgboost.core.XGBoostError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"Loading {kind} data failed: {reason}") from None


def _kind(content_type: str | None) -> str:
    if content_type is None:
        return "libsvm"
    media_type, parameters = parse_header(content_type.lower())
    kind = _TYPES.get(media_type)
    if kind is None:
        where = "here" if "recordio" in media_type else "by the image's server"
        raise UserError(f"Content-type {content_type} is not supported {where}")
    if kind == "csv" and parameters.get("label_size", "1") != "1":
        raise UserError(
            f"{content_type} is not an accepted csv ContentType. "
            "Optional parameter label_size must be equal to 1"
        )
    return kind


def _read_csv(text: str) -> xgboost.DMatrix:
    lines = text.split("\n")
    found = csv.Sniffer().sniff(lines[0][:_SNIFFED]).delimiter
    delimiter = "," if found.isalnum() else found
    rows = [["nan" if field == "" else field for field in line.split(delimiter)] for line in lines]
    return xgboost.DMatrix(np.array(rows).astype(float))


def _read_libsvm(text: str) -> xgboost.DMatrix:
    """Rows of `index:value`, with indices from 0 or 1; a field without a colon is a label."""
    rows, columns, values = [], [], []
    for number, line in enumerate(text.split("\n")):
        for item in line.split(" "):
            if ":" in item:
                column, value = item.split(":")[:2]
                rows.append(number)
                columns.append(int(column))
                values.append(value)
    first = 1 if columns and min(columns) >= 1 else 0
    places = (np.array(rows, int), np.array(columns, int) - first)
    return xgboost.DMatrix(scipy.sparse.csr_matrix((np.array(values).astype(float), places)))
