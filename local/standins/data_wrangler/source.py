"""Reads a flow's dataset from the folder where the processing job finds it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from local.standins.data_wrangler.frame import Column, Frame
from local.standins.database import literal, quote
from local.standins.errors import UserError

_TYPES = {
    "VARCHAR": "string",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "int",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DECIMAL": "decimal",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_S": "timestamp",
}


def read_dataset(database: duckdb.DuckDBPyConnection, folder: Path, name: str) -> Frame:
    """The dataset as a frame; csv files have a header, and all their columns are strings.

    Args:
        database: Where it is read.
        folder: Of the dataset's files, read in the order of their paths.
        name: The dataset's, for messages.

    Raises:
        UserError: There are no files, or they have a type of column that is not supported.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("_", ".")) and path.stat().st_size > 0
    )
    if not files:
        raise UserError(f"dataset {name}: no data in {folder}")
    paths = ", ".join(literal(str(path)) for path in files)
    if files[0].suffix == ".csv":
        source = (
            f"read_csv([{paths}], header = true, all_varchar = true, auto_detect = true, "
            "delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false)"
        )
    else:
        source = f"read_parquet([{paths}])"
    try:
        described = database.execute(f"describe from {source}").fetchall()
    except duckdb.Error as error:
        raise UserError(f"dataset {name}: {str(error).splitlines()[0]}") from None
    columns, values = [], []
    for column, kind, *_ in described:
        spark_type = _TYPES.get(str(kind).partition("(")[0])
        if spark_type is None:
            raise UserError(f"dataset {name}: column {column}: type {kind} is not supported")
        columns.append(Column(str(column), spark_type))
        value = quote(str(column))
        values.append(f"cast({value} as timestamp)" if spark_type == "timestamp" else value)
    selected = ", ".join(f"{value} as c{place}" for place, value in enumerate(values))
    return Frame(tuple(columns), f"select {selected} from {source}")  # noqa: S608 - quoted
