"""The model folder: model.json beside tree.npy, and no pickle.

model.json has what describes the model and the SHA-256 of tree.npy, the tree's nodes as one plain
structured array. It is written last: a folder without it, or whose hash does not fit, is none.
"""

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from decision_tree.arrays import Float64Array
from decision_tree.errors import PlatformError, UserError
from decision_tree.hyperparameters import Value
from decision_tree.metrics import Metrics
from decision_tree.npy import read_npy
from decision_tree.tree import Tree

FORMAT = "restate-decision-tree"
FORMAT_VERSION = 1
_DESCRIPTION_FILE = "model.json"
_TREE_FILE = "tree.npy"


@dataclass(frozen=True)
class ModelDescription:
    """What is known of a model beside its tree.

    Attributes:
        feature_names: the features in the order of the columns, all different.
        hyperparameters: what the tree was grown with.
        metrics: by name, such as validation:mse.
        libraries: versions by name: python, numpy, scikit-learn.
    """

    feature_names: tuple[str, ...]
    hyperparameters: Mapping[str, Value]
    metrics: Metrics
    libraries: Mapping[str, str]


class DecisionTreeModel:
    """A trained tree that predicts exactly as the scikit-learn estimator it came from."""

    def __init__(self, tree: Tree, description: ModelDescription) -> None:
        """Put together a tree and its description."""
        self.tree = tree
        self.description = description

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features in the order of the columns that `predict` takes."""
        return self.description.feature_names

    def predict(self, features: npt.ArrayLike) -> Float64Array:
        """Predict the label, in its unit.

        Args:
            features: numbers, shape (rows, features); NaN is a missing value. They are cast to
                float32, as scikit-learn does.

        Returns:
            float64, shape (rows,).

        Raises:
            ValueError: another shape, or a value that is infinite as float32.
        """
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(features, dtype=np.float32)
        count = len(self.feature_names)
        if rows.ndim != 2 or rows.shape[1] != count:
            raise ValueError(f"expected rows of {count} features, got shape {rows.shape}")
        if np.isinf(rows).any():
            raise ValueError("a feature is infinite or too large for float32")
        return self.tree.predict(rows)


def save(model: DecisionTreeModel, directory: Path) -> None:
    """Write the model such that a process killed at any moment leaves no half-written model.

    Raises:
        PlatformError: the folder cannot be written.
    """
    stream = io.BytesIO()
    np.save(stream, model.tree.nodes, allow_pickle=False)
    content = stream.getvalue()
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **asdict(model.description),
        "tree": {"file": _TREE_FILE, "sha256": hashlib.sha256(content).hexdigest()},
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _DESCRIPTION_FILE).unlink(missing_ok=True)
        _write(directory / _TREE_FILE, content)
        _write(directory / _DESCRIPTION_FILE, json.dumps(document, indent=2).encode() + b"\n")
    except OSError as error:
        raise PlatformError(f"the model cannot be written to {directory}: {error}") from error


def _write(file: Path, content: bytes) -> None:
    """Write a file that is either whole or not there, also after a power cut."""
    temporary = file.with_name(f".{file.name}.partial")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def load(directory: Path | str) -> DecisionTreeModel:
    """Read a model folder and check all of it, so that no file can hang or crash who uses it.

    Raises:
        UserError: there is no model, or it is broken or of another format; the message says what.
    """
    folder = Path(directory)
    try:
        document = json.loads((folder / _DESCRIPTION_FILE).read_bytes())
        _check_format(document)
        description = ModelDescription(
            feature_names=_check_names(document["feature_names"]),
            hyperparameters=document["hyperparameters"],
            metrics=document["metrics"],
            libraries=document["libraries"],
        )
        content = (folder / _TREE_FILE).read_bytes()
        if hashlib.sha256(content).hexdigest() != document["tree"]["sha256"]:
            raise ValueError(
                f"{_TREE_FILE} is not the file that {_DESCRIPTION_FILE} was written for"
            )
        tree = Tree(read_npy(content), len(description.feature_names))
    except FileNotFoundError as error:
        raise UserError(f"there is no model in {folder}: {error.filename} is missing") from None
    except KeyError as error:
        raise UserError(f"the model in {folder} is broken: {error} is missing") from None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UserError(f"the model in {folder} is broken: {error}") from None
    return DecisionTreeModel(tree, description)


def _check_format(document: Any) -> None:  # noqa: ANN401 - whatever the file holds
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{_DESCRIPTION_FILE} is not of the format {FORMAT}")
    if document["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"format_version is {document['format_version']!r}; this image reads {FORMAT_VERSION}"
        )


def _check_names(names: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file holds
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError("feature_names is not a list of strings")
    if len(set(names)) < len(names):
        raise ValueError("feature_names has a name twice")
    return tuple(names)
