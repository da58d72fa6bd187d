"""Every algorithm against its library: its predictions, and the hyperparameters it accepts."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from decision_tree.algorithms import NAMES, find
from decision_tree.ensemble import _CHUNK, Ensemble
from decision_tree.errors import UserError
from decision_tree.hyperparameters import parse_hyperparameters
from decision_tree.linear import Linear
from decision_tree.model import Model, ModelDescription, load, save
from decision_tree.specification import training_specification
from decision_tree.tables import Table
from decision_tree.threads import thread_count
from decision_tree.tree import NODE
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

ESTIMATORS = {
    "decision-tree": DecisionTreeRegressor,
    "random-forest": RandomForestRegressor,
    "extra-trees": ExtraTreesRegressor,
    "hist-gradient-boosting": HistGradientBoostingRegressor,
    "ridge": Ridge,
    "elastic-net": ElasticNet,
}
LINEAR = ("ridge", "elastic-net")
# Fewer trees where their number is not what is tested.
FEWER = {
    "random-forest": {"n_estimators": "9"},
    "extra-trees": {"n_estimators": "9"},
    "hist-gradient-boosting": {"max_iter": "9"},
    "lightgbm": {"num_iterations": "9"},
}
# What makes them small, or takes another way through them.
CASES = [
    ("decision-tree", {}),
    ("random-forest", {"n_estimators": "20"}),
    ("random-forest", {"n_estimators": "7", "max_samples": "0.5", "max_features": "sqrt"}),
    ("random-forest", {"n_estimators": "3", "criterion": "poisson", "ccp_alpha": "0.01"}),
    ("extra-trees", {"n_estimators": "7"}),
    ("extra-trees", {"n_estimators": "3", "bootstrap": "true", "max_leaf_nodes": "9"}),
    ("hist-gradient-boosting", {"max_iter": "9", "max_features": "0.5"}),
    ("hist-gradient-boosting", {"max_iter": "9", "loss": "absolute_error", "max_bins": "20"}),
    ("hist-gradient-boosting", {"max_iter": "9", "loss": "poisson"}),
    ("hist-gradient-boosting", {"max_iter": "200", "loss": "gamma", "n_iter_no_change": "2"}),
    ("lightgbm", {"num_iterations": "9"}),
    ("lightgbm", {"num_iterations": "9", "bagging_fraction": "0.5", "bagging_freq": "1"}),
    ("lightgbm", {"num_iterations": "9", "objective": "regression_l1"}),
    ("lightgbm", {"num_iterations": "9", "objective": "huber", "max_depth": "2"}),
    ("lightgbm", {"num_iterations": "9", "objective": "poisson"}),
    ("lightgbm", {"num_iterations": "9", "objective": "gamma"}),
    ("lightgbm", {"num_iterations": "200", "objective": "tweedie", "early_stopping_round": "2"}),
    ("ridge", {"alpha": "3"}),
    ("ridge", {"alpha": "0", "fit_intercept": "false"}),
    ("elastic-net", {"alpha": "0.01", "l1_ratio": "0.9"}),
]


def table(
    seed: int, rows: int = 300, missing: bool = True, skewed: bool = False, weighted: bool = False
) -> Table:
    """Rows with missing values in some features; the last feature is constant."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 6)) * [1, 10, 1e-3, 1e5, 1, 1]
    features[:, 5] = 7
    labels = features[:, 0] + features[:, 1] ** 2 / 50 + generator.normal(size=rows) / 10
    if skewed:
        labels = np.exp(labels / 2)
    if missing:
        features[generator.random(features.shape) < [0.1, 0.1, 0, 0, 0.5, 0]] = math.nan
    weights = generator.gamma(1, 2, rows) if weighted else None
    return Table(np.asfortranarray(features, dtype=np.float32), labels, None, weights)


