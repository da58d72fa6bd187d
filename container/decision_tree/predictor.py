"""Prediction from plain arrays and numbers, without the library that fitted them."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt

from decision_tree.arrays import Float32Array, Float64Array

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
Settings: TypeAlias = Mapping[str, str | float]


class Predictor(Protocol):
    """Predicts exactly like a library's fitted estimator.

    Each class also has `from_arrays(arrays, settings, feature_count)`, which restores a predictor
    from the properties below, and raises ValueError or KeyError if they are not valid.
    """

    @property
    def arrays(self) -> Arrays:
        """The arrays to store, by name."""

    @property
    def settings(self) -> Settings:
        """The settings to store in model.json."""

    @property
    def size(self) -> int:
        """Number of nodes or coefficients."""

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
