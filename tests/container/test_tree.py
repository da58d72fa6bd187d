"""The traversal of the arrays against scikit-learn's own."""

import math

import numpy as np
import pytest
from decision_tree.ensemble import _CHUNK, _SMALL, Tree
from decision_tree.tree import MAX_DEPTH, NODE, from_sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

# Values that lie close together and on both sides of float32's precision, with missing ones.
VALUE = st.sampled_from(
    [0.0, -0.0, 1.0, 1.0 + 2**-24, 1.0 + 2**-23, 0.1, 16777217.0, -3.5e37, 1e-45, 1e-300, math.nan]
) | st.floats(-100, 100)


@st.composite
def problem(draw: st.DrawFn) -> tuple[DecisionTreeRegressor, np.ndarray]:
    """Draw a fitted tree and rows to predict, some of them training rows."""
    columns = draw(st.integers(1, 4))
    row = st.lists(VALUE, min_size=columns, max_size=columns)
    train = np.array(draw(st.lists(row, min_size=1, max_size=40)))
    seed = draw(st.integers(0, 2**16))
    labels = np.random.default_rng(seed).normal(size=len(train))
    regressor = DecisionTreeRegressor(
        max_leaf_nodes=draw(st.none() | st.integers(2, 9)),
        splitter=draw(st.sampled_from(["best", "random"])),
        ccp_alpha=draw(st.sampled_from([0.0, 0.05])),
        random_state=seed,
    ).fit(train, labels)
    other = np.array(draw(st.lists(row, max_size=10))).reshape(-1, columns)
    return regressor, np.concatenate([train, other])


def converted(regressor: DecisionTreeRegressor) -> Tree:
    nodes, rows = from_sklearn(regressor.tree_)
    return Tree(nodes, regressor.n_features_in_, rows)


@settings(max_examples=150, deadline=None)
@given(problem())
def test_predicts_exactly_as_scikit_learn(
    problem: tuple[DecisionTreeRegressor, np.ndarray],
) -> None:
    regressor, rows = problem
    tree = converted(regressor)
    expected = regressor.predict(rows)
    few = rows[:_SMALL].astype(np.float32)
    np.testing.assert_array_equal(tree.predict(few), expected[:_SMALL])
    many = np.tile(rows, (_SMALL // len(rows) + 1, 1)).astype(np.float32)
    np.testing.assert_array_equal(tree.predict(many), np.tile(expected, _SMALL // len(rows) + 1))


def test_many_rows_are_predicted_in_chunks() -> None:
    generator = np.random.default_rng(0)
    train = generator.normal(size=(500, 3))
    regressor = DecisionTreeRegressor().fit(train, train.sum(axis=1))
    rows = generator.normal(size=(2 * _CHUNK + 5, 3)).astype(np.float32)
    tree = converted(regressor)
    np.testing.assert_array_equal(tree.predict(rows), regressor.predict(rows))
    assert tree.predict(rows[:0]).shape == (0,)


# A root over two leaves.
SMALL_TREE = [(1, 2, 0, 0.5, 0, 0.0), (-1, -1, -1, 0.0, 0, 1.0), (-1, -1, -1, 0.0, 0, 2.0)]


def changed(node: int, **values: object) -> np.ndarray:
    nodes = np.array(SMALL_TREE, NODE)
    for name, value in values.items():
        nodes[name][node] = value
    return nodes


def chain(depth: int) -> np.ndarray:
    """Return a tree whose right child is split again and again."""
    nodes = np.zeros(2 * depth + 1, NODE)
    inner = 2 * np.arange(depth)
    nodes["left"] = nodes["right"] = nodes["feature"] = -1
    nodes["left"][inner], nodes["right"][inner], nodes["feature"][inner] = inner + 1, inner + 2, 0
    return nodes


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (np.array([], NODE), "must be a one-dimensional array"),
        (np.array([SMALL_TREE], NODE), "must be a one-dimensional array"),
        (np.zeros(3), "must be a one-dimensional array"),
        (changed(0, feature=1), "beyond the 1"),
        (changed(0, left=0), "not one tree"),  # a cycle
        (changed(0, left=2), "not one tree"),  # two ways to one node
        (changed(0, right=3), "not one tree"),
        (changed(0, right=2**31 - 1), "not one tree"),
        (changed(0, left=-1), "not one tree"),
        (changed(1, left=2), "a leaf has children"),
        (changed(0, feature=-1), "a leaf has children"),
        (changed(0, feature=-(2**31)), "a leaf has children"),
        (changed(0, threshold=math.nan), "a threshold is not a number or a value is not finite"),
        (changed(1, value=math.inf), "not finite"),
        (chain(MAX_DEPTH + 1), "deeper than 4096"),
    ],
)
def test_refuses_an_invalid_tree(nodes: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tree(nodes, 1)


def test_accepts_the_deepest_tree() -> None:
    assert Tree(chain(MAX_DEPTH), 1).size == 2 * MAX_DEPTH + 1


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=NODE.itemsize, max_size=12 * NODE.itemsize), st.integers(1, 3))
def test_any_nodes_are_refused_or_lead_to_a_leaf(content: bytes, features: int) -> None:
    count = len(content) // NODE.itemsize
    nodes = np.frombuffer(content, NODE, count).copy()
    for side in ("left", "right"):
        nodes[side] %= count + 1  # so that many have children in range
    nodes["feature"] %= features + 1
    nodes["feature"] -= 1
    try:
        tree = Tree(nodes, features)
    except ValueError:
        return
    assert np.isfinite(tree.predict(np.zeros((1, features), np.float32))).all()
