"""A linear model of standardised features, as plain arrays."""

import numpy as np

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.predictor import Arrays, Settings

_ARRAYS = ("mean", "scale", "coefficient")


class Linear:
    """`intercept + coefficient * (features - mean) / scale`; missing values become the mean.

    Args:
        mean: of each feature's training values, in its unit.
        scale: their standard deviation, or 1 if they are all equal.
        coefficient: of each standardised feature, in the label's unit.
        intercept: in the label's unit.

    Raises:
        ValueError: the arrays have different lengths, or a number is not finite.
    """

    def __init__(
        self,
        mean: Float64Array,
        scale: Float64Array,
        coefficient: Float64Array,
        intercept: float,
        feature_count: int,
    ) -> None:
        for name, array in zip(_ARRAYS, (mean, scale, coefficient), strict=True):
            if array.dtype != np.float64 or array.shape != (feature_count,):
                raise ValueError(f"{name} must be {feature_count} numbers of type float64")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} has a value that is not finite")
        if not (scale > 0).all() or not np.isfinite(intercept):
            raise ValueError("scale must be positive, and intercept finite")
        self.mean, self.scale, self.coefficient = mean, scale, coefficient
        self.intercept = intercept

    @classmethod
    def from_arrays(cls, arrays: Arrays, settings: Settings, feature_count: int) -> "Linear":
        """See Predictor."""
        intercept = float(settings["intercept"])
        mean, scale, coefficient = (arrays[name] for name in _ARRAYS)
        return cls(mean, scale, coefficient, intercept, feature_count)

    @property
    def arrays(self) -> Arrays:
        """See Predictor."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @property
    def settings(self) -> Settings:
        """See Predictor."""
        return {"intercept": self.intercept}

    @property
    def size(self) -> int:
        """See Predictor."""
        return int(self.coefficient.size)

    def predict(self, features: Float32Array) -> Float64Array:
        """Return each row's prediction; features is float32, C order, (rows, features)."""
        values = (np.where(np.isnan(features), self.mean, features) - self.mean) / self.scale
        # With a matrix product, a row's last digits would depend on the other rows.
        return np.asarray((values * self.coefficient).sum(axis=1) + self.intercept)
