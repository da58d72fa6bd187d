"""Reads a flow's dataset from the processing job's input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.standins.data_wrangler.frame import Column, Frame
from local.standins.data_wrangler.parameters import Parameters
from local.standins.database import Database, literal, quote
from local.standins.errors import UserError
from local.standins.files import data_files

_CONTENT_TYPES = ("csv", "parquet")
# Fields of the S3 source with the only supported values.
_PLAIN = {
    "s3AddsFilenameColumn": False,
    "s3CsvEncodingType": "UTF_8",
    "s3SkipLines": 0,
    "s3MultiLine": False,
    "s3DataType": "S3Prefix",
}
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


@dataclass(frozen=True)
class Dataset:
    """The dataset of a source.

    Attributes:
        name: The folder of its files, or its file.
        content_type: csv or parquet; None to use the files' names.
        has_header: Of csv. Columns without a header are _c0, _c1, ...
        delimiter: Of csv.
    """

    name: str
    content_type: str | None = None
    has_header: bool = True
    delimiter: str = ","


def parse_dataset(definition: Parameters) -> Dataset | None:
    """Reads a dataset_definition; None if its name is not valid.

    Source of the S3 source's fields: its code in the notebooks that Data Wrangler exports.
    """
    name = definition.raw("name")
    if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
        definition.note("name", "must be the dataset's name")
        return None
    if not definition.has("s3ExecutionContext"):
        return Dataset(name)
    context = definition.group("s3ExecutionContext")
    content_type = str(context.raw("s3ContentType") or "").lower()
    if content_type not in _CONTENT_TYPES:
        context.note(
            "s3ContentType",
            f"{content_type or 'missing'}; the local run reads {', '.join(_CONTENT_TYPES)}",
        )
    delimiter = context.raw("s3FieldDelimiter") or ","
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        context.note("s3FieldDelimiter", "must be one character")
        delimiter = ","
    for field, plain in _PLAIN.items():
        if context.has(field) and context.raw(field) != plain:
            context.note(field, f"{json.dumps(context.raw(field))} is not supported here")
    has_header = context.boolean("s3HasHeader", True)
    context.finish("__typename", "s3Uri", "s3DirIncludesNested", "s3RoleArn", "s3ManifestPlain")
    return Dataset(name, content_type, has_header, delimiter)


def read_dataset(database: Database, parent: Path, dataset: Dataset) -> Frame:
    """The dataset in a folder as a frame; all columns of csv files are strings.

    Files are read in the order of their paths.

    Raises:
        UserError: There are no files, or a column's type is not supported.
    """
    name, folder = dataset.name, parent / dataset.name
    files = data_files(folder)
    if not files:
        raise UserError(f"dataset {name}: no data in {folder}")
    paths = ", ".join(literal(str(path)) for path in files)
    is_csv = dataset.content_type == "csv" if dataset.content_type else files[0].suffix == ".csv"
    if is_csv:
        source = (
            f"read_csv([{paths}], header = {dataset.has_header}, all_varchar = true, "
            f"auto_detect = true, delim = {literal(dataset.delimiter)}, quote = '\"', "
            "escape = '\"', allow_quoted_nulls = false)"
        )
    else:
        source = f"read_parquet([{paths}])"
    try:
        described = database.execute(f"describe from {source}").fetchall()
    except duckdb.Error as error:
        raise UserError(f"dataset {name}: {str(error).splitlines()[0]}") from None
    columns, values = [], []
    for number, (column, kind, *_) in enumerate(described):
        spark_type = _TYPES.get(str(kind).partition("(")[0])
        if spark_type is None:
            raise UserError(f"dataset {name}: column {column}: type {kind} is not supported")
        unnamed = is_csv and not dataset.has_header
        columns.append(Column(f"_c{number}" if unnamed else str(column), spark_type))
        value = quote(str(column))
        values.append(f"cast({value} as timestamp)" if spark_type == "timestamp" else value)
    selected = ", ".join(f"{value} as c{place}" for place, value in enumerate(values))
    return Frame(tuple(columns), f"select {selected} from {source}")  # noqa: S608 - quoted
