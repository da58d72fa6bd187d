"""Shared by the linear models: features and label are standardised."""

from typing import Any

import numpy as np

from decision_tree.algorithms import Fitted
from decision_tree.linear import Linear
from decision_tree.tables import Table


def fit_standardised(estimator: Any, train: Table) -> Fitted:  # noqa: ANN401 - no types
    """Train one of scikit-learn's linear models; its penalty does not depend on units.

    Missing values become the mean of the training rows, or 0 if all are missing.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    imputer = SimpleImputer(keep_empty_features=True)
    steps = make_pipeline(imputer, StandardScaler(), estimator)
    model = TransformedTargetRegressor(steps, transformer=StandardScaler(), check_inverse=False)
    model.fit(train.features.astype(np.float64), train.labels)
    scaler, fitted = model.regressor_[1:]
    mean, scale = (
        float(array[0]) for array in (model.transformer_.mean_, model.transformer_.scale_)
    )
    linear = Linear(
        scaler.mean_,
        scaler.scale_,
        np.ravel(fitted.coef_) * scale,
        float(np.ravel(fitted.intercept_)[0]) * scale + mean,
        train.features.shape[1],
    )
    return Fitted(linear, lambda rows: np.ravel(model.predict(rows.astype(np.float64))))
