"""Cross-validation, against the libraries' own estimators on the same folds."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from decision_tree.threads import thread_count
from preprocess import main as preprocess
from row_splits import SPLITS
from script_job import SCRIPTS, run_script
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

ROWS = 300
RANDOM = np.random.default_rng(3)
FEATURES = RANDOM.normal(size=(ROWS, 3)).round(3)
TARGETS = (FEATURES @ [3.0, -1.0, 0.2] + FEATURES[:, 0] ** 2 + RANDOM.normal(size=ROWS)).round(6)


def split(folder: Path, *more: str, keys: list[str] | None = None) -> None:
    """Preprocesses the rows, with a key for each if there are keys."""
    (folder / "input").mkdir()
    (folder / "input" / "_SUCCESS").touch()
    names = ["price", *(["restate_split"] if keys else []), "a", "b", "c"]
    rows = [
        ",".join([str(y), *([keys[n]] if keys else []), *map(str, x)])
        for n, (y, x) in enumerate(zip(TARGETS.tolist(), FEATURES.tolist(), strict=True))
    ]
    # A missing value, which is an empty field.
    rows[7] = rows[7][: rows[7].rindex(",") + 1]
    (folder / "input" / "part-0.csv").write_text("\n".join([",".join(names), *rows, ""]))
    preprocess(
        [
            *("--input", str(folder / "input"), "--output", str(folder), "--target", "price"),
            *("--train", "0.7", "--validation", "0.2", "--test", "0.1", "--seed", "1729"),
            *("--message", str(folder / "message"), "--table", "flats", "--column-count", "3"),
            *("--folds", "5", "--max-fold-rows", "1000", *more),
        ]
    )


def parts(folder: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """The rows of all parts in turn, and each row's fold in each draw."""
    rows = [np.genfromtxt(folder / name / f"{name}.csv", delimiter=",", ndmin=2) for name in SPLITS]
    folds = json.loads((folder / "metadata" / "folds.json").read_text())
    drawn = [
        np.array([number for name in SPLITS for number in one[name]]) for one in folds["repeats"]
    ]
    return np.vstack(rows), drawn


def run(
    folder: Path,
    algorithm: str,
    fixed: dict[str, str],
    *tuned: str,
    python: str | None = None,
) -> dict[str, Any]:
    text = json.dumps(fixed)
    arguments = [
        *("--algorithm", algorithm),
        *(f"--hyperparameters={text[at : at + 11]}" for at in range(0, len(text), 11)),
        *(f"--tuned={one}" for one in tuned),
        *(item for name in (*SPLITS, "metadata") for item in (f"--{name}", str(folder / name))),
        *("--output", str(folder / "report")),
    ]
    done = run_script("cross_validate.py", arguments, python)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((folder / "report/cross_validation.json").read_text())
    return report


