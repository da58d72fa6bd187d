"""Boosting with leaf-wise trees (LightGBM)."""

from collections import deque
from typing import Any

import numpy as np

from decision_tree.algorithms import Fitted, Hyperparameters, check_labels
from decision_tree.ensemble import Ensemble
from decision_tree.errors import UserError
from decision_tree.tables import Table
from decision_tree.threads import thread_count
from decision_tree.tree import NODE, Grown

LIBRARY = "lightgbm"


def fit(train: Table, validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm. Early stopping uses the validation channel, if there is one."""
    try:
        import lightgbm
    except OSError as error:  # it needs an OpenMP library, which not every machine has
        raise UserError(
            f"cannot load LightGBM: {error} (install libgomp, or libomp on macOS)"
        ) from None

    check_labels(train.labels, "objective", hyperparameters["objective"])
    given: dict[str, Any] = {
        name: value for name, value in hyperparameters.items() if value is not None
    }
    rounds = given.pop("num_iterations")
    patience = given.pop("early_stopping_round", None)
    parameters = {
        **given,
        "num_threads": thread_count(),
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(train.features, train.labels, weight=train.weights, params=parameters)
    stops = patience is not None and validation is not None
    watched: dict[str, Any] = {}
    if stops and validation is not None:
        held_out = data.create_valid(
            validation.features, validation.labels, weight=validation.weights
        )
        stopping = lightgbm.early_stopping(patience, verbose=False)
        watched = {"valid_sets": [held_out], "callbacks": [stopping]}
    booster = lightgbm.train(parameters, data, rounds, **watched)
    best = booster.best_iteration if stops else None
    described = booster.dump_model(num_iteration=best)["tree_info"]
    ensemble = Ensemble.of(
        [_tree(one["tree_structure"]) for one in described],
        train.features.shape[1],
        link="exp" if given["objective"] in ("poisson", "gamma", "tweedie") else "identity",
    )
    return Fitted(ensemble, lambda rows: np.asarray(booster.predict(rows, num_iteration=best)))


def _tree(root: dict[str, Any]) -> Grown:
    """Convert a tree of dump_model; parents come before their children."""
    nodes: list[tuple[float, ...]] = []
    rows: list[int] = []
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if "left_child" not in node:
            nodes.append((-1, -1, -1, 0.0, 0, node["leaf_value"]))
            rows.append(node.get("leaf_count", 0))
            continue
        threshold = node["threshold"]
        # If training saw no missing value, one counts as zero: NumericalDecision of LightGBM's
        # tree.h.
        missing_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        left = len(nodes) + len(waiting) + 1
        nodes.append((left, left + 1, node["split_feature"], threshold, missing_left, 0.0))
        rows.append(node["internal_count"])
        waiting += [node["left_child"], node["right_child"]]
    return Grown(np.array(nodes, NODE), np.array(rows, "<i4"))
