"""Evaluates a model on the test data, which neither training nor tuning has seen.

Runs in a SageMaker processing job: on the image that trained the model, so that the library that
wrote the model reads it, or on the predictions of a batch transform. Writes ``predictions.csv``,
and ``evaluation.json`` in the form of Model Monitor's model quality, which Studio shows and the
pipeline's conditions read, with the number of test rows and a confidence interval of R². If the
rows have weights, metrics are weighted, like those of scikit-learn with ``sample_weight``.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
from prediction_intervals import Pairs, interval_report
from processing_job import InputError, failures, job_parser, write_json
from regression_scores import CONFIDENCE, interval, regression_metrics, resampled_r2
from sample_weights import effective_rows, take_weights
from segments import MAX_GROUP_NAME, metric_groups, read_segments, segment_errors

Predict = Callable[[np.ndarray], np.ndarray]

# Between two commas, or a comma and an end of the line.
EMPTY_FIELD = re.compile(rb"(?:^|(?<=,))(?=,)|(?<=,)$")


def read_rows(folder: Path) -> np.ndarray:
    """Reads all CSV files of a folder: label first, no header; empty fields become NaN.

    Raises:
        InputError: there are no rows, or a field is not a number.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    lines = (line for file in files for line in filled_lines(file))
    first = next(lines, None)
    if first is None:
        raise InputError(f"there are no rows in {folder}")
    try:
        return np.loadtxt(chain([first], lines), delimiter=",", ndmin=2)
    except ValueError as error:
        raise InputError(f"the test data is not all numbers: {error}") from error


def filled_lines(file: Path) -> Iterator[bytes]:
    """Yields the non-empty lines of a CSV file, with nan in empty fields."""
    with file.open("rb") as stream:
        for line in stream:
            stripped = line.rstrip(b"\r\n")
            if stripped:
                yield EMPTY_FIELD.sub(b"nan", stripped)


def extract(archive: Path, folder: Path) -> None:
    """Unpacks the regular files of a model archive into a folder, by their base names.

    Raises:
        InputError: the archive is missing or cannot be read.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"cannot read the model {archive.name}: {error}") from error


def load_decision_tree(folder: Path) -> Predict:
    """Loads a model of the Decision Tree image."""
    from decision_tree.model import load

    return load(folder).predict


def load_xgboost(folder: Path) -> Predict:
    """Loads a model of the built-in XGBoost algorithm.

    All of its trees predict, as when it is served: a completed job only keeps the best rounds, and
    the image serves all saved rounds of a stopped job. Source: predict in serve_utils.py of
    aws/sagemaker-xgboost-container.
    """
    import xgboost

    booster = xgboost.Booster()
    # As bytes: XGBoost warns that it guesses the format of a file without a suffix.
    booster.load_model(bytearray((folder / "xgboost-model").read_bytes()))
    return lambda features: booster.predict(xgboost.DMatrix(features))


LOADERS = {"decision-tree": load_decision_tree, "xgboost": load_xgboost}


def quality_report(
    actual: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None = None,
    weight_column: str | None = None,
    columns: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The evaluation report: metrics, the number of rows, and the interval of R², if any.

    ``regression_metrics`` follows "Model quality metrics", and ``dataset`` "Schema for Statistics",
    in Model Monitor's guide. ``confidence_intervals`` and ``segments`` are our own, and so are
    ``model_card``, text that the model card includes, and ``sample_weight``, if metrics are
    weighted. The errors are broken down by ``columns``, see read_segments.
    """
    metrics = regression_metrics(actual, predicted, weights)
    named = {"Regression": metrics}
    if weights is not None:
        plain = regression_metrics(actual, predicted)
        title = f"Regression weighted by {weight_column}"[:MAX_GROUP_NAME]
        named = {title: metrics, "Regression unweighted": plain}
    segments = segment_errors(actual, predicted, columns or [], weights)
    report: dict[str, Any] = {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()
        },
        "dataset": {"item_count": int(actual.size)},
        "segments": segments,
        "model_card": {"metric_groups": json.dumps(metric_groups(named, actual.size, segments))},
    }
    if weights is not None:
        report["sample_weight"] = {
            "column": weight_column,
            "effective_item_count": effective_rows(weights),
            "unweighted_r2": plain["r2"],
        }
    resampled = resampled_r2(actual, predicted, weights=weights)
    if resampled is not None:
        low, high = interval(resampled)
        r2 = {"confidence": CONFIDENCE, "low": low, "high": high}
        report["confidence_intervals"] = {"r2": r2}
    return report


