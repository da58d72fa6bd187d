"""Scores of a regression on test rows, and how much they vary with the rows."""

from __future__ import annotations

import numpy as np
from processing_job import InputError
from sample_weights import effective_rows

CONFIDENCE = 0.9
"""Confidence of intervals."""

RESAMPLES = 1_000
"""Bootstrap samples: enough for the ends of an interval to hardly depend on the seed."""

MIN_INTERVAL_ROWS = 20
"""Min rows for an interval: with fewer, a percentile bootstrap's coverage is much too low."""

MAX_DRAWS = 10_000
"""Draws in a bootstrap sample; more rows are drawn in groups of about the same size."""


def regression_metrics(
    actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float]:
    """Computes the metrics of a regression: R², and MSE, RMSE and MAE in the target's unit.

    Weights are above zero; without them, all rows count the same.

    Raises:
        InputError: R² is undefined, because the target is constant, or a value is not finite.
    """
    for name, values in (("targets", actual), ("predictions", predicted)):
        wrong = values.size - np.count_nonzero(np.isfinite(values))
        if wrong:
            raise InputError(f"{wrong} of {values.size} {name} are not finite numbers")
    error = actual - predicted
    with np.errstate(over="ignore"):
        mse = float(np.average(error**2, weights=weights))
    mean = np.average(actual, weights=weights)
    variance = float(np.average((actual - mean) ** 2, weights=weights))
    if variance == 0 or actual.min() == actual.max():
        raise InputError(f"all {actual.size} test rows have the same target, so R2 is undefined")
    metrics = {
        "r2": 1 - mse / variance,
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.average(np.abs(error), weights=weights)),
    }
    if not np.isfinite(list(metrics.values())).all():
        raise InputError(f"the errors are too large to square: mse is {mse}")
    return metrics


def resampled_means(columns: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """The means of columns in bootstrap samples of their rows, a row per sample.

    Rows are drawn with equal chances, and bring their weights. The seed is fixed, so equally many
    rows have the same samples. Many rows are drawn in random groups, whose mean varies as that of
    rows does, to limit the time.
    """
    random = np.random.default_rng(0)
    shares = np.ones(len(columns)) if weights is None else weights
    rows = np.column_stack([columns * shares[:, np.newaxis], shares])
    if len(rows) > MAX_DRAWS:
        starts = np.arange(MAX_DRAWS) * len(rows) // MAX_DRAWS
        rows = np.add.reduceat(rows[random.permutation(len(rows))], starts)
    count = len(rows)
    drawn = (random.integers(0, count, count) for _ in range(RESAMPLES))
    sums = np.stack([np.bincount(places, minlength=count) @ rows for places in drawn])
    return np.asarray(sums[:, :-1] / sums[:, -1:])


def resampled_r2(
    actual: np.ndarray, *predictions: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray | None:
    """R² of each model in bootstrap samples of the same rows: a row per sample, a column per model.

    None if there are fewer (effective) rows than MIN_INTERVAL_ROWS, or the R² of a sample is
    undefined, because its target is constant or too large to square.
    """
    size = actual.size if weights is None else effective_rows(weights)
    if size < MIN_INTERVAL_ROWS:
        return None
    target = actual - np.average(actual, weights=weights)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = [(actual - predicted) ** 2 for predicted in predictions]
        means = resampled_means(np.column_stack([target, target**2, *errors]), weights)
        variance = means[:, 1] - means[:, 0] ** 2
        if not (variance > 1e-12 * np.var(actual)).all():
            return None
    return np.asarray(1 - means[:, 2:] / variance[:, np.newaxis])


def interval(resampled: np.ndarray) -> tuple[float, float]:
    """The central interval with CONFIDENCE of the resampled values."""
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
