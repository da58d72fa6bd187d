"""Shared by the linear models: features and label are standardised."""

from typing import Any

import numpy as np

from decision_tree.algorithms import Fitted
from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.linear import Linear
from decision_tree.tables import Table


def fit_standardised(estimator: Any, train: Table) -> Fitted:  # noqa: ANN401 - no types
    """Train one of scikit-learn's linear models; its penalty does not depend on units.

    Missing values become the mean of the training rows, or 0 if all are missing. Weights apply to
    means and deviations too, so that a weight of 2 has the effect of two rows.
    """
    from sklearn.preprocessing import StandardScaler

    weights = train.weights
    shares = ~np.isnan(train.features) * (1.0 if weights is None else weights[:, np.newaxis])
    totals = shares.sum(axis=0)
    sums = (shares * np.nan_to_num(train.features.astype(np.float64))).sum(axis=0)
    means = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)

    def known(features: Float32Array) -> Float64Array:
        return np.where(np.isnan(features), means, features.astype(np.float64))

    labels = train.labels[:, np.newaxis]
    scaler = StandardScaler().fit(known(train.features), sample_weight=weights)
    of_label = StandardScaler().fit(labels, sample_weight=weights)
    estimator.fit(
        scaler.transform(known(train.features)),
        of_label.transform(labels).ravel(),
        sample_weight=weights,
    )
    mean, scale = float(of_label.mean_[0]), float(of_label.scale_[0])
    linear = Linear(
        scaler.mean_,
        scaler.scale_,
        np.ravel(estimator.coef_) * scale,
        float(np.ravel(estimator.intercept_)[0]) * scale + mean,
        train.features.shape[1],
    )

    def predict(rows: Float32Array) -> Float64Array:
        return np.asarray(estimator.predict(scaler.transform(known(rows))) * scale + mean)

    return Fitted(linear, predict)
