"""Shared by random forests and extremely randomised trees."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from decision_tree.algorithms import (
    Fitted,
    Hyperparameters,
    check_labels,
    check_max_features,
    limit_leaves,
)
from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.ensemble import Ensemble
from decision_tree.errors import UserError
from decision_tree.tables import Table
from decision_tree.threads import thread_count
from decision_tree.tree import from_sklearn


def fit_forest(estimator: Any, train: Table, hyperparameters: Hyperparameters) -> Fitted:  # noqa: ANN401
    """Train one of scikit-learn's forests.

    Raises:
        UserError: the hyperparameters contradict each other or do not fit the data.
    """
    features = train.features.shape[1]
    check_max_features(hyperparameters, features)
    check_labels(train.labels, "criterion", hyperparameters["criterion"])
    if hyperparameters["max_samples"] is not None and not hyperparameters["bootstrap"]:
        raise UserError("hyperparameter max_samples needs bootstrap true")
    threads = thread_count()
    forest = estimator(**limit_leaves(hyperparameters, train.labels.size), n_jobs=threads)
    forest.fit(train.features, train.labels, train.weights)
    # The library's threads add up trees in the order in which they end, which changes last digits.
    forest.n_jobs = 1
    weighted = train.weights is not None
    trees = [from_sklearn(tree.tree_, weighted) for tree in forest.estimators_]

    def predict(rows: Float32Array) -> Float64Array:
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(forest.predict, _blocks(rows, threads))))

    return Fitted(Ensemble.of(trees, features, divisor=float(len(trees))), predict)


def _blocks(rows: Float32Array, count: int) -> list[Float32Array]:
    """Split rows into non-empty blocks of about the same size."""
    return np.array_split(rows, max(1, min(count, len(rows))))
