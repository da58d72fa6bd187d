"""Retrains a candidate on other rows with its best hyperparameters, to see how much its R2 varies.

Runs in a SageMaker processing job on the image that trained the candidate, with the folds that
Preprocess drew. Each fold tests a model that was trained on the others, of which the next fold is
for early stopping. With a split by time, each block tests a model trained on earlier ones. The
hyperparameters were tuned on some of these rows, so the mean is slightly optimistic, but not the
spread. Writes ``cross_validation.json``, with the score by which candidates are
compared. With the hyperparameter csv_weights, rows are weighted by their second column.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Callable, NamedTuple, Sequence

import numpy as np
from processing_job import InputError, write_json
from regression_scores import regression_metrics

PARTS = ("train", "validation", "test")

Predict = Callable[[np.ndarray], np.ndarray]


class Rows(NamedTuple):
    """Rows as text, and their labels, features and weights; None if all count the same."""

    lines: np.ndarray
    labels: np.ndarray
    features: np.ndarray
    weights: np.ndarray | None

    def chosen(self, places: np.ndarray) -> Rows:
        """Some of them."""
        weights = None if self.weights is None else self.weights[places]
        return Rows(self.lines[places], self.labels[places], self.features[places], weights)


class Split(NamedTuple):
    """Indices of the rows for training, early stopping and testing of a model."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def read_rows(folder: Path) -> list[str]:
    """Reads the rows of all files in a folder, which Preprocess wrote."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [line for file in files for line in file.read_text().splitlines() if line]


def splits(folds: dict[str, Any]) -> list[Split]:
    """Yields the splits of each repetition, fold by fold."""
    found = []
    for repeat in folds["repeats"]:
        fold = np.array([number for part in PARTS for number in repeat[part]])
        for number in range(folds["count"]):
            if folds["kind"] == "forward":
                test, validation = number + 2, number + 1
                train = fold < validation
            else:
                test, validation = number, (number + 1) % folds["count"]
                train = (fold != test) & (fold != validation)
            places = (train, fold == validation, fold == test)
            found.append(Split(*map(np.flatnonzero, places)))
    return found


def fit_decision_tree(hyperparameters: dict[str, str], train: Rows, validation: Rows) -> Predict:
    """Trains with the image's program, in a folder like a training job's."""
    from decision_tree.environment import Environment
    from decision_tree.model import load
    from decision_tree.training import train as train_model

    channels = {"train": train, "validation": validation}
    inputs = {name: {"ContentType": "text/csv"} for name in channels}
    with tempfile.TemporaryDirectory() as folder:
        environment = Environment(Path(folder))
        environment.config.mkdir(parents=True)
        environment.model.mkdir()
        for name, content in (("hyperparameters", hyperparameters), ("inputdataconfig", inputs)):
            (environment.config / f"{name}.json").write_text(json.dumps(content))
        for name, rows in channels.items():
            (environment.data / name).mkdir(parents=True)
            (environment.data / name / "rows.csv").write_text("\n".join([*rows.lines, ""]))
        train_model(environment)
        return load(environment.model).predict


def fit_xgboost(hyperparameters: dict[str, str], train: Rows, validation: Rows) -> Predict:
    """Trains like the built-in algorithm, which keeps the best rounds if it stops early.

    The metric by which it stops ignores weights. Source: train_utils, algorithm_mode/train.py and
    metrics/custom_metrics.py of aws/sagemaker-xgboost-container.
    """
    import xgboost

    ours = ("save_model_on_termination", "csv_weights", "eval_metric", "_tuning_objective_metric")
    parameters: dict[str, Any] = {
        name: value for name, value in hyperparameters.items() if name not in ours
    }
    rounds = int(parameters.pop("num_round"))
    patience = parameters.pop("early_stopping_rounds", None)
    if patience is not None:
        stop = xgboost.callback.EarlyStopping(rounds=int(patience), save_best=True)
    matrices = [
        xgboost.DMatrix(train.features, train.labels, weight=train.weights),
        xgboost.DMatrix(validation.features, validation.labels),
    ]
    booster = xgboost.train(
        # With few rows, threads would wait for each other.
        {"nthread": 1, **parameters, "eval_metric": "rmse"},
        matrices[0],
        rounds,
        evals=[(matrices[1], "validation")],
        callbacks=[] if patience is None else [stop],
        verbose_eval=False,
    )
    return lambda features: booster.predict(xgboost.DMatrix(features))


def scores(
    fit: Callable[[dict[str, str], Rows, Rows], Predict],
    hyperparameters: dict[str, str],
    rows: Rows,
    by: Sequence[Split],
) -> tuple[list[float], list[float]]:
    """R2 and RMSE of each split's test rows.

    Raises:
        InputError: the R2 of a fold is undefined.
    """
    found = []
    for split in by:
        predict = fit(hyperparameters, rows.chosen(split.train), rows.chosen(split.validation))
        tested = rows.chosen(split.test)
        predicted = np.asarray(predict(tested.features), dtype=np.float64)
        found.append(regression_metrics(tested.labels, predicted, tested.weights))
    return [one["r2"] for one in found], [one["rmse"] for one in found]


def spread(values: list[float]) -> dict[str, Any]:
    """Scores, with their mean and standard deviation."""
    return {
        "mean": float(np.mean(values)),
        "standard_deviation": float(np.std(values, ddof=1)),
        "values": values,
    }


def skipped(reason: str) -> dict[str, Any]:
    """The report if there are no scores."""
    return {"version": 1, "score": 0.0, "skipped": reason}


def cross_validate(options: argparse.Namespace) -> dict[str, Any]:
    """The report; without scores, it has the reason.

    Candidates are compared by its ``score``. It is 0 for all of them if there are no folds, since
    that depends only on the rows and their targets.
    """
    file = options.metadata / "folds.json"
    if not file.exists():
        return skipped("there are more rows than crossValidation.maxRows")
    folds = json.loads(file.read_text())
    lines = [line for part in PARTS for line in read_rows(getattr(options, part))]
    hyperparameters = json.loads("".join(options.hyperparameters) or "{}")
    hyperparameters |= dict(one.split("=", 1) for one in options.tuned)
    values = np.genfromtxt(lines, delimiter=",", ndmin=2)
    is_weighted = hyperparameters.get("csv_weights") == "1"
    features = values[:, 2 if is_weighted else 1 :]
    weights = values[:, 1] if is_weighted else None
    rows = Rows(np.array(lines), values[:, 0], features, weights)
    fit = fit_xgboost if options.algorithm == "xgboost" else fit_decision_tree
    try:
        r2s, errors = scores(fit, hyperparameters, rows, splits(folds))
    except InputError as error:
        return skipped(f"a fold has no score: {error}")
    return {
        "version": 1,
        "score": float(np.mean(r2s)),
        **{name: folds[name] for name in ("kind", "count")},
        "rows": len(lines),
        "r2": spread(r2s),
        "rmse": spread(errors),
    }


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", required=True)
    parser.add_argument(
        "--hyperparameters",
        action="append",
        default=[],
        help="part of the JSON of the fixed ones",
    )
    parser.add_argument("--tuned", action="append", default=[], help="name=value of the best trial")
    for part in (*PARTS, "metadata"):
        parser.add_argument(f"--{part}", type=Path, required=True, help=f"folder of {part}")
    parser.add_argument("--output", type=Path, required=True, help="folder for the report")
    options = parser.parse_args(arguments)
    report = cross_validate(options)
    write_json(options.output, "cross_validation.json", report, indent=2)
    if "skipped" in report:
        print(f"not cross-validated: {report['skipped']}")
    else:
        r2 = report["r2"]
        print(
            f"{len(r2['values'])} models on other rows: r2 {r2['mean']:.6g}, standard deviation "
            f"{r2['standard_deviation']:.6g}"
        )


if __name__ == "__main__":
    # With few rows, threads would wait for each other: on a busy machine, for minutes.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
