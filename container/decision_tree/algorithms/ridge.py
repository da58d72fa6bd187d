"""Least squares with a penalty on squared coefficients (scikit-learn's Ridge)."""

from decision_tree.algorithms import Fitted, Hyperparameters
from decision_tree.algorithms.standardised import fit_standardised
from decision_tree.tables import Table

LIBRARY = "scikit-learn"


def fit(train: Table, _validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm."""
    from sklearn.linear_model import Ridge

    return fit_standardised(Ridge(**hyperparameters), train)