def expected(name: str, given: dict[str, object], train: Table, held_out: Table) -> Callable:
    """The library's own predictions, through its own interface."""
    if name == "lightgbm":
        rounds, patience = given.pop("num_iterations"), given.pop("early_stopping_round")
        fixed = {
            "num_threads": 1,
            "verbosity": -1,
            "deterministic": True,
            "force_row_wise": True,
            **{one: value for one, value in given.items() if value is not None},
        }
        data = lightgbm.Dataset(train.features, train.labels, weight=train.weights)
        if patience is None:
            return lightgbm.train(fixed, data, rounds).predict
        valid = lightgbm.Dataset(
            held_out.features, held_out.labels, reference=data, weight=held_out.weights
        )
        stop = lightgbm.early_stopping(patience, verbose=False)
        booster = lightgbm.train(fixed, data, rounds, valid_sets=[valid], callbacks=[stop])
        assert booster.best_iteration < rounds
        return booster.predict
    if name == "hist-gradient-boosting":
        patience = given.pop("n_iter_no_change")
        regressor = HistGradientBoostingRegressor(**given, early_stopping=False)
        if patience is None:
            return regressor.fit(train.features, train.labels, train.weights).predict
        regressor.set_params(early_stopping=True, n_iter_no_change=patience)
        regressor.fit(
            train.features,
            train.labels,
            train.weights,
            X_val=held_out.features,
            y_val=held_out.labels,
            sample_weight_val=held_out.weights,
        )
        assert regressor.n_iter_ < given["max_iter"]
        return regressor.predict
    regressor = ESTIMATORS[name](**given)
    if name in LINEAR:
        steps = make_pipeline(SimpleImputer(), StandardScaler(), regressor)
        regressor = TransformedTargetRegressor(steps, transformer=StandardScaler())
        fitted = regressor.fit(train.features.astype(np.float64), train.labels)
        return lambda rows: fitted.predict(rows.astype(np.float64))
    return regressor.fit(train.features, train.labels, train.weights).predict


