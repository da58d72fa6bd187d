"""Splits the rows that Data Wrangler wrote into train, validation and test data.

Runs in a SageMaker processing job on the scikit-learn image, so it keeps to the Python and NumPy of
that image. Rows are copied as they are, line by line: memory does not grow with their width, and
no number changes on the way. Data that cannot be right is refused here, before anything is tuned.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from pathlib import Path
from typing import BinaryIO, Iterator, NamedTuple

import numpy as np

SPLITS = ("train", "validation", "test")
MISSING = {b"", b'""', b"NaN"}
# XGBoost's log has five decimals: below this, its trials' RMSE has too few digits to compare.
SMALL_DEVIATION = 0.01


class InputError(Exception):
    """The data cannot be split as asked."""


class Table(NamedTuple):
    """The CSV files of a folder, which have one header."""

    files: list[Path]
    columns: list[str]
    rows: int


def read_header(stream: BinaryIO) -> list[str]:
    """Reads the names of the columns: the first CSV record, which quotes may spread over lines."""
    texts = (line.decode("utf-8-sig") for line in iter(stream.readline, b""))
    return next(csv.reader(texts), [])


def rows(stream: BinaryIO) -> Iterator[bytes]:
    """Yields the lines that hold something, without their ends."""
    for line in stream:
        stripped = line.rstrip(b"\r\n")
        if stripped:
            yield stripped


def find_files(folder: Path) -> list[Path]:
    """Finds the part files of a folder and its subfolders.

    What begins with an underscore or a dot holds no rows, by the convention of Hive and Spark.

    Raises:
        InputError: there are none, or Spark has not said that all of them are there.
    """
    if not (folder / "_SUCCESS").exists():
        raise InputError(
            f"{folder} has no file _SUCCESS, which Data Wrangler writes after the last row"
        )
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and path.stat().st_size > 0
    ]
    if not files:
        raise InputError(f"there are no files in {folder}")
    return files


def check_names(columns: list[str], target: str) -> None:
    """Checks a header.

    Raises:
        InputError: the target is not first, or two columns have names that look alike.
    """
    if not columns or columns[0] != target:
        raise InputError(
            f'the first column must be the target "{target}"; the columns are {columns}'
        )
    seen: dict[str, str] = {}
    for name in columns:
        earlier = seen.setdefault(name.strip().lower(), name)
        if earlier is not name:
            names = json.dumps([earlier, name], ensure_ascii=False)[1:-1]
            raise InputError(
                f"columns {names} differ at most by case and blanks at the ends: labels of a "
                "category, or a label that makes another column's name; change them in the data"
            )


class Survey:
    """What is known of the rows so far: their number, their target, and which features vary."""

    def __init__(self, columns: list[str]) -> None:
        """Begins with no row, of the given columns."""
        self.columns = columns
        self.commas = len(columns) - 1
        self.rows = 0
        self.missing_targets = 0
        self.sum = self.squares = 0.0  # of the distance to the first target, which keeps digits
        self.first: list[bytes] = []
        self.first_target = 0.0
        self.constant: list[int] = []  # the features that have one value so far

    def add(self, line: bytes) -> None:
        """Takes a row.

        Raises:
            InputError: it has more or fewer fields than the header, or its target is not a number.
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
            return
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

    def _check_fields(self, line: bytes) -> None:
        fields = len(next(csv.reader([line.decode()])))
        if fields != len(self.columns):
            raise InputError(f"{fields} fields, but the header has {len(self.columns)} names")

    def names(self, indices: list[int]) -> str:
        """The names of some columns, for messages."""
        shown = ", ".join(self.columns[index] for index in indices[:10])
        return shown + (f" and {len(indices) - 10} more" if len(indices) > 10 else "")

    def check(self) -> None:
        """Checks the table as a whole, and says what is strange but can be.

        Raises:
            InputError: there are no rows, a target is missing, or a column says nothing though it
                should.
        """
        target = self.columns[0]
        if self.rows == 0:
            raise InputError("no rows are left: the filter and the transforms keep none")
        if self.missing_targets:
            raise InputError(
                f'{self.missing_targets} of {self.rows} rows lack their target "{target}"'
            )
        mean = self.sum / self.rows
        deviation = math.sqrt(max(self.squares / self.rows - mean * mean, 0.0))
        print(f'target "{target}": mean {self.first_target + mean:.6g}, deviation {deviation:.6g}')
        if self.squares == 0 and self.rows > 1:
            raise InputError(
                f'the target "{target}" is {self.first_target:.6g} in all {self.rows} rows: '
                "there is nothing to learn"
            )
        empty = [index for index in self.constant if self.first[index] in MISSING]
        if empty and self.rows > 1:
            raise InputError(
                f"no row has a value of {self.names(empty)}: compare the order and types of the "
                "dataset's columns with the data, or list what is empty under dropped"
            )
        if self.constant and self.rows > 1:
            print(f"warning: {self.names(self.constant)}: the same value in every row")
        if 0 < deviation < SMALL_DEVIATION:
            print(
                f"warning: the target's standard deviation is {deviation:.3g}, and XGBoost logs "
                "the RMSE by which tuning compares trials with five decimals: those that are close "
                "are taken for equal; a smaller unit of the target tells them apart"
            )


