"""Splits the rows that Data Wrangler wrote into train, validation and test data.

Runs in a SageMaker processing job on the scikit-learn image, with that image's Python and NumPy.
Rows are copied line by line, so memory does not grow with their width, and numbers stay as they
are. The key that the rows are split by, texts to encode by the train rows, and columns that the
evaluation breaks the errors down by, columns after the target, are not copied; the weight of a row
is. Invalid data is refused here, before anything is tuned.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from array import array
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

import numpy as np
from data_report import Finding, Sample, read_counts, summary
from input_rows import (
    MISSING,
    InputError,
    SegmentColumn,
    Weights,
    check_names,
    cut,
    find_files,
    read_header,
    rows,
)
from row_encoding import FillError, filled, medians, number, sample_of, write_encoder
from row_splits import SPLITS, Key, assign, draw_folds
from text_encoding import Encoder, EncodingError, TextColumn

# XGBoost logs five decimals: below this, RMSE has too few digits to compare trials.
SMALL_DEVIATION = 0.01

# scikit-learn's trees do not split nodes with a variance below 2.2e-16 (EPSILON of _tree.pyx).
NO_SPLITS = 1e-7

# A single-precision number of this many deviations from zero is off by about a hundredth of one.
SINGLE_PRECISION = 1e-5


class Table(NamedTuple):
    """The CSV files of a folder, which have the same header.

    Attributes:
        files: In order.
        columns: The target and the features that are copied.
        rows: Number of rows with a target, and a weight above zero if there are weights.
        rows_read: Number of all rows.
        findings: Warnings.
        key: The column that the rows are split by; None for a random split.
        texts: The columns to encode.
        targets: Of the rows with one, if texts are encoded.
        weights: Of the rows; None if all count the same.
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

    Args:
        folder: Of the files.
        target: Name of the first column.
        key: Receives the values of the second column, if the rows are split by it.
        key_name: Name of the second column, if there is a key.
        texts: Receive the values of the columns after that.
        weights: Receives the values of the column before them, if rows have weights.
        segments: Receive the values of the last columns before the features.

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


def encode(table: Table, assignment: np.ndarray, seed: int) -> list[Encoder]:
    """Learns the encodings of texts from the train rows.

    Raises:
        InputError: there is nothing to learn, or two features' names differ at most by case and
            blanks.
    """
    is_train = assignment == SPLITS.index("train")
    is_grouped = table.key is not None and table.key.by == "group"
    units = np.asarray(table.key.groups) if table.key and is_grouped else np.arange(table.rows)
    targets = np.asarray(table.targets)
    try:
        encoders = [Encoder(column, targets, is_train, units, seed) for column in table.texts]
    except EncodingError as error:
        raise InputError(str(error)) from None
    for column, encoder in zip(table.texts, encoders):
        if column.listed is not None and encoder.others:
            text = (
                f"{column.name}: {encoder.others} of {table.rows} rows have labels "
                "that are not listed"
            )
            table.findings.append(Finding("labels", column.name, text, encoder.others))
    return encoders


def learn_fills(table: Table, assignment: np.ndarray, seed: int) -> dict[str, float | int]:
    """Learns the medians of the copied features from the train rows.

    Raises:
        InputError: a feature has no value in them.
    """
    names = table.columns[1:]
    train = np.flatnonzero(assignment == SPLITS.index("train"))
    chosen = np.zeros(len(assignment), dtype=bool)
    chosen[sample_of(train, len(names), seed)] = True
    features = (
        cut(line, len(names), table.taken)[1]
        for is_chosen, line in zip(chosen, table.lines() if names else ())
        if is_chosen
    )
    try:
        return dict(zip(names, map(number, medians(features, names))))
    except FillError as error:
        raise InputError(str(error)) from None


def write_splits(
    table: Table,
    assignment: np.ndarray,
    output: Path,
    sample: Sample,
    encoders: list[Encoder],
    fills: dict[str, float | int] | None = None,
) -> None:
    """Writes each row to its split's file, label first, then any weight, without a header."""
    given = [repr(value).encode() for value in (fills or {}).values()]
    folders = [output / name for name in SPLITS]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    streams = [(folder / f"{folder.name}.csv").open("wb") for folder in folders]
    copied = len(table.columns) - 1
    taken = table.taken
    try:
        for row, (split, line) in enumerate(zip(assignment.data, table.lines())):
            kept, own, looked_at = line, line, line
            if taken or given:
                target, features, values = cut(line, copied, taken)
                encoded = [one.fields(row) for one in encoders]
                looked_at = b",".join([target, *encoded, *([features] if copied else [])])
                kept = looked_at
                if given or table.weights is not None:
                    weight = [values[table.key is not None].encode()] if table.weights else []
                    known = filled(features, given) if given else features
                    kept = b",".join([target, *weight, *encoded, *([known] if copied else [])])
                # Identifies the row, whichever fold encodes it.
                texts = values[table.first_text : table.first_text + len(encoders)]
                own = repr((target, features, texts)).encode() if encoders else looked_at
            streams[split].write(kept + b"\n")
            # Missing values are reported as such, even if they are filled.
            sample.add(looked_at, own)
    finally:
        for opened in streams:
            opened.close()


