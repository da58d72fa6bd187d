"""The nodes of a tree."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

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


class Grown(NamedTuple):
    """A tree that a library has grown.

    Attributes:
        nodes: structured array of `NODE`; node 0 is the root and children follow their parents.
        rows: number of training rows at each node.
    """

    nodes: npt.NDArray[np.void]
    rows: npt.NDArray[np.integer[Any]]


def from_sklearn(tree: Any, weighted: bool = False) -> Grown:  # noqa: ANN401 - no types
    """Convert a fitted `DecisionTreeRegressor.tree_` with one output.

    If its rows have no weights, the weight that scikit-learn counts is how often each row is in a
    bootstrap sample.
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
    return Grown(nodes, rows.astype("<i4"))


def check_tree(nodes: npt.NDArray[np.void], feature_count: int) -> None:
    """Check that nodes are a tree.

    Each node except the root has one parent, which precedes it, so all nodes are reachable and
    there is no cycle.

    Raises:
        ValueError: they are not a tree.
    """
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
