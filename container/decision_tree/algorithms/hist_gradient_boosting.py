"""Boosting on binned features (scikit-learn's HistGradientBoostingRegressor)."""

from typing import Any

import numpy as np

from decision_tree.algorithms import Fitted, Hyperparameters, check_labels
from decision_tree.ensemble import Ensemble
from decision_tree.tables import Table
from decision_tree.threads import thread_count
from decision_tree.tree import NODE, Grown

LIBRARY = "scikit-learn"


def fit(train: Table, validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm. Early stopping uses the validation channel, if there is one."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    check_labels(train.labels, "loss", hyperparameters["loss"])
    given = dict(hyperparameters)
    stops = given["n_iter_no_change"] is not None and validation is not None
    if given["n_iter_no_change"] is None:
        del given["n_iter_no_change"]
    regressor = HistGradientBoostingRegressor(
        **given, early_stopping=stops, categorical_features=None
    )
    held_out: dict[str, Any] = {}
    if stops and validation is not None:
        held_out = {
            "X_val": validation.features,
            "y_val": validation.labels,
            "sample_weight_val": validation.weights,
        }
    # scikit-learn cannot bin a feature without a value. A constant one is not split either.
    empty = np.isnan(train.features).all(axis=0)
    known = np.where(empty, np.float32(0), train.features) if empty.any() else train.features
    # OpenMP may have been loaded before its variable was set.
    with threadpool_limits(thread_count(), user_api="openmp"):
        regressor.fit(known, train.labels, train.weights, **held_out)
    ensemble = Ensemble.of(
        [_tree(stage[0].nodes) for stage in regressor._predictors],
        train.features.shape[1],
        base=float(np.ravel(regressor._baseline_prediction)[0]),
        link="exp" if hyperparameters["loss"] in ("poisson", "gamma") else "identity",
    )
    return Fitted(ensemble, regressor.predict)


def _tree(nodes: Any) -> Grown:  # noqa: ANN401 - scikit-learn has no types
    taken = np.empty(nodes.size, NODE)
    leaf = nodes["is_leaf"].astype(np.bool_)
    for name, own, of_leaf in (
        ("left", "left", -1),
        ("right", "right", -1),
        ("feature", "feature_idx", -1),
        ("threshold", "num_threshold", 0),
        ("missing_left", "missing_go_to_left", 0),
    ):
        taken[name] = np.where(leaf, of_leaf, nodes[own].astype(taken.dtype[name]))
    taken["value"] = nodes["value"]
    return Grown(taken, nodes["count"].astype("<i4"))
