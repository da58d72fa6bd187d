"""Splits the rows that Data Wrangler wrote into train, validation and test data.

Runs in a SageMaker processing job on the scikit-learn image, so it keeps to the Python and NumPy of
that image. Rows are copied as they are, line by line: memory does not grow with their width, and
no number changes on the way. What the rows are split by is the second column, which is not copied.
Data that cannot be right is refused here, before anything is tuned.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from array import array
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Iterator, NamedTuple

import numpy as np
from data_report import Finding, Sample, summary

SPLITS = ("train", "validation", "test")
MISSING = {b"", b'""', b"NaN"}
# XGBoost's log has five decimals: below this, its trials' RMSE has too few digits to compare.
SMALL_DEVIATION = 0.01


class InputError(Exception):
    """The data cannot be split as asked."""


class Table(NamedTuple):
    """The CSV files of a folder, which have one header.

    Attributes:
        files: In the order in which their rows count.
        columns: The target and the features.
        rows: How many there are with a target.
        rows_read: How many there are.
        findings: What is to be warned of.
        key: What the rows are split by; None where that is chance.
    """

    files: list[Path]
    columns: list[str]
    rows: int
    rows_read: int
    findings: list[Finding]
    key: Key | None


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


class Key:
    """A column that the rows are split by: what is known of its values."""

    def __init__(self, by: str, column: str) -> None:
        """Begins with no row.

        Args:
            by: "time", "group" or "column".
            column: Its name in the table, for messages.
        """
        self.by = by
        self.column = column
        self.times = array("d")
        self.kind = ""  # of the times: what the first is
        self.numbers: dict[bytes, int] = {}  # of the groups or parts, as they occur
        self.groups = array("i")

    def add(self, value: bytes) -> None:
        """Takes the value of a row.

        Raises:
            InputError: it is missing, or is none that rows are split by.
        """
        if value in MISSING:
            raise InputError(
                f'the column "{self.column}", which the rows are split by, has no value: leave '
                "such rows out by a filter (is not null)"
            )
        if self.by == "time":
            self.times.append(self._time(value.decode().strip('" ')))
            return
        if self.by == "column":
            value = value.strip(b'" ')
            if value.decode() not in SPLITS:
                raise InputError(
                    f'the column "{self.column}" holds "{value.decode()}"; it must say one of '
                    + ", ".join(SPLITS)
                )
        self.groups.append(self.numbers.setdefault(value, len(self.numbers)))

    def _time(self, text: str) -> float:
        """A time as a number: microseconds since 1970, which are exact until 2255, or itself."""
        try:
            number = float(text)
            if math.isfinite(number):
                return self._of_kind("number", text, number)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(f"{text}-01" if len(text) == len("2020-01") else text)
        except ValueError:
            raise InputError(
                f'the column "{self.column}" holds "{text}", which is neither a number nor a date '
                "or time in ISO 8601 form, such as 2020-01-31 or 2020-01-31 23:59:59"
            ) from None
        is_local = moment.tzinfo is None
        since = moment - datetime.fromisoformat("1970-01-01" + ("" if is_local else "T00:00Z"))
        kind = "time without" if is_local else "time with"
        return self._of_kind(f"{kind} an offset", text, since / timedelta(microseconds=1))

    def _of_kind(self, kind: str, text: str, number: float) -> float:
        self.kind = self.kind or kind
        if kind != self.kind:
            raise InputError(
                f'the column "{self.column}" holds "{text}", a {kind}, but the first row a '
                f"{self.kind}: their order is not known"
            )
        return number


def cut(line: bytes, features: int) -> tuple[bytes, bytes]:
    """Takes the key out of a row: it is second, and may hold commas and quotes; features do not.

    Returns: the row without the key, and the key.

    Raises:
        InputError: there are not as many fields.
    """
    target, _, rest = line.partition(b",")
    fields = rest.rsplit(b",", features)
    key = fields[0]
    is_whole = not key.startswith(b'"') or (len(key) > 1 and key.endswith(b'"'))
    if len(fields) != features + 1 or not is_whole or (b"," in key and not key.startswith(b'"')):
        raise InputError(f"the row does not have the header's {features + 2} fields")
    return b",".join([target, *fields[1:]]), key


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

    def add(self, line: bytes) -> bool:
        """Takes a row.

        Returns: whether it has a target.

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
        """The names of some columns, for messages."""
        shown = ", ".join(self.columns[index] for index in indices[:10])
        return shown + (f" and {len(indices) - 10} more" if len(indices) > 10 else "")

    def check(self) -> list[Finding]:
        """Checks the table as a whole.

        Returns: what is strange but can be.

        Raises:
            InputError: there are no rows, no target, or a column says nothing though it should.
        """
        target = self.columns[0]
        rows = self.rows - self.missing_targets
        if self.rows == 0:
            raise InputError("no rows are left: the filter and the transforms keep none")
        if rows == 0:
            raise InputError(f'all {self.rows} rows lack their target "{target}"')
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
                "dataset's columns with the data, or list what is empty under dropped"
            )
        findings = []
        if self.constant and rows > 1:
            text = f"{self.names(self.constant)}: the same value in every row"
            findings.append(Finding("constant", None, text))
        if 0 < deviation < SMALL_DEVIATION:
            findings.append(
                Finding(
                    "scale",
                    None,
                    f"the target's standard deviation is {deviation:.3g}, and XGBoost logs the "
                    "RMSE by which tuning compares trials with five decimals: those that are close "
                    "are taken for equal; a smaller unit of the target tells them apart",
                )
            )
        return findings


