"""`train`: trains a model on the channels' data."""

import logging
import platform
from collections.abc import Mapping
from importlib.metadata import version

from decision_tree.algorithms import find
from decision_tree.channels import (
    check_single_host,
    find_channels,
    read_config,
    read_feature_names,
)
from decision_tree.environment import Environment
from decision_tree.errors import UserError
from decision_tree.hyperparameters import Value, parse_hyperparameters, plain_text
from decision_tree.metrics import Metrics, regression_metrics
from decision_tree.model import Model, ModelDescription, save
from decision_tree.specification import DEFAULT_ALGORITHM
from decision_tree.tables import Table, read_tables

logger = logging.getLogger("decision_tree")


def train(environment: Environment) -> None:
    """Train a model on the train channel, print its metrics, and write it to the model folder.

    The hyperparameter `algorithm` chooses the algorithm, by default a decision tree. With
    `csv_weights` 1, as in the built-in XGBoost algorithm, the second column weights the rows.

    Raises:
        UserError: hyperparameters, channels or data do not match the specification.
        PlatformError: a configuration or data file cannot be read.
    """
    raw_hyperparameters = read_config(environment, "hyperparameters")
    named = plain_text("algorithm", raw_hyperparameters.pop("algorithm", None))
    algorithm = DEFAULT_ALGORITHM if named is None else named
    find(algorithm)
    csv_weights = plain_text("csv_weights", raw_hyperparameters.pop("csv_weights", "0"))
    if csv_weights not in ("0", "1"):
        raise UserError(f"hyperparameter csv_weights is {csv_weights!r}; allowed: 0, 1")
    hyperparameters = parse_hyperparameters(raw_hyperparameters, algorithm)
    check_single_host(read_config(environment, "resourceconfig"))
    channels = find_channels(environment, read_config(environment, "inputdataconfig"))
    objective = raw_hyperparameters.get("_tuning_objective_metric")
    if "validation" not in channels and str(objective).strip('"').startswith("validation:"):
        raise UserError(f"the objective metric is {objective}, but there is no channel validation")
    tables = read_tables(
        {name: channels[name] for name in ("train", "validation") if name in channels},
        weighted=csv_weights == "1",
    )
    metadata = channels.get("metadata")
    feature_names = _feature_names(tables, read_feature_names(metadata) if metadata else None)
    for name, table in tables.items():
        logger.info("%s: %d rows, %d features", name, *table.features.shape)

    model, metrics = _fit(algorithm, tables, hyperparameters, feature_names)
    # The regular expressions of the specification's MetricDefinitions match these lines.
    for metric, value in metrics.items():
        logger.info("%s=%r", metric, value)
    save(model, environment.model)


def _feature_names(
    tables: Mapping[str, Table], metadata: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Return the names from the metadata channel, or Parquet's columns, or feature_0, ..."""
    train = tables["train"]
    count = train.features.shape[1]
    for name, table in tables.items():
        if table.features.shape[1] != count:
            raise UserError(
                f"channel {name} has {table.features.shape[1]} features; train: {count}"
            )
        if table.feature_names and train.feature_names not in (None, table.feature_names):
            raise UserError(f"channel {name} has different column names from train")
    if metadata is not None and len(metadata) != count:
        raise UserError(f"metadata/feature_names.json has {len(metadata)} names; train: {count}")
    return metadata or train.feature_names or tuple(f"feature_{i}" for i in range(count))


def _fit(
    algorithm: str,
    tables: Mapping[str, Table],
    hyperparameters: dict[str, Value],
    feature_names: tuple[str, ...],
) -> tuple[Model, Metrics]:
    trainer = find(algorithm)
    predictor, predict = trainer.fit(tables["train"], tables.get("validation"), hyperparameters)
    metrics = {}
    for channel, rows in tables.items():
        found = regression_metrics(rows.labels, predict(rows.features), rows.weights)
        for metric, value in found.items():
            metrics[f"{channel}:{metric}"] = value
    description = ModelDescription(
        feature_names=feature_names,
        hyperparameters=hyperparameters,
        metrics=metrics,
        libraries={
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", trainer.LIBRARY)},
        },
        algorithm=algorithm,
    )
    return Model(predictor, description), metrics