def masks(fold: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The rows for training, early stopping and testing in each fold."""
    return [((fold != n) & (fold != (n + 1) % 5), fold == (n + 1) % 5, fold == n) for n in range(5)]


def test_a_tree_has_the_same_scores_as_with_scikit_learn(tmp_path: Path) -> None:
    split(tmp_path, "--repeats", "2")
    rows, drawn = parts(tmp_path)
    report = run(tmp_path, "decision-tree", {"random_state": "1"}, "max_depth=4")
    expected = []
    for fold in drawn:
        assert np.bincount(fold).tolist() == [60] * 5
        for train, _, test in masks(fold):
            tree = DecisionTreeRegressor(max_depth=4, random_state=1)
            tree.fit(rows[train, 1:].astype(np.float32), rows[train, 0])
            predicted = tree.predict(rows[test, 1:].astype(np.float32))
            expected.append(r2_score(rows[test, 0], predicted))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-9)
    assert report["r2"]["mean"] == pytest.approx(np.mean(expected))
    assert report["r2"]["standard_deviation"] == pytest.approx(np.std(expected, ddof=1))
    assert (report["kind"], report["count"], report["rows"]) == ("folds", 5, ROWS)


def test_another_family_of_the_image_has_the_same_scores_as_with_scikit_learn(
    tmp_path: Path,
) -> None:
    split(tmp_path)
    rows, (fold,) = parts(tmp_path)
    fixed = {"algorithm": "extra-trees", "random_state": "1", "n_estimators": "20"}
    report = run(tmp_path, "extra-trees", fixed, "max_depth=4")
    expected = []
    for train, _, test in masks(fold):
        forest = ExtraTreesRegressor(n_estimators=20, max_depth=4, random_state=1)
        forest.fit(rows[train, 1:].astype(np.float32), rows[train, 0])
        predicted = forest.predict(rows[test, 1:].astype(np.float32))
        expected.append(r2_score(rows[test, 0], predicted))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-3)


@pytest.mark.parametrize("patience", [None, 3])
def test_boosting_has_the_same_scores_as_with_the_library(
    tmp_path: Path, patience: int | None
) -> None:
    split(tmp_path)
    rows, (fold,) = parts(tmp_path)
    fixed = {"num_round": "40", "objective": "reg:squarederror", "seed": "1", "nthread": "1"}
    fixed |= {} if patience is None else {"early_stopping_rounds": str(patience)}
    ours = {"save_model_on_termination": "true", "_tuning_objective_metric": "validation:rmse"}
    report = run(tmp_path, "xgboost", fixed | ours, "eta=0.4", "max_depth=5")
    expected = []
    for train, validation, test in masks(fold):
        model = xgboost.XGBRegressor(
            n_estimators=40,
            learning_rate=0.4,
            max_depth=5,
            random_state=1,
            n_jobs=1,
            early_stopping_rounds=patience,
            eval_metric="rmse",
        )
        watched = [(rows[validation, 1:], rows[validation, 0])]
        model.fit(rows[train, 1:], rows[train, 0], eval_set=watched, verbose=False)
        assert patience is None or model.best_iteration < 37
        expected.append(r2_score(rows[test, 0], model.predict(rows[test, 1:])))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-6)
    assert report["score"] == report["r2"]["mean"]


def weighted_parts(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gives the rows of all parts weights; returns them, their weights and their folds."""
    split(folder)
    rows, (fold,) = parts(folder)
    weights = np.random.default_rng(9).integers(1, 6, len(rows)) / 2
    first = 0
    for name in SPLITS:
        file = folder / name / f"{name}.csv"
        lines = [line.split(",", 1) for line in file.read_text().splitlines()]
        own = weights[first : first + len(lines)]
        first += len(lines)
        both = zip(lines, own.tolist(), strict=True)
        file.write_text("".join(f"{y},{weight},{x}\n" for (y, x), weight in both))
    return rows, weights, fold


def test_weights_apply_to_a_tree_and_to_its_scores(tmp_path: Path) -> None:
    rows, weights, fold = weighted_parts(tmp_path)
    fixed = {"random_state": "1", "csv_weights": "1"}
    report = run(tmp_path, "decision-tree", fixed, "max_depth=4")
    expected = []
    for train, _, test in masks(fold):
        tree = DecisionTreeRegressor(max_depth=4, random_state=1)
        tree.fit(rows[train, 1:].astype(np.float32), rows[train, 0], weights[train])
        predicted = tree.predict(rows[test, 1:].astype(np.float32))
        expected.append(r2_score(rows[test, 0], predicted, sample_weight=weights[test]))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-9)


def test_weights_apply_to_boosting_but_not_to_where_it_stops(tmp_path: Path) -> None:
    rows, weights, fold = weighted_parts(tmp_path)
    fixed = {"num_round": "40", "seed": "1", "csv_weights": "1", "early_stopping_rounds": "3"}
    report = run(tmp_path, "xgboost", fixed, "eta=0.4")
    expected = []
    for train, validation, test in masks(fold):
        model = xgboost.XGBRegressor(
            n_estimators=40,
            learning_rate=0.4,
            random_state=1,
            n_jobs=1,
            early_stopping_rounds=3,
            eval_metric="rmse",
        )
        watched = [(rows[validation, 1:], rows[validation, 0])]
        data = (rows[train, 1:], rows[train, 0])
        model.fit(*data, sample_weight=weights[train], eval_set=watched, verbose=False)
        predicted = model.predict(rows[test, 1:])
        expected.append(r2_score(rows[test, 0], predicted, sample_weight=weights[test]))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-6)


def test_folds_are_the_same_as_scikit_learns(tmp_path: Path) -> None:
    split(tmp_path)
    rows, (fold,) = parts(tmp_path)
    place = {target: number for number, target in enumerate(TARGETS.tolist())}
    read = np.array([place[target] for target in rows[:, 0].tolist()])
    for number, (_, test) in enumerate(
        KFold(5, shuffle=True, random_state=1729).split(np.arange(ROWS))
    ):
        assert sorted(read[fold == number]) == test.tolist()


