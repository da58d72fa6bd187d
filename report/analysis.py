"""What a model's predictions are looked at by, in the report and in the notebook.

A residual is predicted minus actual everywhere: above 0, the model predicts too much. Rows whose
actual value, prediction or place is missing (not finite) are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]

IMPORTANCE_ROWS = 1_000
"""Max rows on which importance is measured."""

MIN_IMPORTANCE_ROWS = 100
"""Rows on which importance is measured where there are so many features that time is short."""

IMPORTANCE_PREDICTIONS = 30_000
"""Predictions for the importance of all features, as far as the min number of rows allows."""

REPEATS = 3
"""How often each feature is shuffled."""

BASELINE_VALUES = 2_000_000
"""Values that the baseline is fitted on, as far as its min number of rows allows."""

MIN_BASELINE_ROWS = 1_000
"""Rows that it is fitted on where there are so many features that time is short."""


@dataclass(frozen=True)
class Bins:
    """Bins of equal width, whose ends are round numbers."""

    start: float
    step: float
    count: int

    def index(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value."""
        places = np.floor((values - self.start) / self.step).astype(int)
        return np.asarray(np.clip(places, 0, self.count - 1))

    def edge(self, index: int) -> float:
        """Where a bin begins, and the one before it ends."""
        return float(f"{self.start + index * self.step:.12g}")


def residuals(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """How far each prediction is above what is true: predicted minus actual."""
    return np.asarray(predicted - actual)


def round_up(value: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        (factor * power for factor in (1, 2, 5) if factor * power >= value),
        10 * power,
    )


def bins_of(values: np.ndarray, max_count: int) -> Bins:
    """Bins that hold some finite values: about so many, and one where all are the same."""
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
    """How many values are in each bin: `start`, `end` and `count`."""
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
    """The cells that hold points, by `x0`, `x1`, `y0`, `y1`.

    Each has the `count` of its points, and the `mean` of their values.
    """
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
    """How often each pair of actual and predicted value occurs, on axes that are the same."""
    x, y = _complete(actual, predicted)
    both = bins_of(np.concatenate([x, y]), 40)
    return grid(x, y, residuals(x, y), both, both)


def residual_against_predicted(actual: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """How often each pair of prediction and residual occurs."""
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
    """The columns of longitude and latitude; None where no columns are named so."""
    longitude = _column_like(names, ("longitude", "lon", "lng", "long"))
    latitude = _column_like(names, ("latitude", "lat"))
    return None if longitude is None or latitude is None else (longitude, latitude)


def importance(predict: Predict, rows: np.ndarray, names: Sequence[str]) -> dict[str, Any] | None:
    """Measures how far R² falls where one feature's values are shuffled, for each feature.

    Args:
        predict: Predicts the label of rows of features.
        rows: The label, then the features.
        names: The names of the features.

    Returns:
        The number of `rows` that it is measured on, and the `features`, each with its `name` and
        its mean `fall`, greatest first; None where R² is undefined on these rows.
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
    train: np.ndarray, validation: np.ndarray, test: np.ndarray, names: Sequence[str]
) -> dict[str, Any] | None:
    """What the best single feature is worth: what a model must beat.

    A tree of depth 3 is fitted to each feature on train rows, that with the best R² on validation
    rows is chosen, and its R² is measured on test rows, which nothing is chosen by.

    Args:
        train: The label, then the features; so are the other two.
        validation: Rows to choose the feature by.
        test: Rows to measure on.
        names: The names of the features.

    Returns:
        The `column`, its `r2` and `rmse`, and `meanRmse`, that of predicting the mean of the train
        rows; None where R² is undefined, or no feature has values that a tree takes.
    """
    from sklearn.tree import DecisionTreeRegressor

    train, validation, test = (rows[np.isfinite(rows[:, 0])] for rows in (train, validation, test))
    if min(len(train), len(validation), len(test)) == 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        variance = float(np.var(test[:, 0]))
    if not 0 < variance < math.inf:
        return None
    count = min(len(train), max(MIN_BASELINE_ROWS, BASELINE_VALUES // len(names)))
    fitted = train[np.linspace(0, len(train) - 1, count).astype(int)]
    best: tuple[float, int, Any] | None = None
    for place in range(1, len(names) + 1):
        column = slice(place, place + 1)
        # Trees hold values as 32-bit numbers, and take missing ones but no infinite ones.
        values = np.concatenate([rows[:, place] for rows in (fitted, validation, test)])
        if (np.abs(values) > np.finfo(np.float32).max).any():
            continue
        tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=0.01, random_state=0)
        tree.fit(fitted[:, column], fitted[:, 0])
        error = mean_square(validation[:, 0], tree.predict(validation[:, column]))
        if best is None or error < best[0]:
            best = (error, place, tree)
    if best is None:
        return None
    _, place, tree = best
    error = mean_square(test[:, 0], tree.predict(test[:, place : place + 1]))
    mean = np.full(len(test), train[:, 0].mean())
    return {
        "column": names[place - 1],
        "r2": 1 - error / variance,
        "rmse": error**0.5,
        "meanRmse": mean_square(test[:, 0], mean) ** 0.5,
    }


def mean_square(actual: np.ndarray, predicted: np.ndarray) -> float:
    """The mean squared residual."""
    return float(np.mean(residuals(actual, predicted) ** 2))


def half_width(actual: np.ndarray, predicted: np.ndarray, confidence: float) -> float | None:
    """How far around a prediction the actual value lies, by rows that the model is not fitted to.

    Split-conformal: a prediction plus and minus this holds the actual value of a further such row
    with at least the confidence, whatever the model. Source: Lei and others, "Distribution-Free
    Predictive Inference for Regression" (2018), algorithm 2.

    Returns:
        Half the width of the interval; None where the rows are too few for the confidence.
    """
    true, found = _complete(actual, predicted)
    rank = math.ceil((true.size + 1) * confidence)
    if rank > true.size:
        return None
    return float(np.sort(np.abs(residuals(true, found)))[rank - 1])


def _complete(*columns: np.ndarray) -> list[np.ndarray]:
    """The columns without the rows that have a missing value in one of them."""
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    return [column[known] for column in columns]


def _column_like(names: Sequence[str], endings: tuple[str, ...]) -> int | None:
    """The column whose name, or the last word of it, is one of the endings."""
    for column, name in enumerate(names):
        if name.lower().replace("-", "_").split("_")[-1] in endings:
            return column
    return None