@pytest.mark.parametrize(
    ("name", "text", "missing", "weighted"),
    [
        (*case, missing, weighted)
        for case in CASES
        for missing, weighted in ((True, False), (False, False), (True, True))
        if case[0] not in LINEAR or not weighted
    ],
)
def test_predicts_exactly_as_its_library(
    name: str, text: dict[str, str], missing: bool, weighted: bool, tmp_path: Path
) -> None:
    skewed = {"poisson", "gamma", "tweedie"} & set(text.values()) != set()
    train, held_out = (table(seed, 300, missing, skewed, weighted) for seed in (0, 1))
    hyperparameters = parse_hyperparameters(text, name)
    predictor, predict = find(name).fit(train, held_out, hyperparameters)
    save(Model(predictor, ModelDescription(tuple("abcdef"), {}, {}, {}, name)), tmp_path)
    model = load(tmp_path)
    assert model.description.algorithm == name
    # Missing values may come where training had none.
    rows = table(2, 100 + _CHUNK // 7).features
    oracle = expected(name, dict(hyperparameters), train, held_out)(rows)
    atol = 1e-12 if name in LINEAR else 0
    np.testing.assert_allclose(predict(rows), oracle, rtol=atol, atol=atol)
    # LightGBM takes the exponential function of C, which has other last digits than NumPy's.
    inexact = name in LINEAR or (name == "lightgbm" and skewed)
    np.testing.assert_allclose(model.predict(rows), oracle, rtol=1e-12 if inexact else 0, atol=atol)
    alone = [model.predict(rows[index : index + 1])[0] for index in range(20)]
    assert alone == model.predict(rows)[:20].tolist()
    assert model.predict(rows[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("decision-tree", {"max_leaf_nodes": "20"}),
        ("ridge", {"alpha": "30"}),
        ("elastic-net", {"alpha": "0.02", "tol": "1e-9", "max_iter": "10000"}),
    ],
)
def test_a_weight_of_three_counts_as_three_rows(name: str, text: dict[str, str]) -> None:
    once = table(0)
    counts = np.random.default_rng(3).integers(1, 5, once.labels.size)
    repeated = Table(
        np.asfortranarray(np.repeat(once.features, counts, axis=0)),
        np.repeat(once.labels, counts),
        None,
    )
    weighted = Table(once.features, once.labels, None, counts.astype(np.float64))
    rows = table(2).features
    by_weight, by_rows, plain = (
        find(name).fit(one, None, parse_hyperparameters(text, name)).predict(rows)
        for one in (weighted, repeated, once)
    )
    np.testing.assert_allclose(by_weight, by_rows, rtol=1e-8, atol=1e-8)
    assert np.abs(by_weight - plain).max() > 0.01


@pytest.mark.parametrize("name", ["decision-tree", "random-forest", "extra-trees"])
def test_more_leaves_than_rows_need_no_memory(name: str) -> None:
    train, rows = table(0), table(2).features
    many, enough = (
        find(name).fit(
            train,
            None,
            parse_hyperparameters({**FEWER.get(name, {}), "max_leaf_nodes": leaves}, name),
        )
        for leaves in ("2147483647", "300")
    )
    np.testing.assert_array_equal(many.predict(rows), enough.predict(rows))


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_without_values_is_one_of_no_use(name: str) -> None:
    train, rows = table(0), table(2).features
    empty = np.array(train.features, order="F")
    empty[:, [1, 4]] = math.nan
    constant = np.where(np.isnan(empty) & [False, True, False, False, True, False], 0, empty)
    hyperparameters = parse_hyperparameters(FEWER.get(name, {}), name)
    predict = find(name).fit(Table(empty, train.labels, None), None, hyperparameters).predict
    other = Table(np.asfortranarray(constant, np.float32), train.labels, None)
    np.testing.assert_array_equal(
        predict(rows), find(name).fit(other, None, hyperparameters).predict(rows)
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LINEAR])
def test_stores_the_number_of_rows_in_each_node(name: str) -> None:
    train = table(0)
    predictor, _ = find(name).fit(train, None, parse_hyperparameters(FEWER.get(name, {}), name))
    sizes = getattr(predictor, "sizes", np.array([predictor.nodes.size]))
    for nodes, rows in zip(
        *(np.split(array, np.cumsum(sizes)[:-1]) for array in (predictor.nodes, predictor.rows)),
        strict=True,
    ):
        inner = nodes["feature"] >= 0
        assert rows[0] == 300
        assert (rows > 0).all()
        parts = rows[nodes["left"][inner]] + rows[nodes["right"][inner]]
        assert parts.tolist() == rows[inner].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_the_job_names_its_algorithm(job: object, name: str) -> None:
    job.rows("train/a.csv").rows("validation/a.csv", 50, seed=1)
    job.hyperparameters(algorithm=json.dumps(name))
    model = job.train()
    described = model.description
    assert described.algorithm == name
    assert "algorithm" not in described.hyperparameters
    assert described.metrics["validation:r2"] > 0.5
    assert set(described.libraries) == {"python", "numpy", find(name).LIBRARY}


def test_an_unknown_algorithm_is_refused(job: object) -> None:
    job.rows("train/a.csv").hyperparameters(algorithm="catboost")
    with pytest.raises(UserError, match=r"algorithm is 'catboost'; allowed: decision-tree, rand"):
        job.train()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("random-forest", {"max_features": "7"}, "at most the 6 features"),
        ("extra-trees", {"max_samples": "0.5"}, "max_samples needs bootstrap true"),
        ("random-forest", {"criterion": "poisson"}, "labels that are not negative"),
        ("hist-gradient-boosting", {"loss": "poisson"}, "labels that are not negative"),
        ("hist-gradient-boosting", {"loss": "gamma"}, "labels above zero"),
        ("lightgbm", {"objective": "tweedie"}, "labels that are not negative"),
    ],
)
def test_refuses_hyperparameters_that_do_not_fit_the_data(
    name: str, text: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        find(name).fit(table(0), None, parse_hyperparameters(text, name))


def test_an_algorithm_lists_the_hyperparameters_it_accepts() -> None:
    with pytest.raises(UserError, match=r"unknown hyperparameter max_depth; allowed: alpha, fit_i"):
        parse_hyperparameters({"max_depth": "3"}, "ridge")
    with pytest.raises(UserError, match=r"bootstrap is 'yes'; allowed: true, false"):
        parse_hyperparameters({"bootstrap": "yes"}, "random-forest")


def test_uses_a_thread_per_core_unless_the_environment_sets_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "none")
    with pytest.raises(UserError, match="OMP_NUM_THREADS is 'none'"):
        thread_count()
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {1, 5})
    assert thread_count() == 2