def test_a_group_is_in_one_fold_of_each_draw(tmp_path: Path) -> None:
    keys = [f"g{n % 23}" for n in range(ROWS)]
    key = ("--by", "group", "--column", "who", "--key", "restate_split", "--repeats", "3")
    split(tmp_path, *key, keys=keys)
    rows, drawn = parts(tmp_path)
    group = {target: keys[number] for number, target in enumerate(TARGETS.tolist())}
    assert len(drawn) == 3
    for fold in drawn:
        pairs = {
            (group[target], own) for target, own in zip(rows[:, 0].tolist(), fold, strict=True)
        }
        assert len(pairs) == 23


def test_by_time_nothing_is_learned_from_later_rows(tmp_path: Path) -> None:
    keys = [str(n // 3) for n in range(ROWS)]
    split(tmp_path, "--by", "time", "--column", "day", "--key", "restate_split", keys=keys)
    rows, (block,) = parts(tmp_path)
    day = {target: n // 3 for n, target in enumerate(TARGETS.tolist())}
    days = np.array([day[target] for target in rows[:, 0].tolist()])
    assert set(block.tolist()) == set(range(7))
    for number in range(1, 7):
        assert days[block < number].max() < days[block >= number].min()
    report = run(tmp_path, "decision-tree", {"random_state": "1"}, "max_depth=4")
    expected = []
    for test in range(2, 7):
        tree = DecisionTreeRegressor(max_depth=4, random_state=1)
        own = block < test - 1
        tree.fit(rows[own, 1:].astype(np.float32), rows[own, 0])
        predicted = tree.predict(rows[block == test, 1:].astype(np.float32))
        expected.append(r2_score(rows[block == test, 0], predicted))
    np.testing.assert_allclose(report["r2"]["values"], expected, rtol=1e-9)


def test_many_rows_have_no_folds(tmp_path: Path) -> None:
    split(tmp_path, "--max-fold-rows", "299")
    assert not (tmp_path / "metadata" / "folds.json").exists()
    report = run(tmp_path, "decision-tree", {}, "max_depth=4", python=sys.executable)
    assert report == {
        "version": 1,
        "score": 0,
        "skipped": "there are more rows than crossValidation.maxRows",
    }


def test_a_fold_with_one_target_value_has_no_score_and_stops_nothing(tmp_path: Path) -> None:
    keys = [str(n // 60) for n in range(ROWS)]
    split(tmp_path, "--by", "group", "--column", "who", "--key", "restate_split", keys=keys)
    for name in SPLITS:
        file = tmp_path / name / f"{name}.csv"
        file.write_text("".join(f"1{line[line.index(',') :]}\n" for line in file.open()))
    report = run(tmp_path, "decision-tree", {}, "max_depth=4")
    assert report["skipped"] == (
        "a fold has no score: all 60 test rows have the same target, so R2 is undefined"
    )
    assert report["score"] == 0


@pytest.mark.parametrize(
    ("by", "keys", "reason"),
    [
        ("group", 4, "crossValidation: 5 folds require at least as many rows or groups, but there"),
        (
            "time",
            6,
            'crossValidation: 5 folds by time need at least 7 different times, .* "who" has 6',
        ),
    ],
)
def test_refuses_folds_that_cannot_be_drawn(
    tmp_path: Path, by: str, keys: int, reason: str
) -> None:
    own = [str(n % keys) for n in range(ROWS)]
    with pytest.raises(SystemExit, match=reason):
        split(tmp_path, "--by", by, "--column", "who", "--key", "restate_split", keys=own)


@pytest.mark.parametrize(("given", "threads"), [(None, 1), ("2", 2)])
def test_models_are_trained_by_one_thread_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, threads: int
) -> None:
    split(tmp_path)
    used = []
    monkeypatch.setattr("decision_tree.training.train", lambda _: used.append(thread_count()))
    monkeypatch.setattr("decision_tree.model.load", lambda _: DummyRegressor().fit([[0]], [0]))
    monkeypatch.setenv("OMP_NUM_THREADS", given or "")
    if given is None:
        monkeypatch.delenv("OMP_NUM_THREADS")
    folders = (f"--{name}={tmp_path / name}" for name in (*SPLITS, "metadata"))
    arguments = ["--algorithm=decision-tree", *folders, f"--output={tmp_path / 'report'}"]
    monkeypatch.setattr("sys.argv", ["cross_validate.py", *arguments])
    runpy.run_path(str(SCRIPTS / "cross_validate.py"), run_name="__main__")
    assert used == [threads] * 5
