"""The lower bound of a local run: its trials as one plain script, with the libraries alone.

`python baseline.py REQUEST.json`, where the request is
{"table", "train", "validation", "test", "trials": [{"step", "hyperparameters"}], "workers"}. It
does what someone would write by hand: read and filter the table, read the splits, fit each trial's
model in a pool of processes with one thread each, and score the best of each step on the test rows.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.tree import DecisionTreeRegressor

Rows = tuple[np.ndarray, np.ndarray]
data: dict[str, Rows] = {}


def read_rows(folder: str) -> Rows:
    """Reads the CSV files of a split: label first, no header."""
    parts = [
        np.loadtxt(file, delimiter=",", ndmin=2) for file in sorted(Path(folder).glob("*.csv"))
    ]
    table = np.concatenate(parts)
    return table[:, 1:], table[:, 0]


def fit_tree(hyperparameters: dict[str, str]) -> DecisionTreeRegressor:
    """Fits a tree."""
    whole = {name: int(value) for name, value in hyperparameters.items()}
    return DecisionTreeRegressor(**whole).fit(*data["train"])


def fit_booster(hyperparameters: dict[str, str]) -> xgboost.Booster:
    """Fits boosted trees with early stopping, and metrics of both splits in each round."""
    settings: dict[str, Any] = {"nthread": 1, **hyperparameters}
    rounds = int(settings.pop("num_round"))
    patience = int(settings.pop("early_stopping_rounds"))
    train, validation = (
        xgboost.DMatrix(features, label, nthread=1)
        for features, label in (data["train"], data["validation"])
    )
    return xgboost.train(
        settings,
        train,
        rounds,
        evals=[(train, "train"), (validation, "validation")],
        early_stopping_rounds=patience,
        verbose_eval=False,
    )


def predict(model: DecisionTreeRegressor | xgboost.Booster, features: np.ndarray) -> np.ndarray:
    """Predicts rows with either kind of model."""
    if isinstance(model, xgboost.Booster):
        matrix = xgboost.DMatrix(features, nthread=1)
        return model.predict(matrix, iteration_range=(0, model.best_iteration + 1))
    return model.predict(features)


def run_trial(trial: dict[str, Any]) -> tuple[str, float, float]:
    """Fits a trial's model; returns its step, validation MSE, and R² on the test rows."""
    hyperparameters = trial["hyperparameters"]
    model = (fit_booster if "num_round" in hyperparameters else fit_tree)(hyperparameters)
    features, label = data["validation"]
    test_features, test_label = data["test"]
    score = r2_score(test_label, predict(model, test_features))
    return trial["step"], mean_squared_error(label, predict(model, features)), score


def main() -> None:
    """Runs all trials, and prints the R² of each step's best trial as JSON."""
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    table = np.loadtxt(request["table"], delimiter=",")
    table = table[table[:, 2] > 10]  # the query's filter, housingMedianAge > 10
    data.update({split: read_rows(request[split]) for split in ("train", "validation", "test")})
    with ProcessPoolExecutor(request["workers"]) as pool:
        results = list(pool.map(run_trial, request["trials"]))
    best: dict[str, tuple[float, float]] = {}
    for step, mse, r2 in results:
        best[step] = min(best.get(step, (np.inf, 0.0)), (mse, r2))
    sys.stdout.write(json.dumps({step: r2 for step, (_, r2) in best.items()}))


if __name__ == "__main__":
    main()
