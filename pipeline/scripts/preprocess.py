"""Splits the rows that Data Wrangler wrote into train, validation and test data.

Runs in a SageMaker processing job on the scikit-learn image, with that image's Python and NumPy.
Rows are copied line by line, so memory does not grow with their width, and numbers stay as they
are. The key that the rows are split by, texts to encode by the train rows, and columns that the
evaluation breaks the errors down by, columns after the target, are not copied; the weight of a row
is. Invalid data is refused here, before anything is tuned.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from data_report import Finding, Sample, read_counts, summary
from input_rows import SegmentColumn, check_names, cut
from prediction_intervals import check_validation
from processing_job import InputError, failures, job_parser, write_json
from row_encoding import filled, medians, number, sample_of, write_encoder
from row_splits import SPLITS, Key, assign, draw_folds
from sample_weights import Weights
from survey import Table, survey
from text_encoding import Encoder, TextColumn


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
    encoders = [Encoder(column, targets, is_train, units, seed) for column in table.texts]
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
    return dict(zip(names, map(number, medians(features, names))))


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


def check_findings(findings: list[dict[str, str]]) -> None:
    """Fails if there are warnings."""
    if findings:
        shown = "; ".join(finding["text"] for finding in findings[:5])
        more = f"; and {len(findings) - 5} more" if len(findings) > 5 else ""
        raise InputError(f"dataChecks is fail, and {shown}{more}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parses the command line."""
    parser = job_parser(__doc__)
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
    for name, what in {
        "encode": "texts to encode, which follow as columns",
        "segments": "columns to break errors down by, which follow the texts",
    }.items():
        parser.add_argument(
            f"--{name}", action="append", default=[], help=f"part of the JSON list of the {what}"
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
    return parser.parse_args(arguments)


def preprocess(options: argparse.Namespace) -> None:
    """Splits the rows.

    Raises:
        InputError: the data cannot be split as configured.
    """
    key = None if options.by is None else Key(options.by, options.column)
    texts = [TextColumn(given) for given in json.loads("".join(options.encode) or "[]")]
    weights = None if options.sample_weight is None else Weights(options.sample_weight)
    segments = [SegmentColumn(given) for given in json.loads("".join(options.segments) or "[]")]
    queried = None if options.counts is None else read_counts(options.counts)
    table = survey(options.input, options.target, key, options.key, texts, weights, segments)
    fractions = [getattr(options, name) for name in SPLITS]
    assignment = assign(table.rows, table.key, fractions, options.seed)
    counts = np.bincount(assignment, minlength=len(SPLITS))
    check_validation(int(counts[SPLITS.index("validation")]), options.prediction_intervals)
    encoders = encode(table, assignment, options.seed)
    fills = learn_fills(table, assignment, options.seed) if options.impute else {}
    encoded = [name for encoder in encoders for name in encoder.features]
    columns = [options.target, *encoded, *table.columns[1:]]
    check_names(columns, options.target)
    folds = None
    if options.folds > 0 and table.rows <= options.max_fold_rows:
        folds = draw_folds(table.key, assignment, options.folds, options.repeats, options.seed)
    sample = Sample(columns, assignment, options.seed)
    write_splits(table, assignment, options.output, sample, encoders, fills)
    report = sample.report(table.rows_read, options.column_count, table.findings, weights, queried)
    report |= {"table": options.table, "summary": summary(report)}
    metadata = options.output / "metadata"
    write_json(metadata, "feature_names.json", columns[1:])
    if segments:
        chosen = assignment == SPLITS.index("test")
        documents = [segment.document(chosen) for segment in segments]
        write_json(options.output / "segments", "segments.json", documents)
    if folds is not None:
        write_json(metadata, "folds.json", folds)
    encodings = [encoder.document for encoder in encoders]
    if encodings:
        write_json(metadata, "text_encodings.json", {"version": 1, "encodings": encodings})
    if options.row_schema is not None:
        document: dict[str, Any] = json.loads(options.row_schema.read_text(encoding="utf-8"))
        document |= {"encodings": encodings, "fills": fills, "features": columns[1:]}
        write_encoder(options.output / "encoder", document)
    write_json(metadata, "data_report.json", report, indent=1)
    print(report["summary"])
    for finding in report["findings"]:
        print(f"warning: {finding['text']}")
    if options.data_checks == "fail":
        check_findings(report["findings"])


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    options = parse(arguments)
    with failures(options.message):
        preprocess(options)


if __name__ == "__main__":
    main()
