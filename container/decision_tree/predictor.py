"""What a trained model predicts by: plain arrays and numbers, whichever library fitted them."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt

from decision_tree.arrays import Float32Array, Float64Array

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
Settings: TypeAlias = Mapping[str, str | float]


class Predictor(Protocol):
    """Predicts as the estimator that it was taken from, without its library.

    A class of these also has `from_arrays(arrays, settings, feature_count)`, which takes what the
    properties give, checks all of it, and raises ValueError or KeyError where it is not a model.
    """

    @property
    def arrays(self) -> Arrays:
        """The arrays to keep, each in a file of its own, by name."""

    @property
    def settings(self) -> Settings:
        """What else is to be kept, in model.json."""

    @property
    def size(self) -> int:
        """How large the model is: nodes or coefficients."""

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
