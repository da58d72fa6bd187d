"""One tree (scikit-learn's DecisionTreeRegressor)."""

from decision_tree.algorithms import (
    Fitted,
    Hyperparameters,
    check_labels,
    check_max_features,
    limit_leaves,
)
from decision_tree.ensemble import Tree
from decision_tree.tables import Table
from decision_tree.tree import from_sklearn

LIBRARY = "scikit-learn"


def fit(train: Table, _validation: Table | None, hyperparameters: Hyperparameters) -> Fitted:
    """See Algorithm."""
    from sklearn.tree import DecisionTreeRegressor

    check_max_features(hyperparameters, train.features.shape[1])
    check_labels(train.labels, "criterion", hyperparameters["criterion"])
    regressor = DecisionTreeRegressor(**limit_leaves(hyperparameters, train.labels.size))
    regressor.fit(train.features, train.labels, train.weights)
    nodes, rows = from_sklearn(regressor.tree_, train.weights is not None)
    return Fitted(Tree(nodes, train.features.shape[1], rows), regressor.predict)
