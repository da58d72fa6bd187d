"""Least squares with penalties that can leave features out (scikit-learn's ElasticNet)."""

from decision_tree.algorithms import Fitted, Hyperparameters
from decision_tree.algorithms.standardised import fit_standardised
from decision_tree.tables import Table

LIBRARY = "scikit-learn"


def fit(train: Table, _validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm."""
    from sklearn.linear_model import ElasticNet

    return fit_standardised(ElasticNet(**hyperparameters), train)
