"""A tree as plain arrays, which numpy walks exactly like scikit-learn."""

from typing import Any

import numpy as np
import numpy.typing as npt

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.predictor import Arrays, Settings

NODE = np.dtype(
    [
        ("left", "<i4"),  # next node if feature <= threshold, -1 in a leaf
        ("right", "<i4"),  # next node otherwise, -1 in a leaf
        ("feature", "<i4"),  # column compared, -1 in a leaf
        ("threshold", "<f8"),
        ("missing_left", "u1"),  # 1 if rows with a missing value go left
        ("value", "<f8"),  # prediction of a leaf
    ]
)

# Each level costs every prediction a step, so a malicious chain of a million nodes would stall the
# server. Real trees are far below.
MAX_DEPTH = 4096

# Up to this number of rows, plain Python is faster than numpy's fixed cost per step.
_SMALL = 48

# Rows in one batch, so that their data stays in the processor's cache.
_CHUNK = 8192


class Tree:
    """An immutable binary regression tree.

    Args:
        nodes: structured array of `NODE`; node 0 is the root and children follow their parents.
        feature_count: number of columns.
        rows: number of training rows at each node; None in models of earlier versions.

    Raises:
        ValueError: the nodes are not a tree.
    """

    def __init__(
        self,
        nodes: npt.NDArray[np.void],
        feature_count: int,
        rows: npt.NDArray[Any] | None = None,
    ) -> None:
        if rows is not None and (rows.dtype.kind not in "iu" or rows.shape != nodes.shape):
            raise ValueError("rows must be a number for each node")
        self.nodes, self.rows = nodes, rows
        self.depth = check_tree(nodes, feature_count)
        leaf = nodes["feature"] < 0
        own = np.arange(nodes.size)
        # Leaves lead to themselves, so that all rows take the same number of steps.
        self._feature = np.where(leaf, 0, nodes["feature"]).astype(np.intp)
        self._threshold = nodes["threshold"].astype(np.float64)
        self._missing_left = nodes["missing_left"].astype(np.bool_)
        self._value = nodes["value"].astype(np.float64)
        right_left = [np.where(leaf, own, nodes[side]) for side in ("right", "left")]
        self._children = np.stack(right_left, axis=1).astype(np.intp).ravel()
        self._steps = list(
            zip(
                *(
                    nodes[name].tolist()
                    for name in ("feature", "threshold", "left", "right", "missing_left", "value")
                ),
                strict=True,
            )
        )

    @classmethod
    def from_sklearn(cls, tree: Any, weighted: bool = False) -> "Tree":  # noqa: ANN401 - no types
        """Convert a fitted `DecisionTreeRegressor.tree_` with one output.

        Args:
            tree: the fitted tree.
            weighted: whether its rows have weights. If not, the weight that scikit-learn counts is
                how often each row is in a bootstrap sample.
        """
        nodes = np.empty(tree.node_count, NODE)
        leaf = tree.children_left < 0
        nodes["left"] = tree.children_left
        nodes["right"] = tree.children_right
        nodes["feature"] = np.where(leaf, -1, tree.feature)
        nodes["threshold"] = np.where(leaf, 0, tree.threshold)
        nodes["missing_left"] = np.where(leaf, 0, tree.missing_go_to_left)
        nodes["value"] = tree.value[:, 0, 0]
        rows = tree.n_node_samples if weighted else tree.weighted_n_node_samples
        return cls(nodes, tree.n_features, rows.astype("<i4"))

    @classmethod
    def from_arrays(cls, arrays: Arrays, _settings: Settings, feature_count: int) -> "Tree":
        """See Predictor."""
        return cls(arrays["tree"], feature_count, arrays.get("rows"))

    @property
    def arrays(self) -> Arrays:
        """See Predictor."""
        return {"tree": self.nodes} | ({} if self.rows is None else {"rows": self.rows})

    @property
    def settings(self) -> Settings:
        """See Predictor."""
        return {}

    @property
    def size(self) -> int:
        """See Predictor."""
        return int(self.nodes.size)

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
        rows = features.shape[0]
        if rows <= _SMALL:
            return np.array([self._walk(row) for row in features.tolist()], dtype=np.float64)
        predictions = np.empty(rows)
        for start in range(0, rows, _CHUNK):
            chunk = features[start : start + _CHUNK]
            predictions[start : start + _CHUNK] = self._value[self._walk_together(chunk)]
        return predictions

    def _walk(self, row: list[float]) -> float:
        feature, threshold, left, right, missing_left, value = self._steps[0]
        while feature >= 0:
            x = row[feature]
            goes_left = x <= threshold or (missing_left and x != x)
            feature, threshold, left, right, missing_left, value = self._steps[
                left if goes_left else right
            ]
        return float(value)

    def _walk_together(self, features: Float32Array) -> npt.NDArray[np.intp]:
        """Return the leaf of each row; all rows take a step at a time."""
        rows, columns = features.shape
        values = features.ravel()
        has_missing = bool(np.isnan(values).any())
        node = np.zeros(rows, dtype=np.intp)
        first = np.arange(0, rows * columns, columns)
        for _ in range(self.depth):
            x = values[first + self._feature[node]]
            goes_left = x <= self._threshold[node]
            if has_missing:
                goes_left |= np.isnan(x) & self._missing_left[node]
            node = self._children[2 * node + goes_left]
        return node


def check_tree(nodes: npt.NDArray[np.void], feature_count: int) -> int:
    """Check that the nodes are a tree, and return its depth.

    Each node except the root has one parent, which precedes it, so all nodes are reachable and
    there is no cycle.

    Raises:
        ValueError: they are not a tree.
    """
    if nodes.dtype != NODE or nodes.ndim != 1 or not nodes.size:
        raise ValueError(f"nodes must be a one-dimensional array of {NODE}")
    inner = nodes[nodes["feature"] >= 0]
    leaves = nodes[nodes["feature"] < 0]
    if (leaves["left"] != -1).any() or (leaves["right"] != -1).any():
        raise ValueError("a leaf has children")
    if (inner["feature"] >= feature_count).any():
        raise ValueError(f"a node compares a feature beyond the {feature_count} features")
    # scikit-learn separates missing values from all others with an infinite threshold.
    if np.isnan(inner["threshold"]).any() or not np.isfinite(leaves["value"]).all():
        raise ValueError("a threshold is not a number or a value is not finite")
    children = np.concatenate([inner["left"], inner["right"]])
    parents = np.tile(np.flatnonzero(nodes["feature"] >= 0), 2)
    if (children <= parents).any() or not np.array_equal(
        np.sort(children), np.arange(1, nodes.size)
    ):
        raise ValueError("the nodes are not one tree")
    depth = 0
    level = np.zeros(1, dtype=np.intp)
    while (level := level[nodes["feature"][level] >= 0]).size:
        level = np.concatenate([nodes["left"][level], nodes["right"][level]])
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"the tree is deeper than {MAX_DEPTH} levels; set max_depth")
    return depth
