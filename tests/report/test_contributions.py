"""SHAP values against their definition, for models of every kind."""

from __future__ import annotations

import functools
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from decision_tree.algorithms import NAMES, find
from decision_tree.ensemble import Tree
from decision_tree.hyperparameters import parse_hyperparameters
from decision_tree.linear import Linear
from decision_tree.model import Model, ModelDescription, save
from decision_tree.predictor import Predictor
from decision_tree.tables import Table
from decision_tree.tree import NODE

from report import contributions

FEWER = {
    "random-forest": {"n_estimators": "5"},
    "extra-trees": {"n_estimators": "5"},
    "hist-gradient-boosting": {"max_iter": "9"},
    "lightgbm": {"num_iterations": "9"},
}
LINEAR = ("ridge", "elastic-net")
WIDTH = 4
LEAF = (-1, -1, -1, 0.0, 0)


def table(missing: bool = True) -> Table:
    random = np.random.default_rng(3)
    features = random.normal(size=(400, WIDTH)).astype(np.float32)
    labels = np.exp(features[:, 0] * features[:, 1] / 3 + features[:, 2] / 2)
    if missing:
        features[random.random(features.shape) < 0.1] = np.nan
    return Table(features, labels, None)


def fitted(name: str, folder: Path, **hyperparameters: str) -> Predictor:
    """A small model of an algorithm, stored in a folder."""
    given = {**FEWER.get(name, {}), **hyperparameters}
    predictor = find(name).fit(table(), None, parse_hyperparameters(given, name)).predictor
    keep(predictor, folder)
    return predictor


def keep(predictor: Predictor, folder: Path) -> None:
    names = tuple(f"f{column}" for column in range(WIDTH))
    save(Model(predictor, ModelDescription(names, {}, {}, {})), folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_values_of_a_row_add_up_to_its_prediction(name: str, tmp_path: Path) -> None:
    predictor = fitted(name, tmp_path)
    found, rows = contributions.explain("decision-tree", tmp_path, table().features)
    total = found.values.sum(axis=1) + found.base
    assert not found.is_log
    np.testing.assert_allclose(total, predictor.predict(rows), rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "loss"), [("hist-gradient-boosting", "loss"), ("lightgbm", "objective")]
)
def test_for_a_model_of_logarithms_they_add_up_to_the_logarithm(
    name: str, loss: str, tmp_path: Path
) -> None:
    predictor = fitted(name, tmp_path, **{loss: "gamma"})
    found, rows = contributions.explain("decision-tree", tmp_path, table().features)
    total = found.values.sum(axis=1) + found.base
    assert found.is_log
    np.testing.assert_allclose(np.exp(total), predictor.predict(rows), rtol=1e-10)


def expectation(nodes: Any, counts: Any, row: Any, known: frozenset[int], node: int = 0) -> float:
    """A tree's prediction if only some features are known, averaged over its training rows."""
    left, right, feature, threshold, missing_left, value = nodes[node].tolist()
    if feature < 0:
        return float(value)
    sides = [expectation(nodes, counts, row, known, side) for side in (left, right)]
    if feature in known:
        x = row[feature]
        return sides[0 if x <= threshold or (np.isnan(x) and missing_left) else 1]
    return float(np.average(sides, weights=[counts[left], counts[right]]))


def shapley(predictor: Any, row: Any) -> list[float]:
    """Shapley values of a sum of trees by definition, over all sets of features."""
    ends = np.cumsum(getattr(predictor, "sizes", [predictor.nodes.size]))[:-1]
    parts = (np.split(array, ends) for array in (predictor.nodes, predictor.rows))
    trees = list(zip(*parts, strict=True))

    @functools.cache
    def worth(known: frozenset[int]) -> float:
        return sum(expectation(*tree, row, known) for tree in trees)

    found = []
    for feature in range(WIDTH):
        others = [one for one in range(WIDTH) if one != feature]
        value = 0.0
        for size in range(WIDTH):
            orders = math.factorial(size) * math.factorial(WIDTH - 1 - size)
            for chosen in itertools.combinations(others, size):
                gain = worth(frozenset({*chosen, feature})) - worth(frozenset(chosen))
                value += orders / math.factorial(WIDTH) * gain
        found.append(value / predictor.settings.get("divisor", 1))
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LINEAR])
def test_they_are_shapley_values(name: str, tmp_path: Path) -> None:
    predictor = fitted(name, tmp_path)
    found, rows = contributions.explain("decision-tree", tmp_path, table().features[:25])
    for row, values in zip(rows[:3], found.values, strict=False):
        np.testing.assert_allclose(values, shapley(predictor, row), rtol=1e-9, atol=1e-12)