def summary(report: dict[str, Any]) -> str:
    """The report as one line, for the log."""
    values = {name: one["value"] for name, one in report["regression_metrics"].items()}
    line = ", ".join(f"{name} {value:.6g}" for name, value in values.items())
    weight = report.get("sample_weight")
    if weight is not None:
        line = (
            f"weighted by {weight['column']}: {line}; unweighted r2 {weight['unweighted_r2']:.6g}"
        )
    line = f"{report['dataset']['item_count']} rows{': ' if weight is None else ' '}{line}"
    if "prediction_interval" in report:
        own = report["prediction_interval"]
        line += (
            f"; {own['confidence']:.0%} intervals are ± {own['half_width']:.6g} and cover "
            f"{own['covered']:.1%} of these"
        )
    if "confidence_intervals" not in report:
        return line
    r2 = report["confidence_intervals"]["r2"]
    return (
        f"{line}; r2 is {r2['low']:.4f} to {r2['high']:.4f} with {r2['confidence']:.0%} confidence"
    )


def predict_rows(
    algorithm: str, model: Path, data: Path, weighted: bool = False
) -> tuple[Pairs, np.ndarray | None]:
    """Predicts the rows in a folder with a model.

    Returns: the actual and predicted values, and the weights if rows have some.

    Raises:
        InputError: the model or the data cannot be read.
    """
    rows, weights = take_weights(read_rows(data), weighted)
    with tempfile.TemporaryDirectory() as folder:
        extract(model / "model.tar.gz", Path(folder))
        predict = LOADERS[algorithm](Path(folder))
        predicted = predict(rows[:, 1:])
    return (rows[:, 0], np.asarray(predicted, dtype=np.float64)), weights


def read_predictions(folder: Path) -> Pairs:
    """Reads the output of a batch transform: the actual value and the prediction of each row.

    Raises:
        InputError: the rows are not pairs of numbers.
    """
    rows = read_rows(folder)
    if rows.shape[1] != 2:
        raise InputError(f"predictions have {rows.shape[1]} columns, not 2: actual and predicted")
    return rows[:, 0], rows[:, 1]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Parses the command line: a model and test data, or predictions."""
    parser = job_parser(__doc__)
    parser.add_argument("--algorithm", choices=sorted(LOADERS))
    parser.add_argument("--model", type=Path, help="folder of model.tar.gz")
    parser.add_argument("--test", type=Path, help="folder of CSV files, label first")
    parser.add_argument("--validation", type=Path, help="as --test, for prediction intervals")
    parser.add_argument("--confidence", type=float, help="of prediction intervals")
    parser.add_argument("--sample-weight", help="name of the second column, if it weights the rows")
    parser.add_argument("--predictions", type=Path, help="folder of CSV files: actual, predicted")
    parser.add_argument("--segments", type=Path, help="folder of the test rows' segments.json")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    options = parser.parse_args(arguments)
    model = (options.algorithm, options.model, options.test)
    if (options.predictions is None) == (None in model):
        parser.error("give either --predictions, or --algorithm, --model and --test")
    if (options.validation is None) != (options.confidence is None):
        parser.error("give both of --validation and --confidence, or neither")
    if options.sample_weight is not None and options.predictions is not None:
        parser.error("--sample-weight requires --test, because predictions have no weights")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    options = parse(arguments)
    with failures(options.message):
        weights = None
        given = (options.algorithm, options.model)
        weighted = options.sample_weight is not None
        if options.predictions is None:
            (actual, predicted), weights = predict_rows(*given, options.test, weighted)
        else:
            actual, predicted = read_predictions(options.predictions)
        segments = None
        if options.segments is not None:
            segments = read_segments(options.segments, actual.size)
        report = quality_report(actual, predicted, weights, options.sample_weight, segments)
        if options.validation is not None:
            known, _ = predict_rows(*given, options.validation, weighted)
            report["prediction_interval"] = interval_report(
                known, (actual, predicted), options.confidence
            )

    write_json(options.output, "evaluation.json", report, indent=2)
    np.savetxt(
        options.output / "predictions.csv",
        np.column_stack([actual, predicted]),
        fmt="%.10g",
        delimiter=",",
        header="actual,predicted",
        comments="",
    )
    print(summary(report))


if __name__ == "__main__":
    main()