def survey(folder: Path, target: str) -> Table:
    """Looks through the rows of all CSV files in a folder and its subfolders.

    Raises:
        InputError: the files, their headers or their rows are not as they must be.
    """
    files = find_files(folder)
    with files[0].open("rb") as stream:
        columns = read_header(stream)
    check_names(columns, target)
    found = Survey(columns)
    for file in files:
        with file.open("rb") as stream:
            header = read_header(stream)
            if header != columns:
                raise InputError(f"{file.name} has columns {header}, {files[0].name} has {columns}")
            rows_before = found.rows
            try:
                for line in rows(stream):
                    found.add(line)
            except InputError as error:
                row = found.rows - rows_before
                raise InputError(f"{file.name}, row {row}: {error}") from None
    found.check()
    return Table(files, columns, found.rows)


def assign(rows: int, fractions: list[float], seed: int) -> np.ndarray:
    """Draws for each row the index of its split.

    The counts are exact: the fractions of the rows, rounded, and the rest for the last split.
    ``RandomState`` gives the same numbers in every version of NumPy.

    Raises:
        InputError: a split gets no row.
    """
    ends = [round(rows * sum(fractions[: index + 1])) for index in range(len(fractions) - 1)]
    counts = np.diff([0, *ends, rows])
    if (counts < 1).any():
        sizes = ", ".join(f"{name} {count}" for name, count in zip(SPLITS, counts))
        raise InputError(f"{rows} rows are too few to split: {sizes}")
    assignment = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    np.random.RandomState(seed).shuffle(assignment)
    return assignment


def write_splits(table: Table, assignment: np.ndarray, output: Path) -> None:
    """Writes each row to the file of its split, label first and without a header."""
    folders = [output / name for name in SPLITS]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    streams = [(folder / f"{folder.name}.csv").open("wb") for folder in folders]
    splits = iter(assignment.data)
    try:
        for file in table.files:
            with file.open("rb") as stream:
                read_header(stream)
                for line in rows(stream):
                    streams[next(splits)].write(line + b"\n")
    finally:
        for opened in streams:
            opened.close()


def main(arguments: list[str] | None = None) -> None:
    """Runs the script.

    Raises:
        InputError: the data cannot be split as asked.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--input", type=Path, required=True, help="folder of CSV files with headers"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder for the splits' folders")
    parser.add_argument("--target", required=True, help="name of the first column")
    for name in SPLITS:
        parser.add_argument(f"--{name}", type=float, required=True, help=f"fraction of {name} rows")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    options = parser.parse_args(arguments)

    try:
        table = survey(options.input, options.target)
        fractions = [getattr(options, name) for name in SPLITS]
        assignment = assign(table.rows, fractions, options.seed)
        write_splits(table, assignment, options.output)
        metadata = options.output / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "feature_names.json").write_text(json.dumps(table.columns[1:]))
        counts = np.bincount(assignment)
        print(f"{table.rows} rows:", ", ".join(f"{n} {c}" for n, c in zip(SPLITS, counts)))
    except InputError as error:
        options.message.parent.mkdir(parents=True, exist_ok=True)
        options.message.write_text(str(error))
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
