"""The metrics that the image adds to XGBoost's own.

Source: metrics/custom_metrics.py of aws/sagemaker-xgboost-container. XGBoost passes predictions
after the objective's transformation, and rounds results to six decimals; they replace its own
metrics with the same names. The regression metrics use scikit-learn's arithmetic, in the labels'
single precision. They ignore weights, so that `csv_weights` weights the training, but not these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

Metric = Callable[[NDArray[Any], NDArray[Any]], float]


def _classes(predictions: NDArray[Any]) -> NDArray[Any]:
    """As in the image, which treats probabilities as log-odds: above 0 is class 1."""
    return predictions.argmax(axis=-1) if predictions.ndim > 1 else (predictions > 0).astype(int)


def _mae(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    return float(np.average(np.abs(labels - predictions)))


def _mse(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    return float(np.average((labels - predictions) ** 2))


def _rmse(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    return float(np.sqrt(np.average((labels - predictions) ** 2)))


def _r2(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    residual = np.sum((labels - predictions) ** 2)
    spread = np.sum((labels - np.average(labels)) ** 2)
    return float(1 - residual / spread) if spread else float(residual == 0)


def _of_classes(score: str, **options: str) -> Metric:
    def metric(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
        import sklearn.metrics  # slow to import, and not needed for regression

        function = getattr(sklearn.metrics, score)
        return float(function(labels, _classes(predictions), **options))

    return metric


METRICS: dict[str, Metric] = {
    "mae": _mae,
    "mse": _mse,
    "r2": _r2,
    "rmse": _rmse,
    "accuracy": _of_classes("accuracy_score"),
    "balanced_accuracy": _of_classes("balanced_accuracy_score"),
    "f1": _of_classes("f1_score", average="macro"),
    "f1_macro": _of_classes("f1_score", average="macro"),
    "f1_binary": _of_classes("f1_score", average="binary"),
    "precision": _of_classes("precision_score"),
    "precision_macro": _of_classes("precision_score", average="macro"),
    "precision_micro": _of_classes("precision_score", average="micro"),
    "recall": _of_classes("recall_score"),
    "recall_macro": _of_classes("recall_score", average="macro"),
    "recall_micro": _of_classes("recall_score", average="micro"),
}


def custom_metric(
    names: list[str],
) -> Callable[[NDArray[Any], xgboost.DMatrix], list[tuple[str, float]]]:
    """A function for `xgboost.train` that computes the named ones of METRICS."""

    def evaluate(predictions: NDArray[Any], data: xgboost.DMatrix) -> list[tuple[str, float]]:
        labels = data.get_label()
        return [(name, METRICS[name](labels, predictions)) for name in names]

    return evaluate
