"""Models that operators have learned when the flow was made, as the flow keeps them.

Source of the form: `encode_pyspark_model` in the notebooks that Data Wrangler exports: a Spark
model as it saves itself, zipped, in base 85.
"""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from pathlib import Path

import duckdb

from local.standins.errors import UserError


def string_indexer_labels(encoded: str) -> list[str]:
    """The labels of a StringIndexerModel of one column, in their order.

    Raises:
        UserError: The text is no such model.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(base64.b85decode(encoded))) as archive:
                parts = [
                    name
                    for name in archive.namelist()
                    if "data/" in name and name.endswith(".parquet")
                ]
                paths = [Path(archive.extract(name, folder)) for name in parts]
            (row,) = duckdb.read_parquet([str(path) for path in paths]).fetchall()
        except (ValueError, zipfile.BadZipFile, duckdb.Error):
            raise UserError("is no Spark model in base 85") from None
    # Spark 3 keeps a list of labels for each column, Spark 2 one list.
    labels = row[0][0] if row[0] and isinstance(row[0][0], list) else row[0]
    return [str(label) for label in labels]
