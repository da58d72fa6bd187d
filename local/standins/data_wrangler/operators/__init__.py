"""The operators, by id and name.

Each entry reads a node's parameters, records their problems, and returns the transform.
"""

from __future__ import annotations

from collections.abc import Callable

from local.standins.data_wrangler.frame import Transform, identity
from local.standins.data_wrangler.operators import (
    casting,
    categorical,
    columns,
    missing,
    numeric,
    outliers,
    strings,
)
from local.standins.data_wrangler.parameters import Parameters, group_name

_GROUPED: dict[str, dict[str, Callable[..., Transform]]] = {
    "sagemaker.spark.manage_columns_0.1": {
        "Drop column": columns.drop_column,
        "Duplicate column": columns.duplicate_column,
        "Move column": columns.move_column,
        "Rename column": columns.rename_column,
    },
    "sagemaker.spark.manage_rows_0.1": {
        "Drop duplicates": columns.drop_duplicates,
        "Sort": columns.sort,
    },
    "sagemaker.spark.encode_categorical_0.1": {
        "One-hot encode": categorical.one_hot_encode,
        "Ordinal encode": categorical.ordinal_encode,
    },
    "sagemaker.spark.handle_missing_0.1": {
        "Drop missing": missing.drop_missing,
        "Fill missing": missing.fill_missing,
        "Impute": missing.impute,
        "Add indicator for missing": missing.add_indicator_for_missing,
    },
    "sagemaker.spark.handle_outliers_0.1": outliers.OUTLIERS,
    "sagemaker.spark.process_numeric_0.1": {"Scale values": numeric.scale_values},
    "sagemaker.spark.search_and_edit_0.1": {
        "Find and replace substring": strings.find_and_replace_substring
    },
    "sagemaker.spark.format_string_0.1": strings.FORMATS,
}
# These also take the trained parameters.
_TRAINED = (
    "sagemaker.spark.encode_categorical_0.1",
    "sagemaker.spark.handle_outliers_0.1",
    "sagemaker.spark.process_numeric_0.1",
)
_SINGLE = {
    "sagemaker.spark.infer_and_cast_type_0.1": casting.infer_and_cast_type,
    "sagemaker.spark.cast_single_data_type_0.1": casting.cast_single_data_type,
}
OPERATOR_IDS = (*_SINGLE, *_GROUPED)


def build_transform(
    operator_id: str, parameters: Parameters, trained: Parameters, refit: bool
) -> Transform:
    """Reads the parameters of a node with one of OPERATOR_IDS.

    With `refit`, it learns again; the schema of types is not a model, and stays.

    Returns:
        The transform, which is only valid if no problem was recorded.
    """
    if operator_id in _SINGLE:
        return _SINGLE[operator_id](parameters, trained)
    operators = _GROUPED[operator_id]
    name = parameters.choice("operator", operators)
    if not name:
        return identity
    group, learned = (given.group(group_name(name)) for given in (parameters, trained))
    parameters.finish(other_operators=True)
    if refit:
        learned = Parameters(None, "", [])
    else:
        trained.finish("_hash", other_operators=True)
    if operator_id in _TRAINED:
        return operators[name](group, learned)
    learned.finish("_hash")  # trained parameters must not be ignored silently
    return operators[name](group)
