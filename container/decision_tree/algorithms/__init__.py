"""The algorithms that the image trains: one module each, with its hyperparameters as JSON."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import NamedTuple, Protocol, TypeAlias

from decision_tree.arrays import Float32Array, Float64Array
from decision_tree.errors import UserError
from decision_tree.hyperparameters import Value
from decision_tree.predictor import Predictor
from decision_tree.specification import DEFAULT_ALGORITHM
from decision_tree.tables import Table

NAMES = (
    DEFAULT_ALGORITHM,
    "random-forest",
    "extra-trees",
    "hist-gradient-boosting",
    "lightgbm",
    "ridge",
    "elastic-net",
)

Hyperparameters: TypeAlias = Mapping[str, Value]


class Fitted(NamedTuple):
    """A trained model.

    Attributes:
        predictor: stored in the model folder, and served.
        predict: the library's own predictions, for many rows at once.
    """

    predictor: Predictor
    predict: Callable[[Float32Array], Float64Array]


class Algorithm(Protocol):
    """The interface of the modules in this package."""

    LIBRARY: str
    """Package name of the library that trains."""

    def fit(
        self, train: Table, validation: Table | None, hyperparameters: Hyperparameters
    ) -> Fitted:
        """Train a model.

        Raises:
            UserError: the hyperparameters do not fit the data.
        """


def find(name: str) -> Algorithm:
    """Return the algorithm with this name.

    Its module imports its library only to train: importing takes a second, and users' mistakes are
    reported before.

    Raises:
        UserError: no algorithm has this name.
    """
    if name not in NAMES:
        raise UserError(f"hyperparameter algorithm is {name!r}; allowed: {', '.join(NAMES)}")
    module: Algorithm = import_module(f"{__name__}.{name.replace('-', '_')}")
    return module


def limit_leaves(hyperparameters: Hyperparameters, rows: int) -> dict[str, Value]:
    """The hyperparameters, with at most as many leaves as rows: more change nothing.

    scikit-learn allocates memory for all leaves that are allowed before it grows a tree.
    """
    given = dict(hyperparameters)
    if given["max_leaf_nodes"] is not None:
        given["max_leaf_nodes"] = min(given["max_leaf_nodes"], max(rows, 2))
    return given


def check_max_features(hyperparameters: Hyperparameters, features: int) -> None:
    """Check max_features.

    Raises:
        UserError: it is greater than the number of features.
    """
    max_features = hyperparameters["max_features"]
    if isinstance(max_features, int) and max_features > features:
        raise UserError(
            f"hyperparameter max_features is {max_features}; allowed: at most the "
            f"{features} features of the data"
        )


def check_labels(labels: Float64Array, name: str, value: Value) -> None:
    """Check the labels of a model that predicts a logarithm.

    Args:
        labels: of the training rows.
        name: the hyperparameter that chooses the distribution.
        value: poisson, tweedie or gamma; any other value allows all labels.

    Raises:
        UserError: a label is negative, all are zero, or one is zero with gamma.
    """
    if value in ("poisson", "tweedie") and (labels.min() < 0 or not labels.any()):
        raise UserError(f"{name} {value} needs labels that are not negative and not all zero")
    if value == "gamma" and labels.min() <= 0:
        raise UserError(f"{name} {value} needs labels above zero")
