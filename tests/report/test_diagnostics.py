"""The job that diagnoses candidates for the report, on real models and files."""

from __future__ import annotations

import json
import math
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from report import diagnostics


def rows_of(count: int, seed: int) -> np.ndarray:
    """Rows whose label depends on the second feature, and a little on the third."""
    random = np.random.default_rng(seed)
    features = random.uniform(size=(count, 3))
    label = 100 * features[:, 1] + 10 * features[:, 2]
    return np.column_stack([label, features])


@pytest.fixture
def candidate(tmp_path: Path) -> dict[str, Any]:
    """A tuned XGBoost model with its splits, as passed by the local run."""
    splits = {}
    for seed, (split, count) in enumerate({"train": 700, "validation": 200, "test": 100}.items()):
        folder = tmp_path / split
        folder.mkdir()
        np.savetxt(folder / f"{split}.csv", rows_of(count, seed), delimiter=",")
        splits[split] = str(folder)
    train = rows_of(700, 0)
    booster = xgboost.train({"seed": 1}, xgboost.DMatrix(train[:, 1:], train[:, 0]), 30)
    booster.save_model(tmp_path / "model.ubj")
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "model.ubj", "xgboost-model")
    return {
        "name": "XGBoost",
        "model": {"algorithm": "xgboost", "archive": str(archive)},
        "splits": splits,
    }


