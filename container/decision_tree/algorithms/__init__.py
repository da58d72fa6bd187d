"""The algorithms that the image trains: a module each, beside its hyperparameters as JSON."""

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
        predictor: what is kept and served.
        predict: the library's own predictions, for many rows at once.
    """

    predictor: Predictor
    predict: Callable[[Float32Array], Float64Array]


class Algorithm(Protocol):
    """What a module of this package has."""

    LIBRARY: str
    """The library that trains, by the name of its package."""

    def fit(
        self, train: Table, validation: Table | None, hyperparameters: Hyperparameters
    ) -> Fitted:
        """Train a model.

        Raises:
            UserError: the hyperparameters do not fit the data.
        """


def find(name: str) -> Algorithm:
    """Return the algorithm of that name.

    Its module imports no library before it trains, which takes a second: a user's mistake is
    reported before it.

    Raises:
        UserError: there is none.
    """
    if name not in NAMES:
        raise UserError(f"hyperparameter algorithm is {name!r}; allowed: {', '.join(NAMES)}")
    module: Algorithm = import_module(f"{__name__}.{name.replace('-', '_')}")
    return module


def check_max_features(hyperparameters: Hyperparameters, features: int) -> None:
    """Refuse more features than there are.

    Raises:
        UserError: max_features is above their number.
    """
    max_features = hyperparameters["max_features"]
    if isinstance(max_features, int) and max_features > features:
        raise UserError(
            f"hyperparameter max_features is {max_features}; allowed: at most the "
            f"{features} features of the data"
        )


def check_labels(labels: Float64Array, name: str, value: Value) -> None:
    """Refuse labels that have no logarithm where the model is one of it.

    Args:
        labels: of the rows to train on.
        name: the hyperparameter that says so.
        value: poisson, tweedie or gamma; with others all labels are allowed.

    Raises:
        UserError: a label is negative, all are zero, or one is zero where none may be.
    """
    if value in ("poisson", "tweedie") and (labels.min() < 0 or not labels.any()):
        raise UserError(f"{name} {value} needs labels that are not negative and not all zero")
    if value == "gamma" and labels.min() <= 0:
        raise UserError(f"{name} {value} needs labels above zero")
