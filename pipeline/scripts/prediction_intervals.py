"""Prediction intervals."""

from __future__ import annotations

import math

import numpy as np
from processing_job import InputError

Pairs = tuple[np.ndarray, np.ndarray]
"""Actual and predicted values of rows."""


def interval_rank(rows: int, confidence: float) -> int:
    """The place, from 1, of half the width of an interval among the sorted errors of rows.

    It is above the number of rows if they are too few for the confidence.
    """
    return math.ceil((rows + 1) * confidence)


def half_width(actual: np.ndarray, predicted: np.ndarray, confidence: float) -> float | None:
    """Half the width of a prediction interval, from rows that the model was not fitted to.

    Split-conformal: a prediction plus and minus this contains the actual value of a new row with at
    least the confidence, for any model. Weights have no part in it. Source: Lei and others,
    "Distribution-Free Predictive Inference for Regression" (2018), algorithm 2.

    Returns:
        Half the width; None if there are too few rows for the confidence.
    """
    rank = interval_rank(actual.size, confidence)
    if rank > actual.size:
        return None
    return float(np.sort(np.abs(actual - predicted))[rank - 1])


def interval_report(validation: Pairs, test: Pairs, confidence: float) -> dict[str, float]:
    """Prediction intervals from validation rows, and the share of test rows that they cover.

    Raises:
        InputError: there are too few validation rows, or a residual of them is not finite.
    """
    half = half_width(*validation, confidence)
    count = validation[0].size
    if half is None or not np.isfinite(validation).all():
        why = "are too few" if half is None else "have residuals that are not finite"
        raise InputError(f"{count} validation rows {why} for intervals of {confidence:.0%}")
    covered = float(np.mean(np.abs(test[0] - test[1]) <= half))
    return {"confidence": confidence, "half_width": half, "item_count": count, "covered": covered}


def check_validation(rows: int, confidence: float) -> None:
    """Checks that there are enough validation rows for intervals.

    Raises:
        InputError: there are too few.
    """
    if interval_rank(rows, confidence) > rows:
        least = math.ceil(round(confidence / (1 - confidence), 9))
        raise InputError(
            f"predictionIntervals is {confidence:g}, which needs at least {least} validation rows; "
            f"there are {rows}"
        )
