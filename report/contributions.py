"""Exact SHAP values: what each feature adds to each prediction.

The values of a row, with the base, add up to its prediction. Trees have TreeSHAP, weighted by the
training rows at each node, by XGBoost for its own models and by LightGBM for all other trees;
linear models have the closed form. Source: Lundberg and others, "From local explanations to global
understanding with explainable AI for trees" (2020).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from report import analysis

MAX_ROWS = 500
"""Max rows to explain."""

MIN_ROWS = 20
"""Min rows to explain, however large the model is."""

WORK = 1e9
"""Leaves times rows times the square of the features: about five seconds of TreeSHAP on a core."""

MAX_NODES = 4_000_000
"""Max nodes of a model: LightGBM would read more for half a minute."""

DRAWN_ROWS = 150
"""Max rows to draw, a point for each feature."""

DRAWN_FEATURES = 12
"""Max features to draw."""

LEVELS = 5
"""Colours of a feature's values, each for as many rows."""

STEPS = 60
"""Bins on the axis of SHAP values; the points of a bin are drawn side by side."""


class UnexplainedError(Exception):
    """The reason why the model's SHAP values cannot be computed."""


class Contributions(NamedTuple):
    """SHAP values.

    Attributes:
        values: shape (rows, features).
        base: the constant term.
        is_log: whether they add up to the prediction's logarithm instead.
    """

    values: np.ndarray
    base: float
    is_log: bool


def explain(algorithm: str, folder: Path, features: np.ndarray) -> tuple[Contributions, np.ndarray]:
    """Explains predictions of as many rows as the model's size allows.

    Args:
        algorithm: a key of evaluate.LOADERS.
        folder: of the model.
        features: the rows.

    Returns:
        The contributions, and their rows.

    Raises:
        UnexplainedError: the model cannot be explained.
    """
    if algorithm == "xgboost":
        return _of_xgboost(folder, features)
    from decision_tree.linear import Linear
    from decision_tree.model import load

    predictor = load(folder).predictor
    rows = np.ascontiguousarray(features, dtype=np.float32)
    if isinstance(predictor, Linear):
        rows = _sample(rows, MAX_ROWS)
        known = np.where(np.isnan(rows), predictor.mean, rows)
        values = (known - predictor.mean) / predictor.scale * predictor.coefficient
        return Contributions(values, predictor.intercept, is_log=False), rows
    return _of_trees(predictor, rows)


def _sample(rows: np.ndarray, count: int) -> np.ndarray:
    """A limited number of evenly spaced rows."""
    return np.asarray(rows[np.linspace(0, len(rows) - 1, min(len(rows), count)).astype(int)])


def _of_xgboost(folder: Path, features: np.ndarray) -> tuple[Contributions, np.ndarray]:
    import xgboost

    booster = xgboost.Booster()
    # As bytes: XGBoost warns that it guesses the format of a file without a suffix.
    booster.load_model(bytearray((folder / "xgboost-model").read_bytes()))
    config = json.loads(booster.save_config())["learner"]
    leaves = 0
    if config["gradient_booster"]["name"] != "gblinear":
        leaves = sum(tree.count("leaf=") for tree in booster.get_dump())
    rows = _sample(features, _count(leaves, features.shape[1]))
    found = booster.predict(xgboost.DMatrix(rows), pred_contribs=True).astype(np.float64)
    objective = config["objective"]["name"]
    is_log = objective in ("count:poisson", "reg:gamma", "reg:tweedie")
    is_plain = objective.startswith("reg:") and objective != "reg:logistic"
    if not (is_log or is_plain):
        raise UnexplainedError(f"its objective {objective} has another scale than predictions")
    return Contributions(found[:, :-1], float(found[0, -1]), is_log), rows


def _count(leaves: int, features: int) -> int:
    """The number of rows to explain for a model with so many leaves."""
    return int(np.clip(WORK / max(1, leaves * features**2), MIN_ROWS, MAX_ROWS))


def _of_trees(predictor: Any, features: np.ndarray) -> tuple[Contributions, np.ndarray]:  # noqa: ANN401
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise UnexplainedError(
            f"cannot load LightGBM, which computes them: {error} (install libgomp, or libomp "
            "on macOS)"
        ) from None
    if predictor.rows is None:
        raise UnexplainedError("the model was trained before it kept the rows of its nodes")
    if predictor.size > MAX_NODES:
        raise UnexplainedError(f"the model has {predictor.size:,} nodes, more than {MAX_NODES:,}")
    settings = {"base": 0.0, "divisor": 1.0, "link": "identity", **predictor.settings}
    ends = np.cumsum(predictor.sizes)[:-1]
    nodes, counts = (np.split(array, ends) for array in (predictor.nodes, predictor.rows))
    grown = [(tree, rows) for tree, rows in zip(nodes, counts, strict=True) if tree.size > 1]
    stumps = [tree for tree in nodes if tree.size == 1]
    base = settings["base"] + sum(float(tree["value"][0]) for tree in stumps)
    leaves = sum(int((tree["feature"] < 0).sum()) for tree, _ in grown)
    width = features.shape[1]
    rows = _sample(features, _count(leaves, width))
    found = np.zeros((len(rows), width + 1))
    if grown:
        booster = lightgbm.Booster(model_str=lightgbm_text(grown, width))
        found = np.asarray(booster.predict(rows, pred_contrib=True))
    base = (base + float(found[0, -1])) / settings["divisor"]
    is_log = settings["link"] == "exp"
    return Contributions(found[:, :-1] / settings["divisor"], base, is_log), rows


