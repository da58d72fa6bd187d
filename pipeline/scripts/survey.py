"""Surveys the rows that Data Wrangler wrote, and refuses invalid ones."""

from __future__ import annotations

import csv
import math
from array import array
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

from data_report import Finding
from input_rows import (
    MISSING,
    SegmentColumn,
    check_names,
    cut,
    find_files,
    read_header,
    rows,
)
from processing_job import InputError
from row_splits import Key
from sample_weights import Weights
from text_encoding import TextColumn

# XGBoost logs five decimals: below this, RMSE has too few digits to compare trials.
SMALL_DEVIATION = 0.01

# scikit-learn's trees do not split nodes with a variance below 2.2e-16 (EPSILON of _tree.pyx).
NO_SPLITS = 1e-7

# A single-precision number of this many deviations from zero is off by about a hundredth of one.
SINGLE_PRECISION = 1e-5


class Table(NamedTuple):
    """The CSV files of a folder, which have the same header.

    Attributes:
        columns: The target and the features that are copied.
        rows: Number of rows with a target, and a weight above zero if there are weights.
        rows_read: Number of all rows.
        key: The column that the rows are split by; None for a random split.
        texts: The columns to encode.
        targets: Of the rows with one, if texts are encoded.
        segments: The columns to break errors down by.
    """

    files: list[Path]
    columns: list[str]
    rows: int
    rows_read: int
    findings: list[Finding]
    key: Key | None
    texts: Sequence[TextColumn] = ()
    targets: array[float] = array("d")
    weights: Weights | None = None
    segments: Sequence[SegmentColumn] = ()

    @property
    def taken(self) -> int:
        """Number of columns after the target that are not features."""
        return self.first_text + len(self.texts) + len(self.segments)

    @property
    def first_text(self) -> int:
        """Place of the first text among them."""
        return (self.key is not None) + (self.weights is not None)

    def lines(self) -> Iterator[bytes]:
        """The rows with a target, except those of weight zero."""
        zeros = set() if self.weights is None else self.weights.zeros
        row = 0
        for file in self.files:
            with file.open("rb") as stream:
                read_header(stream)
                for line in rows(stream):
                    if line.partition(b",")[0] not in MISSING:
                        if row not in zeros:
                            yield line
                        row += 1