def survey(folder: Path, target: str, key: Key | None = None, key_name: str = "") -> Table:
    """Looks through the rows of all CSV files in a folder and its subfolders.

    Args:
        folder: Has the files.
        target: Name of the first column.
        key: What the rows are split by, to take the values of the second column.
        key_name: Name of the second column, where there is a key.

    Raises:
        InputError: the files, their headers or their rows are not as they must be.
    """
    files = find_files(folder)
    with files[0].open("rb") as stream:
        columns = read_header(stream)
    check_names(columns, target)
    if key is not None and columns[1:2] != [key_name]:
        raise InputError(f'the second column must be "{key_name}"; the columns are {columns}')
    kept = columns if key is None else [columns[0], *columns[2:]]
    found = Survey(kept)
    for file in files:
        with file.open("rb") as stream:
            header = read_header(stream)
            if header != columns:
                raise InputError(f"{file.name} has columns {header}, {files[0].name} has {columns}")
            row = 0
            try:
                for line in rows(stream):
                    row += 1
                    value = None
                    if key is not None:
                        line, value = cut(line, len(kept) - 1)
                    if found.add(line) and key is not None and value is not None:
                        key.add(value)
            except InputError as error:
                raise InputError(f"{file.name}, row {row}: {error}") from None
    findings = found.check()
    return Table(files, kept, found.rows - found.missing_targets, found.rows, findings, key)


def split_ends(rows: int, fractions: list[float]) -> list[int]:
    """Where the parts but the last should end: the fractions of the rows, rounded."""
    return [round(rows * sum(fractions[: index + 1])) for index in range(len(fractions) - 1)]


def assign(table: Table, fractions: list[float], seed: int) -> np.ndarray:
    """Finds for each row the index of its split.

    Raises:
        InputError: a split gets no row.
    """
    key = table.key
    if key is None:
        assignment = assign_at_random(table.rows, fractions, seed)
    elif key.by == "time":
        assignment = assign_by_time(key, fractions)
    elif key.by == "group":
        assignment = assign_by_group(key, fractions, seed)
    else:
        parts = np.array([SPLITS.index(name.decode()) for name in key.numbers], dtype=np.uint8)
        assignment = parts[np.asarray(key.groups)]
    counts = np.bincount(assignment, minlength=len(SPLITS))
    if (counts < 1).any():
        sizes = ", ".join(f"{name} {count}" for name, count in zip(SPLITS, counts))
        raise InputError(f"{table.rows} rows are too few to split: {sizes}")
    return assignment


def assign_at_random(rows: int, fractions: list[float], seed: int) -> np.ndarray:
    """Draws splits of exact sizes: the fractions of the rows, rounded, and the rest for the last.

    ``RandomState`` gives the same numbers in every version of NumPy.
    """
    counts = np.diff([0, *split_ends(rows, fractions), rows])
    assignment = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    np.random.RandomState(seed).shuffle(assignment)
    return assignment