def lightgbm_text(trees: Sequence[tuple[np.ndarray, np.ndarray]], width: int) -> str:
    """Trees of more than one node in LightGBM's text format, without rounding.

    Source of the format: Tree::ToString and GBDT::SaveModelToString in lightgbm-org/LightGBM.

    Args:
        trees: the nodes of each tree, in the form of decision_tree, and the training rows at each.
        width: number of features.
    """
    blocks = [_tree_text(number, *tree) for number, tree in enumerate(trees)]
    header = {
        "version": "v4",
        "num_class": 1,
        "num_tree_per_iteration": 1,
        "label_index": 0,
        "max_feature_idx": width - 1,
        "objective": "regression",
        "feature_names": _joined([f"f{column}" for column in range(width)]),
        "feature_infos": _joined(["[-1e308:1e308]"] * width),
        "tree_sizes": _joined([len(block) for block in blocks]),
    }
    lines = "".join(f"{name}={value}\n" for name, value in header.items())
    return f"tree\n{lines}\n{''.join(blocks)}end of trees\n"


def _joined(values: Sequence[object]) -> str:
    return " ".join(map(str, values))


def _tree_text(number: int, nodes: np.ndarray, rows: np.ndarray) -> str:
    inner = nodes["feature"] >= 0
    # Inner nodes and leaves are numbered separately; a leaf is the complement of its number.
    place = np.where(inner, np.cumsum(inner) - 1, ~(np.cumsum(~inner) - 1))
    split, leaf = nodes[inner], nodes[~inner]
    # Missing values have type 8, and go left if bit 2 is set.
    parts = {
        "num_leaves": [leaf.size],
        "num_cat": [0],
        "split_feature": split["feature"].tolist(),
        "threshold": split["threshold"].tolist(),
        "decision_type": np.where(split["missing_left"], 10, 8).tolist(),
        "left_child": place[split["left"]].tolist(),
        "right_child": place[split["right"]].tolist(),
        "leaf_value": leaf["value"].tolist(),
        "leaf_count": rows[~inner].tolist(),
        "internal_count": rows[inner].tolist(),
        "is_linear": [0],
        "shrinkage": [1],
    }
    lines = "".join(f"{name}={_joined(values)}\n" for name, values in parts.items())
    return f"Tree={number}\n{lines}\n\n"


def summary(
    algorithm: str, folder: Path, features: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Each feature's mean absolute contribution, and points for the top features.

    A point has its SHAP value, the level of the feature's value (from 0; None if it is missing) and
    its offset among the points of its bin (from -1 to 1).

    Returns:
        `shap`, or `shapProblem` if there are none.
    """
    try:
        found, rows = explain(algorithm, folder, features)
    except UnexplainedError as error:
        return {"shapProblem": str(error)}
    size = np.abs(found.values).mean(axis=0)
    order = np.argsort(-size, kind="stable")
    drawn = np.linspace(0, len(rows) - 1, min(len(rows), DRAWN_ROWS)).astype(int)
    chosen = order[:DRAWN_FEATURES]
    bins = analysis.bins_of(found.values[np.ix_(drawn, chosen)].ravel(), STEPS)
    shown = []
    for column in order:
        one: dict[str, Any] = {"name": names[column], "mean": float(size[column])}
        if column in chosen:
            values = found.values[drawn, column]
            levels = _levels(rows[:, column])[drawn]
            offsets = _offsets(bins.index(values))
            one["points"] = [
                {"value": value, "level": None if level < 0 else level, "offset": offset}
                for value, level, offset in zip(
                    values.tolist(), levels.tolist(), offsets.tolist(), strict=True
                )
            ]
        shown.append(one)
    return {
        "shap": {"rows": len(rows), "base": found.base, "isLog": found.is_log, "features": shown}
    }


def _levels(values: np.ndarray) -> np.ndarray:
    """The level of each value, where levels have about as many rows; -1 for missing values."""
    known = np.isfinite(values)
    levels = np.full(values.size, -1)
    if known.any():
        edges = np.quantile(values[known], np.arange(1, LEVELS) / LEVELS)
        levels[known] = np.searchsorted(edges, values[known], side="left")
    return levels


def _offsets(bins: np.ndarray) -> np.ndarray:
    """Offsets of the points of a bin, from the middle to both sides: -1 to 1."""
    ranks = np.zeros(bins.size)
    for one in np.unique(bins):
        places = np.flatnonzero(bins == one)
        count = np.arange(places.size)
        ranks[places] = (count + 1) // 2 * np.where(count % 2, 1, -1)
    widest = max(1.0, float(np.abs(ranks).max(initial=0)))
    return ranks / widest