def check_validation(assignment: np.ndarray, confidence: float) -> None:
    """Checks that there are enough validation rows for the prediction intervals of evaluate.py.

    Raises:
        InputError: there are too few.
    """
    count = int(np.count_nonzero(assignment == SPLITS.index("validation")))
    if math.ceil((count + 1) * confidence) > count:
        least = math.ceil(round(confidence / (1 - confidence), 9))
        raise InputError(
            f"predictionIntervals is {confidence:g}, which needs at least {least} validation rows; "
            f"there are {count}"
        )


def check_findings(findings: list[dict[str, str]]) -> None:
    """Fails if there are warnings.

    Raises:
        InputError: there are warnings.
    """
    if findings:
        shown = "; ".join(finding["text"] for finding in findings[:5])
        more = f"; and {len(findings) - 5} more" if len(findings) > 5 else ""
        raise InputError(f"dataChecks is fail, and {shown}{more}")


def main(arguments: list[str] | None = None) -> None:
    """Runs the script.

    Raises:
        InputError: the data cannot be split as configured.
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
        "--counts", type=Path, help="folder with the rows' counts by Athena, for the report"
    )
    parser.add_argument(
        "--data-checks",
        choices=("warn", "fail"),
        default="warn",
        help="whether findings of the report stop the run",
    )
    parser.add_argument("--by", choices=("time", "group", "column"), help="default: at random")
    parser.add_argument("--column", help="the table's name of the column to split by")
    parser.add_argument("--key", default="", help="name of the second column, which has its values")
    parser.add_argument("--sample-weight", help="name of the column that weights the rows")
    parser.add_argument(
        "--encode",
        action="append",
        default=[],
        help="part of the JSON list of the texts to encode, which follow as columns",
    )
    parser.add_argument(
        "--segments",
        action="append",
        default=[],
        help="part of the JSON list of the columns to break errors down by, which follow the texts",
    )
    parser.add_argument("--folds", type=int, default=0, help="to cross-validate by; default: none")
    parser.add_argument("--repeats", type=int, default=1, help="number of repetitions")
    parser.add_argument(
        "--max-fold-rows", type=int, default=0, help="no folds if there are more rows"
    )
    parser.add_argument(
        "--row-schema",
        type=Path,
        help="JSON description of the table's rows, for the document by which they are "
        "encoded where a model is served",
    )
    parser.add_argument(
        "--impute", action="store_true", help="replace missing values by the median"
    )
    parser.add_argument(
        "--prediction-intervals",
        type=float,
        default=0,
        help="confidence of the models' intervals",
    )
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    options = parser.parse_args(arguments)

    try:
        key = None if options.by is None else Key(options.by, options.column)
        texts = [TextColumn(given) for given in json.loads("".join(options.encode) or "[]")]
        weights = None if options.sample_weight is None else Weights(options.sample_weight)
        segments = [SegmentColumn(given) for given in json.loads("".join(options.segments) or "[]")]
        queried = None if options.counts is None else read_counts(options.counts)
        table = survey(options.input, options.target, key, options.key, texts, weights, segments)
        fractions = [getattr(options, name) for name in SPLITS]
        assignment = assign(table.rows, table.key, fractions, options.seed)
        check_validation(assignment, options.prediction_intervals)
        encoders = encode(table, assignment, options.seed)
        fills = learn_fills(table, assignment, options.seed) if options.impute else {}
        encoded = [name for encoder in encoders for name in encoder.features]
        columns = [options.target, *encoded, *table.columns[1:]]
        check_names(columns, options.target)
        has_folds = options.folds > 0 and table.rows <= options.max_fold_rows
        fold_counts = (options.folds, options.repeats)
        drawn = draw_folds(table.key, assignment, *fold_counts, options.seed) if has_folds else None
        sample = Sample(columns, assignment, options.seed)
        write_splits(table, assignment, options.output, sample, encoders, fills)
        report = sample.report(
            table.rows_read, options.column_count, table.findings, weights, queried
        )
        report |= {"table": options.table, "summary": summary(report)}
        metadata = options.output / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "feature_names.json").write_text(json.dumps(columns[1:]))
        if segments:
            chosen = assignment == SPLITS.index("test")
            documents = [segment.document(chosen) for segment in segments]
            (options.output / "segments").mkdir(exist_ok=True)
            (options.output / "segments" / "segments.json").write_text(json.dumps(documents))
        if drawn is not None:
            (metadata / "folds.json").write_text(json.dumps(drawn))
        if encoders:
            learnt = {"version": 1, "encodings": [encoder.document for encoder in encoders]}
            (metadata / "text_encodings.json").write_text(json.dumps(learnt))
        if options.row_schema is not None:
            learnt = {"encodings": [encoder.document for encoder in encoders], "fills": fills}
            document = json.loads(options.row_schema.read_text(encoding="utf-8"))
            write_encoder(
                options.output / "encoder", {**document, **learnt, "features": columns[1:]}
            )
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
