"""Regression metrics."""

from typing import TypeAlias

import numpy as np

from decision_tree.arrays import Float64Array
from decision_tree.errors import UserError

Metrics: TypeAlias = dict[str, float]


def regression_metrics(
    labels: Float64Array,
    predictions: Float64Array,
    weights: Float64Array | None = None,
) -> Metrics:
    """Compute mse, rmse, mae and r2, each weighted if there are weights above zero.

    If all labels are equal, r2 is 1.0 for perfect predictions, otherwise 0.0, as in scikit-learn.

    Raises:
        UserError: the labels are so large that their squares are not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        errors = labels - predictions
        share = np.ones(labels.size) if weights is None else weights
        residual = float(np.sum(share * errors**2))
        mean = np.sum(share * labels) / np.sum(share)
        total = float(np.sum(share * (labels - mean) ** 2))
        mse = residual / float(np.sum(share))
        r2 = 1 - residual / total if total else float(residual == 0)
        metrics = {
            "mse": mse,
            "rmse": mse**0.5,
            "mae": float(np.sum(share * np.abs(errors)) / np.sum(share)),
            "r2": r2,
        }
    if not np.isfinite(list(metrics.values())).all():
        raise UserError("the labels are too large to compute the mean squared error; scale them")
    return metrics