def diagnose(
    tmp_path: Path, candidates: list[dict[str, Any]], features: list[str] | None = None
) -> dict[str, Any]:
    """Runs the job on a request."""
    request = {
        "candidates": candidates,
        "detailed": candidates[0]["name"],
        "features": features,
        "output": str(tmp_path / "output.json"),
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    diagnostics.main([str(tmp_path / "request.json")])
    found: dict[str, Any] = json.loads((tmp_path / "output.json").read_text())
    return found


def test_each_split_has_its_metrics(tmp_path: Path, candidate: dict[str, Any]) -> None:
    (found,) = diagnose(tmp_path, [candidate])["candidates"]
    assert [(name, one["rows"]) for name, one in found["splits"].items()] == [
        ("train", 700),
        ("validation", 200),
        ("test", 100),
    ]
    r2 = {name: one["r2"] for name, one in found["splits"].items()}
    assert r2["train"] > r2["test"] > 0.95
    assert not any(one["isPart"] for one in found["splits"].values())
    details = found["details"]
    assert (details["rows"], details["isPart"]) == (100, False)
    for name in ("predictedAgainstActual", "residualAgainstPredicted", "residuals"):
        assert sum(one["count"] for one in details[name]) == 100


def test_weights_apply_to_metrics_comparison_and_baseline(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    random = np.random.default_rng(7)
    parts = {}
    for split, path in candidate["splits"].items():
        file = Path(path) / f"{split}.csv"
        rows = np.loadtxt(file, delimiter=",")
        rows[:, 0] += 20 * random.normal(size=len(rows))
        weights = random.gamma(1, 2, len(rows))
        parts[split] = (rows, weights)
        np.savetxt(file, np.insert(rows, 1, weights, axis=1), delimiter=",")
    found = diagnose(tmp_path, [{**candidate, "weighted": True}])
    (one,) = found["candidates"]
    booster = xgboost.Booster(model_file=tmp_path / "model.ubj")
    for split, (rows, weights) in parts.items():
        predicted = booster.predict(xgboost.DMatrix(rows[:, 1:]))
        expected = r2_score(rows[:, 0], predicted, sample_weight=weights)
        assert one["splits"][split]["r2"] == pytest.approx(expected)
    (train, of_train), _, (test, of_test) = parts.values()
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=0.01, random_state=0)
    tree.fit(train[:, 2:3], train[:, 0], of_train)
    expected = r2_score(test[:, 0], tree.predict(test[:, 2:3]), sample_weight=of_test)
    assert found["baseline"]["column"] == "feature 2"
    assert found["baseline"]["r2"] == pytest.approx(expected)


def test_features_are_ordered_by_importance(tmp_path: Path, candidate: dict[str, Any]) -> None:
    (found,) = diagnose(tmp_path, [candidate], ["longitude", "latitude", "age"])["candidates"]
    importance = found["details"]["importance"]
    assert importance["rows"] == 100
    assert [one["name"] for one in importance["features"]] == ["latitude", "age", "longitude"]
    first, second, third = (one["fall"] for one in importance["features"])
    assert first > 1 > 0.1 > second > 0.005 > abs(third)
    test = rows_of(100, 2)
    booster = xgboost.Booster(model_file=tmp_path / "model.ubj")
    residual = booster.predict(xgboost.DMatrix(test[:, 1:])) - test[:, 0]
    cells = found["details"]["errorMap"]
    assert sum(one["count"] * one["mean"] for one in cells) == pytest.approx(residual.sum(), 1e-5)
    assert (cells[0]["x0"], cells[-1]["x1"]) == (0, 1)
    shap = found["details"]["shap"]
    assert shap["rows"] == 100
    assert [one["name"] for one in shap["features"]] == ["latitude", "age", "longitude"]


def test_there_is_no_map_without_matching_column_names(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    for names in (None, ["longitude", "latitude"], ["a", "latitude", "c"]):
        (found,) = diagnose(tmp_path, [candidate], names)["candidates"]
        assert "errorMap" not in found["details"]
    (found,) = diagnose(tmp_path, [candidate], ["pickup_lon", "pickup_lat", "c"])["candidates"]
    assert "errorMap" in found["details"]


def test_a_candidate_that_cannot_be_analysed_says_why_and_the_others_are_analysed(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    words = tmp_path / "words.csv"
    words.write_text("1,two,3\n")
    wide = tmp_path / "wide.csv"
    wide.write_text("1,2,3,4,5\n3,4,5,6,7\n")
    broken = [
        {**candidate, "name": "missing", "model": {"algorithm": "xgboost", "archive": "/none"}},
        {**candidate, "name": "words", "splits": {"train": str(words)}},
        {**candidate, "name": "wide", "splits": {"train": str(wide)}},
    ]
    *found, last = diagnose(tmp_path, [*broken, candidate])["candidates"]
    assert [one["splits"] for one in found] == [{}, {}, {}]
    reasons = [one["problem"] for one in found]
    assert "cannot read the model" in reasons[0]
    assert "not all numbers" in reasons[1]
    assert "feature" in reasons[2].lower()
    assert "problem" not in last


def test_predictions_are_used_for_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    predictions = tmp_path / "predictions.csv"
    predictions.write_text("actual,predicted\n1,1\n2,2\n3,4\n")
    (found,) = diagnose(tmp_path, [{"name": "Own", "predictions": str(predictions)}])["candidates"]
    assert found["splits"]["test"]["mae"] == pytest.approx(1 / 3)
    # Predicted minus actual: the last one is too high by 1.
    bars = [bar for bar in found["details"]["residuals"] if bar["count"]]
    assert [(bar["start"], bar["count"]) for bar in bars] == [(0, 2), (1, 1)]
    assert "own image" in found["problem"]


def predictions_of(tmp_path: Path, name: str, actual: np.ndarray, predicted: np.ndarray) -> Any:
    path = tmp_path / f"{name}.csv"
    columns = np.column_stack([actual, predicted])
    np.savetxt(path, columns, "%.10g", ",", header="actual,predicted", comments="")
    return {"name": name, "predictions": str(path)}


def test_candidates_are_compared_on_the_same_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    actual = random.normal(size=400)
    noise = random.normal(scale=0.5, size=400)
    best, near, far, other = (
        predictions_of(tmp_path, name, values, predicted)
        for name, values, predicted in (
            ("Best", actual, actual + noise),
            # As far off as the best, by errors that are nearly the same.
            ("Near", actual, actual + noise + random.normal(scale=0.02, size=400)),
            ("Far", actual, actual + 1.2 * noise),
            ("OtherRows", actual + 1, actual + 1 + noise),
        )
    )
    comparison = diagnose(tmp_path, [best, near, far, other])["comparison"]
    assert (comparison["name"], comparison["rows"]) == ("Best", 400)
    (first, second) = comparison["differences"]
    assert [first["name"], second["name"]] == ["Near", "Far"]
    assert first["low"] < 0 < first["high"] < 0.01
    # 0.44 of the variance of the noise by that of the target; either R² alone is known far worse.
    assert 0 < second["low"] < 0.44 * 0.25 < second["high"] < 0.2
    # Compared the other way round, the difference is the same but for its sign.
    (reverse, _) = diagnose(tmp_path, [far, best, near])["comparison"]["differences"]
    assert reverse == {
        "name": "Best",
        "low": pytest.approx(-second["high"]),
        "high": pytest.approx(-second["low"]),
    }
    assert "comparison" not in diagnose(tmp_path, [best])
    few = [
        predictions_of(tmp_path, name, actual[:10], actual[:10] + noise[:10]) for name in ("A", "B")
    ]
    assert "comparison" not in diagnose(tmp_path, few)


def test_a_model_is_compared_with_the_predictions_of_another(
    tmp_path: Path, candidate: dict[str, Any]
) -> None:
    actual = rows_of(100, 2)[:, 0]
    own = predictions_of(tmp_path, "Own", actual, np.full(100, actual.mean()))
    (difference,) = diagnose(tmp_path, [candidate, own])["comparison"]["differences"]
    assert difference["name"] == "Own"
    assert 0.9 < difference["low"] < difference["high"] < 1.1


def test_the_baseline_is_the_best_single_feature(tmp_path: Path, candidate: dict[str, Any]) -> None:
    from sklearn.tree import DecisionTreeRegressor

    baseline = diagnose(tmp_path, [candidate], ["longitude", "latitude", "age"])["baseline"]
    train, test = rows_of(700, 0), rows_of(100, 2)
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=7).fit(train[:, 2:3], train[:, 0])
    error = np.mean((tree.predict(test[:, 2:3]) - test[:, 0]) ** 2)
    assert baseline == {
        "column": "latitude",
        "r2": pytest.approx(1 - error / np.var(test[:, 0])),
        "rmse": pytest.approx(error**0.5),
        "meanRmse": pytest.approx(np.mean((train[:, 0].mean() - test[:, 0]) ** 2) ** 0.5),
    }
    assert 0.9 < baseline["r2"] < 0.99


def test_the_interval_is_measured_on_test_rows(tmp_path: Path, candidate: dict[str, Any]) -> None:
    (found,) = diagnose(tmp_path, [candidate])["candidates"]
    interval = found["details"]["interval"]
    booster = xgboost.Booster(model_file=tmp_path / "model.ubj")
    validation, test = (
        np.abs(booster.predict(xgboost.DMatrix(rows[:, 1:])) - rows[:, 0])
        for rows in (rows_of(200, 1), rows_of(100, 2))
    )
    # The 181st of 200: 201 * 0.9, rounded up.
    half = np.sort(validation)[180]
    assert interval == {
        "confidence": 0.9,
        "halfWidth": pytest.approx(half, rel=1e-6),
        "rows": 200,
        "covered": np.mean(test <= half),
    }


def test_missing_values_have_a_separate_level(tmp_path: Path, candidate: dict[str, Any]) -> None:
    test = Path(candidate["splits"]["test"]) / "test.csv"
    lines = test.read_text().splitlines()
    label, _, *rest = lines[0].split(",")
    lines[0] = ",".join([label, "", *rest])
    test.write_text("\n".join(lines))
    (found,) = diagnose(tmp_path, [candidate], ["longitude", "latitude", "age"])["candidates"]
    assert sum(cell["count"] for cell in found["details"]["errorMap"]) == 99
    assert found["details"]["rows"] == 100
    assert found["splits"]["test"]["rows"] == 100


def test_reads_empty_fields_anywhere_in_a_line_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "missing.csv"
    path.write_text("1,2,3\n4,,6\n7,8,\n,11,12\n13,,\n16,17,18\n")
    nan = math.nan
    expected = [[1, 2, 3], [4, nan, 6], [7, 8, nan], [nan, 11, 12], [13, nan, nan], [16, 17, 18]]
    np.testing.assert_equal(diagnostics.read_sample(path).rows, np.array(expected))


def test_reads_evenly_spaced_rows_of_many(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("".join(f"{row},0\n" for row in range(50_000)))
    sample = diagnostics.read_sample(path)
    assert sample.is_part
    assert sample.rows[:, 0].tolist() == list(range(0, 50_000, 3))


def test_reads_evenly_spaced_parts_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as stream:
        for part in range(1000, 1800):
            stream.write(f"{part},0.123456789\n" * 6000)
    assert path.stat().st_size > diagnostics.MAX_BYTES
    sample = diagnostics.read_sample(path)
    assert sample.is_part
    assert 10_000 < len(sample.rows) <= diagnostics.MAX_ROWS
    parts, counts = np.unique(sample.rows[:, 0], return_counts=True)
    assert len(parts) == 800
    assert counts.max() < 3 * counts.mean()
    assert (sample.rows[:, 1] == 0.123456789).all(), "no line is cut"