@pytest.mark.parametrize("name", ["random-forest", "extra-trees"])
def test_the_number_of_threads_changes_no_digit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        hyperparameters = parse_hyperparameters(FEWER[name], name)
        predictor, predict = find(name).fit(table(0), None, hyperparameters)
        rows = table(1).features
        found.append((predictor.nodes.tobytes(), predict(rows).tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_contract_allows_only_what_scikit_learn_accepts(name: str) -> None:
    constraints = ESTIMATORS[name]._parameter_constraints
    specified = training_specification(name)["SupportedHyperParameters"]
    assert {item["Name"] for item in specified} <= set(constraints)
    for item in specified:
        limits = next(iter(item.get("Range", {}).values()), {})
        for text in (
            *limits.get("Values", []),
            *(limits.get(end) for end in ("MinValue", "MaxValue")),
        ):
            if text is not None:
                value = parse_hyperparameters({item["Name"]: text}, name)[item["Name"]]
                ESTIMATORS[name](**{item["Name"]: value})._validate_params()


def test_the_contract_of_lightgbm_has_its_parameters() -> None:
    known = lightgbm.basic._ConfigAliases._get_all_param_aliases()
    names = {
        item["Name"] for item in training_specification("lightgbm")["SupportedHyperParameters"]
    }
    assert names <= set(known)


@pytest.mark.parametrize("name", ESTIMATORS)
@given(data=st.data())
def test_scikit_learn_accepts_all_that_passes(name: str, data: st.DataObject) -> None:
    defaults = parse_hyperparameters({}, name)
    one = data.draw(st.sampled_from(sorted(defaults)))
    text = data.draw(st.text(max_size=20) | st.integers().map(str) | st.floats().map(repr))
    try:
        parsed = parse_hyperparameters({one: text}, name)
    except UserError:
        return
    if name == "hist-gradient-boosting" and parsed["n_iter_no_change"] is None:
        del parsed["n_iter_no_change"]
    ESTIMATORS[name](**parsed)._validate_params()


LEAF = np.array([(-1, -1, -1, 0.0, 0, 1.0)], NODE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": np.array([], "<i4")}, "sizes must be positive numbers of nodes"),
        ({"sizes": np.array([2, 0], "<i4")}, "sizes must be positive numbers of nodes"),
        ({"sizes": np.array([1.0, 1.0])}, "sizes must be positive numbers of nodes"),
        ({"sizes": np.array([1, 2], "<i4")}, "as many as sizes says"),
        ({"sizes": np.array([2], "<i4")}, "not one tree"),
        ({"rows": np.array([1], "<i4")}, "rows must be a number for each node"),
        ({"divisor": 0.0}, "base, divisor or link"),
        ({"divisor": math.nan}, "base, divisor or link"),
        ({"base": math.inf}, "base, divisor or link"),
        ({"link": "log"}, "base, divisor or link"),
    ],
)
def test_refuses_an_invalid_ensemble(changes: dict[str, object], message: str) -> None:
    whole = {
        "nodes": np.concatenate([LEAF, LEAF]),
        "sizes": np.array([1, 1], "<i4"),
        "rows": np.array([1, 1], "<i4"),
        "feature_count": 1,
    }
    assert Ensemble(**whole).predict(np.zeros((2, 1), np.float32)).tolist() == [2, 2]
    with pytest.raises(ValueError, match=message):
        Ensemble(**{**whole, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": np.zeros(2)}, "mean must be 1 numbers of type float64"),
        ({"scale": np.zeros(1)}, "scale must be positive"),
        ({"coefficient": np.full(1, math.nan)}, "coefficient has a value that is not finite"),
        ({"coefficient": np.zeros(1, np.float32)}, "of type float64"),
        ({"intercept": math.inf}, "intercept finite"),
    ],
)
def test_refuses_an_invalid_linear_model(changes: dict[str, object], message: str) -> None:
    whole = {
        "mean": np.zeros(1),
        "scale": np.ones(1),
        "coefficient": np.ones(1),
        "intercept": 0.0,
        "feature_count": 1,
    }
    with pytest.raises(ValueError, match=message):
        Linear(**{**whole, **changes})
