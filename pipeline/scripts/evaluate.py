"""Evaluates a model on the test data, which neither training nor tuning has seen.

Runs in a SageMaker processing job: on the image that trained the model, so that the model is read
by the library that wrote it, or on the predictions of a batch transform. Writes ``evaluation.json``
in SageMaker's model quality form, which Studio shows and the pipeline's conditions read, and
``predictions.csv``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
import tempfile
from itertools import chain
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]

# A place between two commas, or between a comma and an end of the line.
EMPTY_FIELD = re.compile(rb"(?:^|(?<=,))(?=,)|(?<=,)$")


class InputError(Exception):
    """The model or the data cannot be evaluated."""


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
    """Yields the lines of a CSV file that hold something, with nan in empty fields."""
    with file.open("rb") as stream:
        for line in stream:
            stripped = line.rstrip(b"\r\n")
            if stripped:
                yield EMPTY_FIELD.sub(b"nan", stripped)


def extract(archive: Path, folder: Path) -> None:
    """Unpacks the regular files of a model archive, by their base names, into a folder.

    Raises:
        InputError: there is no archive, or it cannot be read.
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

    All of its trees predict, as where it is served: a job that ends keeps the best rounds alone,
    and of a job that was stopped the image serves every round that it saved. Source: predict in
    serve_utils.py of aws/sagemaker-xgboost-container.
    """
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(folder / "xgboost-model")
    return lambda features: booster.predict(xgboost.DMatrix(features))


LOADERS = {"decision-tree": load_decision_tree, "xgboost": load_xgboost}


def regression_metrics(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Computes the metrics of a regression: R², and MSE, RMSE and MAE in the target's unit.

    Raises:
        InputError: R² is undefined, since the target never varies, or a value is not finite.
    """
    for name, values in (("targets", actual), ("predictions", predicted)):
        wrong = values.size - np.count_nonzero(np.isfinite(values))
        if wrong:
            raise InputError(f"{wrong} of {values.size} {name} are not finite numbers")
    error = actual - predicted
    with np.errstate(over="ignore"):
        mse = float(np.mean(error**2))
    variance = float(np.var(actual))
    if variance == 0:
        raise InputError(f"all {actual.size} test rows have the same target, so R2 is undefined")
    metrics = {
        "r2": 1 - mse / variance,
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.mean(np.abs(error))),
    }
    if not np.isfinite(list(metrics.values())).all():
        raise InputError(f"the errors are too large to square: mse is {mse}")
    return metrics


def predict_rows(algorithm: str, model: Path, test: Path) -> tuple[np.ndarray, np.ndarray]:
    """Predicts the test data with a model; returns what is actual and what is predicted.

    Raises:
        InputError: the model or the data cannot be read.
    """
    rows = read_rows(test)
    with tempfile.TemporaryDirectory() as folder:
        extract(model / "model.tar.gz", Path(folder))
        predict = LOADERS[algorithm](Path(folder))
        predicted = predict(rows[:, 1:])
    return rows[:, 0], np.asarray(predicted, dtype=np.float64)


def read_predictions(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Reads what a batch transform joined: the actual value and the prediction of each row.

    Raises:
        InputError: the rows are not pairs of numbers.
    """
    rows = read_rows(folder)
    if rows.shape[1] != 2:
        raise InputError(f"predictions have {rows.shape[1]} columns, not 2: actual and predicted")
    return rows[:, 0], rows[:, 1]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Reads the command line: a model and data to predict with it, or predictions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", choices=sorted(LOADERS))
    parser.add_argument("--model", type=Path, help="folder of model.tar.gz")
    parser.add_argument("--test", type=Path, help="folder of CSV files, label first")
    parser.add_argument("--predictions", type=Path, help="folder of CSV files: actual, predicted")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    parser.add_argument("--message", type=Path, required=True, help="file for a failure's reason")
    options = parser.parse_args(arguments)
    model = (options.algorithm, options.model, options.test)
    if (options.predictions is None) == (None in model):
        parser.error("give either --predictions, or --algorithm, --model and --test")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Runs the script.

    Raises:
        SystemExit: the model or the data cannot be evaluated.
    """
    options = parse(arguments)
    try:
        if options.predictions is None:
            actual, predicted = predict_rows(options.algorithm, options.model, options.test)
        else:
            actual, predicted = read_predictions(options.predictions)
        metrics = regression_metrics(actual, predicted)
    except InputError as error:
        options.message.parent.mkdir(parents=True, exist_ok=True)
        options.message.write_text(str(error))
        sys.exit(f"error: {error}")

    options.output.mkdir(parents=True, exist_ok=True)
    report = {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()
        }
    }
    (options.output / "evaluation.json").write_text(json.dumps(report, indent=2))
    np.savetxt(
        options.output / "predictions.csv",
        np.column_stack([actual, predicted]),
        fmt="%.10g",
        delimiter=",",
        header="actual,predicted",
        comments="",
    )
    print(
        f"{actual.size} rows:", ", ".join(f"{name} {value:.6g}" for name, value in metrics.items())
    )


if __name__ == "__main__":
    main()
