"""The operators, by id and name.

Each entry reads a node's parameters, records their problems, and returns the transform.
"""

from __future__ import annotations

from collections.abc import Callable

from local.standins.data_wrangler.operators import (
    casting,
    categorical,
    columns,
    missing,
    numeric,
    outliers,
    rows,
    strings,
)
from local.standins.data_wrangler.operators.transform import Transform, identity
from local.standins.data_wrangler.parameters import Parameters, group_name

_Build = Callable[[Parameters, Parameters], Transform]


def _untrained(operator: Callable[[Parameters], Transform]) -> _Build:
    """An operator whose trained parameters, if any, are not supported."""

    def build(parameters: Parameters, trained: Parameters) -> Transform:
        trained.finish("_hash")  # trained parameters must not be ignored silently
        return operator(parameters)

    return build


def _all_untrained(operators: dict[str, Callable[[Parameters], Transform]]) -> dict[str, _Build]:
    return {name: _untrained(operator) for name, operator in operators.items()}


_GROUPED: dict[str, dict[str, _Build]] = {
    "sagemaker.spark.manage_columns_0.1": _all_untrained(
        {
            "Drop column": columns.drop_column,
            "Duplicate column": columns.duplicate_column,
            "Move column": columns.move_column,
            "Rename column": columns.rename_column,
        }
    ),
    "sagemaker.spark.manage_rows_0.1": _all_untrained(
        {"Drop duplicates": rows.drop_duplicates, "Sort": rows.sort}
    ),
    "sagemaker.spark.encode_categorical_0.1": {
        "One-hot encode": categorical.one_hot_encode,
        "Ordinal encode": categorical.ordinal_encode,
    },
    "sagemaker.spark.handle_missing_0.1": _all_untrained(
        {
            "Drop missing": missing.drop_missing,
            "Fill missing": missing.fill_missing,
            "Impute": missing.impute,
            "Add indicator for missing": missing.add_indicator_for_missing,
        }
    ),
    "sagemaker.spark.handle_outliers_0.1": outliers.OUTLIERS,
    "sagemaker.spark.process_numeric_0.1": {"Scale values": numeric.scale_values},
    "sagemaker.spark.search_and_edit_0.1": _all_untrained(
        {"Find and replace substring": strings.find_and_replace_substring}
    ),
    "sagemaker.spark.format_string_0.1": _all_untrained(strings.FORMATS),
}
_SINGLE: dict[str, _Build] = {
    "sagemaker.spark.infer_and_cast_type_0.1": casting.infer_and_cast_type,
    "sagemaker.spark.cast_single_data_type_0.1": casting.cast_single_data_type,
}
OPERATOR_IDS = (*_SINGLE, *_GROUPED)


def build_transform(
    operator_id: str, parameters: Parameters, trained: Parameters, refit: bool
) -> Transform:
    """Reads a node's parameters.

    Args:
        operator_id: One of OPERATOR_IDS.
        parameters: The node's parameters.
        trained: Its trained parameters.
        refit: Whether it learns again; the schema of types is not a model, and stays.

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
        return operators[name](group, Parameters(None, "", []))
    trained.finish("_hash", other_operators=True)
    return operators[name](group, learned)
