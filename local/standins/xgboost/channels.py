"""Reads the data channels into XGBoost's matrices."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import xgboost
from numpy.typing import NDArray

from local.standins.database import Database
from local.standins.errors import UserError
from local.standins.files import base_directory, data_files

_FORMATS = {
    **dict.fromkeys(("text/csv", "csv"), "csv"),
    **dict.fromkeys(("application/x-parquet", "parquet"), "parquet"),
    **dict.fromkeys(("text/libsvm", "text/x-libsvm", "libsvm"), "libsvm"),
    **dict.fromkeys(("application/x-recordio-protobuf", "recordio-protobuf"), "recordio-protobuf"),
}
_DELIMITERS = ",;\t| "


def read_channels(
    configuration: dict[str, Any], threads: int, csv_weights: bool = False
) -> tuple[xgboost.DMatrix, xgboost.DMatrix | None]:
    """Reads the train channel, and the validation channel if there is one.

    With `csv_weights`, the second column of CSV files, of both channels, weights the rows. Source:
    get_validated_dmatrices of train.py in aws/sagemaker-xgboost-container.

    Raises:
        UserError: A channel is unknown, missing, empty, or does not match its content type.
    """
    if unknown := sorted(configuration.keys() - {"train", "validation"}):
        raise UserError(f"Channel {unknown[0]}: unknown; allowed are train, validation")
    if "train" not in configuration:
        raise UserError("Channel train: missing")
    with duckdb.connect(config={"threads": threads}) as database:
        train = _read_channel(database, "train", configuration["train"], threads, csv_weights)
        if "validation" not in configuration:
            return train, None
        # As in the image, the train channel's content type also applies to the validation channel.
        content_type = configuration["train"].get("ContentType")
        kind = {**configuration["validation"], "ContentType": content_type}
        validation = _read_channel(database, "validation", kind, threads, csv_weights)
    if validation.num_col() != train.num_col():
        raise UserError(
            f"Channel validation: {validation.num_col()} features, but train has {train.num_col()}"
        )
    return train, validation


def _read_channel(
    database: Database, name: str, fields: dict[str, Any], threads: int, csv_weights: bool
) -> xgboost.DMatrix:
    file_format = _file_format(name, fields.get("ContentType"))
    if fields.get("TrainingInputMode", "File") == "Pipe":
        raise UserError(f"Channel {name}: input mode Pipe is not supported by the local run")
    folder = base_directory() / "input" / "data" / name
    files = data_files(folder)
    if not files:
        raise UserError(f"Channel {name}: no data in {folder}")
    read = _read_csv if file_format == "csv" else _read_parquet
    try:
        columns = read(database, files).fetchnumpy()
    except duckdb.Error as error:
        raise UserError(f"Channel {name}: {_explain(error, files)}") from None
    label, *others = columns.values()
    weight = others.pop(0) if csv_weights and file_format == "csv" and others else None
    if not others:
        raise UserError(f"Channel {name}: {files[0].name} has a label but no features")
    return _matrix(name, label, weight, others, threads)


def _file_format(name: str, content_type: str | None) -> str:
    # Without a content type, the image assumes libsvm.
    media_type, *parameters = (content_type or "text/libsvm").lower().split(";")
    file_format = _FORMATS.get(media_type.strip())
    if file_format is None:
        raise UserError(
            f"Channel {name}: {content_type} is not an accepted ContentType: {', '.join(_FORMATS)}"
        )
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key == "label_size" and value != "1":
            raise UserError(f"Channel {name}: ContentType {content_type}: label_size must be 1")
    if file_format not in ("csv", "parquet"):
        given = content_type or "none, which means text/libsvm"
        raise UserError(
            f"Channel {name}: ContentType {given} is not supported by the local run; "
            "use text/csv or application/x-parquet"
        )
    return file_format


# A statement, because a relation takes ten times as long in DuckDB.
def _read_csv(database: Database, files: list[Path]) -> Database:
    with files[0].open(encoding="utf-8", errors="replace", newline="") as stream:
        line = stream.readline().rstrip("\r\n")
    try:
        delimiter = csv.Sniffer().sniff(line, _DELIMITERS).delimiter
    except csv.Error:
        delimiter = ","
    columns = {f"c{number}": "FLOAT" for number in range(len(line.split(delimiter)))}
    return database.execute(
        "from read_csv($files, header = false, auto_detect = false, delim = $delimiter, "
        "columns = $columns, nullstr = '', quote = '\"', escape = '\"')",
        {"files": [str(path) for path in files], "delimiter": delimiter, "columns": columns},
    )


def _read_parquet(database: Database, files: list[Path]) -> Database:
    return database.execute(
        "select cast(columns(*) as float) from read_parquet($files)",
        {"files": [str(path) for path in files]},
    )


def _explain(error: duckdb.Error, files: list[Path]) -> str:
    """DuckDB's message about a file as one line for users."""
    text = str(error)
    file = re.search(r"file\s*=\s*(\S+)", text)
    name = Path(file.group(1)).name if file else files[0].name
    line = re.search(r"Line: (\d+)", text)
    where = f"{name}, line {line.group(1)}" if line else name
    if value := re.search(r'Could not convert string "(.*?)" to \'FLOAT\'', text):
        return f"{where}: '{value.group(1)}' is not a number (CSV data must have no header)"
    if count := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
        return f"{where}: {count.group(2)} columns, expected {count.group(1)}"
    return f"{where}: {text.splitlines()[0]}"


def _matrix(
    name: str,
    label: NDArray[Any],
    weight: NDArray[Any] | None,
    columns: list[NDArray[Any]],
    threads: int,
) -> xgboost.DMatrix:
    for given, what in ((label, "label, the first"), (weight, "weight, the second")):
        if given is not None and (np.ma.is_masked(given) or not np.isfinite(given).all()):
            raise UserError(f"Channel {name}: a {what} column, is missing or not finite")
    features = np.empty((len(label), len(columns)), np.float32)
    for number, column in enumerate(columns):
        features[:, number] = np.ma.filled(column, np.nan)  # an empty field is a missing value
    weights = None if weight is None else np.asarray(weight)
    return xgboost.DMatrix(features, np.asarray(label), weight=weights, nthread=threads)