class Survey:
    """Statistics of the rows so far: their number, their target, and which features vary."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.commas = len(columns) - 1
        self.rows = 0
        self.missing_targets = 0
        self.sum = self.squares = 0.0  # of the difference from the first target, which keeps digits
        self.first: list[bytes] = []
        self.first_target = 0.0
        self.constant: list[int] = []  # the features with a single value so far

    def add(self, line: bytes) -> bool:
        """Adds a row.

        Returns: whether it has a target.

        Raises:
            InputError: its number of fields differs from the header's, or its target is not a
                number.
        """
        self.rows += 1
        if line.count(b",") != self.commas:
            self._check_fields(line)
        text = line.partition(b",")[0]
        try:
            target = float(text)
        except ValueError:
            target = math.nan
        if not math.isfinite(target):
            if text not in MISSING:
                raise InputError(f"the target is {text.decode()}, which is not a finite number")
            self.missing_targets += 1
            return False
        if self.constant:
            values = line.split(b",")
            self.constant = [i for i in self.constant if values[i] == self.first[i]]
        elif not self.first:
            self.first = line.split(b",")
            self.first_target = target
            self.constant = list(range(1, len(self.first)))
        distance = target - self.first_target
        self.sum += distance
        self.squares += distance * distance
        return True

    def _check_fields(self, line: bytes) -> None:
        fields = len(next(csv.reader([line.decode()])))
        if fields != len(self.columns):
            raise InputError(f"{fields} fields, but the header has {len(self.columns)} names")

    def names(self, indices: list[int]) -> str:
        """Names of columns, for messages."""
        shown = ", ".join(self.columns[index] for index in indices[:10])
        return shown + (f" and {len(indices) - 10} more" if len(indices) > 10 else "")

    def check(self) -> list[Finding]:
        """Checks the table as a whole.

        Returns: warnings.

        Raises:
            InputError: there are no rows, or the target or a column is empty or constant.
        """
        target = self.columns[0]
        rows = self.rows - self.missing_targets
        if self.rows == 0:
            raise InputError("no rows are left after the filter and the transforms")
        if rows == 0:
            raise InputError(f'all {self.rows} rows have no value of the target "{target}"')
        mean = self.sum / rows
        deviation = math.sqrt(max(self.squares / rows - mean * mean, 0.0))
        print(f'target "{target}": mean {self.first_target + mean:.6g}, deviation {deviation:.6g}')
        if self.squares == 0 and rows > 1:
            raise InputError(
                f'the target "{target}" is {self.first_target:.6g} in all {rows} rows: '
                "there is nothing to learn"
            )
        empty = [index for index in self.constant if self.first[index] in MISSING]
        if empty and rows > 1:
            raise InputError(
                f"no row has a value of {self.names(empty)}: compare the order and types of the "
                "dataset's columns with the data, or list empty ones under dropped"
            )
        findings = []
        if self.constant and rows > 1:
            text = f"{self.names(self.constant)}: the same value in every row"
            findings.append(Finding("constant", None, text))
        scale = f"the target's standard deviation is {deviation:.3g}, and "
        if 0 < deviation < SMALL_DEVIATION:
            text = (
                "XGBoost logs the RMSE that tuning compares with five decimals, so close trials "
                "look equal"
            )
            if deviation < NO_SPLITS:
                text = f"{text}, and scikit-learn's trees do not split"
            findings.append(
                Finding("scale", None, f"{scale}{text}; use a smaller unit for the target")
            )
        level = self.first_target + mean
        if 0 < deviation < SINGLE_PRECISION * abs(level):
            text = (
                f"its mean {level:.6g}, while XGBoost and LightGBM read it with seven digits, and "
                "scikit-learn's trees compare sums of squares; subtract a constant from the target"
            )
            findings.append(Finding("scale", None, scale + text))
        return findings


def survey(
    folder: Path,
    target: str,
    key: Key | None = None,
    key_name: str = "",
    texts: Sequence[TextColumn] = (),
    weights: Weights | None = None,
    segments: Sequence[SegmentColumn] = (),
) -> Table:
    """Reads the rows of all CSV files in a folder and its subfolders.

    The target is the first column. After it come the key that the rows are split by, the weight,
    the texts to encode and the segments, which receive their values, and then the features.

    Raises:
        InputError: the files, their headers or their rows are not valid.
    """
    files = find_files(folder)
    with files[0].open("rb") as stream:
        columns = read_header(stream)
    check_names(columns, target)
    taken = [] if key is None else [key_name]
    taken += [] if weights is None else [weights.name]
    taken += [column.name for column in texts]
    taken += [column.name for column in segments]
    for place, name in enumerate(taken, 1):
        if columns[place : place + 1] != [name]:
            number = ("second", "third", "fourth")[place - 1] if place < 4 else f"{place + 1}th"
            raise InputError(f'the {number} column must be "{name}"; the columns are {columns}')
    features = columns[1 + len(taken) :]
    kept = [columns[0], *features]
    found = Survey(kept)
    table = Table(files, kept, 0, 0, [], key, texts, array("d"), weights, segments)
    for file in files:
        with file.open("rb") as stream:
            header = read_header(stream)
            if header != columns:
                raise InputError(f"{file.name} has columns {header}, {files[0].name} has {columns}")
            row = 0
            try:
                for line in rows(stream):
                    row += 1
                    if not taken:
                        found.add(line)
                        continue
                    text, others, values = cut(line, len(features), len(taken))
                    if weights is not None and text not in MISSING:
                        where = f"{file.name}, row {row}"
                        if not weights.add(values[key is not None], where):
                            continue
                    if found.add(b",".join([text, others]) if features else text):
                        take(table, text, values)
            except InputError as error:
                raise InputError(f"{file.name}, row {row}: {error}") from None
    if weights is not None:
        weights.check()
    return table._replace(
        rows=found.rows - found.missing_targets,
        rows_read=found.rows + (0 if weights is None else len(weights.zeros)),
        findings=[*found.check(), *text_findings(texts)],
    )


def take(table: Table, target: bytes, values: list[str]) -> None:
    """Adds a row's key, if there is one, its texts, and its segments.

    Raises:
        InputError: the key is missing or not valid, or a segment is not a number.
    """
    if table.key is not None:
        table.key.add(values[0].encode())
    if table.texts:
        table.targets.append(float(target))
    columns: list[TextColumn | SegmentColumn] = [*table.texts, *table.segments]
    for column, text in zip(columns, values[table.first_text :]):
        column.add(text)


def text_findings(texts: Sequence[TextColumn]) -> list[Finding]:
    """Warnings about texts to encode.

    Raises:
        InputError: a column has no values.
    """
    for column in texts:
        if column.is_empty:
            raise InputError(
                f"no row has a value of {column.name}: compare the order and types of the "
                "dataset's columns with the data, or list empty ones under dropped"
            )
    constant = [column.name for column in texts if len(column.numbers) == 1]
    text = f"{', '.join(constant)}: the same value in every row"
    return [Finding("constant", None, text)] if constant else []
