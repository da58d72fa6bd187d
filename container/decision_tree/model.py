"""The model folder: model.json, and arrays in NumPy's format, without pickle.

model.json describes the model, and has the SHA-256 of each array's file. It is written last, so a
folder without it, or with a different hash, is not a whole model.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from decision_tree.arrays import Float64Array
from decision_tree.ensemble import Ensemble, Tree
from decision_tree.errors import PlatformError, UserError
from decision_tree.hyperparameters import Value
from decision_tree.linear import Linear
from decision_tree.metrics import Metrics
from decision_tree.npy import read_npy, write_npy
from decision_tree.predictor import Arrays, Predictor
from decision_tree.specification import DEFAULT_ALGORITHM

FORMAT = "restate-decision-tree"
FORMAT_VERSION = 2
_DESCRIPTION_FILE = "model.json"
_KINDS: Mapping[str, type[Ensemble] | type[Linear]] = {
    "tree": Tree,
    "ensemble": Ensemble,
    "linear": Linear,
}


@dataclass(frozen=True)
class ModelDescription:
    """A model's description, apart from its predictor.

    Attributes:
        feature_names: in the order of the columns, all different.
        hyperparameters: of the training.
        metrics: by name, such as validation:mse.
        libraries: versions of python, numpy and the library that trained it.
        algorithm: its name.
    """

    feature_names: tuple[str, ...]
    hyperparameters: Mapping[str, Value]
    metrics: Metrics
    libraries: Mapping[str, str]
    algorithm: str = DEFAULT_ALGORITHM


class Model:
    """A trained model that predicts exactly like its library's estimator."""

    def __init__(self, predictor: Predictor, description: ModelDescription) -> None:
        self.predictor = predictor
        self.description = description

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features in the order of the columns that `predict` takes."""
        return self.description.feature_names

    def predict(self, features: npt.ArrayLike) -> Float64Array:
        """Predict the label, in its unit.

        Args:
            features: numbers, shape (rows, features), NaN if missing. They are cast to float32, as
                in scikit-learn.

        Returns:
            float64, shape (rows,).

        Raises:
            ValueError: the shape is wrong, or a value is infinite as float32.
        """
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(features, dtype=np.float32)
        count = len(self.feature_names)
        if rows.ndim != 2 or rows.shape[1] != count:
            raise ValueError(f"expected rows of {count} features, got shape {rows.shape}")
        if np.isinf(rows).any():
            raise ValueError("a feature is infinite or too large for float32")
        return self.predictor.predict(rows)


def save(model: Model, directory: Path) -> None:
    """Write the model; a process killed at any moment leaves no half-written model.

    Raises:
        PlatformError: the folder cannot be written.
    """
    files = {name: write_npy(array) for name, array in model.predictor.arrays.items()}
    kind = next(name for name, type_ in _KINDS.items() if type(model.predictor) is type_)
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **asdict(model.description),
        "predictor": {"kind": kind, **model.predictor.settings},
        "arrays": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / _DESCRIPTION_FILE).unlink(missing_ok=True)
        for name, content in files.items():
            _write(directory / f"{name}.npy", content)
        _write(directory / _DESCRIPTION_FILE, json.dumps(document, indent=2).encode() + b"\n")
    except OSError as error:
        raise PlatformError(f"cannot write the model to {directory}: {error}") from error


def _write(file: Path, content: bytes) -> None:
    """Write a file atomically, even in a power cut."""
    temporary = file.with_name(f".{file.name}.partial")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def load(directory: Path | str) -> Model:
    """Read a model folder, and check everything in it: no file may hang or crash the caller.

    Raises:
        UserError: there is no model, or it is broken or in another format.
    """
    folder = Path(directory)
    try:
        document = json.loads((folder / _DESCRIPTION_FILE).read_bytes())
        _check_format(document)
        if document["format_version"] == 1:
            document = _second_version(document)
        description = ModelDescription(
            feature_names=_check_names(document["feature_names"]),
            hyperparameters=document["hyperparameters"],
            metrics=document["metrics"],
            libraries=document["libraries"],
            algorithm=document["algorithm"],
        )
        settings = document["predictor"]
        kind = _KINDS[settings["kind"]]
        arrays = _read_arrays(folder, document["arrays"])
        predictor = kind.from_arrays(arrays, settings, len(description.feature_names))
    except FileNotFoundError as error:
        raise UserError(f"no model in {folder}: {error.filename} is missing") from None
    except KeyError as error:
        raise UserError(f"the model in {folder} is broken: {error} is missing") from None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"the model in {folder} is broken: {error}") from None
    return Model(predictor, description)


def _second_version(document: dict[str, Any]) -> dict[str, Any]:
    """Convert the description of a version 1 model, a tree, to version 2."""
    arrays = {"tree": document["tree"]["sha256"]}
    return {
        **document,
        "algorithm": DEFAULT_ALGORITHM,
        "predictor": {"kind": "tree"},
        "arrays": arrays,
    }


def _read_arrays(folder: Path, hashes: Mapping[str, str]) -> Arrays:
    """Read each array, and check its hash."""
    arrays = {}
    for name, expected in hashes.items():
        if not name.isidentifier():
            raise ValueError(f"{name!r} is not the name of an array")
        content = (folder / f"{name}.npy").read_bytes()
        if hashlib.sha256(content).hexdigest() != expected:
            raise ValueError(f"{name}.npy does not have the hash in {_DESCRIPTION_FILE}")
        arrays[name] = read_npy(content)
    return arrays


def _check_format(document: Any) -> None:  # noqa: ANN401 - whatever the file holds
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{_DESCRIPTION_FILE} is not of the format {FORMAT}")
    if document["format_version"] not in (1, FORMAT_VERSION):
        raise ValueError(
            f"format_version is {document['format_version']!r}; this image reads 1 and "
            f"{FORMAT_VERSION}"
        )


def _check_names(names: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever the file holds
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError("feature_names is not a list of strings")
    if len(set(names)) < len(names):
        raise ValueError("feature_names contains a name twice")
    return tuple(names)
