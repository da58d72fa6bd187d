"""Analysis of a model's predictions, for the report and the notebook.

Residuals are predicted minus actual: above 0, the prediction is too high. Rows with a missing (not
finite) actual value, prediction or place are omitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]

IMPORTANCE_ROWS = 1_000
"""Max rows for importance."""

MIN_IMPORTANCE_ROWS = 100
"""Min rows for importance, however many features there are."""

IMPORTANCE_PREDICTIONS = 30_000
"""Max predictions for the importance of all features, unless the min number of rows needs more."""

REPEATS = 3
"""Shuffles of each feature."""

BASELINE_VALUES = 2_000_000
"""Max values that the baseline is fitted on, unless its min number of rows needs more."""

MIN_BASELINE_ROWS = 1_000
"""Min rows that it is fitted on, however many features there are."""


@dataclass(frozen=True)
class Bins:
    """Bins of equal width between round numbers."""

    start: float
    step: float
    count: int

    def index(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value."""
        places = np.floor((values - self.start) / self.step).astype(int)
        return np.asarray(np.clip(places, 0, self.count - 1))

    def edge(self, index: int) -> float:
        """The start of a bin, and the end of the previous one."""
        return float(f"{self.start + index * self.step:.12g}")


def residuals(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Predicted minus actual."""
    return np.asarray(predicted - actual)


def round_up(value: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is at least a positive number."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        (factor * power for factor in (1, 2, 5) if factor * power >= value),
        10 * power,
    )


def bins_of(values: np.ndarray, max_count: int) -> Bins:
    """About so many bins for finite values, or one if all are equal."""
    if values.size == 0:
        return Bins(0, 1, 1)
    low, high = float(values.min()), float(values.max())
    if low == high:
        step = 1.0 if low == 0 else round_up(abs(low) / 10)
        return Bins(math.floor(low / step) * step, step, 1)
    step = round_up((high - low) / max_count)
    first = math.floor(low / step)
    return Bins(first * step, step, math.floor(high / step) - first + 1)


def histogram(values: np.ndarray, max_count: int) -> list[dict[str, Any]]:
    """The `start`, `end` and `count` of each bin of the values."""
    found = values[np.isfinite(values)]
    bins = bins_of(found, max_count)
    counts = np.bincount(bins.index(found), minlength=bins.count)
    return [
        {"start": bins.edge(index), "end": bins.edge(index + 1), "count": int(count)}
        for index, count in enumerate(counts)
    ]


def grid(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, x_bins: Bins, y_bins: Bins
) -> list[dict[str, Any]]:
    """The non-empty cells: `x0`, `x1`, `y0`, `y1`, the `count` and the `mean` of their points."""
    places = x_bins.index(x) * y_bins.count + y_bins.index(y)
    counts = np.bincount(places)
    sums = np.bincount(places, weights=values)
    cells = []
    for place in np.flatnonzero(counts):
        column, row = divmod(int(place), y_bins.count)
        cells.append(
            {
                "x0": x_bins.edge(column),
                "x1": x_bins.edge(column + 1),
                "y0": y_bins.edge(row),
                "y1": y_bins.edge(row + 1),
                "count": int(counts[place]),
                "mean": float(sums[place] / counts[place]),
            }
        )
    return cells


def predicted_against_actual(actual: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Counts of pairs of actual and predicted values, with the same bins on both axes."""
    x, y = _complete(actual, predicted)
    both = bins_of(np.concatenate([x, y]), 40)
    return grid(x, y, residuals(x, y), both, both)


def residual_against_predicted(actual: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Counts of pairs of predictions and residuals."""
    true, x = _complete(actual, predicted)
    y = residuals(true, x)
    return grid(x, y, y, bins_of(x, 40), bins_of(y, 40))


def error_map(
    longitude: np.ndarray, latitude: np.ndarray, residual: np.ndarray
) -> list[dict[str, Any]]:
    """The mean residual by place: cells of longitude (`x0`, `x1`) and latitude (`y0`, `y1`)."""
    x, y, values = _complete(longitude, latitude, residual)
    return grid(x, y, values, bins_of(x, 36), bins_of(y, 36))


def place_of(names: Sequence[str]) -> tuple[int, int] | None:
    """The columns of longitude and latitude, if their names say so."""
    longitude = _column_like(names, ("longitude", "lon", "lng", "long"))
    latitude = _column_like(names, ("latitude", "lat"))
    return None if longitude is None or latitude is None else (longitude, latitude)


def importance(predict: Predict, rows: np.ndarray, names: Sequence[str]) -> dict[str, Any] | None:
    """Measures the decrease of R² if one feature's values are shuffled, for each feature.

    Args:
        predict: Predicts the label of rows of features.
        rows: The label, then the features.
        names: Of the features.

    Returns:
        The number of `rows` used, and the `features`, each with its `name` and mean `fall`,
        greatest first; None if R² is undefined on these rows.
    """
    count = min(IMPORTANCE_ROWS, IMPORTANCE_PREDICTIONS // (REPEATS * len(names)))
    count = min(len(rows), max(count, MIN_IMPORTANCE_ROWS))
    chosen = rows[np.linspace(0, len(rows) - 1, count).astype(int)]
    actual, features = chosen[:, 0], chosen[:, 1:]
    variance = float(np.var(actual))
    if variance == 0:
        return None
    base = mean_square(actual, predict(features))
    random = np.random.default_rng(0)
    falls: list[tuple[str, float]] = []
    for column, name in enumerate(names):
        errors = []
        shuffled = features.copy()
        for _ in range(REPEATS):
            shuffled[:, column] = random.permutation(features[:, column])
            errors.append(mean_square(actual, predict(shuffled)))
        falls.append((name, (float(np.mean(errors)) - base) / variance))
    falls.sort(key=lambda fall: -fall[1])
    return {"rows": count, "features": [{"name": name, "fall": fall} for name, fall in falls]}


def baseline(
    train: np.ndarray,
    validation: np.ndarray,
    test: np.ndarray,
    names: Sequence[str],
    weights: Sequence[np.ndarray | None] = (None, None, None),
) -> dict[str, Any] | None:
    """The best single feature's score, which a model must exceed.

    A tree of depth 3 is fitted to each feature on train rows. The one with the best R² on
    validation rows is chosen, and measured on test rows.

    Args:
        train: The label, then the features, as in the other two.
        validation: Rows that choose the feature.
        test: Rows to measure on.
        names: Of the features.
        weights: Of the rows of each part, in fits and errors; None if all count the same.

    Returns:
        The `column`, its `r2` and `rmse`, and `meanRmse`, the RMSE of predicting the train rows'
        mean; None if R² is undefined, or no feature has values for a tree.
    """
    from sklearn.tree import DecisionTreeRegressor

    parts = []
    for rows, own in zip((train, validation, test), weights, strict=True):
        known = np.isfinite(rows[:, 0])
        parts.append((rows[known], np.ones(known.sum()) if own is None else own[known]))
    (train, of_train), (validation, of_validation), (test, of_test) = parts
    if min(len(train), len(validation), len(test)) == 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.average(test[:, 0], weights=of_test)
        variance = float(np.average((test[:, 0] - mean) ** 2, weights=of_test))
    if not 0 < variance < math.inf:
        return None
    count = min(len(train), max(MIN_BASELINE_ROWS, BASELINE_VALUES // len(names)))
    places = np.linspace(0, len(train) - 1, count).astype(int)
    fitted, of_fitted = train[places], of_train[places]
    best: tuple[float, int, Any] | None = None
    for place in range(1, len(names) + 1):
        column = slice(place, place + 1)
        # Trees use 32-bit numbers, which may be missing but not infinite.
        values = np.concatenate([rows[:, place] for rows in (fitted, validation, test)])
        if (np.abs(values) > np.finfo(np.float32).max).any():
            continue
        tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=0.01, random_state=0)
        tree.fit(fitted[:, column], fitted[:, 0], of_fitted)
        error = mean_square(validation[:, 0], tree.predict(validation[:, column]), of_validation)
        if best is None or error < best[0]:
            best = (error, place, tree)
    if best is None:
        return None
    _, place, tree = best
    error = mean_square(test[:, 0], tree.predict(test[:, place : place + 1]), of_test)
    means = np.full(len(test), np.average(train[:, 0], weights=of_train))
    return {
        "column": names[place - 1],
        "r2": 1 - error / variance,
        "rmse": error**0.5,
        "meanRmse": mean_square(test[:, 0], means, of_test) ** 0.5,
    }


def mean_square(
    actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """The mean squared residual."""
    return float(np.average(residuals(actual, predicted) ** 2, weights=weights))


def _complete(*columns: np.ndarray) -> list[np.ndarray]:
    """The columns without rows that have a missing value."""
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    return [column[known] for column in columns]


def _column_like(names: Sequence[str], endings: tuple[str, ...]) -> int | None:
    """The column whose name, or its last word, is one of the endings."""
    for column, name in enumerate(names):
        if name.lower().replace("-", "_").split("_")[-1] in endings:
            return column
    return None
