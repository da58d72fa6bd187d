"""The metrics that the image adds to XGBoost's own.

XGBoost hands over the predictions after the objective's transformation: values for a regression,
probabilities for a classification (one column a class where there are more than two).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

Metric = Callable[[NDArray[Any], NDArray[Any]], float]


def _classes(predictions: NDArray[Any]) -> NDArray[Any]:
    return predictions.argmax(axis=1) if predictions.ndim > 1 else predictions.round()


def _mse(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    return float(np.mean(np.square(labels - predictions, dtype=np.float64)))


def _r2(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
    wide = labels.astype(np.float64)
    spread = float(np.sum(np.square(wide - wide.mean())))
    return 1 - _mse(labels, predictions) * len(wide) / spread if spread else 0.0


def _of_classes(score: str, **options: str) -> Metric:
    def metric(labels: NDArray[Any], predictions: NDArray[Any]) -> float:
        import sklearn.metrics  # slow to import, and a regression needs none of it

        function = getattr(sklearn.metrics, score)
        return float(function(labels, _classes(predictions), **options))

    return metric


METRICS: dict[str, Metric] = {
    "mse": _mse,
    "r2": _r2,
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
    """A function for `xgboost.train` that computes the named metrics.

    Args:
        names: Keys of METRICS.
    """

    def evaluate(predictions: NDArray[Any], data: xgboost.DMatrix) -> list[tuple[str, float]]:
        labels = data.get_label()
        return [(name, METRICS[name](labels, predictions)) for name in names]

    return evaluate
