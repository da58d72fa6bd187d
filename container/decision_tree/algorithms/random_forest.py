"""Trees fitted to bootstrap samples (scikit-learn's RandomForestRegressor)."""

from decision_tree.algorithms import Fitted, Hyperparameters
from decision_tree.algorithms.forest import fit_forest
from decision_tree.tables import Table

LIBRARY = "scikit-learn"


def fit(train: Table, _validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm."""
    from sklearn.ensemble import RandomForestRegressor

    return fit_forest(RandomForestRegressor, train, hyperparameters)
