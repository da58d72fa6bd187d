"""Splits the rows that Data Wrangler wrote into train, validation and test data.

Runs in a SageMaker processing job on the scikit-learn image, so it keeps to the Python and NumPy of
that image. Rows are copied as they are, line by line: memory does not grow with their width, and
no number changes on the way.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

import numpy as np

SPLITS = ("train", "validation", "test")


class InputError(Exception):
    """The data cannot be split as asked."""


class Table(NamedTuple):
    """The CSV files of a folder, which have one header."""

    files: list[Path]
    columns: list[str]
    rows: int


def lines(file: Path) -> Iterator[bytes]:
    """Yields the lines of a CSV file that hold something, the header first."""
    with file.open("rb") as stream:
        for line in stream:
            stripped = line.rstrip(b"\r\n")
            if stripped:
                yield stripped


def survey(folder: Path, target: str) -> Table:
    """Counts the rows of all CSV files in a folder and its subfolders, and checks their headers.

    Raises:
        InputError: there are no files or no rows, the headers differ, or the target is not first.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size > 0
    )
    if not files:
        raise InputError(f"there are no files in {folder}")
    columns: list[str] | None = None
    rows = 0
    for file in files:
        content = lines(file)
        header = [name.strip('"') for name in next(content, b"").decode().split(",")]
        if columns is None:
            columns = header
        if header != columns:
            raise InputError(f"{file.name} has columns {header}, {files[0].name} has {columns}")
        rows += sum(1 for _ in content)
    if not columns or columns[0] != target:
        raise InputError(
            f'the first column must be the target "{target}"; the columns are {columns}'
        )
    if rows == 0:
        raise InputError("no rows are left: the filter and the transforms keep none")
    return Table(files, columns, rows)


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
    """Writes each row to the file of its split, label first and without a header.

    Raises:
        InputError: a row has no label.
    """
    folders = [output / name for name in SPLITS]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    streams = [(folder / f"{folder.name}.csv").open("wb") for folder in folders]
    try:
        row = 0
        for file in table.files:
            content = lines(file)
            next(content)
            for line in content:
                if line.startswith((b",", b'""')):
                    raise InputError(f'{file.name}: a row lacks its target "{table.columns[0]}"')
                streams[assignment[row]].write(line + b"\n")
                row += 1
    finally:
        for stream in streams:
            stream.close()


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
