"""Evaluates a model on the test data, which neither training nor tuning has seen.

Runs in a SageMaker processing job on the image that trained the model, so that the model is read by the
library that wrote it. Writes ``evaluation.json`` in SageMaker's model quality form, which Studio shows
and the pipeline's conditions read, and ``predictions.csv``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Callable

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]

EMPTY_FIELD = re.compile(rb"(?m)(^|,)(?=,|\r?$)")


class InputError(Exception):
    """The model or the data cannot be evaluated."""


def read_rows(folder: Path) -> np.ndarray:
    """Reads all CSV files of a folder: label first, no header; empty fields become NaN.

    Raises:
        InputError: there are no rows, or a field is not a number.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = b"".join(path.read_bytes() for path in files)
    if not content.strip():
        raise InputError(f"there are no rows in {folder}")
    try:
        return np.loadtxt(EMPTY_FIELD.sub(rb"\1nan", content).splitlines(), delimiter=",", ndmin=2)
    except ValueError as error:
        raise InputError(f"the test data is not all numbers: {error}") from error


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
    """Loads a model of the built-in XGBoost algorithm."""
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(folder / "xgboost-model")
    best = booster.attr("best_iteration")
    trees = (0, 0) if best is None else (0, int(best) + 1)
    return lambda features: booster.predict(xgboost.DMatrix(features), iteration_range=trees)


LOADERS = {"decision-tree": load_decision_tree, "xgboost": load_xgboost}


def regression_metrics(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Computes the metrics of a regression: R², and MSE, RMSE and MAE in the target's unit.

    Raises:
        InputError: R² is undefined, since the target never varies.
    """
    error = actual - predicted
    mse = float(np.mean(error**2))
    variance = float(np.var(actual))
    if variance == 0:
        raise InputError(f"all {actual.size} test rows have the same target, so R2 is undefined")
    return {
        "r2": 1 - mse / variance,
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.mean(np.abs(error))),
    }


def main(arguments: list[str] | None = None) -> None:
    """Runs the script.

    Raises:
        SystemExit: the model or the data cannot be evaluated.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", choices=sorted(LOADERS), required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder of model.tar.gz")
    parser.add_argument("--test", type=Path, required=True, help="folder of CSV files, label first")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    parser.add_argument(
        "--message", type=Path, required=True, help="file for the reason of a failure"
    )
    options = parser.parse_args(arguments)

    try:
        rows = read_rows(options.test)
        with tempfile.TemporaryDirectory() as folder:
            extract(options.model / "model.tar.gz", Path(folder))
            predict = LOADERS[options.algorithm](Path(folder))
            predicted = np.asarray(predict(rows[:, 1:]), dtype=np.float64)
        metrics = regression_metrics(rows[:, 0], predicted)
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
        np.column_stack([rows[:, 0], predicted]),
        fmt="%.10g",
        delimiter=",",
        header="actual,predicted",
        comments="",
    )
    print(f"{len(rows)} rows:", ", ".join(f"{name} {value:.6g}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
