import json

import pytest
from decision_tree.errors import UserError
from decision_tree.hyperparameters import parse_hyperparameters
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("max_depth", "5", 5),
        ("max_depth", '"5"', 5),
        ("max_depth", " 5 ", 5),
        ("max_depth", 5, 5),
        ("max_depth", "None", None),
        ("max_depth", "null", None),
        ("max_leaf_nodes", "2", 2),
        ("min_samples_leaf", "10", 10),
        ("min_samples_split", "2", 2),
        ("min_impurity_decrease", "0.5", 0.5),
        ("min_impurity_decrease", "1e-3", 0.001),
        ("ccp_alpha", '"0"', 0.0),
        ("max_features", "sqrt", "sqrt"),
        ("max_features", '"log2"', "log2"),
        ("max_features", "1", 1),
        ("max_features", "0.5", 0.5),
        ("max_features", "1.0", 1.0),
        ("criterion", "absolute_error", "absolute_error"),
        ("splitter", '"random"', "random"),
        ("random_state", "4294967295", 4294967295),
    ],
)
def test_accepts(name: str, text: object, value: object) -> None:
    parsed = parse_hyperparameters({name: text})[name]
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_depth", "0", "an integer from 1 to 2147483647"),
        ("max_depth", "5.0", "an integer from 1 to 2147483647"),
        ("max_depth", "1_0", "an integer"),
        ("max_depth", "٣", "an integer"),
        ("max_depth", "9" * 5000, "an integer"),
        ("max_depth", "", "an integer"),
        ("max_leaf_nodes", "1", "an integer from 2 to"),
        ("min_samples_leaf", "None", "an integer from 1 to"),
        ("min_samples_split", "1", "an integer from 2 to"),
        ("min_impurity_decrease", "-0.1", "a number from 0 to"),
        ("min_impurity_decrease", "nan", "a number from 0 to"),
        ("ccp_alpha", "inf", "a number from 0 to"),
        ("ccp_alpha", "1e999", "a number from 0 to"),
        ("max_features", "0", "a fraction with a decimal point"),
        ("max_features", "1.5", "sqrt, log2"),
        ("max_features", "auto", "sqrt, log2"),
        ("criterion", "friedman_mse", "squared_error, absolute_error, poisson"),
        ("splitter", "Best", "best, random"),
        ("random_state", "-1", "an integer from 0 to 4294967295"),
    ],
)
def test_refuses_and_names_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(UserError) as error:
        parse_hyperparameters({name: value})
    assert f"hyperparameter {name} is" in str(error.value)
    assert allowed in str(error.value)


@pytest.mark.parametrize("value", [True, [5], {"a": 1}])
def test_refuses_a_value_that_is_not_a_scalar(value: object) -> None:
    with pytest.raises(UserError, match="max_depth must be a string or a number"):
        parse_hyperparameters({"max_depth": value})


def test_refuses_unknown_names_and_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"unknown hyperparameter depth; allowed: max_depth, max_l"):
        parse_hyperparameters({"depth": "3"})


def test_ignores_the_tuners_own() -> None:
    assert parse_hyperparameters({"_tuning_objective_metric": "x"}) == parse_hyperparameters({})


@given(
    name=st.sampled_from(sorted(parse_hyperparameters({}))),
    value=st.text(max_size=20) | st.integers().map(str) | st.floats().map(repr),
    encode=st.booleans(),
)
def test_scikit_learn_accepts_all_that_passes(name: str, value: str, encode: bool) -> None:
    try:
        parsed = parse_hyperparameters({name: json.dumps(value) if encode else value})
    except UserError:
        return
    DecisionTreeRegressor(**parsed)._validate_params()
