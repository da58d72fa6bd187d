"""The operators, by their id and the name of what they do.

Each entry reads a node's parameters, notes what is wrong with them, and returns the transform.
"""

from __future__ import annotations

from collections.abc import Callable

from local.standins.data_wrangler.operators import casting, categorical, columns, missing, numeric
from local.standins.data_wrangler.operators.transform import Transform, identity
from local.standins.data_wrangler.parameters import Parameters

_GROUPED: dict[str, dict[str, Callable[[Parameters], Transform]]] = {
    "sagemaker.spark.manage_columns_0.1": {
        "Drop column": columns.drop_column,
        "Duplicate column": columns.duplicate_column,
        "Move column": columns.move_column,
        "Rename column": columns.rename_column,
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
    "sagemaker.spark.process_numeric_0.1": {"Scale values": numeric.scale_values},
}
_SINGLE: dict[str, Callable[[Parameters, Parameters], Transform]] = {
    "sagemaker.spark.infer_and_cast_type_0.1": casting.infer_and_cast_type,
    "sagemaker.spark.cast_single_data_type_0.1": casting.cast_single_data_type,
}
OPERATOR_IDS = (*_SINGLE, *_GROUPED)


def build_transform(operator_id: str, parameters: Parameters, trained: Parameters) -> Transform:
    """Reads a node's parameters.

    Args:
        operator_id: One of OPERATOR_IDS.
        parameters: The node's parameters.
        trained: Its trained parameters.

    Returns:
        The transform, which is of use only where no problem was noted.
    """
    if operator_id in _SINGLE:
        return _SINGLE[operator_id](parameters, trained)
    trained.finish("_hash")  # what was learned from other data would be used in place of this data
    operators = _GROUPED[operator_id]
    name = parameters.choice("operator", operators)
    if not name:
        return identity
    group = parameters.group(f"{name.lower().replace('-', '_').replace(' ', '_')}_parameters")
    parameters.finish(other_operators=True)
    return operators[name](group)
