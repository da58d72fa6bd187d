"""Reads trained models in a flow.

Source of the form: `encode_pyspark_model` in the notebooks that Data Wrangler exports. It is a
saved Spark model, zipped, in base 85. If it cannot be read, the operator learns again, like their
`load_pyspark_model_from_trained_parameters`.
"""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import duckdb

from local.standins.errors import UserError


def string_indexer_labels(encoded: str) -> list[str]:
    """The labels of a StringIndexerModel of one column, in order.

    Raises:
        UserError: The text is not such a model.
    """
    labels = next(iter(_read_model(encoded).values()))
    # Spark 3 stores a list of labels for each column, Spark 2 one list.
    if labels and isinstance(labels[0], list):
        labels = labels[0]
    return [str(label) for label in labels]


def scaler_values(encoded: str, names: tuple[str, ...]) -> list[float]:
    """The trained values of a scaler of one column, by names of vectors such as mean and std.

    Raises:
        UserError: The text is not such a model.
    """
    model = _read_model(encoded)
    try:
        # A sparse vector omits zeros.
        return [float((model[name]["values"] or [0.0])[0]) for name in names]
    except (KeyError, TypeError):
        raise UserError(f"has no {', '.join(names)}") from None


def _read_model(encoded: str) -> dict[str, Any]:
    """The single row of a model's data."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(base64.b85decode(encoded))) as archive:
                parts = [
                    name
                    for name in archive.namelist()
                    if "data/" in name and name.endswith(".parquet")
                ]
                paths = [Path(archive.extract(name, folder)) for name in parts]
            data = duckdb.read_parquet([str(path) for path in paths])
            (row,) = data.fetchall()
        except (ValueError, zipfile.BadZipFile, duckdb.Error):
            raise UserError("is not a Spark model in base 85") from None
    return dict(zip(data.columns, row, strict=True))