def assign_by_time(key: Key, fractions: list[float]) -> np.ndarray:
    """Cuts the rows in the order of time, where the time changes next to the fractions.

    Raises:
        InputError: there are fewer times than splits.
    """
    times = np.asarray(key.times)
    order = np.argsort(times, kind="stable")
    changes = np.flatnonzero(np.diff(times[order])) + 1
    check_count(key, len(changes) + 1, "times", len(fractions))
    assignment = np.zeros(len(times), dtype=np.uint8)
    first = 0  # the first change that the next cut may be at
    aims = split_ends(len(times), fractions)
    for index, aim in enumerate(aims):
        possible = changes[first : len(changes) - (len(aims) - 1 - index)]
        first += int(np.abs(possible - aim).argmin()) + 1
        assignment[order[changes[first - 1] :]] += 1
    return assignment


def assign_by_group(key: Key, fractions: list[float], seed: int) -> np.ndarray:
    """Puts whole groups, in an order by chance, to the split that lacks most rows.

    So no split is larger than its fraction by the largest group. The last groups go to splits
    that have none.

    Raises:
        InputError: there are fewer groups than splits.
    """
    groups = np.asarray(key.groups)
    sizes = np.bincount(groups)
    check_count(key, len(sizes), "groups", len(fractions))
    lacking = np.diff([0, *split_ends(len(groups), fractions), len(groups)]).tolist()
    empty = set(range(len(fractions)))
    split_of = np.zeros(len(sizes), dtype=np.uint8)
    order = np.random.RandomState(seed).permutation(len(sizes))
    for left, group in zip(range(len(sizes), 0, -1), order):
        possible = sorted(empty) if len(empty) >= left else range(len(lacking))
        split = max(possible, key=lacking.__getitem__)
        split_of[group] = split
        lacking[split] -= sizes[group]
        empty.discard(split)
    assignment: np.ndarray = split_of[groups]
    return assignment


def check_count(key: Key, found: int, what: str, needed: int) -> None:
    """Checks that there are as many times or groups as splits.

    Raises:
        InputError: there are not.
    """
    if found < needed:
        one_or_more = what[:-1] if found == 1 else f"different {what}"
        raise InputError(
            f'the column "{key.column}" has {found} {one_or_more}: {", ".join(SPLITS)} need '
            f"{needed} at least"
        )


def write_splits(table: Table, assignment: np.ndarray, output: Path, sample: Sample) -> None:
    """Writes each row that has a target to its split's file, label first and without a header."""
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
                    if line.partition(b",")[0] in MISSING:
                        continue
                    kept = line if table.key is None else cut(line, len(table.columns) - 1)[0]
                    streams[next(splits)].write(kept + b"\n")
                    sample.add(kept)
    finally:
        for opened in streams:
            opened.close()


def check_findings(findings: list[dict[str, str]]) -> None:
    """Refuses what would be warned of.

    Raises:
        InputError: there is something.
    """
    if findings:
        shown = "; ".join(finding["text"] for finding in findings[:5])
        more = f"; and {len(findings) - 5} more" if len(findings) > 5 else ""
        raise InputError(f"dataChecks is fail, and {shown}{more}")


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
    parser.add_argument("--table", required=True, help="name of the table, for the report")
    parser.add_argument(
        "--column-count", type=int, required=True, help="how many columns the features are made of"
    )
    parser.add_argument(
        "--data-checks",
        choices=("warn", "fail"),
        default="warn",
        help="whether findings of the report stop the run",
    )
    parser.add_argument("--by", choices=("time", "group", "column"), help="default: at random")
    parser.add_argument("--column", help="what the table calls the column to split by")
    parser.add_argument(
        "--key", default="", help="what the second column, with its values, is called"
    )
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    options = parser.parse_args(arguments)

    try:
        key = None if options.by is None else Key(options.by, options.column)
        table = survey(options.input, options.target, key, options.key)
        fractions = [getattr(options, name) for name in SPLITS]
        assignment = assign(table, fractions, options.seed)
        sample = Sample(table.columns, assignment, options.seed)
        write_splits(table, assignment, options.output, sample)
        report = sample.report(table.rows_read, options.column_count, table.findings)
        report |= {"table": options.table, "summary": summary(report)}
        metadata = options.output / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "feature_names.json").write_text(json.dumps(table.columns[1:]))
        (metadata / "data_report.json").write_text(json.dumps(report, indent=1))
        print(report["summary"])
        for finding in report["findings"]:
            print(f"warning: {finding['text']}")
        if options.data_checks == "fail":
            check_findings(report["findings"])
    except InputError as error:
        options.message.parent.mkdir(parents=True, exist_ok=True)
        options.message.write_text(str(error))
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
