"""Trees as plain arrays: one, or many, of which a forest takes the mean, and boosting the sum."""

from typing import Any

import numpy as np
import numpy.typing as npt

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.predictor import Arrays, Settings
from decision_tree.tree import NODE, Grown, check_tree

_LINKS = {"identity": None, "exp": np.exp}

# Walks (a row in a tree) in one batch, so that their data stays in the processor's cache.
_CHUNK = 16384

# Steps after which walks that have ended are left out: looking at each step takes longer.
_STEPS = 4

# Up to this number of rows, plain Python is faster in one tree than numpy's fixed cost per step.
_SMALL = 48


class Ensemble:
    """Trees whose values are added in the libraries' order.

    A prediction is `link((base + sum of the trees' values) / divisor)`.

    Args:
        nodes: the trees' `NODE`s, tree by tree; children are indices within the tree.
        sizes: number of nodes of each tree.
        rows: number of training rows at each node; None in models of earlier versions.
        feature_count: number of columns.
        base: constant term.
        divisor: 1 for a sum, or the number of trees for a mean.
        link: `identity`, or `exp` if the trees predict a logarithm.

    Raises:
        ValueError: the arrays are not such trees.
    """

    def __init__(
        self,
        nodes: npt.NDArray[np.void],
        sizes: npt.NDArray[np.integer[Any]],
        rows: npt.NDArray[np.integer[Any]] | None,
        feature_count: int,
        base: float = 0.0,
        divisor: float = 1.0,
        link: str = "identity",
    ) -> None:
        _check(nodes, sizes, rows, feature_count)
        if not np.isfinite(base) or not divisor >= 1 or link not in _LINKS:
            raise ValueError("base, divisor or link is not valid")
        self.nodes, self.sizes, self.rows = nodes, sizes, rows
        self._base, self._divisor, self._link = base, divisor, link
        self._roots = (np.cumsum(sizes) - sizes).astype(np.intp)
        leaf = nodes["feature"] < 0
        own = np.arange(nodes.size)
        first = np.repeat(self._roots, sizes)
        self._is_inner = ~leaf
        self._feature = np.where(leaf, 0, nodes["feature"]).astype(np.intp)
        self._threshold = nodes["threshold"].astype(np.float64)
        self._missing_left = nodes["missing_left"].astype(np.bool_)
        self._value = nodes["value"].astype(np.float64)
        sides = [np.where(leaf, own, first + nodes[side]) for side in ("right", "left")]
        self._children = np.stack(sides, axis=1).astype(np.intp).ravel()

    @classmethod
    def of(cls, trees: list[Grown], feature_count: int, **settings: Any) -> "Ensemble":  # noqa: ANN401
        """Combine trees."""
        return cls(
            np.concatenate([tree.nodes for tree in trees]),
            np.array([tree.nodes.size for tree in trees], dtype="<i4"),
            np.concatenate([tree.rows for tree in trees]),
            feature_count,
            **settings,
        )

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Settings, feature_count: int) -> "Ensemble":
        """See Predictor."""
        return cls(
            arrays["nodes"],
            arrays["sizes"],
            arrays["rows"],
            feature_count,
            float(settings["base"]),
            float(settings["divisor"]),
            str(settings["link"]),
        )

    @property
    def arrays(self) -> Arrays:
        """See Predictor."""
        return _known(nodes=self.nodes, sizes=self.sizes, rows=self.rows)

    @property
    def settings(self) -> Settings:
        """See Predictor."""
        return {"base": self._base, "divisor": self._divisor, "link": self._link}

    @property
    def size(self) -> int:
        """See Predictor."""
        return int(self.nodes.size)

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
        predictions = np.full(features.shape[0], self._base)
        for start in range(0, features.shape[0], _CHUNK):
            chunk = features[start : start + _CHUNK]
            total = predictions[start : start + _CHUNK]
            # Few trees at a time, so that their nodes stay in the cache.
            step = max(1, _CHUNK // chunk.shape[0])
            for first in range(0, self._roots.size, step):
                leaves = self._walk(chunk, self._roots[first : first + step])
                values = self._value[leaves].reshape(-1, chunk.shape[0])
                # Another order of additions would change the sum's last digits.
                total[:] = np.cumsum(np.vstack([total, values]), axis=0)[-1]
        predictions /= self._divisor
        link = _LINKS[self._link]
        return predictions if link is None else np.asarray(link(predictions))

    def _walk(self, features: Float32Array, roots: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the leaf of each row in the first root's tree, then in the second's, and so on."""
        rows, columns = features.shape
        values = features.ravel()
        has_missing = bool(np.isnan(values).any())
        leaves = np.repeat(roots, rows)
        walking = np.flatnonzero(self._is_inner[leaves])
        node = leaves[walking]
        first = walking % rows * columns
        while node.size:
            # Leaves lead to themselves, so walks that have ended can go on for a few steps.
            for _ in range(_STEPS):
                x = values[first + self._feature[node]]
                goes_left = x <= self._threshold[node]
                if has_missing:
                    goes_left |= np.isnan(x) & self._missing_left[node]
                node = self._children[2 * node + goes_left]
            goes_on = self._is_inner[node]
            if np.count_nonzero(goes_on) < 0.8 * node.size:  # the others stay where they are
                leaves[walking] = node
                walking, node, first = walking[goes_on], node[goes_on], first[goes_on]
        return leaves


class Tree(Ensemble):
    """A single tree."""

    def __init__(
        self,
        nodes: npt.NDArray[np.void],
        feature_count: int,
        rows: npt.NDArray[np.integer[Any]] | None = None,
    ) -> None:
        super().__init__(nodes, np.array([nodes.size]), rows, feature_count)
        columns = ("feature", "threshold", "left", "right", "missing_left", "value")
        self._steps = list(zip(*(nodes[name].tolist() for name in columns), strict=True))

    @classmethod
    def from_arrays(cls, arrays: Arrays, _settings: Settings, feature_count: int) -> "Tree":
        """See Predictor."""
        return cls(arrays["tree"], feature_count, arrays.get("rows"))

    @property
    def arrays(self) -> Arrays:
        """See Predictor."""
        return _known(tree=self.nodes, rows=self.rows)

    @property
    def settings(self) -> Settings:
        """See Predictor."""
        return {}

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
        if features.shape[0] <= _SMALL:
            return np.array([self._value_of(row) for row in features.tolist()], dtype=np.float64)
        return super().predict(features)

    def _value_of(self, row: list[float]) -> float:
        feature, threshold, left, right, missing_left, value = self._steps[0]
        while feature >= 0:
            x = row[feature]
            goes_left = x <= threshold or (missing_left and x != x)
            feature, threshold, left, right, missing_left, value = self._steps[
                left if goes_left else right
            ]
        return float(value)


def _known(**arrays: npt.NDArray[Any] | None) -> Arrays:
    return {name: array for name, array in arrays.items() if array is not None}


def _check(
    nodes: npt.NDArray[np.void],
    sizes: npt.NDArray[np.integer[Any]],
    rows: npt.NDArray[np.integer[Any]] | None,
    feature_count: int,
) -> None:
    if nodes.dtype != NODE or nodes.ndim != 1 or not nodes.size:
        raise ValueError(f"nodes must be a one-dimensional array of {NODE}")
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or not sizes.size or sizes.min() < 1:
        raise ValueError("sizes must be positive numbers of nodes")
    if nodes.size != sizes.sum(dtype=np.int64):
        raise ValueError("nodes must be as many as sizes says")
    if rows is not None and (rows.dtype.kind not in "iu" or rows.shape != nodes.shape):
        raise ValueError("rows must be a number for each node")
    for tree in np.split(nodes, np.cumsum(sizes)[:-1]):
        check_tree(tree, feature_count)