def test_an_infinite_threshold_separates_missing_values(tmp_path: Path) -> None:
    nodes = [(1, 2, 0, math.inf, 0, 0.0), (*LEAF, 1.0), (*LEAF, 4.0)]
    keep(Tree(np.array(nodes, NODE), WIDTH, np.array([3, 2, 1])), tmp_path)
    rows = np.array([[5, 0, 0, 0], [np.nan, 0, 0, 0]])
    found, _ = contributions.explain("decision-tree", tmp_path, rows)
    assert found.base == 2
    np.testing.assert_allclose(found.values, [[-1, 0, 0, 0], [2, 0, 0, 0]], atol=1e-15)


def test_a_tree_with_one_leaf_has_only_the_base_value(tmp_path: Path) -> None:
    keep(Tree(np.array([(*LEAF, 7.0)], NODE), WIDTH, np.array([3])), tmp_path)
    found, rows = contributions.explain("decision-tree", tmp_path, np.zeros((2, WIDTH)))
    assert (found.base, found.values.tolist(), len(rows)) == (7, [[0.0] * WIDTH] * 2, 2)


def test_for_a_linear_model_they_equal_the_closed_form(tmp_path: Path) -> None:
    mean, scale = np.array([1.0, 0, 0, 0]), np.array([2.0, 1, 1, 1])
    keep(Linear(mean, scale, np.array([3.0, 1, 0, 0]), 10.0, WIDTH), tmp_path)
    rows = np.array([[5, -1, 9, 9], [np.nan, 0, 0, 0]])
    found, _ = contributions.explain("decision-tree", tmp_path, rows)
    assert found.values.tolist() == [[6, -1, 0, 0], [0, 0, 0, 0]]
    assert found.base == 10


@pytest.mark.parametrize(
    ("objective", "booster"),
    [("reg:squarederror", "gbtree"), ("reg:gamma", "gbtree"), ("reg:squarederror", "gblinear")],
)
def test_xgboost_explains_its_own_models(objective: str, booster: str, tmp_path: Path) -> None:
    data = table(missing=booster == "gbtree")
    matrix = xgboost.DMatrix(data.features, data.labels)
    trained = xgboost.train({"objective": objective, "booster": booster, "seed": 1}, matrix, 9)
    trained.save_model(tmp_path / "model.ubj")
    (tmp_path / "model.ubj").rename(tmp_path / "xgboost-model")
    found, rows = contributions.explain("xgboost", tmp_path, data.features)
    total = found.values.sum(axis=1) + found.base
    assert found.is_log == (objective == "reg:gamma")
    predicted = trained.predict(xgboost.DMatrix(rows))
    np.testing.assert_allclose(np.exp(total) if found.is_log else total, predicted, rtol=1e-4)


def test_fewer_rows_are_explained_for_a_large_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = fitted("random-forest", tmp_path)
    leaves = int((predictor.arrays["nodes"]["feature"] < 0).sum())
    monkeypatch.setattr(contributions, "WORK", 40 * leaves * WIDTH**2)
    _, rows = contributions.explain("decision-tree", tmp_path, table().features)
    assert len(rows) == 40
    np.testing.assert_array_equal(rows[-1], table().features[-1])
    monkeypatch.setattr(contributions, "WORK", 0)
    assert len(contributions.explain("decision-tree", tmp_path, table().features)[1]) == 20
    monkeypatch.setattr(contributions, "MAX_NODES", 10)
    found = contributions.summary("decision-tree", tmp_path, table().features, list("abcd"))
    assert list(found) == ["shapProblem"]
    assert "nodes, more than 10" in found["shapProblem"]


def test_a_tree_of_an_earlier_version_says_why_it_is_not_explained(tmp_path: Path) -> None:
    keep(Tree(np.array([(*LEAF, 7.0)], NODE), WIDTH), tmp_path)
    found = contributions.summary("decision-tree", tmp_path, np.zeros((2, WIDTH)), list("abcd"))
    assert found == {"shapProblem": "the model was trained before it kept the rows of its nodes"}


def test_the_summary_has_the_largest_first_and_levels_of_values(tmp_path: Path) -> None:
    coefficient = np.array([0.0, 1.0, -10.0, 0.0])
    keep(Linear(np.zeros(4), np.ones(4), coefficient, 0.0, WIDTH), tmp_path)
    rows = np.zeros((10, WIDTH))
    rows[:, 2] = [1, 2, 3, 4, 5, 6, 7, 8, 9, np.nan]
    rows[:, 1] = 2
    found = contributions.summary("decision-tree", tmp_path, rows, list("abcd"))["shap"]
    json.dumps(found, allow_nan=False)
    assert (found["rows"], found["base"], found["isLog"]) == (10, 0, False)
    means = [(one["name"], one["mean"]) for one in found["features"]]
    assert means == [("c", 45), ("b", 2), ("a", 0), ("d", 0)]
    points = found["features"][0]["points"]
    assert [point["value"] for point in points] == [*(-10.0 * n for n in range(1, 10)), 0]
    assert [point["level"] for point in points] == [0, 0, 1, 1, 2, 3, 3, 4, 4, None]
    # Of equal values, points are set to both sides of the middle.
    same = [point["offset"] for point in found["features"][1]["points"]]
    assert sorted(same) == [-0.8, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1]
