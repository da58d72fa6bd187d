"""Reads tables in CSV and Parquet: the label, the row's weight if there is one, the features."""

import csv
import glob
import gzip
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.channels import Channel
from decision_tree.errors import PlatformError, UserError

_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|BOOLEAN|DECIMAL\(.*\)")

# The CSV dialect is given in full, so nothing is guessed. Without hive_partitioning, a folder such
# as year=2020 adds no column.
_READ_CSV = (
    "SELECT * FROM read_csv($path, header=false, auto_detect=false, delim=',', quote='\"', "
    "escape='\"', columns=$columns, hive_partitioning=false)"
)
_READ_PARQUET = "SELECT {columns} FROM read_parquet($path, hive_partitioning=false)"


@dataclass(frozen=True)
class Table:
    """The rows of one channel.

    Attributes:
        features: float32, shape (rows, features), in column order, which is fastest for growing a
            tree; NaN if missing.
        labels: float64, shape (rows,), finite.
        feature_names: from Parquet; None for CSV.
        weights: float64, shape (rows,), above zero; None if all rows count the same.
    """

    features: Float32Array
    labels: Float64Array
    feature_names: tuple[str, ...] | None
    weights: Float64Array | None = None


def read_tables(channels: Mapping[str, Channel], weighted: bool = False) -> dict[str, Table]:
    """Read all files of each channel, sorted by path.

    If rows are weighted, by their second column, those of weight zero are left out.

    Raises:
        UserError: there are no rows, a file is not a table of numbers, files have different
            columns, a label is missing, a value is not a finite float32, or a weight is missing,
            negative or not finite, or all are zero.
        PlatformError: a file cannot be read.
    """
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        return {
            name: _read_table(connection, channel, weighted) for name, channel in channels.items()
        }


def _read_table(connection: duckdb.DuckDBPyConnection, channel: Channel, weighted: bool) -> Table:
    fields = ("label", "weight")[: 1 + weighted]
    features: list[Float32Array] = []
    own: list[list[Float64Array]] = []
    names: list[tuple[str, ...] | None] = []
    for file in channel.files():
        where = f"{channel.name}/{file.relative_to(channel.folder)}"
        try:
            header, columns = _read_file(connection, file, where, channel.content_type)
        except (OSError, duckdb.IOException) as error:
            raise PlatformError(f"{where} cannot be read: {error}") from error
        except duckdb.Error as error:
            raise UserError(f"{where}: {_first_cause(error)}") from None
        if len(columns) <= len(fields):
            found = "one column" if len(columns) == 1 else f"{len(columns)} columns"
            needed = f"{', '.join(f'a {field}' for field in fields)} and a feature"
            raise UserError(f"{where} has {found}; expected: at least {needed}")
        if features and len(columns) - len(fields) != len(features[0]):
            raise UserError(
                f"{where} has {len(columns)} columns; the previous files: "
                f"{len(fields) + len(features[0])}"
            )
        if names and header != names[0]:
            raise UserError(f"{where} has different column names from the previous files")
        names.append(header)
        problem = f"{where}: the label (first column) is missing or not finite"
        own.append([_check(columns[0], np.isfinite(columns[0]), problem)])
        if weighted:
            usable = (columns[1] >= 0) & (columns[1] < np.inf)
            problem = f"{where}: the weight (second column) is missing, negative or not finite"
            own[-1].append(_check(columns[1], usable, problem))
        features.append(_check_features(columns[len(fields) :], where))
    if not sum(part.size for part, *_ in own):
        raise UserError(f"channel {channel.name} has no rows")
    feature_names = names[0] and names[0][len(fields) :]
    joined, all_features = np.concatenate(own, axis=1), np.concatenate(features, axis=1)
    if not weighted:
        return Table(all_features.T, joined[0], feature_names)
    counting = joined[1] > 0
    if not counting.any():
        raise UserError(f"channel {channel.name}: the weight of all rows is zero")
    labels, weights = np.compress(counting, joined, axis=1)
    kept = np.compress(counting, all_features, axis=1)
    return Table(kept.T, labels, feature_names, weights)


def _read_file(
    connection: duckdb.DuckDBPyConnection, file: Path, where: str, content_type: str | None
) -> tuple[tuple[str, ...] | None, list[Float64Array]]:
    """Return the names of the columns (None for CSV) and their values, NaN if missing."""
    # DuckDB expands wildcards in paths.
    arguments: dict[str, object] = {"path": glob.escape(str(file))}
    with file.open("rb") as stream:
        has_magic = stream.read(4) == b"PAR1"
    is_parquet = content_type == "application/x-parquet" or (content_type is None and has_magic)
    if is_parquet:
        described = connection.execute("DESCRIBE " + _READ_PARQUET.format(columns="*"), arguments)
        for column, kind, *_ in described.fetchall():
            if not _NUMERIC.fullmatch(kind):
                raise UserError(f"{where}: column {column} has type {kind}; allowed: numbers")
        query = _READ_PARQUET.format(columns="CAST(COLUMNS(*) AS DOUBLE)")
    else:
        count = _count_csv_columns(file, where)
        arguments["columns"] = {f"column_{index}": "DOUBLE" for index in range(count)}
        query = _READ_CSV
    columns = connection.execute(query, arguments).fetchnumpy()
    values = [np.ma.filled(column.astype(np.float64), np.nan) for column in columns.values()]
    return tuple(columns) if is_parquet else None, values


def _count_csv_columns(file: Path, where: str) -> int:
    """Return the number of fields in the first non-blank line."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rb") as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        try:
            return next((len(row) for row in csv.reader(text) if row), 1)
        except (csv.Error, OSError, EOFError) as error:
            raise UserError(f"{where} is not valid CSV: {error}") from None


def _first_cause(error: duckdb.Error) -> str:
    """Return DuckDB's message about line and value, without its advice on its settings."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    cause = re.search(
        r"Could not convert string .*|Expected Number of Columns.*|Value with unterminated quote.*",
        text,
    )
    if not line or not cause:
        return text.partition("\n")[0][:300]
    return f"line {line[1]}: {cause[0][:200]} (allowed: numbers, the label first, and no header)"


def _check(values: Float64Array, usable: npt.NDArray[np.bool_], problem: str) -> Float64Array:
    unusable = np.flatnonzero(~usable)
    if unusable.size:
        raise UserError(
            f"{problem} in {unusable.size} of {values.size} rows, first in row {unusable[0] + 1}"
        )
    return values


def _check_features(columns: list[Float64Array], where: str) -> Float32Array:
    with np.errstate(over="ignore"):
        features = np.array(columns, dtype=np.float32)
    infinite = np.argwhere(np.isinf(features))
    if infinite.size:
        column, row = infinite[0]
        raise UserError(
            f"{where}: feature {column + 1} is infinite or too large for float32 in row {row + 1}"
        )
    return features
